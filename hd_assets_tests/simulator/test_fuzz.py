"""Generated requests against the running simulator: nothing breaks it, every answer is a documented one."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from hd_assets.simulator.core import Simulator
from hd_assets.simulator.routing import api_router
from hd_assets.simulator.rules import Rules
from hd_assets.simulator.server import SimulatorServer
from hd_assets_tests.shared import shared_path
from hd_assets_tests.simulator.api import Api
from hd_assets_tests.simulator.fuzzing import furnish, narrowed

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
)

# Families of the description that no part of a migration touches: not served, they answer 404.
NOT_SERVED = (
    "/admins/activity_log",
    "/ai/",
    "/audiences",
    "/calls",
    "/contacts/{contact_id}/subscriptions",
    "/contacts/{id}/banners",
    "/content/search",
    "/data_connectors",
    "/download/",
    "/events",
    "/export/",
    "/fin/",
    "/fin_voice/",
    "/ip_allowlist",
    "/messages",
    "/news/",
    "/office_hours_schedules",
    "/phone_call_redirects",
    "/teams/{team_id}/metrics",
    "/visitors",
)


@pytest.fixture(scope="module")
def description():
    path = shared_path("tools/intercom_contract.py")
    spec = importlib.util.spec_from_file_location("intercom_contract", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda: module.corrected(sandbox=True)


@pytest.fixture
def simulator():
    rules = Rules(requests_per_minute=6_000_000, company_lookup="list")
    with Simulator(rules=rules, token="t") as made:
        yield made


def program() -> str:
    found = shutil.which("schemathesis", path=str(Path(sys.executable).parent)) or shutil.which("schemathesis")
    if found is None:
        pytest.fail("schemathesis is not installed; it stands in requirements-test.txt")
    return found


def campaign(simulator, description, ids, tmp_path, *options):
    """Run the program to its end."""
    spec, _ = narrowed(description(), api_router(), ids)
    file = tmp_path / "description.yaml"
    file.write_text(yaml.dump(spec, sort_keys=False, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper)))
    with SimulatorServer(simulator) as server:
        command = [program(), "run", str(file), "--url", server.url, "-H", "Authorization: Bearer t"]
        command += ["--checks", ",".join(CHECKS), "--suppress-health-check", "all", "--continue-on-failure", *options]
        return subprocess.run(command, capture_output=True, text=True, timeout=3600, cwd=tmp_path, check=False)


@pytest.mark.timeout(1200)
def test_generated_requests_get_documented_answers(simulator, description, tmp_path):
    ids = furnish(simulator)
    asked = sum(simulator.summary()["requests"].values())
    done = campaign(simulator, description, ids, tmp_path, "--phases", "fuzzing", "-n", "1", "--seed", "1")
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    assert sum(simulator.summary()["requests"].values()) - asked > 148


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_many_generated_requests_get_documented_answers(simulator, description, tmp_path, seed):
    phases = "examples,coverage,fuzzing"
    done = campaign(
        simulator, description, furnish(simulator), tmp_path, "--phases", phases, "-n", "60", "--seed", str(seed)
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr


def test_what_is_not_served_answers_404_and_is_nothing_a_migration_needs(simulator, description):
    _, left = narrowed(description(), api_router(), furnish(simulator))
    unexpected = [entry for entry in left if not entry.split()[1].startswith(NOT_SERVED)]
    assert not unexpected
    api = Api(simulator, Authorization="Bearer t")
    for entry in left:
        method, template = entry.split()
        told = api.refused(method, template.replace("{", "").replace("}", ""), status=404)
        assert told["code"] in ("not_found", "admin_not_found"), entry

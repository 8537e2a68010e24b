"""`init` and `doctor`: a migration begun from nothing, and every connection tried before anything depends on it."""

import json

import httpx
import pytest
import yaml

from hd_assets.doctor.findings import Findings, exit_code
from hd_assets.doctor.source import judge_source
from hd_assets.doctor.workspace import judge_target
from hd_assets.extract.base import SourceFacts
from hd_assets.mapping import load
from hd_assets.publish.ledger import Ledger
from hd_assets.settings import Settings
from hd_assets.simulator.transport import SimulatorTransport
from hd_assets_tests.cli.desk import TOKEN
from hd_assets_tests.extract.osticket.small import write_dump

DESK = "desk"


@pytest.fixture
def begun(empty, tmp_path):
    """A migration as `init` leaves it, with a dump to read."""
    assert empty("init", DESK, "--source", "osticket").code == 0
    empty.variables["OSTICKET_DUMP"] = str(write_dump(tmp_path / "desk.sql"))
    return empty


def decide(hd, **changes) -> None:
    path = hd.mappings / f"{DESK}.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text("utf-8")) | changes), "utf-8")


def findings_of(answer) -> list[dict]:
    return json.loads(answer.out)["findings"]


def files_below(*folders) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def test_init_writes_a_mapping_that_loads_and_decides_nothing(empty):
    told = empty("init", DESK, "--source", "osticket")
    mapping = load(empty.mappings, DESK).mapping
    assert {mapping.time_zone, mapping.first_month, mapping.unassigned_tickets, mapping.internal_notes} == {"undecided"}
    assert {"OSTICKET_URL", "OSTICKET_DUMP", "INTERCOM_TEST_TOKEN"} <= set(told.out.replace(",", " ").split())


def test_an_editor_finds_the_schema_the_mapping_names(begun):
    line = (begun.mappings / f"{DESK}.yaml").read_text("utf-8").partition("\n")[0]
    assert (begun.mappings / line.partition("$schema=")[2]).is_file()


def test_init_writes_nothing_into_the_home_and_no_credential(empty):
    empty("init", DESK, "--source", "osticket", OSTICKET_URL=f"mysql://u:{TOKEN}@h/d")
    assert not empty.home.exists()
    assert TOKEN not in (empty.mappings / f"{DESK}.yaml").read_text("utf-8")


def test_init_never_overwrites(begun):
    decide(begun, time_zone="UTC")
    before = files_below(begun.mappings)
    again = begun("init", DESK, "--source", "osticket")
    assert (again.code, files_below(begun.mappings)) == (2, before)
    assert "already" in again.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Desk", "--source", "osticket"), "no migration name"),
        (("../desk", "--source", "osticket"), "no migration name"),
        ((DESK, "--source", "nowhere"), "no source called 'nowhere'"),
    ],
)
def test_init_refuses_what_cannot_be_and_writes_nothing(empty, arguments, said):
    before = files_below(empty.mappings)
    answer = empty("init", *arguments)
    assert answer.code == 2
    assert said in answer.err
    assert files_below(empty.mappings) == before


def test_doctor_finds_nothing_wrong_and_writes_nothing(begun):
    before = files_below(begun.mappings, begun.mappings.parent)
    answer = begun("doctor", DESK, "--target", "simulator")
    assert answer.code == 0, answer.text
    assert "osTicket 1.18" in answer.out
    assert "time_zone is not decided yet" in answer.out
    assert begun.writes == 0
    assert files_below(begun.mappings, begun.mappings.parent) == before
    assert not begun.home.exists()


def test_doctor_tries_every_target_that_has_a_token(begun):
    targets = {
        "simulator": {},
        "test": {"region": "us", "plan": "advanced", "base_url": begun.url, "token": "INTERCOM_TOKEN"},
        "production": {"region": "eu", "plan": "advanced", "token": "INTERCOM_OTHER_TOKEN"},
    }
    decide(begun, targets=targets)
    standings = {}
    for finding in findings_of(begun("doctor", DESK, "--json", "-")):
        standings.setdefault(finding["area"], set()).add(finding["standing"])
    assert standings["target simulator"] == {"fine"}
    assert standings["target test"] == {"fine", "open"}
    assert standings["target production"] == {"open"}


def test_a_simulator_nobody_asked_for_need_not_run(begun):
    begun.url = "http://127.0.0.1:9"
    assert begun("doctor", DESK).code == 0
    assert begun("doctor", DESK, "--target", "simulator").code == 4


def test_a_source_that_does_not_answer_is_exit_4_and_says_how_to_mend_it(begun):
    answer = begun("doctor", DESK, OSTICKET_DUMP=None, OSTICKET_URL=f"mysql://reader:{TOKEN}@127.0.0.1:9/desk")
    assert answer.code == 4
    assert "127.0.0.1:9" in answer.out
    assert TOKEN not in answer.text


def test_a_source_without_variables_is_exit_3(begun):
    answer = begun("doctor", DESK, OSTICKET_DUMP=None)
    assert answer.code == 3
    assert "set OSTICKET_DUMP" in answer.out


def test_a_refused_token_is_named_by_its_variable(begun):
    answer = begun("doctor", DESK, "--target", "simulator", INTERCOM_TOKEN="tok-of-somebody-else")
    assert answer.code == 3
    assert "INTERCOM_TOKEN" in answer.out
    assert "somebody-else" not in answer.text


def test_another_workspace_or_region_than_the_mapping_means_is_wrong(begun):
    aim = {"region": "eu", "plan": "advanced", "base_url": begun.url, "token": "INTERCOM_TOKEN", "workspace": "abc123"}
    decide(begun, targets={"simulator": {}, "production": aim})
    answer = begun("doctor", DESK, "--target", "production")
    assert answer.code == 3
    assert "not to abc123" in answer.out
    assert "the mapping says eu" in answer.out


def test_a_migration_admin_who_is_no_teammate_is_wrong(begun):
    decide(begun, migration_admin={"name": "Migration", "email": "nobody@desk.example"})
    answer = begun("doctor", DESK, "--target", "simulator")
    assert answer.code == 3
    assert "migration admin" in answer.out
    assert "nobody@desk.example" not in answer.out


def test_each_permission_the_token_lacks_is_named(begun):
    inner = SimulatorTransport(begun.simulator)

    def answered(request: httpx.Request) -> httpx.Response:
        if request.url.path in ("/teams", "/articles"):
            return httpx.Response(403, json={"type": "error.list", "errors": [{"code": "forbidden"}]})
        return inner.handle_request(request)

    settings = Settings.from_environment({"HD_HOME": str(begun.home), "HD_MAPPINGS": str(begun.mappings)})
    findings = Findings()
    judge_target(
        settings,
        load(begun.mappings, DESK),
        "simulator",
        {"INTERCOM_TOKEN": TOKEN},
        findings,
        asked_for=True,
        transport=httpx.MockTransport(answered),
    )
    wrong = [finding.sentence for finding in findings.found if finding.standing == "wrong"]
    assert wrong == ["the token may not read teams (403)", "the token may not read articles (403)"]
    assert exit_code(findings.found) == 3


@pytest.mark.parametrize(
    ("server", "decided", "standing"),
    [
        ("UTC", "UTC", "fine"),
        ("CET", "Europe/Berlin", "fine"),
        ("+02:00", "Europe/Berlin", "wrong"),
        ("+05:30", "Asia/Kolkata", "fine"),
        ("America/New_York", "UTC", "wrong"),
        ("Marsian", "UTC", "open"),
        (None, "UTC", "open"),
        ("UTC", "undecided", "open"),
    ],
)
def test_the_zone_of_the_mapping_is_held_against_the_servers_clock(begun, monkeypatch, server, decided, standing):
    decide(begun, time_zone=decided)
    facts = SourceFacts(product="osTicket", version="1.18", kind="live", server_time_zone=server)

    class Opened:
        def probe(self):
            return facts

    monkeypatch.setattr("hd_assets.doctor.source.open_extractor", lambda *_: Opened())
    findings = Findings()
    judge_source(load(begun.mappings, DESK), {}, findings)
    assert [finding.standing for finding in findings.found if finding.area == "zone"] == [standing]


def test_the_workspace_a_ledger_has_published_to_is_known_without_touching_the_ledger(begun):
    path = begun.home / DESK / "simulator" / "ledger.sqlite"
    path.parent.mkdir(parents=True)
    ledger = Ledger(path, DESK, "simulator")
    ledger.set_meta("workspace_id", "another1")
    ledger.close()
    before = files_below(begun.home)
    answer = begun("doctor", DESK, "--target", "simulator")
    assert answer.code == 3
    assert "not to another1" in answer.out
    assert files_below(begun.home) == before


def test_discovery_and_delivery_write_the_same_scope_document(moved):
    pages = sorted(moved.hd.store.glob("deliverables/*/scope.md"))
    assert len(pages) == 2
    assert pages[0].read_text("utf-8") == pages[1].read_text("utf-8")
    assert all(page.with_name("scope.html").is_file() for page in pages)

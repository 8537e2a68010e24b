"""Every body the publisher sends against the official description, which lies beside the project, not in it."""

import importlib.util

import httpx
import pytest

from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.desk import Counting, desk, rows
from hd_assets_tests.publish.test_plan import replaced
from hd_assets_tests.shared import shared_path


@pytest.fixture(scope="module")
def tool():
    path = shared_path("tools/intercom_contract.py")
    shared_path("reference/intercom-openapi-2.16.yaml")
    spec = importlib.util.spec_from_file_location("intercom_contract", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Held(httpx.BaseTransport):
    """Holds each exchange against the description and notes undeclared properties."""

    def __init__(self, inner, contract, tool):
        self.checked = tool.ContractTransport(inner, contract)
        self.contract, self.undeclared, self.kinds = contract, [], set()

    def handle_request(self, request):
        said = self.contract.undeclared(request)
        self.undeclared += [f"{request.method} {request.url.path}: {name}" for name in said]
        answer = self.checked.handle_request(request)
        if request.method != "GET":
            kept = [segment for segment in request.url.path.split("/") if segment.isalpha() or "_" in segment]
            self.kinds.add((request.method, "/".join(kept)))
        return answer


def test_a_full_migration_with_updates_and_recovery_fits_the_official_description(tmp_path, tool):
    made = desk(tmp_path, rows(5))
    with made.api() as api:
        api.post("/contacts", json={"email": "person1@company.example", "name": "Old"})
    made.transport.inner = held = Held(made.transport.inner, tool.Contract(), tool)
    assert isinstance(made.transport, Counting)
    from hd_assets.simulator.faults import Fault, FaultPlan

    lost = Fault(kind="applied_then_lost", every=5, route="POST /(conversations|articles|contacts)")
    made.simulator.set_faults(FaultPlan(faults=(lost,)))
    made.publish()
    made.simulator.set_faults(FaultPlan())
    staged = replaced(rows(5), f"{MIGRATION}-ticket-1", title="New", state="open", tags=[], assignee=None)
    staged = replaced(staged, f"{MIGRATION}-ticket-3", state="open")
    staged = replaced(staged, f"{MIGRATION}-user-2", name="New")
    staged = replaced(staged, f"{MIGRATION}-faq-1", title="New")
    made.stage(staged)
    made.publish()
    assert held.undeclared == []
    assert {path for _, path in held.kinds} >= {
        "companies",
        "contacts",
        "contacts/companies",
        "conversations",
        "conversations/reply",
        "conversations/parts",
        "conversations/customers",
        "conversations/tags",
        "conversations/convert",
        "conversations/attributes",
        "data_attributes",
        "tags",
        "ticket_types",
        "ticket_types/attributes",
        "articles",
        "help_center/collections",
        "conversations/search",
        "tickets",
    }
    assert ("PUT", "tickets") in held.kinds
    assert ("DELETE", "conversations/tags") in held.kinds

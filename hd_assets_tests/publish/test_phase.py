"""Before the first conversation everybody and every company must be there; what is only not shown yet is waited for."""

import pytest

from hd_assets.errors import BlockedError
from hd_assets.partitions import EVERYTHING
from hd_assets.publish.conversations import publish_conversations
from hd_assets.publish.plan import plan
from hd_assets.publish.records import publish_companies, publish_contacts
from hd_assets.publish.workspace import publish_workspace
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.checker import differences
from hd_assets_tests.publish.desk import desk, rows

STAGED = rows(2)


@pytest.fixture
def made(tmp_path):
    ready = desk(tmp_path, STAGED)
    with ready.context() as context:
        plan(context, EVERYTHING)
        for step in (publish_workspace, publish_companies, publish_contacts):
            step(context)
    yield ready
    ready.simulator.close()


def unlinked(made):
    """One contact loses one of its companies in the workspace; answers contact and company."""
    with made.api() as api:
        contact = next(
            doc for doc in api.get("/contacts").json()["data"] if doc["external_id"] == f"{MIGRATION}-user-2"
        )
        company = api.get(f"/contacts/{contact['id']}/companies").json()["data"][0]
        api.delete(f"/contacts/{contact['id']}/companies/{company['id']}").raise_for_status()
    return contact["id"], company["id"]


def test_what_is_missing_stops_the_conversations_once_it_cannot_be_mere_lag(made):
    unlinked(made)
    began = made.clock.now()
    with made.context() as context, pytest.raises(BlockedError, match="not complete") as told:
        publish_conversations(context, EVERYTHING)
    assert "contact_companies" in str(told.value)
    assert made.clock.now() - began <= context.horizon + context.search_lag
    assert not [path for _, path in made.transport.writes if path == "/conversations"]


def test_what_is_shown_late_is_waited_for(made):
    contact, company = unlinked(made)
    pages = []

    def shown_at_the_second_look(request):
        pages.append(request.url.path)
        if pages.count("/companies/list") == 2:
            with made.api() as api:
                api.post(f"/contacts/{contact}/companies", json={"id": company}).raise_for_status()

    made.transport.before = shown_at_the_second_look
    with made.context() as context:
        publish_conversations(context, EVERYTHING)
    made.transport.before = None
    assert pages.count("/companies/list") == 2
    made.publish()
    assert differences(made, STAGED) == []

"""Anything a person can quote leads to the source row, what was sent for it, and where it is now."""

import pytest

from hd_assets.errors import UsageError
from hd_assets.extract.base import Entity
from hd_assets.extract.raw import RawStore
from hd_assets.reconcile.trace import trace
from hd_assets_tests.reconcile.world import conversation, part


def found(world, ref):
    return trace(world.settings, world.migration, "simulator", ref)


@pytest.mark.parametrize("ref", ["N-1", "n-1", "1", "depot-ticket-1", " N-1 "])
def test_number_source_id_and_external_id_lead_to_the_conversation(world, ref):
    told = found(world, ref)
    assert [record.external_id for record in told.records] == [
        "depot-ticket-1",
        "depot-entry-1",
        "depot-entry-2",
        "depot-entry-3",
        "depot-entry-4",
        "depot-history-1",
        "depot-use-1",
    ]
    assert told.records[0].intercom_ids == [world.ids["thread"]]
    assert [operation.kind for operation in told.records[2].operations] == ["reply"]


@pytest.mark.parametrize(
    "form", ["{}", "https://app.intercom.com/a/inbox/abc/inbox/shared/all/conversation/{}?view=List"]
)
def test_an_intercom_id_or_address_leads_back(world, form):
    told = found(world, form.format(world.ids["thread"]))
    assert told.records[0].external_id == "depot-ticket-1"


def test_a_source_id_that_is_another_records_intercom_id_names_it(world):
    world.stage(conversation("55"))
    world.book(identities=[("contact", "depot-person-1", "55", "created")])
    told = found(world, "55")
    assert told.records[0].external_id == "depot-ticket-55"
    assert told.notes == ["also the Intercom id of depot-person-1; give the address to mean that one"]


def test_an_address_of_a_person_leads_to_the_contact_and_names_the_conversations(world):
    told = found(world, "ADA@firm.example")
    assert {record.external_id for record in told.records} == {"depot-person-1", "depot-person-2"}
    assert told.notes == ["requester of 1 conversations: depot-ticket-1"]


@pytest.mark.parametrize("ref", ["7", "depot-ticket-7", "N-0007"])
def test_a_merged_ticket_leads_to_its_parent(world, ref):
    world.stage(part(7, 5, origin="merged", kind="note", body_text="Ticket N-0007 was merged into this one."))
    told = found(world, ref)
    assert told.records[0].external_id == "depot-ticket-1"
    assert told.notes == ["ticket 7 (conversations) was merged: merged_ticket, into depot-ticket-1"]
    assert told.merged_from == ["ticket 7"]


def test_the_source_row_is_shown_by_key_extraction_and_digest(world):
    store = RawStore(world.stores.root)
    with store.begin([Entity(name="ticket", key=("id",), columns=("id", "subject"))]) as writer:
        writer.rows("ticket", [("1", "Door"), ("2", "Gate")])
        extraction = store.publish(writer)
    raw = found(world, "N-1").records[0].raw
    assert [(entry.entity, entry.key, entry.extraction) for entry in raw] == [("ticket", "1", extraction.name)]
    assert len(raw[0].digest) == 32


def test_without_a_ledger_staging_is_still_shown(world):
    world.stores.ledger("simulator").unlink()
    assert found(world, "N-1").records[0].operations == []


@pytest.mark.parametrize(
    "ref", ["N-99", "nobody@firm.example", "https://app.intercom.com/x/conversation/99", "' or 1=1", ""]
)
def test_an_unknown_reference_says_what_was_tried(world, ref):
    with pytest.raises(UsageError, match="tried as Intercom URL, external id, ticket number, e-mail address") as fault:
        found(world, ref)
    assert fault.value.exit_code == 2


def test_nothing_staged_yet_says_how_to_mend(world):
    world.stores.warehouse.unlink()
    with pytest.raises(UsageError, match="--until stage"):
        found(world, "N-1")

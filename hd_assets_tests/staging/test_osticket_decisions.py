"""What the customer decides about notes and tickets without an agent, and what becomes of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from hd_assets.mapping import Migration, PublicNotes, write_tables
from hd_assets.samples.osticket import SampleOptions, write
from hd_assets_tests.staging.osticket_desk import Desk, extracted


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Desk:
    root = tmp_path_factory.mktemp("decisions")
    report = write(root / "source", tickets=40, seed=8, options=SampleOptions(months=3))
    made = extracted(root / "store", Path(report.variables["OSTICKET_DUMP"]), root / "source" / "attachments")
    entry = "(select min(object_id) from raw.attachment where type = 'H' and inline = '0')"
    # a note with a file, and an entry of a kind that nobody knows
    made.change("thread_entry", f"update raw.thread_entry set type = 'N' where id = {entry}")
    made.change(
        "thread_entry", "update raw.thread_entry set type = 'X' where id = (select max(id) from raw.thread_entry)"
    )
    return made


def staged(desk: Desk, **decisions: object) -> Desk:
    old = desk.migration
    mapping = old.mapping.model_copy(update=decisions)
    migration = Migration(name=old.name, mapping=mapping, path=old.path, digest=str(decisions), overrides={})
    made = replace(desk, migration=migration, _connection=None)
    with made.warehouse.get_connection() as connection:
        write_tables(connection, migration)
    return made.stage()


def test_notes_left_out_are_excluded_with_their_files_and_counted(desk):
    made = staged(desk, internal_notes="leave_out")

    assert made.column("select distinct kind from staging.parts where origin = 'entry'") == ["comment"]
    counts = dict(made.rows("select reason_code, count(*) from staging.left_out where outcome = 'excluded' group by 1"))
    assert counts["internal_note"] > 1
    assert counts["file_of_internal_note"] >= 1
    assert made.unaccounted() == []


def test_notes_made_public_are_marked_and_what_is_of_unknown_visibility_stays_a_note(desk):
    made = staged(desk, internal_notes=PublicNotes(public="Ada Example"))

    kinds = made.rows(
        "select thread_entry.type, kind, is_internal, list_contains(parts.flags, 'note_made_public')"
        " from staging.parts inner join raw.thread_entry on parts.source_id = thread_entry.id"
        " where origin = 'entry' and thread_entry.type in ('N', 'X') group by all order by all"
    )
    assert kinds == [("N", "comment", False, True), ("X", "note", True, False)]
    assert made.column("select distinct kind from staging.parts where origin in ('history', 'task', 'merged')") == [
        "note"
    ]
    assert made.unaccounted() == []


def test_tickets_without_an_agent_go_to_the_inbox_the_mapping_names(desk):
    made = staged(desk, unassigned_tickets="Sales")

    [sales] = made.column("select external_id from staging.inboxes where name = 'Sales'")
    where = "select distinct inbox from staging.conversations where assignee is null"
    assert made.column(where) == [sales]
    assert len(made.column("select distinct inbox from staging.conversations where assignee is not null")) > 1

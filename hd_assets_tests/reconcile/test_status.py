"""Status tells how far a migration is from whatever stores there are."""

import sqlite3

from hd_assets.reconcile.status import status


def told(world, **more):
    return status(world.settings, world.migration, "simulator", **more)


def test_a_migration_without_stores_has_not_begun(world, tmp_path):
    from dataclasses import replace

    empty = replace(world.settings, home=tmp_path / "empty")
    found = status(empty, world.migration, "simulator")
    assert (found.stage, found.total, found.staged, found.extracted_at) == ("nothing yet", 0, {}, None)
    assert not (tmp_path / "empty").exists()


def test_staged_rows_checks_and_exceptions_are_counted(world):
    from hd_assets.model import ExceptionRow

    world.stage(
        ExceptionRow(
            object="contacts",
            source_type="person",
            source_id="1",
            external_id="depot-person-1",
            reason_code="no_email",
            sentence="Has no address.",
            remedy="Add one.",
            conversation=None,
            is_staged=True,
            decision=None,
        )
    )
    world.stores.ledger("simulator").unlink()
    found = told(world)
    assert found.stage == "staged"
    assert (found.staged["conversations"], found.staged["parts"]) == (1, 5)
    assert [(entry.object, entry.reason_code, entry.records) for entry in found.exceptions] == [
        ("contacts", "no_email", 1)
    ]
    assert found.checks_passed + len(found.checks_failed) > 10


def test_the_ledger_tells_done_total_and_quarantine(world):
    world.book(("reply", "parts", "depot-entry-4"), state="planned")
    world.book(("reply", "parts", "depot-entry-2"), state="quarantined")
    found = told(world, with_checks=False)
    assert (found.stage, found.done, found.total) == ("publishing", 11, 13)
    assert [entry.operation for entry in found.quarantined] == ["reply:depot-entry-2:0"]
    assert found.eta_seconds is None


def test_a_read_back_completes_the_stages(world):
    assert told(world, with_checks=False).stage == "published"
    world.reconcile()
    found = told(world, with_checks=False)
    assert (found.stage, found.compared, found.differing) == ("reconciled", 19, 0)


def test_why_an_operation_waits_is_told_in_words(world):
    world.book(("reply", "parts", "depot-entry-2"), state="quarantined", error_code="part_differs")
    (held,) = told(world, with_checks=False).quarantined
    assert held.reason == "a part of this author and time has another text or other files"


def test_what_took_effect_twice_and_what_will_be_looked_up_again_is_told(world):
    rows = [("one", "doubled", "7"), ("two", "due", None), ("three", "single", None)]
    with sqlite3.connect(world.stores.ledger("simulator")) as ledger:
        ledger.executemany("insert into recheck values (?, 0, 'resent', ?, ?)", rows)
    found = told(world, with_checks=False)
    assert (found.doubtful, found.rechecks_due) == ({"one": "7"}, 1)

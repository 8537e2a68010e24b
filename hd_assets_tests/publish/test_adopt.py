"""A ledger rebuilt from the workspace: nothing is sent twice, and what was left is sent."""

import contextlib
import shutil
import sqlite3
import threading

import pytest

from hd_assets.errors import BlockedError
from hd_assets.mapping import load
from hd_assets.publish.adopt import adopt
from hd_assets_tests import builders
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.checker import differences
from hd_assets_tests.publish.desk import MAPPING, NOW, desk, rows

STAGED = rows(5)


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def made(tmp_path):
    ready = desk(tmp_path, STAGED)
    yield ready
    ready.simulator.close()


def ledger_of(made):
    return made.stores.ledger("simulator")


def lose(made):
    for file in ledger_of(made).parent.glob("ledger.sqlite*"):
        file.unlink()


def rebuild(made, *, execute=True):
    migration = load(made.root / "mappings", MIGRATION)
    known = {"transport": made.transport, "clock": made.clock, "as_of": NOW, "stop": threading.Event()}
    return adopt(made.settings, migration, "simulator", environment={}, execute=execute, **known)


def writes(made, action):
    before = len(made.transport.writes)
    action()
    return [entry for entry in made.transport.writes[before:] if "/conversations/attributes" not in entry[1]]


def killed_after(made, count):
    """A publish that ends without warning after so many writes; its ledger is lost."""

    def hook(request):
        if len(made.transport.writes) >= count:
            raise Killed

    made.transport.before = hook
    with contextlib.suppress(Killed):
        made.publish()
    made.transport.before = None
    lose(made)


def states(made, where="true"):
    with made.context() as context:
        return {row.key: row for row in context.books.iterate(where)}


def test_a_finished_migration_is_found_whole_and_needs_no_write(made):
    made.publish()
    before = states(made)
    identities = _identities(made)
    lose(made)
    findings = rebuild(made)
    assert (findings.missing, findings.ambiguous, findings.strange) == ({}, {}, {})
    assert writes(made, made.publish) == []
    after = states(made)
    assert {key: (row.state, row.intercom_id) for key, row in after.items() if row.kind not in CHANGES} == {
        key: (row.state, row.intercom_id) for key, row in before.items() if row.kind not in CHANGES
    }
    assert all(row.state == "applied" for row in after.values())
    assert _identities(made) == identities
    assert differences(made, STAGED) == []


CHANGES = {"participant", "details", "conversation_tag", "assign_team", "assign_admin", "state", "snooze"}


def _identities(made):
    with made.context() as context:
        return context.books.rows("select kind, external_id, intercom_id, detail from identities order by 1, 2")


def test_without_execute_nothing_changes_anywhere(made):
    made.publish()
    lose(made)
    findings = []
    assert writes(made, lambda: findings.append(rebuild(made, execute=False))) == []
    assert findings[0].found["parts"] == 20
    assert [file.name for file in ledger_of(made).parent.iterdir()] == ["ledger.sqlite.lock"]
    with pytest.raises(BlockedError, match="another ledger leads"):
        made.publish()


@pytest.mark.parametrize("count", [2, 14, 19, 22, 26, 33, 44, 60, 80])
def test_a_ledger_lost_at_any_moment_of_a_run_is_rebuilt_and_the_rest_is_sent_once(tmp_path, count):
    made = desk(tmp_path, STAGED)
    killed_after(made, count)
    findings = rebuild(made)
    assert findings.ambiguous == {}
    made.publish()
    assert differences(made, STAGED) == []
    assert writes(made, made.publish) == []
    made.simulator.close()


def test_the_old_ledger_is_kept_and_tells_origins_and_earlier_values(made):
    with made.api() as api:
        api.post("/contacts", json={"email": "person1@company.example", "name": "Old"})
    made.publish()
    copy = made.root / "copy.sqlite"
    shutil.copy(ledger_of(made), copy)
    rebuild(made)
    kept = list(ledger_of(made).parent.glob("ledger.before-adopt-*.sqlite"))
    assert len(kept) == 1
    with made.context() as context:
        assert context.books.identity("contact", f"{MIGRATION}-user-1").origin == "adopted"
        assert context.books.identity("contact", f"{MIGRATION}-user-3").origin == "created"
        documents = context.books.rows("select document from prior_values")
    assert any('"Old"' in document for (document,) in documents)


def test_a_restored_day_old_backup_is_mended(made):
    made.publish()
    backup = made.root / "backup.sqlite"
    source, target = sqlite3.connect(ledger_of(made)), sqlite3.connect(backup)
    source.backup(target)
    source.close()
    target.close()
    made.stage(rows(8))
    made.publish()
    lose(made)
    shutil.copy(backup, ledger_of(made))
    with pytest.raises(BlockedError):
        made.publish()
    rebuild(made)
    assert writes(made, made.publish) == []
    assert differences(made, rows(8)) == []


def test_a_damaged_ledger_is_mended(made):
    made.publish()
    ledger_of(made).write_bytes(b"not a database" * 1000)
    rebuild(made)
    assert writes(made, made.publish) == []


def test_what_was_there_before_the_migration_counts_as_adopted(made):
    with made.api() as api:
        api.post("/companies", json={"company_id": f"{MIGRATION}-org-2", "name": "Before"})
        api.post("/tags", json={"name": "topic 1"})
    made.clock.sleep(10)
    with made.context() as context:
        # the mark stands, as after a step that made nothing else
        context.ledger.begin_run()
        context.fence.take_over()
    made.publish()
    lose(made)
    rebuild(made)
    with made.context() as context:
        origins = {key: context.books.identity("company", f"{MIGRATION}-org-{key}").origin for key in (1, 2)}
        conversation = context.books.identity("conversation", f"{MIGRATION}-ticket-1").origin
    assert origins == {1: "created", 2: "adopted"}
    assert conversation == "created"


def test_changes_of_people_are_not_undone(made):
    made.publish()
    with made.context() as context:
        key = context.books.intercom_id("conversation", f"{MIGRATION}-ticket-1")
        contact = context.books.intercom_id("contact", f"{MIGRATION}-user-2")
    lose(made)
    with made.api() as api:
        admin = next(entry["id"] for entry in api.get("/admins").json()["admins"] if entry["name"] == "Migration")
        api.put(f"/conversations/{key}", json={"title": "Better words"})
        api.post(f"/conversations/{key}/parts", json={"message_type": "open", "admin_id": admin})
        assign = {"message_type": "assignment", "type": "admin", "admin_id": admin, "assignee_id": admin}
        api.post(f"/conversations/{key}/parts", json=assign)
        api.post(
            f"/conversations/{key}/reply",
            json={"message_type": "comment", "type": "admin", "admin_id": admin, "body": "A live answer"},
        )
        api.put(f"/contacts/{contact}", json={"name": "Married"})
    assert rebuild(made).missing == {}
    assert writes(made, made.publish) == []


def test_records_that_staging_does_not_have_are_listed(made):
    made.publish()
    lose(made)
    gone = {f"{MIGRATION}-ticket-5", f"{MIGRATION}-user-2"}
    left = [row for row in STAGED if row.external_id not in gone and getattr(row, "conversation", None) not in gone]
    made.stage([row for row in left if getattr(row, "author", None) not in gone])
    findings = rebuild(made)
    assert findings.strange["conversations"] == 1
    assert findings.strange["contacts"] == 1
    assert writes(made, made.publish) == []


def test_two_conversations_with_the_same_id_are_left_to_a_person(made):
    made.publish()
    with made.context() as context:
        contact = context.books.intercom_id("contact", f"{MIGRATION}-user-1")
    with made.api() as api:
        talk = {"from": {"type": "user", "id": contact}, "body": "x"}
        twin = api.post("/conversations", json=talk).json()["conversation_id"]
        values = {f"{MIGRATION}_source_id": f"{MIGRATION}-ticket-1"}
        api.put(f"/conversations/{twin}", json={"custom_attributes": values})
    lose(made)
    assert rebuild(made).ambiguous == {"conversations": 1}
    with made.context() as context:
        ((key, reason, detail),) = context.books.rows("select key, reason, detail from evidence")
    assert (key, reason) == (f"conversation:{MIGRATION}-ticket-1:0", "doubled")
    assert twin in detail
    assert writes(made, made.publish) == []


def test_a_part_somebody_took_away_is_left_to_a_person_and_not_sent_again(made):
    made.publish()
    with made.context() as context:
        key = context.books.intercom_id("conversation", f"{MIGRATION}-ticket-1")
        part = context.books.intercom_id("reply", f"{MIGRATION}-entry-11")
    lose(made)
    with made.api() as api:
        body = {"type": "conversation_part", "conversation_id": key, "conversation_part_id": part}
        assert api.post("/conversations/redact", json=body).status_code == 200
    assert rebuild(made).ambiguous == {"parts": 1}
    assert writes(made, made.publish) == []


def test_a_part_that_came_late_is_recognised_by_its_words(made):
    first = [row for row in STAGED if row.external_id != f"{MIGRATION}-entry-12"]
    made.stage(first)
    made.publish()
    made.stage(STAGED)
    made.publish()
    late = states(made, "remark = 'late'")
    assert list(late) == [f"reply:{MIGRATION}-entry-12:0"]
    lose(made)
    findings = rebuild(made)
    assert (findings.missing, findings.ambiguous) == ({}, {})
    assert states(made, "remark = 'late'").keys() == late.keys()
    assert writes(made, made.publish) == []


def test_equal_conversations_without_parts_are_interchangeable(tmp_path):
    heads = [
        builders.conversation(n, opening_at=builders.EPOCH, opening_text="Same words", title=f"Case {n}")
        for n in range(1, 7)
    ]
    staged = [row for row in STAGED if row.table not in ("conversations", "parts", "attachments")] + heads
    made = desk(tmp_path, staged)
    made.write_mapping(MAPPING.replace("workers: 4", "workers: 6"))
    killed_after(made, 30)
    rebuild(made)
    made.publish()
    assert differences(made, staged) == []
    made.simulator.close()


@pytest.mark.parametrize("rule", [{"converted_conversation_readable": False}, {"parts_shown": 8}])
def test_it_holds_however_the_destination_shows_threads(tmp_path, rule):
    made = desk(tmp_path, STAGED, **rule)
    made.publish()
    lose(made)
    findings = rebuild(made)
    assert (findings.missing, findings.ambiguous) == ({}, {})
    assert writes(made, made.publish) == []
    made.simulator.close()


def test_parts_that_the_destination_does_not_show_any_more_are_not_sent_again(tmp_path):
    made = desk(tmp_path, STAGED, parts_shown=3)
    made.publish()
    lose(made)
    assert rebuild(made).ambiguous["parts"] > 0
    assert writes(made, made.publish) == []
    made.simulator.close()


def test_nobody_publishes_while_a_ledger_is_rebuilt(made):
    made.publish()
    with made.context(), pytest.raises(BlockedError, match="is publishing"):
        rebuild(made)


def test_without_staged_data_nothing_can_be_recognised(made):
    made.publish()
    lose(made)
    made.stores.warehouse.unlink()
    with pytest.raises(BlockedError, match="nothing is staged"):
        rebuild(made)


def test_the_machine_that_lost_the_lead_is_refused(made):
    made.publish()
    first = made.root / "first.sqlite"
    shutil.copy(ledger_of(made), first)
    rebuild(made)
    lose(made)
    shutil.copy(first, ledger_of(made))
    with pytest.raises(BlockedError, match="another ledger leads"):
        made.publish()

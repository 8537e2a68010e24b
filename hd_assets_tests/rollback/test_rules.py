"""What a rollback takes, what it leaves and why, and which part of a migration it can be asked for."""

from datetime import UTC, date, datetime

import pytest

from hd_assets.errors import BlockedError, UsageError
from hd_assets.partitions import Window
from hd_assets.simulator.faults import Fault, FaultPlan
from hd_assets_tests import builders
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.checker import differences
from hd_assets_tests.publish.desk import desk, rows
from hd_assets_tests.rollback.world import calm, content, ledger_rows, undo

STAGED = rows(3)


@pytest.fixture
def made(tmp_path):
    ready = desk(tmp_path, STAGED)
    ready.publish()
    yield ready
    ready.simulator.close()


def intercom_id(made, kind, external_id):
    sql = "select intercom_id from identities where kind = ? and external_id = ?"
    return ledger_rows(made, sql, kind, external_id)[0][0]


def conversation(made, number):
    return intercom_id(made, "conversation", f"{MIGRATION}-ticket-{number}")


def contact(made, number):
    return intercom_id(made, "contact", f"{MIGRATION}-user-{number}")


def admin(made, email):
    with made.api() as api:
        return next(doc["id"] for doc in api.get("/admins").json()["admins"] if doc["email"] == email)


def send(made, method, path, **body):
    with made.api() as api:
        answer = api.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json()


def reasons(report):
    return {(left.object, left.reason) for left in report.kept}


OTHERS = "agent1@desk.example"


def reply_of_a_contact(made, key):
    person = contact(made, 1)
    send(
        made,
        "POST",
        f"/conversations/{key}/reply",
        message_type="comment",
        type="user",
        intercom_user_id=person,
        body="Hm",
    )


def note_of_a_teammate(made, key):
    who = admin(made, OTHERS)
    send(made, "POST", f"/conversations/{key}/reply", message_type="note", type="admin", admin_id=who, body="Seen")


def opened_by_a_teammate(made, key):
    send(made, "POST", f"/conversations/{key}/parts", message_type="open", admin_id=admin(made, OTHERS))


def tagged(made, key):
    tag = send(made, "POST", "/tags", name="theirs")["id"]
    send(made, "POST", f"/conversations/{key}/tags", id=tag, admin_id=admin(made, OTHERS))


def opened_under_our_name(made, key):
    send(
        made, "POST", f"/conversations/{key}/parts", message_type="open", admin_id=admin(made, "migration@desk.example")
    )


def assigned_under_our_name(made, key):
    ours = admin(made, "migration@desk.example")
    body = {"message_type": "assignment", "type": "admin", "admin_id": ours, "assignee_id": ours}
    send(made, "POST", f"/conversations/{key}/parts", **body)


def joined_by_a_stranger(made, key):
    send(made, "POST", f"/conversations/{key}/customers", customer={"email": "stranger@other.example"})


@pytest.mark.parametrize(
    ("touch", "reason"),
    [
        (reply_of_a_contact, "a reply or note of others"),
        (note_of_a_teammate, "a reply or note of others"),
        (opened_by_a_teammate, "a change by others (open)"),
        (tagged, "a tag of others"),
        (opened_under_our_name, "others changed its state"),
        (assigned_under_our_name, "others assigned it"),
        (joined_by_a_stranger, "a participant of others"),
    ],
)
def test_a_conversation_that_others_touched_stays_with_all_it_refers_to(made, touch, reason):
    key = conversation(made, 1)
    touch(made, key)
    before = content(made)["conversation"][key]
    report = undo(made)
    after = content(made)
    assert list(after["conversation"]) == [key]
    assert after["conversation"][key] == before
    assert ("conversations", reason) in reasons(report)
    assert set(before["contacts"]) <= set(after["contact"])
    assert {entry["id"] for entry in before["tags"]} <= set(after["tag"])
    assert report.complete


def test_force_takes_what_others_touched_but_nothing_a_record_that_stays_refers_to(made):
    key = conversation(made, 1)
    note_of_a_teammate(made, key)
    report = undo(made, force=True)
    assert report.kept == []
    assert content(made)["conversation"] == {}


def test_a_kept_conversation_is_known_to_the_next_migration(made):
    note_of_a_teammate(made, conversation(made, 1))
    undo(made)
    made.publish()
    assert differences(made, STAGED) == [f"{MIGRATION}-ticket-1: 5 parts instead of 4"]


def test_a_contact_that_others_use_stays(made):
    body = {"from": {"type": "contact", "id": contact(made, 3)}, "body": "Something new", "created_at": 1_730_000_000}
    send(made, "POST", "/conversations", **body)
    report = undo(made)
    assert ("contacts", "a conversation of others uses it") in reasons(report)
    assert contact(made, 3) in content(made)["contact"]


def test_a_company_that_others_belong_to_stays(made):
    company = intercom_id(made, "company", f"{MIGRATION}-org-1")
    stranger = send(made, "POST", "/contacts", email="stranger@other.example")["id"]
    send(made, "POST", f"/contacts/{stranger}/companies", id=company)
    report = undo(made)
    assert ("companies", "a contact of others belongs to it") in reasons(report)
    assert list(content(made)["company"]) == [company]


def test_an_article_that_others_edited_stays_with_its_collection(made):
    article = intercom_id(made, "article", f"{MIGRATION}-faq-2")
    send(made, "PUT", f"/articles/{article}", body="<p>Better words</p>")
    report = undo(made)
    assert ("articles", "others edited it") in reasons(report)
    after = content(made)
    assert list(after["article"]) == [article]
    assert sorted(doc["name"] for doc in after["collection"].values()) == ["Deep", "Guides"]


def test_a_contact_somebody_archived_is_deleted_for_good(made):
    key = contact(made, 2)
    with made.api() as api:
        api.post(f"/contacts/{key}/archive").raise_for_status()
    undo(made)
    assert content(made)["contact"] == {}


def test_what_somebody_deleted_is_told_as_gone(made):
    with made.api() as api:
        api.delete(f"/conversations/{conversation(made, 2)}").raise_for_status()
    report = undo(made)
    assert report.counts["conversations"]["gone"] == 1
    assert report.counts["conversations"]["removed"] == 2
    assert report.complete


def test_deletions_are_proved_by_the_list_of_deleted_conversations(made):
    assert undo(made).proved == 3


def test_nobody_is_notified(made):
    before = made.simulator.summary()["notifications"]
    undo(made)
    assert made.simulator.summary()["notifications"] == before


def test_an_archived_contact_that_was_adopted_goes_back_into_the_archive(tmp_path):
    made = desk(tmp_path, STAGED)
    with made.api() as api:
        there = api.post("/contacts", json={"email": "person1@company.example", "name": "Old"}).json()["id"]
        api.post(f"/contacts/{there}/archive").raise_for_status()
    before = content(made)
    made.publish()
    assert undo(made).counts["contacts"]["restored"] == 1
    assert content(made) == before


def test_a_company_is_forgotten_only_when_it_is_really_archived(tmp_path):
    made = desk(tmp_path, STAGED, company_archive_seconds=90.0)
    made.publish()
    begun = made.clock.now()
    report = undo(made)
    assert made.clock.now() >= begun + 90
    assert report.counts["companies"]["removed"] == 2
    made.publish()
    assert differences(made, STAGED) == []


# selections


def test_one_object_is_taken_and_what_is_still_used_stays(made):
    report = undo(made, objects=frozenset({"contacts", "articles"}))
    assert set(report.counts) == {"contacts", "articles"}
    assert report.counts["articles"]["removed"] == 2
    after = content(made)
    assert (len(after["conversation"]), len(after["contact"]), after["article"]) == (3, 3, {})
    assert ("contacts", "a conversation of ours that stays uses it") in reasons(report)


def test_months_take_the_conversations_of_these_months(tmp_path):
    later = datetime(2024, 3, 5, tzinfo=UTC)
    staged = [*rows(2), builders.conversation(9, opening_at=later), builders.conversation(10, opening_at=later)]
    made = desk(tmp_path, staged)
    made.publish()
    report = undo(made, window=Window(date(2024, 3, 1), date(2024, 4, 1)))
    assert {name: counted["removed"] for name, counted in report.counts.items()} == {"conversations": 2}
    made.publish()
    assert differences(made, staged) == []


def test_one_run_takes_what_it_created_and_lists_what_it_only_changed(made):
    first = ledger_rows(made, "select max(run_no) from runs")[0][0]
    changed = next(row for row in STAGED if row.external_id == f"{MIGRATION}-user-3")
    changed = changed.model_copy(update={"name": "Another name", "source_digest": builders.digest("changed")})
    made.stage([changed if row.external_id == changed.external_id else row for row in rows(4)])
    made.publish()
    last = ledger_rows(made, "select max(run_no) from runs")[0][0]
    assert last > first
    report = undo(made, run_no=last)
    assert {name: counted["removed"] for name, counted in report.counts.items()} == {"conversations": 1}
    assert any(f"contact {MIGRATION}-user-3" in sentence for sentence in report.cannot_undo)
    assert len(content(made)["conversation"]) == 3


@pytest.mark.parametrize(
    "choice",
    [
        {"schema": True, "run_no": 1},
        {"objects": frozenset({"contacts"}), "window": Window(date(2024, 1, 1), date(2024, 2, 1))},
        {"objects": frozenset({"teammates"})},
    ],
)
def test_choices_that_do_not_go_together_are_refused(made, choice):
    with pytest.raises(UsageError):
        undo(made, **choice)


# definitions


def definitions(made):
    with made.api() as api:
        listed = [
            *api.get("/data_attributes").json()["data"],
            *api.get("/conversations/attributes").json()["data"],
            *(doc for doc in api.get("/ticket_types").json()["data"] if not doc["archived"]),
        ]
    return sorted(doc["name"] for doc in listed)


def test_definitions_stay_and_are_named(made):
    before = definitions(made)
    report = undo(made)
    assert definitions(made) == before
    assert any("vip" in sentence and "--schema" in sentence for sentence in report.cannot_undo)
    made.publish()
    assert differences(made, STAGED) == []


def test_with_schema_they_are_archived_except_the_one_that_bears_the_mark(made):
    report = undo(made, schema=True)
    assert definitions(made) == ["Tickets", f"{MIGRATION}_source_id"]
    assert report.complete
    assert any("their names stay taken" in sentence for sentence in report.cannot_undo)


def test_definitions_that_are_still_in_use_stay(made):
    note_of_a_teammate(made, conversation(made, 1))
    report = undo(made, schema=True)
    assert ("conversation_attributes", "conversations that stay have values of it") in reasons(report)
    assert "number" in definitions(made)


# what stands in the way


def test_without_a_ledger_there_is_nothing_to_take_back(tmp_path):
    made = desk(tmp_path, STAGED)
    with pytest.raises(BlockedError, match="nothing was planned or published"):
        undo(made, execute=False)


def test_nobody_publishes_while_something_is_taken_back(made):
    with made.context(), pytest.raises(BlockedError, match="is publishing"):
        undo(made)


def test_an_answer_that_was_lost_while_publishing_is_looked_up_first(tmp_path):
    made = desk(tmp_path, STAGED)
    fault = Fault(kind="applied_then_lost", route="POST /conversations$")
    made.simulator.set_faults(FaultPlan(faults=(fault,)))
    stopped = Killing(made)
    stopped.publish()
    calm(made)
    told = undo(made, execute=False)
    assert told.unresolved
    report = undo(made)
    assert report.settled >= 1
    assert report.complete
    assert content(made)["conversation"] == {}


class Killing:
    """Ends the process right after the first conversation's answer was lost."""

    def __init__(self, made):
        self.made = made

    def publish(self):
        from hd_assets_tests.rollback.world import Killer

        route = ("POST", "/conversations")
        killer = Killer(self.made, 0, "seen")
        inner, hook = self.made.transport.inner, killer.hook("seen")

        class Ending:
            def handle_request(self, request):
                try:
                    return inner.handle_request(request)
                finally:
                    if (request.method, request.url.path) == route or killer.copies is not None:
                        hook(request)

        self.made.transport.inner = Ending()
        try:
            assert killer.run(self.made.publish)
        finally:
            self.made.transport.inner = inner


def test_a_deletion_that_is_refused_is_told_and_the_rest_goes_on(made):
    key = conversation(made, 2)
    fault = Fault(kind="status_before", status=422, route=f"DELETE /conversations/{key}$")
    made.simulator.set_faults(FaultPlan(faults=(fault,)))
    report = undo(made)
    assert [(left.object, left.intercom_id) for left in report.failed] == [("conversations", key)]
    assert not report.complete
    assert list(content(made)["conversation"]) == [key]
    calm(made)
    assert undo(made).complete
    assert content(made)["conversation"] == {}

"""Which ledger may write: every moment at which a ledger or a workspace can be lost, copied or put back.

A copy is restored together with its folder's lock file gone, as on another machine, so that only the workspace can
tell old from new.
"""

import contextlib
import shutil
import sqlite3
import threading

import httpx
import pytest

from hd_assets.errors import BlockedError
from hd_assets.partitions import EVERYTHING
from hd_assets.publish.fence_mark import Mark, marker_text
from hd_assets.publish.plan import plan
from hd_assets.publish.workspace import publish_workspace
from hd_assets.simulator.core import Simulator
from hd_assets.simulator.transport import SimulatorTransport
from hd_assets_tests import builders
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.checker import differences
from hd_assets_tests.publish.desk import FAST, Counting, desk, rows

STAGED = rows(3)


@pytest.fixture
def made(tmp_path):
    ready = desk(tmp_path, STAGED)
    yield ready
    ready.simulator.close()


class Killed(BaseException):
    """The process is gone."""


def ledger_of(made):
    return made.stores.ledger("simulator")


def copied(made, name="copy.sqlite"):
    """The ledger as it lies on disk at this instant."""
    target = made.root / name
    source, copy = sqlite3.connect(ledger_of(made)), sqlite3.connect(target)
    source.backup(copy)
    source.close()
    copy.close()
    return target


def restored(made, copy):
    for file in ledger_of(made).parent.glob("ledger.sqlite*"):
        file.unlink()
    shutil.copy(copy, ledger_of(made))


def refused(made, match):
    """The publish is refused with these words, says how to go on, and has written nothing."""
    before = len(made.transport.writes)
    with pytest.raises(BlockedError, match=match) as told:
        made.publish()
    assert made.transport.writes[before:] == []
    assert told.value.exit_code == 3
    assert told.value.mend
    return told.value


def attribute(made):
    with made.api() as api:
        listed = api.get("/conversations/attributes", params={"include_archived": "true"}).json()["data"]
    return next(doc for doc in listed if doc["name"] == f"{MIGRATION}_source_id")


def mark(made):
    return Mark.read(attribute(made)["description"])


def during(made, at, action):
    """Publish; when so many writes have passed, `action` is done once between two requests."""
    done = []

    def hook(request):
        if len(made.transport.writes) >= at and not done:
            done.append(True)
            action()

    made.transport.before = hook
    try:
        made.publish()
    finally:
        made.transport.before = None
    assert done


def killed_at(made, at, *, copy_at):
    """A publish that ends without warning after so many writes; answers the ledger as it was some writes before."""
    copies, one_at_a_time = [], threading.Lock()

    def hook(request):
        # the other workers wait: what they send while the copy is made, or until the end, would be missing in it
        with one_at_a_time:
            passed = len(made.transport.writes)
            if passed >= copy_at and not copies:
                copies.append(copied(made))
            if passed >= at:
                # nothing of ours reaches the workspace any more
                raise Killed

    made.transport.before = hook
    with contextlib.suppress(Killed):
        made.publish()
    made.transport.before = None
    return copies[0]


def test_the_mark_names_the_ledger_and_tells_whether_a_step_is_under_way(made):
    seen = []
    during(made, 20, lambda: seen.append(mark(made)))
    with made.context() as context:
        ledger_id, last = context.books.ledger_id, context.books.meta("marker")
    assert (seen[0].ledger_id, seen[0].phase) == (ledger_id, "open")
    assert (mark(made).ledger_id, mark(made).phase, mark(made).words) == (ledger_id, "ended", last)


def test_a_deleted_ledger_is_refused(made):
    made.publish()
    for file in ledger_of(made).parent.glob("ledger.sqlite*"):
        file.unlink()
    assert "hd-assets adopt desk" in refused(made, "another ledger leads").mend


def test_a_backup_from_before_the_last_run_is_refused(made):
    made.publish()
    copy = copied(made)
    made.stage(rows(4))
    made.publish()
    restored(made, copy)
    refused(made, "has seen")


def test_a_backup_since_which_nothing_was_written_goes_on(made):
    made.publish()
    copy = copied(made)
    made.publish()
    restored(made, copy)
    made.stage(rows(4))
    made.publish()
    assert differences(made, rows(4)) == []


@pytest.mark.parametrize("at", [3, 15, 25, 40])
def test_a_backup_from_the_middle_of_a_run_that_ended_is_refused(made, at):
    copies = []
    during(made, at, lambda: copies.append(copied(made)))
    restored(made, copies[0])
    refused(made, "has seen the end of run")


@pytest.mark.parametrize(
    ("copy_at", "killed", "seen"),
    [
        (16, 20, "company|contact"),
        (16, 24, "company|contact"),
        (22, 33, "conversation|parts of"),
        (30, 45, "conversation|parts of"),
    ],
)
def test_a_backup_from_the_middle_of_a_run_that_was_killed_is_refused(made, copy_at, killed, seen):
    restored(made, killed_at(made, killed, copy_at=copy_at))
    refused(made, rf"cut off.*({seen})")


@pytest.mark.parametrize("at", range(2, 60, 6))
def test_the_newest_ledger_of_a_killed_run_goes_on(tmp_path, at):
    made = desk(tmp_path, STAGED)
    kept = []

    def kill(request):
        if len(made.transport.writes) >= at:
            if not kept:
                kept.append(copied(made))
            raise Killed

    made.transport.before = kill
    with contextlib.suppress(Killed):
        made.publish()
    made.transport.before = None
    if kept:
        restored(made, kept[0])
    made.publish()
    assert differences(made, STAGED) == []
    made.simulator.close()


def test_of_two_machines_with_the_same_ledger_the_second_is_refused(made):
    made.publish()
    fork = copied(made)
    made.stage(rows(4))
    made.publish()
    first = copied(made, "first.sqlite")
    restored(made, fork)
    refused(made, "has seen")
    restored(made, first)
    made.stage(rows(5))
    made.publish()
    assert differences(made, rows(5)) == []


def test_two_machines_that_publish_at_once_notice_it_at_the_end(made):
    made.publish()
    made.stage(rows(4))

    def intrude():
        other = Mark.new(mark(made).ledger_id, 99)
        with made.api() as api:
            api.put(f"/conversations/attributes/{attribute(made)['id']}", json={"description": marker_text("x", other)})

    with pytest.raises(BlockedError, match="at the same time"):
        during(made, len(made.transport.writes) + 3, intrude)
    refused(made, "has seen run 99")


def test_an_emptied_workspace_is_refused(made):
    made.publish()
    made.simulator.reset()
    made.provision()
    refused(made, "bears no mark")


def test_a_workspace_put_back_to_an_earlier_state_is_refused(made):
    made.publish()
    earlier = attribute(made)
    made.stage(rows(4))
    made.publish()
    with made.api() as api:
        api.put(f"/conversations/attributes/{earlier['id']}", json={"description": earlier["description"]})
    refused(made, "put back to an earlier state")


def test_another_workspace_is_refused(made):
    made.publish()
    stranger = Simulator(clock=made.clock, rules=FAST, workspace_id="stranger")
    made.transport = Counting(SimulatorTransport(stranger))
    refused(made, "belongs to workspace 'stranger'")


def test_an_archived_attribute_is_refused_with_the_way_back(made):
    made.publish()
    with made.api() as api:
        api.delete(f"/conversations/attributes/{attribute(made)['id']}")
    assert "restore it" in refused(made, "is archived").mend


def test_an_edited_description_is_refused_and_the_mend_mends_it(made):
    made.publish()
    with made.api() as api:
        api.put(f"/conversations/attributes/{attribute(made)['id']}", json={"description": "The old ticket's id"})
    words = refused(made, "names no ledger any more").mend.split("`")[1]
    with made.api() as api:
        api.put(f"/conversations/attributes/{attribute(made)['id']}", json={"description": words})
    made.publish()
    assert differences(made, STAGED) == []


def test_two_attributes_of_the_name_are_refused(made):
    made.publish()
    with made.api() as api:
        api.post("/conversations/attributes", json={"name": f"{MIGRATION}_source_id", "data_type": "string"})
    refused(made, "has 2 conversation attributes named")


def test_an_archived_twin_of_the_attribute_is_no_obstacle(made):
    with made.api() as api:
        twin = api.post("/conversations/attributes", json={"name": "other", "data_type": "string"}).json()
    made.publish()
    with made.api() as api:
        api.put(f"/conversations/attributes/{twin['id']}", json={"name": f"{MIGRATION}_source_id"})
        api.delete(f"/conversations/attributes/{twin['id']}")
    made.publish()


@pytest.mark.parametrize("of", ["contacts", "companies", "conversations"])
def test_records_of_the_migration_without_any_mark_are_refused_by_an_empty_ledger(made, of):
    with made.api() as api:
        if of == "contacts":
            api.post("/contacts", json={"external_id": f"{MIGRATION}-user-77"})
        elif of == "companies":
            api.post("/companies", json={"company_id": f"{MIGRATION}-org-2", "name": "Left"})
        else:
            person = api.post("/contacts", json={"email": "a@b.example"}).json()["id"]
            kind = api.post("/conversations/attributes", json={"name": f"{MIGRATION}_source_id", "data_type": "string"})
            body = {"from": {"type": "user", "id": person}, "body": "x"}
            talk = api.post("/conversations", json=body).json()["conversation_id"]
            api.put(f"/conversations/{talk}", json={"custom_attributes": {f"{MIGRATION}_source_id": "desk-ticket-1"}})
            tag = api.post("/tags", json={"name": "Migrated"}).json()["id"]
            admin = api.get("/admins").json()["admins"][0]["id"]
            api.post(f"/conversations/{talk}/tags", json={"id": tag, "admin_id": admin})
            api.put(f"/conversations/attributes/{kind.json()['id']}", json={"name": "renamed"})
    assert "hd-assets adopt desk" in refused(made, f"already holds {of}").mend


def test_records_of_another_migration_are_no_obstacle(made):
    with made.api() as api:
        api.post("/contacts", json={"external_id": "desktop-user-1", "email": "other@company.example"})
        api.post("/tags", json={"name": "migrated"})
    made.publish()


def test_a_mark_of_an_older_version_is_honoured(made):
    made.publish()
    with made.context() as context:
        ledger_id, last = context.books.ledger_id, context.run_no - 1
        context.ledger.write([("delete from meta where name like 'marker%'", ())])

    def write(run_no):
        text = f"Id of the record in the migration desk. Do not edit: ledger {ledger_id} run {run_no}"
        with made.api() as api:
            api.put(f"/conversations/attributes/{attribute(made)['id']}", json={"description": text})

    write(last + 50)
    refused(made, f"has seen run {last + 50}")
    write(last)
    made.stage(rows(4))
    made.publish()
    assert differences(made, rows(4)) == []
    assert mark(made).phase == "ended"


@pytest.mark.parametrize("kind", ["applied_then_lost", "lost_before", "status_after"])
def test_a_mark_whose_answer_was_lost_is_looked_up(tmp_path, kind):
    from hd_assets.simulator.faults import Fault, FaultPlan

    made = desk(tmp_path, STAGED)
    fault = Fault(kind=kind, route="^(POST|PUT) /conversations/attributes", times=2)
    made.simulator.set_faults(FaultPlan(faults=(fault,)))
    made.publish()
    made.simulator.set_faults(FaultPlan())
    with made.api() as api:
        listed = api.get("/conversations/attributes").json()["data"]
    assert sum(doc["name"] == f"{MIGRATION}_source_id" for doc in listed) == 1
    made.publish()
    assert differences(made, STAGED) == []
    made.simulator.close()


def test_a_mark_that_was_under_way_when_the_process_died_is_waited_for(made):
    """The creation of the attribute takes effect only after the next process has started."""
    from hd_assets.simulator.faults import Fault, FaultPlan

    made.simulator.set_faults(
        FaultPlan(faults=(Fault(kind="late_apply", seconds=1.5, route="POST /conversations/attributes", times=1),))
    )
    kept = []

    def kill(request):
        if ("POST", "/conversations/attributes") in made.transport.sent:
            if not kept:
                kept.append(copied(made))
            raise Killed

    made.transport.before = kill
    with pytest.raises(Killed):
        made.publish()
    made.transport.before = None
    with sqlite3.connect(kept[0]) as copy:
        # it was meant long before its last byte left, as behind an exhausted rate limit
        copy.execute("update meta set value = '0' where name = 'marker_next_at'")
    restored(made, kept[0])
    made.simulator.set_faults(FaultPlan())
    made.publish()
    with made.api() as api:
        listed = api.get("/conversations/attributes").json()["data"]
    assert sum(doc["name"] == f"{MIGRATION}_source_id" for doc in listed) == 1


def test_a_killed_run_costs_the_next_one_a_few_reads_and_none_for_each_conversation(tmp_path):
    made = desk(tmp_path, rows(30))
    newest = killed_at(made, 250, copy_at=250)
    restored(made, newest)
    before = len(made.transport.sent)
    with made.context() as context:
        context.ledger.begin_run()
        context.fence.check()
    assert len(made.transport.sent) - before < 15
    made.simulator.close()


def test_definitions_alone_make_no_workspace_strange(made):
    with made.context() as context:
        plan(context, EVERYTHING)
        publish_workspace(context)
    made.publish()
    assert differences(made, STAGED) == []


def test_a_contact_of_ours_that_was_there_before_the_first_step_is_news(made):
    made.stage([*STAGED, builders.contact(9)])
    with made.api() as api:
        api.post("/contacts", json={"external_id": f"{MIGRATION}-user-9"})
    refused(made, "ledger is empty")


def test_an_empty_answer_is_not_taken_for_a_workspace_without_a_mark(made):
    made.publish()
    inner, emptied = made.transport.inner.handle_request, []

    def handle(request):
        if request.method == "GET" and request.url.path in ("/me", "/conversations/attributes") and len(emptied) < 3:
            emptied.append(request.url.path)
            return httpx.Response(200, request=request)
        return inner(request)

    made.transport.inner.handle_request = handle
    made.stage(rows(4))
    made.publish()
    assert len(emptied) == 3
    assert differences(made, rows(4)) == []


def test_a_mark_that_arrived_after_its_process_died_is_known_to_all_later_ones(made):
    """The next process finds it and dies while its own is under way and never arrives; the one after that goes on."""
    from hd_assets.simulator.faults import Fault, FaultPlan

    restored(made, killed_at(made, 5, copy_at=5))
    kept = []

    def dies(when):
        def hook(request):
            if when(request):
                kept.append(copied(made))
                raise Killed

        made.transport.before = hook
        with pytest.raises(Killed):
            made.publish()
        made.transport.before = None
        made.simulator.set_faults(FaultPlan())
        restored(made, kept[0])
        kept.clear()

    def to_the_mark(request):
        return request.method == "PUT" and "/conversations/attributes" in request.url.path

    asked = len(made.transport.sent)
    made.simulator.set_faults(FaultPlan(faults=(Fault(kind="applied_then_lost", route="^PUT", times=1),)))
    dies(lambda request: any(method == "PUT" for method, _ in made.transport.sent[asked:]))
    arrived = mark(made)
    dies(to_the_mark)
    assert mark(made) == arrived
    made.publish()
    assert differences(made, STAGED) == []

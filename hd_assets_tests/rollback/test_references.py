"""Custom objects, the references to them and redirects are taken back, unless something that stays needs them."""

from dataclasses import dataclass

import pytest

from hd_assets.simulator.faults import Fault, FaultPlan
from hd_assets_tests import builders
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.desk import MAPPING, Desk, desk, rows
from hd_assets_tests.rollback.world import Killer, calm, content, furnish, ledger_rows, undo

SPACE = "https://intercom.help/simulator"
TYPE = "/custom_object_instances/change_request"
MARIA, PETRA = f"{MIGRATION}-user-1", f"{MIGRATION}-user-2"
TICKET = f"{MIGRATION}-ticket-1"


def staged():
    kept = [row for row in rows(2) if row.table != "articles"]
    articles = [builders.article(number, old_url=f"{SPACE}/old/{number}") for number in (1, 2)]
    return [
        *kept,
        *articles,
        builders.custom_object(1, contacts=[MARIA], conversations=[TICKET]),
        builders.custom_object(2, contacts=[MARIA, PETRA]),
        builders.custom_object(3),
        builders.custom_object(4),
    ]


@dataclass
class World:
    """A published desk; `before` is what the workspace held until then. Calls answer the parsed body."""

    desk: Desk
    before: dict

    def send(self, method, path, **body):
        with self.desk.api() as api:
            answer = api.request(method, path, **({"json": body} if body else {}))
            answer.raise_for_status()
            return answer.json()

    def key(self, kind, external_id):
        sql = "select intercom_id from identities where kind = ? and external_id = ?"
        return ledger_rows(self.desk, sql, kind, external_id)[0][0]

    def change(self, number):
        return self.key("custom_object", f"{MIGRATION}-change-{number}")

    def left(self, kind):
        """Intercom ids that were not there before the migration."""
        return set(content(self.desk)[kind]) - set(self.before[kind])


@pytest.fixture
def world(tmp_path):
    made = desk(tmp_path, staged())
    made.write_mapping(MAPPING + f"    options: {{help_center_url: '{SPACE}'}}\n")
    made.simulator.provision(custom_object_types=["change_request"])
    furnish(made)
    ready = World(made, {})
    theirs = ready.send("POST", TYPE, external_id="theirs")["id"]
    # one bears an id of ours; the contact with an address of ours refers to both
    there = ready.send("POST", TYPE, external_id=f"{MIGRATION}-change-3", custom_attributes={"risk": "high"})["id"]
    people = ready.send("GET", "/contacts")["data"]
    adopted = next(doc["id"] for doc in people if doc["email"] == "person1@company.example")
    ready.send("PUT", f"/contacts/{adopted}", custom_attributes={"change_request": [theirs, there]})
    guide = ready.send("GET", "/articles")["data"][0]["id"]
    body = {"from_url": f"{SPACE}/theirs", "locale": "en", "target_type": "article", "target_id": guide}
    ready.send("POST", "/help_center/help_centers/3001/redirects", **body)
    ready.before = content(made)
    made.publish()
    yield ready
    made.simulator.close()


def reasons(report, name):
    return {left.external_id: left.reason for left in report.kept if left.object == name}


def test_everything_is_as_it_was_before(world):
    assert (len(world.left("custom_object")), len(world.left("redirect"))) == (3, 2)
    told = undo(world.desk, execute=False)
    report = undo(world.desk)
    assert content(world.desk) == world.before
    assert (report.complete, report.kept, report.counts) == (True, [], told.counts)
    assert report.counts["custom_objects"] == {"removed": 3, "restored": 1}
    assert report.counts["redirects"] == {"removed": 2}


def test_a_new_migration_begins_from_scratch(world):
    first = content(world.desk)
    undo(world.desk)
    world.desk.publish()
    again = content(world.desk)
    assert {kind: len(docs) for kind, docs in again.items()} == {kind: len(docs) for kind, docs in first.items()}


@pytest.mark.parametrize("kind", ["applied_then_lost", "lost_before", "status_after"])
def test_lost_answers_are_looked_up(world, kind):
    route = "DELETE /custom_object|DELETE /help_center/help_centers|PUT /contacts|POST /custom_object"
    world.desk.simulator.set_faults(FaultPlan(faults=(Fault(kind=kind, every=2, route=route),)))
    report = undo(world.desk)
    assert world.desk.simulator.summary()["faults"][kind] >= 3
    calm(world.desk)
    assert report.complete
    assert content(world.desk) == world.before


def test_killed_again_and_again_it_comes_to_the_same_end(world):
    kills = 0
    while Killer(world.desk, 11, ("before", "after")[kills % 2]).run(lambda: undo(world.desk)):
        kills += 1
        assert kills < 100
    assert kills >= 5
    assert content(world.desk) == world.before


class KilledAt(Killer):
    """Dies when the request has taken effect and its answer is lost."""

    def __init__(self, made, route):
        super().__init__(made, 0, "after")
        self.route = route

    def hook(self, phase):
        struck = super().hook(phase)

        def at_route(request):
            if self.copies is not None or f"{request.method} {request.url.path}".startswith(self.route):
                struck(request)

        return at_route


@pytest.mark.parametrize("route", [f"POST {TYPE}", "PUT /contacts/", "POST /help_center/help_centers/"])
def test_what_a_publish_left_open_is_settled_and_taken_back(world, route):
    undo(world.desk)
    assert KilledAt(world.desk, route).run(world.desk.publish)
    report = undo(world.desk)
    assert (report.complete, report.kept) == (True, [])
    assert content(world.desk) == world.before


def noted(world):
    """A teammate's note keeps the conversation."""
    admin = next(doc["id"] for doc in world.send("GET", "/admins")["admins"] if doc["email"] == "agent1@desk.example")
    key = world.key("conversation", TICKET)
    body = {"message_type": "note", "type": "admin", "admin_id": admin, "body": "Seen"}
    world.send("POST", f"/conversations/{key}/reply", **body)
    return key


def test_an_instance_that_a_kept_conversation_refers_to_stays_and_is_listed(world):
    key, change, other = noted(world), world.change(1), world.change(2)
    told = undo(world.desk, execute=False)
    report = undo(world.desk)
    assert world.left("custom_object") == {change, other}
    assert content(world.desk)["conversation"][key]["custom_attributes"]["change_request"] == [change]
    # the contact of that conversation stays with it, and so does what the contact refers to
    why = "a contact or conversation that stays refers to it"
    listed = dict.fromkeys((f"{MIGRATION}-change-{number}" for number in (1, 2, 3)), why)
    assert reasons(told, "custom_objects") == reasons(report, "custom_objects") == listed


def test_so_does_one_that_others_let_a_kept_conversation_refer_to(world):
    key, other = noted(world), world.change(4)
    world.send("PUT", f"/conversations/{key}", custom_attributes={"change_request": [other]})
    undo(world.desk)
    assert other in world.left("custom_object")


def test_an_instance_that_a_kept_contact_refers_to_stays(world):
    person, change = world.key("contact", PETRA), world.change(2)
    world.send("POST", "/conversations", **{"from": {"type": "contact", "id": person}, "body": "Something new"})
    report = undo(world.desk)
    assert world.left("custom_object") == {change}
    assert content(world.desk)["contact"][person]["custom_attributes"]["change_request"] == [change]
    assert reasons(report, "contacts") == {PETRA: "a conversation of others uses it"}


def test_alone_only_instances_that_nothing_refers_to_go(world):
    report = undo(world.desk, objects=frozenset({"custom_objects"}))
    assert report.counts["custom_objects"] == {"kept": 2, "removed": 1, "restored": 1}
    assert reasons(report, "custom_objects") == {
        f"{MIGRATION}-change-1": "a conversation of ours that stays refers to it",
        f"{MIGRATION}-change-2": "a contact of ours that stays refers to it",
    }


def test_without_staging_nothing_goes_that_something_may_refer_to(world):
    with world.desk.warehouse.transaction() as connection:
        connection.execute("delete from staging.custom_objects")
    report = undo(world.desk, objects=frozenset({"custom_objects"}))
    assert set(reasons(report, "custom_objects").values()) == {
        "staging does not hold it any more, so nobody knows what refers to it"
    }
    assert undo(world.desk).complete
    assert content(world.desk) == world.before


def test_a_redirect_stays_with_its_article(world):
    article = world.key("article", f"{MIGRATION}-faq-2")
    world.send("PUT", f"/articles/{article}", body="<p>Better words</p>")
    report = undo(world.desk)
    [stays] = world.left("redirect")
    assert content(world.desk)["redirect"][stays]["target_id"] == article
    assert reasons(report, "redirects") == {f"{MIGRATION}-faq-2": "the article it leads to stays"}
    assert undo(world.desk, force=True).complete
    assert content(world.desk) == world.before


def test_a_redirect_that_others_made_lead_elsewhere_stays(world):
    key = world.key("redirect", f"{MIGRATION}-faq-1")
    store = world.desk.simulator._store
    [guide] = world.before["article"]
    store.replace("redirect", {**store.get("redirect", key), "target_id": guide})
    report = undo(world.desk)
    assert world.left("redirect") == {key}
    assert reasons(report, "redirects") == {f"{MIGRATION}-faq-1": "others made it lead elsewhere"}


def test_redirects_alone_are_taken_while_the_articles_stay(world):
    undo(world.desk, objects=frozenset({"redirects"}))
    assert (len(world.left("redirect")), len(world.left("article"))) == (0, 2)


def test_what_nobody_can_look_up_is_said_before(world):
    told = undo(world.desk, execute=False)
    assert any("refer to a deleted custom object" in sentence for sentence in told.cannot_undo)

"""Contacts that somebody merged away in the target: what names them goes to the one that stands for them."""

import json

from hd_assets.partitions import EVERYTHING
from hd_assets.publish.merged import follow_merges
from hd_assets.publish.outcomes import RefusedError
from hd_assets.publish.plan import plan, wanted_threads
from hd_assets.publish.records import publish_contacts
from hd_assets.publish.resolve import Resolver
from hd_assets.publish.staged import threads_of
from hd_assets.publish.work import Tally, Work
from hd_assets.publish.workspace import publish_workspace
from hd_assets.simulator.faults import Fault
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.checker import read
from hd_assets_tests.publish.desk import rows
from hd_assets_tests.publish.test_recover import MARIA, faults, made, table

__all__ = ["made"]


def merged(made, external_id):
    """A user somebody merged into a new one; answers the survivor."""
    with made.api() as api:
        gone = api.get(f"/contacts/find_by_external_id/{external_id}").json()
        into = api.post("/contacts", json={"email": "survivor@company.example", "phone": "+492"}).json()
        api.put(f"/contacts/{gone['id']}", json={"role": "lead"})
        answer = api.post(
            "/contacts/merge", json={"from": gone["id"], "into": into["id"], "skip_duplicate_validation": True}
        )
    assert answer.status_code == 200
    return into["id"]


def test_a_contact_that_was_merged_away_is_followed_to_its_survivor(made):
    made.publish()
    survivor = merged(made, MARIA)
    made.stage(
        [
            row.model_copy(update={"name": "New name", "source_digest": "other"}) if row.external_id == MARIA else row
            for row in rows(1)
        ]
    )
    made.publish()
    with made.context() as context:
        known = context.books.identity("contact", MARIA)
    assert (known.intercom_id, known.origin) == (survivor, "adopted")
    [document] = [json.loads(row[3]) for row in table(made, "prior_values") if row[1] == survivor]
    assert document["phone"] == "+492"
    [reason] = [row[2] for row in table(made, "evidence")]
    assert reason == "contact_merged"
    with made.api() as api:
        assert api.get(f"/contacts/{survivor}").json()["name"] == "New name"


def test_a_lost_answer_from_a_survivor_is_found_by_the_survivor(made):
    made.publish()
    merged(made, MARIA)
    made.stage(rows(2))
    # the first one is refused, because the contact is gone
    faults(made, Fault(kind="applied_then_lost", route="POST /conversations$", after=1, times=1))
    before = len(made.transport.writes)
    made.publish()
    assert made.transport.writes[before:].count(("POST", "/conversations")) == 2
    assert {key: len(copies) for key, copies in read(made).items()} == {
        f"{MIGRATION}-ticket-{number}": 1 for number in (1, 2)
    }


def test_a_record_that_waited_while_another_followed_the_merge_goes_to_the_survivor_as_well(made):
    made.publish()
    survivor = merged(made, MARIA)
    made.stage(rows(2))
    with made.context() as context:
        plan(context, EVERYTHING)
        publish_workspace(context)
        publish_contacts(context)
        key = f"conversation:{MIGRATION}-ticket-2:0"
        entry = next(
            one for one in wanted_threads(context, threads_of(context.warehouse, [f"{MIGRATION}-ticket-2"]))[0]
        )
        row, fault = context.books.operation(key), RefusedError(404, "user_not_found")
        work = Work(context, Resolver(context.books, context.stores.files), Tally())
        # it has asked before the other one knew
        waiting = work.batch()
        waiting.resolver.prefetch([entry.request])
        assert follow_merges(work, entry, row, fault, first=True) is not None
        assert follow_merges(waiting, entry, row, fault, first=True) is not None
        assert waiting.resolver.id("contact", MARIA) == survivor
        assert follow_merges(waiting, entry, row, fault) is None


def test_what_is_written_for_a_merged_contact_goes_to_its_survivor(made):
    made.publish()
    survivor = merged(made, MARIA)
    made.stage(rows(4))
    made.publish()
    with made.context() as context:
        assert context.books.kind_counts().get(("conversation", "applied")) == 4
        assert context.books.identity("contact", MARIA).intercom_id == survivor

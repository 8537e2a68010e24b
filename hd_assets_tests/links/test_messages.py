"""Links in messages: sent as links to what is in the workspace by then, and found again exactly as they were sent."""

import json
import threading

import pytest
import yaml

from hd_assets.links import told
from hd_assets.links.found import find_links
from hd_assets.links.urls import replaced, web_addresses
from hd_assets.mapping import load
from hd_assets.partitions import EVERYTHING
from hd_assets.publish.adopt import adopt
from hd_assets.publish.conversations import publish_conversations
from hd_assets.publish.plan import plan
from hd_assets.publish.records import publish_articles, publish_companies, publish_contacts
from hd_assets.publish.workspace import publish_workspace
from hd_assets.reconcile.compare import reconcile
from hd_assets.simulator.faults import Fault, FaultPlan
from hd_assets_tests import builders
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.links.test_links import NEW, OLD, PAGES
from hd_assets_tests.publish.desk import MAPPING, NOW, desk

BEFORE = (publish_workspace, publish_companies, publish_contacts, publish_articles)
FIRST, SECOND = f"{OLD}/tickets.php?id=1", f"{OLD}/tickets.php?id=2"
REPLY = f"reply:{MIGRATION}-entry-21:0"


class Killed(BaseException):
    """The process is gone."""


def staged():
    """Ticket 2 leads to ticket 1, in its opening and twice in a reply, and to an article; ticket 1 to ticket 2."""
    first = builders.conversation(1)
    second = builders.conversation(2, opening_text=f"As in there ({FIRST}).")
    answers = [
        builders.reply(first, 1, body_html=f'<p>See <a href="{SECOND}">the other</a></p>'),
        builders.reply(
            second,
            1,
            agent=2,
            author_name="Bo <Gone>",
            body_html=f'<p><a href="{FIRST}">{FIRST}</a>, <a href="{OLD}/kb/faq.php?id=1&amp;a=b">how</a>,'
            f' <a href="{OLD}/tickets.php?id=12">lost</a></p>',
        ),
        builders.part(second, 2, body_html=f"<p>It is {FIRST}.</p>"),
    ]
    people = [builders.contact(1), builders.teammate(1), builders.teammate(2, email="gone@desk.example")]
    gone = people[-1].model_copy(update={"is_active": False})
    openings = [builders.part(first, 0), builders.part(second, 0)]
    return [*people[:-1], gone, builders.article(1), first, second, *openings, *answers]


@pytest.fixture
def made(tmp_path):
    ready = desk(tmp_path, staged())
    options(ready)
    folder = tmp_path / "sql" / "desk" / "links"
    folder.mkdir(parents=True)
    (folder / "pages.yaml").write_text(yaml.safe_dump(PAGES), encoding="utf-8")
    find(ready)
    yield ready
    ready.simulator.close()


def options(made, **publish):
    """One conversation after the other, so that what is there before what is known."""
    document = yaml.safe_load(MAPPING)
    document["options"] = {"old_addresses": OLD, "help_center_url": NEW}
    document["publish"] = {"workers": 1, **publish}
    made.write_mapping(yaml.safe_dump(document))


def find(made):
    with made.warehouse.transaction() as connection:
        find_links(connection, load(made.root / "mappings", MIGRATION), made.root / "sql")


def publish(made, **values):
    with made.context(**values) as context:
        plan(context, EVERYTHING)
        for step in BEFORE:
            step(context)
        publish_conversations(context, EVERYTHING)


def killed(made, number, phase):
    """Publish until the reply of that number and end there."""
    seen = []

    def hook(request):
        seen.append(request.url.path.endswith("/reply"))
        if sum(seen) == number:
            raise Killed

    setattr(made.transport, phase, hook)
    with pytest.raises(Killed):
        publish(made)
    made.transport.before = made.transport.after = None


def bodies(made):
    """External id of a ticket → opening and comments as they are stored."""
    found = {}
    with made.api() as api:
        for listed in api.get("/conversations").json()["conversations"]:
            doc = api.get(f"/conversations/{listed['id']}").json()
            parts = doc["conversation_parts"]["conversation_parts"]
            said = [part["body"] for part in parts if part["part_type"] == "comment"]
            found[doc["custom_attributes"].get("desk_source_id")] = [doc["source"]["body"], *said]
    return found


def at(made, number):
    """Address of a migrated ticket in the inbox."""
    with made.context(exclusive=False) as context:
        return f"{context.settings.simulator_url}/inbox/{context.books.intercom_id('conversation', key(number))}"


def key(number):
    return f"{MIGRATION}-ticket-{number}"


def note(made, operation):
    with made.context(exclusive=False) as context:
        return context.books.operation(operation).sent_links


def differing(made):
    with made.context(exclusive=False) as context:
        return reconcile(context, EVERYTHING).differing


def states(made):
    with made.warehouse.get_connection() as connection:
        rows = told.rows(connection, made.settings, load(made.root / "mappings", MIGRATION), "simulator")
    return {(row[1], row[3].rpartition("/")[2]): (row[-2], row[-1]) for row in rows}


def test_a_message_leads_to_what_was_sent_before_it(made):
    publish(made)
    there = bodies(made)
    opening, reply, comment = there[key(2)]
    assert opening == f"<p>As in there ({at(made, 1)}).</p>"
    assert reply.count(f'<a href="{at(made, 1)}">{at(made, 1)}</a>') == 1
    assert f'<a href="{NEW}/articles/' in reply
    # another record of the old system that does not migrate: its address begins with that of one that does
    assert f'<a href="{OLD}/tickets.php?id=12">' in reply
    assert comment == f"<p>It is {at(made, 1)}.</p>"
    # and what came later could not be led to
    assert f'<a href="{SECOND}">' in there[key(1)][1]
    assert differing(made) == 0


def test_the_list_tells_which_links_were_rewritten_and_where_the_others_should_lead(made):
    publish(made)
    found = states(made)
    assert found[key(2), "tickets.php?id=1"] == (at(made, 1), "rewritten")
    assert found[f"{MIGRATION}-entry-22", "tickets.php?id=1"] == (at(made, 1), "rewritten")
    assert found[f"{MIGRATION}-entry-21", "faq.php?id=1&amp;a=b"][1] == "rewritten"
    assert found[f"{MIGRATION}-entry-11", "tickets.php?id=2"] == (at(made, 2), "forward")
    assert found[f"{MIGRATION}-entry-21", "tickets.php?id=12"] == (None, "outside")


def test_a_later_plan_finds_neither_drift_nor_conflict_nor_change(made):
    publish(made)
    writes = len(made.transport.writes)
    with made.context() as context:
        summary = plan(context, EVERYTHING)
    assert (summary.total_operations, sum(summary.drift.values()), summary.conflicts) == (0, 0, [])
    publish(made, send_drift=True)
    assert len(made.transport.writes) == writes


def test_the_ledger_holds_no_address_of_the_old_system(made):
    """Such an address may bear a person's e-mail."""
    publish(made)
    assert at(made, 1) in json.loads(note(made, REPLY)).values()
    for file in made.stores.ledger("simulator").parent.glob("ledger.sqlite*"):
        assert OLD.encode() not in file.read_bytes()


def test_a_mapping_may_keep_all_links_as_they_are(made):
    options(made, links="keep")
    publish(made)
    assert bodies(made)[key(2)][0] == f"<p>As in there ({FIRST}).</p>"
    assert note(made, REPLY) is None
    assert states(made)[key(2), "tickets.php?id=1"] == (at(made, 1), "kept")
    assert differing(made) == 0


def test_without_a_help_centre_no_message_leads_to_an_article(made):
    document = yaml.safe_load(MAPPING)
    made.write_mapping(yaml.safe_dump({**document, "options": {"old_addresses": OLD}, "publish": {"workers": 1}}))
    publish(made)
    assert f'<a href="{OLD}/kb/faq.php?id=1&amp;a=b">' in bodies(made)[key(2)][1]
    assert states(made)[f"{MIGRATION}-entry-21", "faq.php?id=1&amp;a=b"][1] == "kept"


@pytest.mark.parametrize("route", ["POST /conversations$", "POST /conversations/2/reply"])
@pytest.mark.parametrize("kind", ["applied_then_lost", "lost_before", "status_after"])
def test_a_message_whose_answer_was_lost_is_found_by_the_words_it_was_sent_with(made, route, kind):
    # the second conversation's creation, or its first reply
    fault = Fault(kind=kind, route=route, after=1 if "$" in route else 0, times=1)
    made.simulator.set_faults(FaultPlan(faults=[fault]))
    publish(made)
    there = bodies(made)
    assert {ticket: len(said) for ticket, said in there.items()} == {key(1): 2, key(2): 3}
    assert at(made, 1) in there[key(2)][0]
    assert at(made, 1) in there[key(2)][1]
    assert differing(made) == 0


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_process_that_died_is_followed_by_one_that_knows_what_was_meant(made, number, phase):
    killed(made, number, phase)
    publish(made)
    assert {ticket: len(said) for ticket, said in bodies(made).items()} == {key(1): 2, key(2): 3}
    assert differing(made) == 0


def test_what_may_have_been_sent_is_sent_again_with_the_same_words(made):
    """Ticket 2 comes while nobody knows what became of the message that leads to it."""
    killed(made, 1, "before")
    publish(made, only=frozenset({"2"}))
    publish(made)
    assert SECOND in bodies(made)[key(1)][1]
    assert note(made, f"reply:{MIGRATION}-entry-11:0") is None
    assert differing(made) == 0


def test_what_was_certainly_not_sent_leads_to_what_is_there_by_now(made):
    refusal = Fault(kind="status_before", status=422, route="POST /conversations/1/reply", times=1)
    made.simulator.set_faults(FaultPlan(faults=[refusal]))
    publish(made)
    publish(made)
    assert f'<a href="{at(made, 2)}">' in bodies(made)[key(1)][1]
    assert states(made)[f"{MIGRATION}-entry-11", "tickets.php?id=2"] == (at(made, 2), "rewritten")
    assert differing(made) == 0


def test_a_link_that_leads_elsewhere_by_now_is_a_difference(made):
    """The link's label is another one than its address, so that no visible word differs."""
    publish(made)
    with made.context() as context:
        noted = json.loads(context.books.operation(REPLY).sent_links)
        other = {link: at if "inbox" in at else f"{at}0" for link, at in noted.items()}
        assert other != noted
        changed = "update operations set sent_links = ? where key = ?"
        context.ledger.write([(changed, (json.dumps(other), REPLY))])
    assert differing(made) == 1


def rebuilt(made):
    for file in made.stores.ledger("simulator").parent.glob("ledger.sqlite*"):
        file.unlink()
    migration = load(made.root / "mappings", MIGRATION)
    known = {"transport": made.transport, "clock": made.clock, "as_of": NOW, "stop": threading.Event()}
    return adopt(made.settings, migration, "simulator", environment={}, execute=True, **known)


def test_a_rebuilt_ledger_knows_which_links_were_rewritten(made):
    publish(made)
    before = json.loads(note(made, REPLY)).values()
    findings = rebuilt(made)
    assert (findings.missing, findings.ambiguous, findings.strange) == ({}, {}, {})
    assert sorted(json.loads(note(made, REPLY)).values()) == sorted(before)
    assert note(made, f"reply:{MIGRATION}-entry-11:0") is None
    assert differing(made) == 0
    writes = len([path for _, path in made.transport.writes if "/attributes" not in path])
    publish(made)
    assert len([path for _, path in made.transport.writes if "/attributes" not in path]) == writes


@pytest.mark.parametrize("number", [2, 3])
def test_a_conversation_without_its_mark_is_recognised_by_its_opening_all_the_same(made, number):
    killed(made, number, "after")
    findings = rebuilt(made)
    assert findings.ambiguous == findings.strange == {}
    assert findings.found["conversations"] > 0
    publish(made)
    assert {ticket: len(said) for ticket, said in bodies(made).items()} == {key(1): 2, key(2): 3}
    assert differing(made) == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://a.example/x?id=1, or", ["https://a.example/x?id=1"]),
        ("(HTTP://a.example/x)", ["HTTP://a.example/x"]),
        ("&lt;https://a.example/x?a=1&amp;b=2&gt;", ["https://a.example/x?a=1&amp;b=2"]),
        ('<a href="https://a.example/x">https://a.example/x</a>', ["https://a.example/x"]),
        ('<img src="https://a.example/x">', []),
        ("https://b.example/go?to=https://a.example/x", ["https://b.example/go?to=https://a.example/x"]),
    ],
)
def test_an_address_is_what_a_reader_would_follow(text, found):
    assert web_addresses(text) == found


def test_only_whole_addresses_are_replaced():
    new = {"https://a.example/1": "NEW"}.get
    assert replaced("https://a.example/1. https://a.example/12", new) == "NEW. https://a.example/12"

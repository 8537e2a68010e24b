"""Without faults a conversation costs what the design counts, and the reads of a step do not grow with the records."""

import re
from collections import Counter

import pytest

from hd_assets_tests.proof.machine import Machine
from hd_assets_tests.proof.requests import of_case
from hd_assets_tests.proof.scratch import scratch
from hd_assets_tests.proof.source import SOURCE_ID
from hd_assets_tests.proof.store import Store
from hd_assets_tests.proof.templates import Templates
from hd_assets_tests.proof.world import world

_OF_CONVERSATION = re.compile(r"/(?:conversations|tickets)/(\d+)(?:/|$)")
# reads for each step, whatever it sends: who am I, the mark, lists of the workspace, the read-back before conversations
MOST_READS = 60


@pytest.fixture(scope="module", params=["small", "wide", "large"])
def migrated(request):
    """(source, workspace, requests) of an undisturbed migration."""
    with scratch() as folder:
        templates = Templates(request.param, folder)
        made = world(templates.bench, templates.image)
        assert Machine(made, folder / "machine").run().how == "finished"
        yield templates.source, Store(made.snapshot()), made.sent


def test_each_conversation_costs_what_the_design_counts_and_nothing_more(migrated):
    source, store, sent = migrated
    found = Counter(match[1] for _, path, _ in sent if (match := _OF_CONVERSATION.search(path)))
    keys = {doc["custom_attributes"].get(SOURCE_ID): key for key, doc in store.all("conversation").items()}
    counted = {case.key: of_case(case, source) for case in source.cases}
    # its creation is the one request that does not name it
    assert {case.key: 1 + found[keys[case.key]] for case in source.cases} == counted


def test_all_conversations_together_cost_their_sum(migrated):
    source, _, sent = migrated
    writes = [path for method, path, _ in sent if path == "/conversations" or _OF_CONVERSATION.search(path)]
    assert len(writes) == sum(of_case(case, source) for case in source.cases)


def test_the_reads_do_not_grow_with_the_conversations(migrated):
    source, _, sent = migrated
    reads = [(method, path) for method, path, _ in sent if method == "GET" or path.endswith(("/search", "/list"))]
    # a company is looked up before its first write, an adopted contact is read with its links
    adopted = [p for p in source.people if p.number in source.foreign.adopted_people | source.foreign.kept_people]
    of_people = sum(1 + 2 * len(person.organisations) + 2 for person in adopted)
    # an instance of a custom object and a list of references are looked at before their first write
    of_things = len(source.things) + len({number for thing in source.things for number in thing.people})
    assert len(reads) <= MOST_READS + len(source.organisations) + of_people + of_things

"""The checker itself: every damage to a finished workspace is found, and named for what it is."""

import random

import pytest

from hd_assets_tests.proof import mutations
from hd_assets_tests.proof.bench import Bench
from hd_assets_tests.proof.checker import judge
from hd_assets_tests.proof.fixtures import large
from hd_assets_tests.proof.machine import Machine
from hd_assets_tests.proof.store import Store
from hd_assets_tests.proof.world import before, world

SEEDS = range(4)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """(source, the workspace before, the workspace after an undisturbed migration)."""
    root, source = tmp_path_factory.mktemp("checker"), large()
    image = before(source)
    made = world(Bench(source, root), image)
    assert Machine(made, root / "machine").run().how == "finished"
    return source, image, made.snapshot()


def damaged(finished, damage, seed):
    source, image, after = finished
    known = {key for docs in Store(image).docs.values() for key in docs}
    found = mutations.Image(after, known, random.Random(seed))
    damage(found)
    return judge(source, image, found.bytes())


def test_an_undisturbed_migration_has_nothing_to_find(finished):
    assert judge(*finished).lines == []


def test_undisturbed_each_link_to_what_came_before_leads_there_and_no_other_is_touched(finished):
    """The twins lead to case 1, which comes after them, and case 1 twice to case 21."""
    found = judge(*finished)
    assert (found.led, found.left) == (9, 4)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("what", mutations.LOST)
def test_what_is_gone_is_lost(finished, what, seed):
    assert damaged(finished, mutations.LOST[what], seed).lost


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("what", mutations.DOUBLED)
def test_what_is_there_twice_is_doubled(finished, what, seed):
    assert damaged(finished, mutations.DOUBLED[what], seed).doubled


@pytest.mark.parametrize("seed", SEEDS)
def test_what_stands_at_another_place_is_reordered(finished, seed):
    found = damaged(finished, mutations.REORDERED["two parts"], seed)
    assert found.reordered
    assert not found.lost + found.doubled + found.altered


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("what", mutations.ALTERED)
def test_what_is_not_as_it_was_is_altered(finished, what, seed):
    found = damaged(finished, mutations.ALTERED[what], seed)
    assert found.altered or found.lost
    assert found.lines

"""Taking a migration back: the workspace is as it was before, except what is listed."""

import pytest

from hd_assets.simulator.faults import Fault, FaultPlan
from hd_assets_tests.publish.desk import rows
from hd_assets_tests.rollback.world import calm, content, undo, world

STAGED = rows(5)


@pytest.fixture
def made(tmp_path):
    ready = world(tmp_path, STAGED)
    yield ready
    ready.simulator.close()


def test_a_whole_rollback_leaves_the_workspace_as_it_was(made):
    before = content(made)
    made.publish()
    assert content(made) != before
    report = undo(made)
    assert content(made) == before
    assert report.complete
    assert report.kept == []


def test_reads_that_answer_without_an_id_change_nothing_about_it(made):
    before = content(made)
    made.simulator.set_faults(FaultPlan(faults=(Fault(kind="no_id", every=2, route="GET "),)))
    made.publish()
    report = undo(made)
    assert made.simulator.summary()["faults"]["no_id"] >= 20
    calm(made)
    assert content(made) == before
    assert report.complete


def test_a_dry_run_says_the_same_and_changes_nothing(made):
    made.publish()
    before, writes = content(made), len(made.transport.writes)
    told = undo(made, execute=False)
    assert made.transport.writes[writes:] == []
    assert content(made) == before
    done = undo(made)
    assert told.counts == done.counts
    assert told.cannot_undo == done.cannot_undo

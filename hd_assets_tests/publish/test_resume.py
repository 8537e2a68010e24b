"""Killed, lost, late: whatever happens between two requests, nothing is lost, doubled or put out of order."""

import random
import shutil
import sqlite3

import httpx
import pytest

from hd_assets.simulator.faults import Fault, FaultPlan
from hd_assets_tests.publish.checker import differences
from hd_assets_tests.publish.desk import desk, rows

STAGED = rows(5)


class Killed(BaseException):
    """The process is gone: nothing of ours runs after it."""


class Killer:
    """Lets so many requests pass, copies the ledger as it lies on disk at that instant, and ends everything."""

    def __init__(self, made, at, phase):
        self.made, self.left, self.phase, self.copy = made, at, phase, None

    def __call__(self, phase):
        def hook(request):
            if self.copy is not None:
                raise Killed
            if phase == self.phase:
                self.left -= 1
                if self.left < 0:
                    self.copy = self.made.root / "copy.sqlite"
                    source, target = sqlite3.connect(self.made.stores.ledger("simulator")), sqlite3.connect(self.copy)
                    source.backup(target)
                    source.close()
                    target.close()
                    raise Killed

        return hook


def killed_publish(made, at, phase):
    killer = Killer(made, at, phase)
    made.transport.before, made.transport.after = killer("before"), killer("after")
    try:
        made.publish()
    except Killed:
        pass
    finally:
        made.transport.before = made.transport.after = None
    if killer.copy is None:
        return False
    ledger = made.stores.ledger("simulator")
    for file in ledger.parent.glob("ledger.sqlite?*"):
        file.unlink()
    shutil.move(killer.copy, ledger)
    return True


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_request_the_next_run_completes_the_work_without_a_manual_step(tmp_path, phase, seed):
    made = desk(tmp_path, STAGED)
    dice = random.Random(f"{phase}{seed}")
    for _ in range(2):
        if not killed_publish(made, dice.randrange(5, 60), phase):
            break
    made.publish()
    assert differences(made, STAGED) == []
    before = len(made.transport.writes)
    made.publish()
    assert made.transport.writes[before:] == []


@pytest.mark.parametrize("kind", ["applied_then_lost", "lost_before", "status_before", "status_after", "truncated"])
def test_lost_answers_are_settled_by_looking(tmp_path, kind):
    made = desk(tmp_path, STAGED)
    fault = Fault(kind=kind, every=4, route="^(POST|PUT|DELETE)")
    made.simulator.set_faults(FaultPlan(seed=1, faults=(fault,)))
    made.publish()
    assert made.simulator.summary()["faults"][kind] > 10
    assert differences(made, STAGED) == []


def test_a_request_that_takes_effect_within_the_horizon_is_not_sent_again(tmp_path):
    made = desk(tmp_path, STAGED)
    fault = Fault(kind="late_apply", seconds=1.5, every=5, route="POST /conversations")
    made.simulator.set_faults(FaultPlan(faults=(fault,)))
    made.publish()
    assert differences(made, STAGED) == []


def test_storms_of_429_and_broken_connections_only_cost_time(tmp_path):
    made = desk(tmp_path, STAGED)
    faults = (Fault(kind="storm_429", count=5, every=20), Fault(kind="connect_error", every=7))
    made.simulator.set_faults(FaultPlan(faults=faults))
    made.publish()
    assert differences(made, STAGED) == []
    with made.context() as context:
        assert context.books.kind_counts().get(("reply", "unknown")) is None


def test_equal_conversations_are_not_taken_for_each_other(tmp_path):
    from hd_assets_tests import builders

    heads = [
        builders.conversation(n, opening_at=builders.EPOCH, opening_text="Same words", title=f"Case {n}")
        for n in range(1, 7)
    ]
    staged = [row for row in STAGED if row.table not in ("conversations", "parts", "attachments")] + heads
    made = desk(tmp_path, staged)
    fault = Fault(kind="applied_then_lost", every=2, route="POST /conversations$")
    made.simulator.set_faults(FaultPlan(faults=(fault,)))
    made.publish()
    assert differences(made, staged) == []


def test_an_unreachable_target_ends_the_step_and_leaves_nothing_unknown(tmp_path):
    from hd_assets.errors import UnreachableError

    made = desk(tmp_path, STAGED)

    def refuse(request):
        raise httpx.ConnectError("connection refused", request=request)

    made.transport.before = refuse
    with pytest.raises(UnreachableError):
        made.publish()
    made.transport.before = None
    made.publish()
    assert differences(made, STAGED) == []


def test_a_request_whose_answer_never_comes_is_left_for_the_next_run(tmp_path):
    made = desk(tmp_path, STAGED)
    made.simulator.set_faults(FaultPlan(faults=(Fault(kind="status_before", route="POST /conversations/1/reply"),)))
    told = made.publish()
    assert told[-1]["conversations.created"] == 5
    with made.context() as context:
        left = {(row.conversation, row.state) for row in context.books.iterate("state <> 'applied'")}
    assert len({conversation for conversation, _ in left}) == 1
    assert {state for _, state in left} == {"unknown", "planned"}
    made.simulator.set_faults(FaultPlan())
    made.publish()
    assert differences(made, STAGED) == []

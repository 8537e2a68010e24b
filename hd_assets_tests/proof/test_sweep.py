"""Killed at every boundary of every request: before it, on the wire, after the answer, after the note in the ledger."""

import pytest

from hd_assets_tests.proof.scratch import scratch
from hd_assets_tests.proof.sweep import POINTS, Sweep

# of the boundaries; the campaign takes all of them
EVERY = 60
# of the campaign, so that it can be seen going on
SHARES = 8


def told(swept):
    print()
    print("\n".join(swept.lines()))
    return swept


def is_clean(swept):
    return not swept.findings and not swept.counts.total() and not swept.unlike and not swept.held


def test_a_slice_of_all_boundaries():
    with scratch() as folder:
        swept = Sweep("large", folder, lambda number, point: (number + 10 * POINTS.index(point)) % EVERY == 0).run()
    assert swept.requests >= 300
    assert swept.findings == []
    assert is_clean(swept)


@pytest.mark.campaign
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("share", range(SHARES))
def test_every_boundary(share):
    """`-n 2 --dist load` lets both cores take shares; together they are all requests."""
    with scratch() as folder:
        swept = told(Sweep("large", folder, lambda number, point: number % SHARES == share).run())
    assert swept.findings == []
    assert is_clean(swept)


@pytest.mark.campaign
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("point", POINTS)
def test_killed_again_at_every_boundary_of_the_resume(point):
    with scratch() as folder:
        sweep = Sweep("small", folder, lambda number, point: False)
        for number in range(5, sweep.swept.requests, 20):
            sweep.twice((number, point), most=200)
    swept = told(sweep.swept)
    assert swept.findings == []
    assert is_clean(swept)

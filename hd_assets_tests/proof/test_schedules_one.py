"""Random schedules of faults and kills, seeds 1 to 1000: nothing is lost, doubled, reordered or altered.

A seed that fails is told again by `python -m hd_assets_tests.proof.schedules --seed N`.
"""

import pytest

from hd_assets_tests.proof.suite import LEAST_LED, chunks, explained, led, play, report, thin


@pytest.mark.parametrize("seeds", chunks(1, 1000), ids=str)
def test_nothing_is_lost_doubled_reordered_or_altered(player, seeds):
    played = play(player, seeds)
    assert report(played) == []
    assert thin(played) == []
    assert led(played) > LEAST_LED
    assert explained(played) == []

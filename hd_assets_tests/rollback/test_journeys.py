"""Seeded lives of a migration that is taken back; `pytest -m campaign hd_assets_tests/rollback` lives two hundred."""

import os
from collections import Counter

import pytest

from hd_assets_tests.rollback.journey import live

SLICE, CAMPAIGN = 15, 200


@pytest.mark.parametrize("seed", range(SLICE))
def test_what_was_taken_back_is_as_before_and_can_be_sent_again(tmp_path, seed):
    assert live(tmp_path, seed).wrong == []


@pytest.mark.campaign
@pytest.mark.timeout(7200)
def test_two_hundred_lives(tmp_path, capsys):
    total, wrong = Counter(), {}
    for seed in range(1000, 1000 + int(os.environ.get("HD_ROLLBACK_LIVES", CAMPAIGN))):
        told = live(tmp_path / str(seed), seed)
        total += told.counts
        total["lives"] += 1
        if told.wrong:
            wrong[seed] = told.wrong
    with capsys.disabled():
        print()
        for name, number in sorted(total.items()):
            print(f"{number:7}  {name}")
    assert wrong == {}

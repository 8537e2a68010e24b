"""The proof can fail: publishers with one promise taken away are caught by the same schedules."""

import pytest

from hd_assets_tests.proof.schedules import EVERY_PARALLEL, draw

SEEDS = range(1, 41)


def failures(player):
    for seed in SEEDS:
        if seed % EVERY_PARALLEL:
            played = player.play(draw(seed))
            yield from (*played.verdict.lines, *played.broken)


def test_a_publisher_that_sends_again_without_looking_doubles(player, monkeypatch):
    from hd_assets.publish import creation, replies

    for kind in (creation.Creation, replies.Reply):
        monkeypatch.setattr(kind, "look", lambda self, attempt: None)
        monkeypatch.setattr(kind, "look_elsewhere", lambda self, attempt: None)
    assert any("doubled" in line for line in failures(player))


def test_a_publisher_that_takes_every_lost_answer_for_done_loses(player, monkeypatch):
    from hd_assets.publish import replies
    from hd_assets.publish.work import Done

    monkeypatch.setattr(replies.Reply, "look", lambda self, attempt: Done("1"))
    assert any("lost" in line for line in failures(player))


@pytest.mark.parametrize("horizon", [0.0])
def test_a_publisher_that_does_not_wait_for_the_horizon_doubles(player, monkeypatch, horizon):
    from hd_assets.publish.context import PublishContext

    monkeypatch.setattr(PublishContext, "horizon", horizon)
    monkeypatch.setattr(PublishContext, "search_lag", horizon)
    assert any("doubled" in line for line in failures(player))

"""What a plan expects of publishing, and how near that comes."""

import dataclasses

import pytest

from hd_assets.mapping.model import Publishing
from hd_assets.publish.forecast import Forecast, Pace, forecasts, pace, remember, remember_limit, scores
from hd_assets.publish.ledger import Ledger, read_only
from hd_assets_tests.publish.desk import desk, rows


@pytest.fixture
def books(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite", "desk", "test")
    ledger.begin_run()
    yield ledger
    ledger.close()


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    made = desk(tmp_path_factory.mktemp("forecast"), rows(6), requests_per_minute=6000)
    planned = made.plan()
    made.publish()
    yield made, planned
    made.simulator.close()


def read(made):
    ledger = read_only(made.stores.ledger("simulator"))
    try:
        with made.warehouse.get_connection() as connection:
            return scores(ledger, connection)
    finally:
        ledger.close()


def test_a_forecast_is_held_against_what_its_run_sent(published):
    made, planned = published
    [score] = read(made)
    assert score.forecast.requests == planned.total_requests
    assert score.operations == planned.total_operations
    assert score.bytes == score.forecast.bytes == planned.bytes
    assert score.requests == sum(made.simulator.summary()["requests"].values())
    # looking at the workspace is all that comes on top
    assert 0 < score.others < 40


def test_the_limit_the_workspace_told_is_the_next_forecasts(published):
    made, _ = published
    ledger = read_only(made.stores.ledger("simulator"))
    expected = pace(ledger, Publishing())
    ledger.close()
    assert expected.is_learnt
    assert expected.limit == 6000


def test_a_plan_with_nothing_to_send_leaves_the_forecast_of_what_was_sent(published):
    made, planned = published
    assert made.plan().total_requests == 0
    assert [score.forecast.requests for score in read(made)] == [planned.total_requests]


def test_before_a_workspace_told_its_limit_the_usual_one_is_assumed(books):
    assert pace(books, Publishing()) == Pace(10_000, False, 8_000)


def test_head_room_and_an_own_ceiling_are_kept(books):
    remember_limit(books, 500)
    assert pace(books, Publishing()).allowed == 400
    assert pace(books, Publishing(requests_per_minute=100)).per_minute == 100
    assert pace(books, Publishing(requests_per_minute=100)).seconds(50) == 30


def test_the_newest_limit_counts(books):
    remember_limit(books, 500)
    remember_limit(books, None)
    remember_limit(books, 10_000)
    assert pace(books, Publishing()).limit == 10_000


@pytest.mark.parametrize(("sent", "reached"), [(600, 60), (400, None)])
def test_the_pace_of_a_publish_that_was_long_enough_slows_the_next_forecast(books, sent, reached):
    books.note_requests({("POST", "/contacts", "200"): sent})
    operation = (
        "insert into operations (key, kind, object, external_id, position, state, source_digest, payload_digest,"
        " seen_digest, rules_version, run_no, intended_at, outcome_at) values (?, 'contact', 'contacts', ?, 0,"
        " 'applied', '', '', '', 1, ?, ?, ?)"
    )
    # the first was intended by an earlier run, and left open
    times = {"a": (200.0, 1100.0), "b": (1500.0, 1600.0)}
    books.write([(operation, (key, key, books.run_no, *span)) for key, span in times.items()])
    books.write([("update runs set started_at = 1000", ())])
    assert pace(books, Publishing()).reached == reached
    assert pace(books, Publishing()).per_minute == (reached or 8_000)
    remember(books, Forecast(books.run_no, "all", 2, 2, 0, 8_000, 10_000, False, 0.015))
    [score] = scores(books)
    assert (score.operations, score.requests, score.others, score.seconds) == (2, sent, sent - 2, 600)


def test_a_run_that_plans_again_replaces_its_forecast(books):
    first = Forecast(1, "all", 10, 12, 0, 8_000, 10_000, False, 0.1)
    remember(books, first)
    remember(books, dataclasses.replace(first, requests=20))
    assert [found.requests for found in forecasts(books)] == [20]
    assert scores(books) == []

"""Jitbit's web API → raw: everything once, whatever an installation does differently."""

import pytest

from hd_assets.extract.jitbit.entities import ENTITIES
from hd_assets.extract.raw import RawStore
from hd_assets_tests.jitbit import desk, read, rows, standin

# what the API does not tell: orders of set-up, who wrote an article; and its own count is the server's
UNTOLD = {"section": ("order_by_number",), "category": ("order_by_number",), "article": ("user_id",)}
COLUMNS = {entity.name: entity.columns for entity in ENTITIES}
READ = [name for name in desk().rows if name != "statistic"]


def shown(entity: str, row: tuple) -> tuple:
    return tuple(
        None if name in UNTOLD.get(entity, ()) else value for name, value in zip(COLUMNS[entity], row, strict=True)
    )


@pytest.fixture(scope="module")
def server():
    return standin()


@pytest.fixture(scope="module")
def store(server, tmp_path_factory) -> RawStore:
    return read(tmp_path_factory.mktemp("raw"), server)


def expected(entity: str) -> list[tuple]:
    return sorted((shown(entity, row) for row in desk().raw("api")[entity]), key=str)


@pytest.mark.parametrize("entity", READ)
def test_every_row_of_the_helpdesk_arrives_as_it_is(store, entity):
    assert sorted(rows(store, entity), key=str) == expected(entity)


def test_nothing_was_written(server, store):
    assert store.latest() is not None
    assert server.writes == 0
    assert {method for method, _, _ in server.requests} == {"GET"}

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hd_assets.simulator.core import Simulator
from hd_assets_tests.simulator.api import Api, workspace


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with workspace() as made:
        yield made


@pytest.fixture
def api(simulator: Simulator) -> Api:
    return Api(simulator)


@pytest.fixture
def admin(api: Api) -> str:
    return str(api("GET", "/admins")["admins"][0]["id"])


@pytest.fixture
def team(api: Api) -> str:
    return str(api("GET", "/teams")["teams"][0]["id"])

"""The recorded iTop behind the stand-in, and the ways to read it."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

from hd_assets.extract.itop import ItopExtractor, ItopOptions
from hd_assets.extract.retry import RetryBudget
from hd_assets.standin.itop import ItopStandin, StandinTransport, Store
from hd_assets_tests.shared import shared_path

ADDRESS = "https://itop.example"
PASSWORD = "correct-horse"


@cache
def truth() -> dict[str, Any]:
    return json.loads(shared_path("data/itop/truth.json").read_text(encoding="utf-8"))


@cache
def _recorded() -> Store:
    return Store.load(shared_path("data/itop/rest"))


def recorded() -> Store:
    """A copy of the recorded installation in which every account may log in."""
    store = copy.deepcopy(_recorded())
    store.passwords = {str(fields["login"]): PASSWORD for fields in store.tables["UserLocal"].values()}
    store.tokens = {"a-token": "admin"}
    return store


def reading(standin: ItopStandin, user: str = "admin", **options: Any) -> ItopExtractor:
    """An extractor without sockets whose retries do not wait."""
    given = {"password": PASSWORD, **options}
    budget = RetryBudget(attempts=3, sleep=lambda _: None)
    return ItopExtractor(ItopOptions(ADDRESS, user, **given), transport=StandinTransport(standin), budget=budget)

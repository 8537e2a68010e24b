"""Somebody else who writes conversations equal to ours: the same contact, second and words."""

import copy
from collections.abc import Iterable

import httpx

from hd_assets.simulator.faults import Faults
from hd_assets.simulator.transport import SimulatorTransport
from hd_assets_tests.proof.source import Source
from hd_assets_tests.proof.store import Doc, Store
from hd_assets_tests.proof.world import HEADERS, World

# requests after which it tries again while the contact is not there
_LATER = 5


class Rival:
    """`moments`: (requests sent, number of a case); minus n stands for the pause after the n-th process."""

    def __init__(self, world: World, source: Source, moments: Iterable[tuple[int, int]]) -> None:
        self._world, self._source = world, source
        self._moments: dict[int, list[int]] = {}
        for moment, number in moments:
            self._moments.setdefault(moment, []).append(number)
        self._docs: dict[str, Doc] = {}
        self._parts: dict[str, list[Doc]] = {}

    def __call__(self, moment: int) -> None:
        for number in self._moments.pop(moment, ()):
            if not self._write(number) and moment > 0:
                self._moments.setdefault(moment + _LATER, []).append(number)

    def _write(self, number: int) -> bool:
        case = next(case for case in self._source.cases if case.number == number)
        contact = self._source.person(case.requester).key
        simulator = self._world.simulator
        faults, simulator.faults = simulator.faults, Faults([])
        try:
            with httpx.Client(
                transport=SimulatorTransport(simulator), base_url="http://simulator.invalid", headers=HEADERS
            ) as api:
                found = api.get(f"/contacts/find_by_external_id/{contact}")
                if found.status_code != httpx.codes.OK:
                    return False
                sender = {"type": "user", "id": found.json()["id"]}
                body = {"from": sender, "body": case.text, "created_at": case.at}
                made = api.post("/conversations", json=body).raise_for_status().json()
        finally:
            simulator.faults = faults
        key = str(made["conversation_id"])
        store = Store(simulator.snapshot())
        self._docs[key] = store.all("conversation")[key]
        self._parts[key] = store.parts.get(key, [])
        return True

    def beside(self, before: Store) -> Store:
        """What was there before, and what is the rival's, neither of which we may touch."""
        found = copy.copy(before)
        found.docs = {**before.docs, "conversation": {**before.all("conversation"), **self._docs}}
        found.parts = {**before.parts, **{key: parts for key, parts in self._parts.items() if parts}}
        return found

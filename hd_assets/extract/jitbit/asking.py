"""Asking for what not every version or account can tell, and keeping what came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from hd_assets.extract.base import RawSink, Row
from hd_assets.extract.jitbit.answers import COLUMNS, Fields, Shaper, listed, unknown_keys
from hd_assets.extract.jitbit.calls import Call
from hd_assets.extract.jitbit.client import JitbitClient, MissingError, RefusedError
from hd_assets.extract.jitbit.spool import Spool

_MISSES = 3
TOLD, UNKNOWN, UNLISTED = "told", "unknown", "unlisted"
_OF_ONE = {"id", "ticketId", "userId", "categoryId"}


class Asking:
    """What the parts of one reading share: the client, the rows so far, the calls that turned out not to exist."""

    def __init__(self, client: JitbitClient, shaper: Shaper, spool: Spool, into: RawSink) -> None:
        self.client, self.shaper, self.spool, self.into = client, shaper, spool, into
        self._noted = {kind: spool.noted(kind) for kind in (TOLD, UNKNOWN)}
        self._off: set[str] = set()
        self._misses: Counter[str] = Counter()
        self._answered: set[str] = set()

    def optional(self, call: Call) -> Any | None:
        """The answer of a call that may not exist or not be allowed; None then.

        A thing that vanished meanwhile is missing, too, so a call counts as lacking only after some misses in a row
        without any answer.
        """
        if call.name in self._off:
            return None
        try:
            answer = self.client.get(call)
        except MissingError:
            self._misses[call.name] += 1
            tries = _MISSES if _OF_ONE & call.parameters.keys() else 1
            if call.name not in self._answered and self._misses[call.name] >= tries:
                self._give_up(call.name, "this version does not know it")
            return None
        except RefusedError:
            self._give_up(call.name, "the account may not")
            return None
        self._answered.add(call.name)
        return answer

    def optional_list(self, call: Call) -> list[Fields]:
        return listed(self.optional(call), call.name)

    def has(self, name: str) -> bool:
        return name not in self._off

    def _give_up(self, name: str, why: str) -> None:
        self._off.add(name)
        self.into.warn(f"the call {name} gave nothing ({why}); what it tells is lacking")

    def keep(self, entity: str, found: Iterable[Fields], owner: str | None = None, **given: str | None) -> None:
        """Rows of a raw table from objects of an answer; `given` are columns known better than the answer."""
        rows = []
        for one in found:
            rows.append(self.shaper.row(entity, one, **given))
            self._note(UNKNOWN, entity, unknown_keys(entity, one))
        self.keep_rows(entity, rows, owner)

    def words(self, entity: str) -> set[str]:
        """Columns that came with a value, and keys no column takes."""
        return self._noted[TOLD].get(entity, set()) | self._noted[UNKNOWN].get(entity, set())

    @property
    def entities(self) -> set[str]:
        """Raw tables anything came for."""
        return {*self._noted[TOLD], *self._noted[UNKNOWN]}

    def _note(self, kind: str, entity: str, words: set[str]) -> None:
        known = self._noted[kind].setdefault(entity, set())
        if not words <= known:
            self.spool.note(kind, entity, words - known)
            known |= words

    def keep_rows(self, entity: str, rows: Sequence[Row], owner: str | None = None) -> None:
        for row in rows:
            columns = {column for column, value in zip(COLUMNS[entity], row, strict=True) if value is not None}
            self._note(TOLD, entity, columns)
        self.spool.put(entity, rows, owner)

"""What rebuilding a ledger works with: a client that cannot write, and statements that note what was found."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hd_assets.publish.client import Client
from hd_assets.publish.context import PublishContext
from hd_assets.publish.desired import Desired
from hd_assets.publish.job import IDENTIFIED
from hd_assets.publish.ledger import Statement, record_evidence, record_identity
from hd_assets.publish.ledger_read import Operation
from hd_assets.publish.outcomes import Answer
from hd_assets.publish.payloads import RULES_VERSION
from hd_assets.publish.resolve import Resolver
from hd_assets.publish.work import Attempt, Tally, Work

Doc = dict[str, Any]
SHOWN = 20
_FOUND = (
    "update operations set state = 'applied', intercom_id = ?, origin = ?, applied_at = ?, outcome_at = ?, run_no = ?,"
    " attempts = 1, payload_digest = ?, seen_digest = ?, rules_version = ?, position = ?, created_at = ?, remark = ?,"
    " sent_digest = ?, sent_links = ?, error_code = null where key = ?"
)
_HELD = "update operations set state = 'quarantined', error_code = ?, outcome_at = ?, attempts = 1 where key = ?"


class Reading(Client):
    """Reads through another client, each address once; writing is a mistake in the program."""

    def __init__(self, inner: Client) -> None:
        self._inner, self.base_url = inner, inner.base_url
        self._seen: dict[tuple[str, str], Answer] = {}

    def get(self, path: str, **query: Any) -> Answer:
        key = (path, repr(sorted(query.items())))
        if key not in self._seen:
            self._seen[key] = self._inner.get(path, **query)
        return self._seen[key]

    def search(self, path: str, body: Doc, **query: Any) -> Answer:
        return self._inner.search(path, body, **query)

    def send(self, method: str, path: str, body: Doc | None) -> Answer:  # noqa: ARG002 - never sent
        raise AssertionError(f"{method} {path} while a ledger is being rebuilt")


def reading(context: PublishContext) -> PublishContext:
    """The same context with a memory of its own for what it reads, and no way to write to the workspace."""
    copy = replace(context, client=Reading(context.client))
    vars(copy)["rules"] = context.rules
    return copy


@dataclass
class Findings:
    """Object → what was found. `missing` is what a publish would send; `strange` is ours, but not in staging."""

    found: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    ambiguous: Counter[str] = field(default_factory=Counter)
    strange: Counter[str] = field(default_factory=Counter)
    # examples of the last two: object → Intercom ids, the first few
    examples: dict[str, list[str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def objects(self) -> list[str]:
        return sorted({*self.found, *self.missing, *self.ambiguous, *self.strange})

    def add_strange(self, object: str, intercom_id: str) -> None:
        with self.lock:
            self.strange[object] += 1
            shown = self.examples.setdefault(object, [])
            if len(shown) < SHOWN:
                shown.append(intercom_id)


@dataclass
class Adopting:
    """One rebuilding. `begun_at`: when the migration made its first mark in the workspace, Unix seconds."""

    context: PublishContext
    begun_at: int | None
    findings: Findings = field(default_factory=Findings)

    def work(self) -> Work:
        context = reading(self.context)
        return Work(context, Resolver(context.books, context.stores.files), Tally())

    def origin(self, doc: Doc) -> str:
        """Created only where the workspace proves that the record came after the migration's first mark."""
        created = doc.get("created_at")
        proved = self.begun_at is not None and isinstance(created, int | float) and created >= self.begun_at
        return "created" if proved else "adopted"

    def applied(
        self,
        entry: Desired,
        *,
        intercom_id: str | None = None,
        origin: str | None = "created",
        sent_digest: str | None = None,
        sent_links: str | None = None,
        statements: Sequence[Statement] = (),
    ) -> Iterator[Statement]:
        now, run_no = self.context.clock.now(), self.context.ledger.run_no
        digest = entry.payload_digest
        yield (
            _FOUND,
            (
                *(intercom_id, origin, now, now, run_no, digest, digest, RULES_VERSION),
                *(entry.position, entry.created_at, entry.remark, sent_digest, sent_links, entry.key),
            ),
        )
        if intercom_id is not None and entry.kind in IDENTIFIED:
            yield record_identity(entry.kind, entry.external_id, intercom_id, origin or "created", run_no)
        yield from statements
        with self.findings.lock:
            self.findings.found[entry.object] += 1

    def held(self, entry: Desired, reason: str, evidence: Doc) -> Iterator[Statement]:
        """Two readings of what the workspace shows: a person has to decide (`hd-assets resolve`)."""
        now = self.context.clock.now()
        yield _HELD, (reason, now, entry.key)
        yield record_evidence(entry.key, now, reason, evidence)
        with self.findings.lock:
            self.findings.ambiguous[entry.object] += 1

    def missing(self, entry: Desired) -> None:
        with self.findings.lock:
            self.findings.missing[entry.object] += 1


def attempt_of(
    work: Work, entry: Desired, row: Operation, origin: str | None = None, sent_links: str | None = None
) -> Attempt:
    """For a look: the operation as if its answer had been lost."""
    return Attempt(work, entry, replace(row, state="unknown", attempts=1, origin=origin, sent_links=sent_links))

"""Symbolic requests become concrete: references by the ledger's identities, files by their bytes."""

from __future__ import annotations

import base64
import html
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hd_assets.publish.ledger_read import Identity, LedgerReader
from hd_assets.publish.payloads import STAND_IN, Request

_IN_PATH = re.compile(r"\{(\w+):([^}]*)\}")


class MissingReferenceError(Exception):
    """Something the request points at is not in the target (yet), or a file is not in the store."""

    def __init__(self, kind: str, external_id: str) -> None:
        super().__init__(f"{kind} {external_id}")
        self.kind, self.external_id = kind, external_id


@dataclass(frozen=True)
class Concrete:
    """A request as it is sent."""

    method: str
    path: str
    body: dict[str, Any]


def references(request: Request) -> set[tuple[str, str]]:
    """(kind, external id) of everything the request points at."""
    found = {(match[1], match[2]) for match in _IN_PATH.finditer(request.path)}
    _collect(request.body, found)
    return found


def _collect(node: Any, found: set[tuple[str, str]]) -> None:
    if isinstance(node, dict):
        target = node.get("$ref") or node.get("$int")
        if isinstance(target, str):
            kind, _, key = target.partition(":")
            found.add((kind, key))
        elif "$authored" in node:
            found.add(("admin", node["$authored"]["admin"] or STAND_IN))
        else:
            for value in node.values():
                _collect(value, found)
    elif isinstance(node, list):
        for value in node:
            _collect(value, found)


class Resolver:
    """Identities of one batch, read once; what the batch itself creates is added. Thread-safe."""

    def __init__(self, ledger: LedgerReader, files: Path) -> None:
        self._ledger, self._files = ledger, files
        self._known: dict[tuple[str, str], Identity] = {}
        self._lock = threading.Lock()

    def prefetch(self, requests: Iterable[Request]) -> None:
        wanted: dict[str, set[str]] = {}
        for request in requests:
            for kind, key in references(request):
                if (kind, key) not in self._known:
                    wanted.setdefault(kind, set()).add(key)
        for kind, keys in wanted.items():
            for key, identity in self._ledger.identities(kind, keys).items():
                self._known[(kind, key)] = identity

    def learn(self, kind: str, external_id: str, intercom_id: str, origin: str = "created") -> None:
        with self._lock:
            self._known[(kind, external_id)] = Identity(kind, external_id, intercom_id, origin, None, None)

    def identity(self, kind: str, external_id: str) -> Identity:
        """Raises MissingReferenceError."""
        found = self._known.get((kind, external_id)) or self._ledger.identity(kind, external_id)
        if found is None:
            raise MissingReferenceError(kind, external_id)
        self._known.setdefault((kind, external_id), found)
        return found

    def id(self, kind: str, external_id: str) -> str:
        return self.identity(kind, external_id).intercom_id

    def concrete(self, request: Request, *, with_files: bool = True) -> Concrete:
        """`with_files=False` leaves the bytes out, for looking things up."""
        path = _IN_PATH.sub(lambda match: self.id(match[1], match[2]), request.path)
        body = self._filled(request.body, with_files)
        return Concrete(request.method, path, body)

    def _filled(self, node: Any, with_files: bool) -> Any:
        if isinstance(node, list):
            return [self._filled(value, with_files) for value in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            kind, _, key = node["$ref"].partition(":")
            return self.id(kind, key)
        if "$int" in node:
            kind, _, key = node["$int"].partition(":")
            return int(self.id(kind, key))
        if "$file" in node:
            return self._bytes(node["$file"]) if with_files else ""
        if "$authored" in node:
            return self._authored(**node["$authored"])
        return {name: self._filled(value, with_files) for name, value in node.items()}

    def _authored(self, admin: str | None, name: str, html: str) -> str:
        if admin is not None and self.identity("admin", admin).origin != "fallback":
            return html
        return named(name) + html

    def _bytes(self, sha256: str | None) -> str:
        path = self._files / (sha256 or "missing")
        try:
            return base64.b64encode(path.read_bytes()).decode("ascii")
        except OSError as fault:
            raise MissingReferenceError("file", sha256 or "") from fault


def named(name: str) -> str:
    """The line that says whose words a stand-in sends."""
    return f"<p><b>{html.escape(name, quote=False)}</b></p>" if name.strip() else ""

"""The certificate of a read-back: figures, versions and digests, as JSON for machines and Markdown for people."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from hd_assets.checks import CheckContext
from hd_assets.checks.base import judged
from hd_assets.checks.books import ACCOUNTED, totals_equation
from hd_assets.partitions import Window
from hd_assets.publish.context import PublishContext
from hd_assets.publish.ledger_schema import OPEN, SENT
from hd_assets.reconcile.compare import Reconciliation
from hd_assets.reconcile.objects import count_doubts
from hd_assets.staging import functions

FORMAT_VERSION = 1
SHOWN_PARTS = 500
_KINDS = {"companies": "company", "contacts": "contact", "conversations": "conversation", "articles": "article"}
_ORDER = ("extracted", "staged", "merged", "excluded", "exceptions", "created", "adopted", "compared", "differing")


@dataclass(frozen=True)
class Certificate:
    """The document and where it lies; `sha256` is over the document without itself."""

    document: dict[str, Any]
    json_path: Path
    markdown_path: Path

    @property
    def verdict(self) -> str:
        return str(self.document["verdict"])

    @property
    def sha256(self) -> str:
        return str(self.document["sha256"])


def certificate(context: PublishContext, outcome: Reconciliation, window: Window, run: str) -> Certificate:
    """Write `<deliverables>/<run>/certificate.json` and `.md`, replacing those of the same run.

    `run` names the run's folder. Figures of staging are those of the window; created and adopted come from the ledger
    and cover all months.
    """
    document = _document(context, outcome, window, run)
    document["sha256"] = seal(document)
    folder = context.stores.deliverables / run
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    paths = folder / "certificate.json", folder / "certificate.md"
    _write(paths[0], text)
    _write(paths[1], markdown(document))
    return Certificate(document, *paths)


def seal(document: dict[str, Any]) -> str:
    """sha256 over the canonical JSON of everything but the seal itself."""
    plain = {name: value for name, value in document.items() if name != "sha256"}
    canonical = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def is_intact(document: dict[str, Any]) -> bool:
    """Whether a certificate is the one that was written."""
    return document.get("sha256") == seal(document)


def tool_version() -> str:
    try:
        return metadata.version("hd-assets")
    except metadata.PackageNotFoundError:
        return "not installed"


def _document(context: PublishContext, outcome: Reconciliation, window: Window, run: str) -> dict[str, Any]:
    figures, unbalanced = _figures(context, outcome, window)
    states = _states(context)
    unsettled = sum(states.get(state, 0) for state in (*OPEN, "quarantined"))
    reasons = []
    if outcome.differing:
        reasons.append(
            f"{outcome.differing} of {outcome.compared} records differ, {outcome.missing} of them are missing"
        )
    if unsettled:
        reasons.append(f"{unsettled} planned operations have not taken effect")
    doubts = count_doubts(context.books)
    if doubts:
        reasons.append(f"{doubts} operations took effect twice or were overwritten; the ledger's rechecks name them")
    if states.get("conflict"):
        reasons.append(f"{states['conflict']} records changed or vanished in the source after they were sent")
    if unbalanced:
        reasons.append(f"the totals equation does not hold for {', '.join(unbalanced)}")
    if not outcome.compared:
        reasons.append("nothing was compared")
    return {
        "format_version": FORMAT_VERSION,
        "migration": context.migration.name,
        "target": context.target,
        "run": run,
        "workspace_id": _workspace_id(context),
        "ledger_id": context.books.ledger_id,
        "mapping_digest": context.migration.digest,
        "tool_version": tool_version(),
        "months": _months(window),
        "compared_at": _stamp(outcome.compared_at),
        "written_at": _stamp(datetime.fromtimestamp(context.clock.now(), UTC)),
        "figures": figures,
        "operations": states,
        "compared": outcome.compared,
        "differing": outcome.differing,
        "missing": outcome.missing,
        "extra": outcome.extra,
        "by_ledger": sum(entry.by_ledger for entry in outcome.by_object.values()),
        "verdict": "differences" if reasons else "equal",
        "reasons": reasons,
    }


def _figures(
    context: PublishContext, outcome: Reconciliation, window: Window
) -> tuple[dict[str, dict[str, int]], list[str]]:
    """Object → figures, and the objects whose totals equation does not hold."""
    figures: dict[str, dict[str, int]] = {}
    unbalanced = []
    checking = CheckContext(context.migration, context.stores.files)
    with context.warehouse.get_connection() as connection:
        functions.register(connection, context.stores.files)
        for name in ACCOUNTED:
            verdict = judged(totals_equation(name), connection, window, checking)
            if not verdict.passed:
                unbalanced.append(name)
            known = verdict.metadata
            figures[name] = {
                shown: int(known.get(told, 0))
                for shown, told in (("extracted", "records"), *((word, word) for word in _ORDER[1:5]))
            }
    for (kind, origin), number in sorted(context.books.identity_counts().items()):
        for object, of_kind in _KINDS.items():
            if kind == of_kind and origin in ("created", "adopted"):
                figures[object][origin] = number
    sent = context.books.kind_counts()
    figures["parts"]["created"] = sum(sent.get((kind, state), 0) for kind in ("reply", "note") for state in SENT)
    for object, result in outcome.by_object.items():
        figures.setdefault(object, {}).update(asdict(result))
    return figures, unbalanced


def _states(context: PublishContext) -> dict[str, int]:
    states: dict[str, int] = {}
    for (_, state), number in context.books.counts().items():
        states[state] = states.get(state, 0) + number
    return dict(sorted(states.items()))


def _workspace_id(context: PublishContext) -> str | None:
    app = context.client.get("/me").data.get("app")
    return str(app["id_code"]) if isinstance(app, dict) and app.get("id_code") else None


def _months(window: Window) -> str:
    return "all" if window.start.year == 1 else str(window)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _write(path: Path, text: str) -> None:
    """Whole or not at all, whatever happens in between."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(path)


def markdown(document: dict[str, Any]) -> str:
    """The same document for people."""
    equal = document["verdict"] == "equal"
    head = "Everything that was sent is there as it was meant." if equal else "There are differences."
    lines = [
        f"# Certificate of the read-back: {document['migration']} → {document['target']}",
        "",
        f"**{head}** {document['compared']} records compared field by field, {document['differing']} differing,"
        f" {document['missing']} missing, {document['extra']} found that others added.",
        "",
        *(f"- {reason}" for reason in document["reasons"]),
        *([""] if document["reasons"] else []),
        "| object | " + " | ".join((*_ORDER, "missing", "extra", "by ledger")) + " |",
        "| --- |" + " ---: |" * (len(_ORDER) + 3),
    ]
    for name, figures in document["figures"].items():
        cells = [figures.get(column) for column in (*_ORDER, "missing", "extra", "by_ledger")]
        lines.append(f"| {name} | " + " | ".join("" if cell is None else str(cell) for cell in cells) + " |")
    lines += [
        "",
        "*extracted = staged + merged + excluded + exceptions.* Staged counts source records; compared counts what the"
        " target must hold, with the parts the migration inserts. *created* and *adopted* cover all months.",
        "",
        f"*by ledger*: the target answers with the newest {SHOWN_PARTS} parts of a conversation; older ones were"
        " acknowledged when they were sent, and the ledger vouches for them, as for the custom objects a ticket refers"
        " to where its conversation is no longer answered.",
        "",
    ]
    facts = (
        "workspace_id",
        "ledger_id",
        "months",
        "compared_at",
        "written_at",
        "tool_version",
        "mapping_digest",
        "run",
    )
    lines += [f"- {name.replace('_', ' ')}: `{document[name]}`" for name in facts]
    lines += [f"- sha256 of the JSON document without this line: `{document['sha256']}`", ""]
    return "\n".join(lines)

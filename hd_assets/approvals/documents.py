"""The documents people agree to: found below the deliverables, recognised by their bytes or by their words."""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from hd_assets.approvals.book import Approval, approve
from hd_assets.errors import BlockedError, UsageError
from hd_assets.mapping import Migration
from hd_assets.settings import Stores

_FIGURES = re.compile(r"\d[\d.,:%/TZ+-]*")
_WRONG = {"wrong", "fail", "failed", "no", "not ok", "bad", "x"}


@dataclass(frozen=True)
class Document:
    """`written_by`: the command after which the document is there; `{}` is the migration."""

    file: str
    title: str
    written_by: str


DOCUMENTS = {
    "scope": Document("scope.md", "the scope document", "run {} --until discover"),
    "guide": Document("configuration_guide.md", "the configuration guide", "deliver {}"),
    "sample": Document("sample_review.csv", "the sample review sheet", "run {} --target test --execute"),
}


def newest(stores: Stores, file: str) -> Path | None:
    """The document of the latest run that wrote it: folders of runs are named by the time they began."""
    found = sorted(stores.deliverables.glob(f"*/{file}"), key=lambda path: path.parent.name)
    return found[-1] if found else None


def approve_document(
    stores: Stores, migration: Migration, what: str, by: str, *, document: Path | None = None
) -> tuple[Approval, str]:
    """Record that the newest document of its kind, or the given copy of it, was agreed to; returns a remark, too.

    Keeps a copy under `approved/`, because people may tidy up the deliverables. Raises BlockedError when there is
    nothing to agree to, or when the reviewers marked something in the sample as wrong.
    """
    kind = DOCUMENTS[what]
    path = document or newest(stores, kind.file)
    if path is None:
        raise BlockedError(
            f"{kind.title} is not written yet, so nobody can agree to it",
            where=str(stores.deliverables / "<run>" / kind.file),
            mend=f"`hd-assets {kind.written_by.format(migration.name)}` writes it; read it, then approve it",
        )
    if not path.is_file():
        raise UsageError("there is no such document", where=str(path), mend=f"name a copy of {kind.file}")
    remark = _verdicts(path) if what == "sample" else ""
    digest = digest_of(path)
    kept = stores.root / "approved" / f"{digest[:12]}-{kind.file}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, kept)
    inside = path.is_relative_to(stores.deliverables)
    file = str(path.relative_to(stores.deliverables)) if inside else str(path.absolute())
    return approve(stores, what, by, digest, file=file, mapping=migration.digest), remark


def change_since(stores: Stores, migration: Migration, approval: Approval) -> str | None:
    """Why an approval of a document stands no more; None while it does.

    The file agreed to must still say what it said. Newer scope documents and guides may show other figures, because
    the helpdesk lives on, but no other words: a new field, status or team was not agreed to. Guide and sample tell
    what the mapping makes of the source, so that they hold as long as the mapping; which records a sample shows
    changes with every new ticket.
    """
    kind = DOCUMENTS[approval.what]
    file = stores.deliverables / (approval.file or kind.file)
    if file.is_file() and digest_of(file) != approval.digest:
        return f"{kind.title} was changed since it was approved"
    if approval.what != "scope" and approval.mapping != migration.digest:
        return f"the mapping was changed since {kind.title} was approved"
    latest, kept = newest(stores, kind.file), stores.root / "approved" / f"{approval.digest[:12]}-{kind.file}"
    if approval.what == "sample" or latest is None or not kept.is_file():
        return None
    if words_of(latest) != words_of(kept):
        return f"{kind.title} says something new since it was approved"
    return None


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def words_of(path: Path) -> frozenset[str]:
    """Rows of a document's tables without their figures and without regard to their order.

    The text around them is the product's own, which another version may word differently.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    return frozenset(" ".join(_FIGURES.sub("#", line).split()) for line in text.splitlines() if line.startswith("|"))


def _verdicts(path: Path) -> str:
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        text = file.read()
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    rows = list(csv.DictReader(text.splitlines(), delimiter=delimiter))
    columns = [name for name in (rows[0] if rows else {}) if name and "verdict" in name.lower()]
    given = [(row[name] or "").strip().lower() for row in rows for name in columns]
    wrong = sum(verdict in _WRONG for verdict in given)
    if wrong:
        raise BlockedError(
            f"{wrong} verdict(s) of the sample say that something is wrong",
            where=str(path),
            mend="mend mapping or SQL, publish the sample again, and let it be reviewed anew",
        )
    filled = sum(bool(verdict) for verdict in given)
    return f"{len(rows)} rows, {filled} of {len(given)} verdicts filled in"

"""`exceptions.csv`: written for people, read back strictly, because spreadsheets change what they save."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hd_assets.decisions.book import Decision, parse
from hd_assets.decisions.cases import OPERATION, Case
from hd_assets.deliver.sheets import plain, write_csv
from hd_assets.errors import UsageError

COLUMNS = (
    "id", "object", "external_id", "reason_code", "sentence", "remedy", "fate", "conversation", "allowed", "decision",
    "decided_by", "decided_at",
)  # fmt: skip
_SHOWN = 10


@dataclass(frozen=True)
class Entry:
    """One filled-in line: `line` counts from 1 with the header, `value` belongs to `use` and `merge`."""

    line: int
    case: Case
    decision: Decision


def write(path: Path, found: Sequence[Case]) -> int:
    """Write the cases, what was decided before filled in; replaces the file."""
    return write_csv(path, COLUMNS, rows(found))


def rows(found: Sequence[Case]) -> list[tuple[Any, ...]]:
    """The cells of the file, in the order of COLUMNS."""
    return [
        (
            case.id, case.object, case.external_id, case.reason_code, case.sentence, case.remedy, case.fate,
            case.conversation, " | ".join(case.allowed), case.decision.words if case.decision else "",
            case.decision.by if case.decision else "", case.decision.at if case.decision else "",
        )
        for case in found
    ]  # fmt: skip


def read(path: Path, known: Sequence[Case], earlier: Mapping[str, Decision], by: str) -> list[Entry]:
    """The new decisions of a file. Raises UsageError with every problem and its line; then nothing may be applied.

    Lines without a decision, and those that repeat what stands already, are no news. `retry` may also take back a
    decision whose case is settled and therefore not listed any more.
    """
    by_id = {case.id: case for case in known}
    for key, decision in earlier.items():
        by_id.setdefault(key, _settled(decision))
    problems: list[str] = []
    seen: dict[str, int] = {}
    entries: list[Entry] = []
    at = datetime.now(UTC)
    for line, id, cell in _cells(path):
        if not id and not cell:
            continue
        if id in seen:
            problems.append(f"line {line}: the id stands in line {seen[id]}, too")
            continue
        seen[id] = line
        case = by_id.get(id)
        if case is None:
            problems.append(f"line {line}: no case has this id")
        elif cell:
            words = parse(cell)
            if words is None or not _may(case, words[0]):
                problems.append(f"line {line}: the decision is none of: {' | '.join(case.allowed)}")
                continue
            action, value = words
            decision = Decision(
                case=id, object=case.object, source_type=case.source_type, source_id=case.source_id,
                external_id=case.external_id, reason_code=case.reason_code, action=action, value=value,
                column=case.column if action == "use" else None, by=by, at=at,
            )  # fmt: skip
            before = earlier.get(id)
            if before is None or before.words != decision.words or case.object == OPERATION:
                entries.append(Entry(line, case, decision))
    refuse(problems, path)
    return entries


def refuse(problems: Sequence[str], path: Path) -> None:
    """Raise UsageError when there are problems; they name lines, never what somebody typed."""
    if not problems:
        return
    shown = "".join(f"\n    - {problem}" for problem in problems[:_SHOWN])
    more = f"\n    - and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    raise UsageError(
        f"{len(problems)} problem(s) in the file; nothing was applied{shown}{more}",
        where=str(path),
        mend="correct these lines and apply the file again; column `allowed` says what may be decided",
    )


def _may(case: Case, action: str) -> bool:
    return action in {words.split()[0] for words in case.allowed}


def _settled(decision: Decision) -> Case:
    """A case that is gone because it was decided."""
    return Case(
        decision.case, decision.object, decision.source_type, decision.source_id, decision.external_id,
        decision.reason_code, "", "", "decided", None, ("retry", decision.words), decision.column, decision,
    )  # fmt: skip


def _cells(path: Path) -> Iterable[tuple[int, str, str]]:
    """(line, id, decision) of every row. The separator is the one of the header: Excel writes that of the country."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as fault:
        raise UsageError(f"the file cannot be read ({fault.strerror})", where=str(path), mend="name another") from fault
    except UnicodeDecodeError as fault:
        raise UsageError(
            "the file is not UTF-8", where=str(path), mend="save it as `CSV UTF-8 (comma delimited)`"
        ) from fault
    header = text.partition("\n")[0].rstrip("\r")
    if re.fullmatch(r"sep=(.)", header):  # a line by which people tell Excel the separator
        text = text.partition("\n")[2]
        header = text.partition("\n")[0].rstrip("\r")
    delimiter = max(",;\t", key=header.count)
    try:
        reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
        names = [name.strip().lower() for name in next(reader, [])]
        missing = [name for name in ("id", "decision") if names.count(name) != 1]
        if missing:
            raise UsageError(
                f"the file has not exactly one column {' and one '.join(missing)}",
                where=str(path),
                mend="keep the first line as `hd-assets exceptions` wrote it",
            )
        id, decision = names.index("id"), names.index("decision")
        cells: list[tuple[int, str, str]] = []
        for row in reader:
            if len(row) != len(names) and any(row):
                raise UsageError(
                    f"line {reader.line_num} has {len(row)} cells instead of {len(names)}",
                    where=str(path),
                    mend="save the file with the spreadsheet program again; nothing was applied",
                )
            if any(row):
                cells.append((reader.line_num, plain(row[id].strip()), plain(row[decision].strip())))
    except csv.Error as fault:
        raise UsageError(f"the file is no CSV: {fault}", where=str(path), mend="save it as CSV again") from fault
    return cells

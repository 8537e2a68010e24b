"""What discovery found, told section by section; names and counts of a set-up, small whatever the helpdesk's size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict, Field

from hd_assets.deliver.charts import month_bars, share_bars
from hd_assets.discover.tables import MERGED, NO_PARTS, TABLES
from hd_assets.errors import BlockedError
from hd_assets.mapping import Migration
from hd_assets.warehouse import Connection

Sheet = tuple[list[str], list[tuple[Any, ...]]]
_CHARTED = ("conversations", "parts", "contacts", "attachments", "articles")
_MOST_SHARES = 12
# requests of a conversation beyond its parts: create, attributes, two tags, agent, team, close or convert; the note of
# its history makes up for the part that is the opening
_OF_A_CONVERSATION = 7
_FIRST_LIMIT, _USUAL_LIMIT = 500, 10_000


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Line(Strict):
    """One promise: what becomes of an object of the source."""

    source: str = Field(alias="from")
    to: str
    kind: str
    rule: str
    by_hand: str = ""


class Step(Strict):
    above: int
    says: str


class Threshold(Strict):
    measure: str
    steps: list[Step]


class SourceScope(Strict):
    """`discovery/scope.yaml` of a source."""

    lines: list[Line]
    stays: list[str]
    gates: list[str]
    thresholds: list[Threshold] = []


@dataclass(frozen=True)
class Figure:
    """A number and the CSV file that holds the rows behind it."""

    number: int
    file: str


@dataclass(frozen=True)
class Section:
    """A part of the document. Whole numbers in `rows` lead to `file`, which holds the rows behind them."""

    title: str
    text: tuple[str, ...] = ()
    # what is drawn → SVG text
    charts: tuple[tuple[str, str], ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    file: str | None = None


def sheet_file(table: str) -> str:
    return f"scope_{table}.csv"


class Told:
    """Schema `discovery` in memory: names and counts of a set-up, small whatever the helpdesk's size."""

    def __init__(self, connection: Connection, migration: Migration, names: dict[str, str]) -> None:
        self._migration, self._names = migration, names
        self.sheets: dict[str, Sheet] = {}
        for table in TABLES:
            try:
                cursor = connection.execute(f'select * from discovery."{table}" order by all')
            except duckdb.CatalogException:
                raise BlockedError(
                    "nothing is discovered yet, so there is no scope to write down",
                    where=f"schema discovery of {migration.name}",
                    mend=f"`hd-assets run {migration.name} --until discover`",
                ) from None
            self.sheets[table] = ([column[0] for column in cursor.description], cursor.fetchall())
        self.facts = {str(row["name"]): str(row["value"]) for row in self._rows("fact")}

    def _rows(self, table: str) -> list[dict[str, Any]]:
        columns, rows = self.sheets[table]
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def _name(self, object: str) -> str:
        return self._names.get(object, object.replace("_", " "))

    def _months(self, object: str) -> dict[date | None, int]:
        """Month → rows that would move, None for those without a date."""
        found: dict[date | None, int] = {}
        for row in self._rows("volume"):
            if row["object"] == object and row["source_type"] not in NO_PARTS:
                found[row["month"]] = found.get(row["month"], 0) + row["rows"]
        return found

    def _total(self, object: str, *source_types: str) -> int:
        return sum(
            row["rows"]
            for row in self._rows("volume")
            if row["object"] == object and (not source_types or row["source_type"] in source_types)
        )

    def installation(self) -> Iterator[Section]:
        rows = tuple((name.replace("_", " "), value) for name, value in sorted(self.facts.items()))
        yield Section("The installation", columns=("fact", "value"), rows=rows, file=sheet_file("fact"))

    def volumes(self) -> Iterator[Section]:
        grouped: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in self._rows("volume"):
            grouped.setdefault((row["object"], row["source_type"]), []).append(row)
        order = {name: place for place, name in enumerate(self._names)}
        rows = []
        for (object, word), group in sorted(grouped.items(), key=lambda item: (order.get(item[0][0], 99), item[0])):
            months = [row["month"] for row in group if row["month"]]
            first, last = (f"{min(months):%Y-%m}", f"{max(months):%Y-%m}") if months else ("", "")
            rows.append((self._name(object), word.replace("_", " "), sum(row["rows"] for row in group), first, last))
        yield Section(
            "How much there is",
            ("Each row of the source counts once; the first and last month are those of its creation, in UTC.",),
            columns=("object", "in the source", "rows", "first", "last"),
            rows=tuple(rows),
            file=sheet_file("volume"),
        )
        by_month = {object: self._months(object) for object in _CHARTED}
        charts = tuple(
            (f"{self._name(object)} by month", chart)
            for object, months in by_month.items()
            if (chart := month_bars([(m, n) for m, n in months.items() if m], name=self._name(object)))
        )
        years: dict[int, list[int]] = {}
        for place, object in enumerate(_CHARTED):
            for month, number in by_month[object].items():
                if month is not None:
                    years.setdefault(month.year, [0] * len(_CHARTED))[place] += number
        yield Section(
            "By month and year",
            ("Texts that an edit replaced and entries of tasks do not become parts of their own and are not counted.",),
            charts=charts,
            columns=("year", *(self._name(object).lower() for object in _CHARTED)),
            rows=tuple((str(year), *numbers) for year, numbers in sorted(years.items())),
            file=sheet_file("volume"),
        )

    def values(self) -> Iterator[Section]:
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self._rows("value"):
            found.setdefault(row["vocabulary"], []).append(row)
        for vocabulary, group in sorted(found.items()):
            shown = [row for row in group if row["rows"] or row["source_id"]]
            ranked = sorted(shown, key=lambda row: (-row["rows"], row["value"] or ""))
            meant = any(row["meaning"] for row in shown)
            retired = not all(row["is_active"] for row in shown)
            rows = tuple(
                (
                    row["value"],
                    row["rows"],
                    *([row["meaning"]] if meant else []),
                    *(["" if row["is_active"] else "inactive"] if retired else []),
                )
                for row in ranked
            )
            shares = [(str(row["value"]), int(row["rows"])) for row in ranked if row["rows"]][:_MOST_SHARES]
            total = self._total("conversations")
            without = total - sum(row["rows"] for row in ranked)
            yield Section(
                f"Tickets by {vocabulary.upper() if vocabulary == 'sla' else vocabulary}",
                (f"{without:,} of {total:,} tickets have none.",) if without > 0 else (),
                charts=_drawn("Share of all tickets", share_bars(shares, name=f"Tickets by {vocabulary}", total=total)),
                columns=("value", "tickets", *(["the source says"] if meant else []), *(["remark"] if retired else [])),
                rows=rows,
                file=sheet_file("value"),
            )

    def fields(self) -> Iterator[Section]:
        rows, shares = [], []
        for row in self._rows("field"):
            rate = row["filled"] / row["rows"] if row["rows"] else 0.0
            marks = [] if row["is_active"] else ["inactive"]
            marks += ["required"] if row["is_required"] else []
            marks += [f"seen by {row['visibility']}"] if row["visibility"] not in (None, "everybody") else []
            rows.append(
                (
                    row["field_group"],
                    row["label"] or row["field"],
                    "built in" if row["role"] else row["field_type"].replace("_", " "),
                    len(row["options"] or []) or None,
                    row["filled"],
                    row["rows"],
                    f"{rate:.0%}",
                    ", ".join(marks),
                )
            )
            if not row["role"] and row["field_type"] != "nothing" and row["rows"]:
                shares.append((f"{row['label'] or row['field']} ({row['field_group']})", row["filled"], row["rows"]))
        shares.sort(key=lambda share: (-share[1] / share[2], share[0]))
        chart = share_bars(
            [(name, filled) for name, filled, _ in shares], name="Filled", totals=[of for _, _, of in shares]
        )
        yield Section(
            "Fields of the forms",
            ("How many records hold an answer, of those that could. Built-in fields have a place of their own.",),
            charts=_drawn("How many records hold an answer", chart),
            columns=("of", "field", "type", "options", "filled", "records", "rate", "remarks"),
            rows=tuple(rows),
            file=sheet_file("field"),
        )

    def files(self) -> Iterator[Section]:
        classes = sorted(self._rows("file_size"), key=lambda row: (row["bucket_bytes"] is None, row["bucket_bytes"]))
        bounds = [row["bucket_bytes"] for row in classes if row["bucket_bytes"] is not None]
        labels = [
            f"up to {size_text(row['bucket_bytes'])}"
            if row["bucket_bytes"] is not None
            else f"larger than {size_text(max(bounds, default=0))}"
            for row in classes
        ]
        limit = self._migration.mapping.publish.attachment_limit_bytes
        chart = share_bars(
            [(name, row["files"]) for name, row in zip(labels, classes, strict=True)], name="Files by size"
        )
        yield Section(
            "Attachments by size",
            (f"Files larger than {size_text(limit)} are not sent but listed for manual handling.",),
            charts=_drawn("Files by size", chart),
            columns=("size", "files", "bytes", "bytes missing for"),
            rows=tuple(
                (name, row["files"], row["bytes"], row["missing"]) for name, row in zip(labels, classes, strict=True)
            ),
            file=sheet_file("file_size"),
        )

    def languages(self) -> Iterator[Section]:
        rows = tuple((row["language"], row["source"], row["rows"]) for row in self._rows("language"))
        if rows:
            yield Section("Languages", columns=("language", "named by", "rows"), rows=rows, file=sheet_file("language"))

    def automations(self) -> Iterator[Section]:
        yield from self._listed(
            "automation",
            "Automations, plans and templates",
            "None of them moves as behaviour: each is written down and rebuilt by hand where it is wanted.",
            "summary",
        )

    def integrations(self) -> Iterator[Section]:
        yield from self._listed(
            "integration",
            "What will stop",
            "These connections end with the old installation. Whoever uses them has to know before.",
            "detail",
        )

    def _listed(self, table: str, title: str, text: str, told: str) -> Iterator[Section]:
        found = self._rows(table)
        counts: dict[str, list[int]] = {}
        for row in found:
            counted = counts.setdefault(row["kind"], [0, 0])
            counted[0] += 1
            counted[1] += bool(row["is_active"])
        yield Section(
            title,
            (text,) if found else ("There are none.",),
            columns=("kind", "number", "active"),
            rows=tuple((kind, *numbers) for kind, numbers in sorted(counts.items())),
            file=sheet_file(table),
        )
        if found:
            rows = tuple((r["kind"], r["name"], "yes" if r["is_active"] else "no", r[told] or "") for r in found)
            yield Section(f"{title}: each of them", columns=("kind", "name", "active", "remarks"), rows=rows)

    def estimate(self) -> Section:
        """Before anything is staged; the plan counts exactly."""
        merged = self._total("conversations", MERGED)
        conversations = self._total("conversations") - merged
        parts = self._total("parts") - self._total("parts", *NO_PARTS)
        records = 2 * self._total("companies") + 2 * self._total("contacts") + self._total("articles")
        requests = records + conversations * _OF_A_CONVERSATION + parts
        limit = self._migration.mapping.publish.attachment_limit_bytes
        size = sum(
            row["bytes"] for row in self._rows("file_size") if row["bucket_bytes"] and row["bucket_bytes"] <= limit
        )
        share = 1 - self._migration.mapping.publish.headroom
        slow, usual = (requests / (per_minute * share) / 60 for per_minute in (_FIRST_LIMIT, _USUAL_LIMIT))
        return Section(
            "First estimate",
            (
                "From counts alone. Once the data is staged, hd-assets plan counts exactly; the report of a run says"
                " how near that came.",
            ),
            columns=("what", "about"),
            rows=(
                ("requests", requests),
                (f"hours at {_FIRST_LIMIT:,} requests a minute, the least a workspace was given", f"{slow:.1f}"),
                (f"hours at {_USUAL_LIMIT:,} requests a minute, the usual limit", f"{usual:.2f}"),
                ("bytes of files as they are", size),
            ),
            file=sheet_file("volume"),
        )

    def thresholds(self, facts: SourceScope) -> Iterator[Section]:
        measures = {
            "conversations": self._total("conversations"),
            "contacts": self._total("contacts"),
            "file_bytes": sum(row["bytes"] for row in self._rows("file_size")),
            "fields": sum(not row["role"] and row["field_type"] != "nothing" for row in self._rows("field")),
            "automations": len(self._rows("automation")),
        }
        said = []
        for threshold in facts.thresholds:
            measured = measures[threshold.measure]
            said += [step.says for step in threshold.steps if measured > step.above or step.above == 0][:1]
        if said:
            yield Section("What the size means", tuple(f"{sentence[0].upper()}{sentence[1:]}." for sentence in said))

    def questions(self) -> Iterator[Section]:
        """What somebody has to look at before the mapping is signed."""
        undated = sum(self._months(object).get(None, 0) for object in ("conversations", "parts", "contacts"))
        missing = sum(row["missing"] for row in self._rows("file_size"))
        lost = [row for row in self._rows("value") if row["source_id"] is None and row["value"] == "(missing)"]
        nowhere = sum(row["rows"] for row in lost)
        unassigned = int(self.facts.get("tickets_unassigned", 0))
        counted = (
            ("tickets, messages and users without a date", undated, "volume"),
            ("files whose bytes the source cannot give", missing, "file_size"),
            ("tickets whose status or other value does not exist any more", nowhere, "value"),
            ("tickets assigned to nobody", unassigned, "fact"),
            ("active agents who need a seat", int(self.facts.get("agents_active", 0)), "fact"),
            ("agents who left; the migration admin stands for them", int(self.facts.get("agents_inactive", 0)), "fact"),
        )
        yield Section(
            "To be decided or looked at",
            columns=("what", "number"),
            rows=tuple((what, Figure(number, sheet_file(table))) for what, number, table in counted if number),
        )


def _drawn(name: str, chart: str) -> tuple[tuple[str, str], ...]:
    return ((name, chart),) if chart else ()


def size_text(size: int) -> str:
    """Bytes in the largest unit of 1024 that leaves a short number."""
    units: Sequence[tuple[int, str]] = ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB"))
    for unit, name in units:
        if size >= unit:
            return f"{size / unit:.0f} {name}" if size % unit == 0 else f"{size / unit:.1f} {name}"
    return f"{size} bytes"

"""`report.html`: the whole migration on one page that needs no network, for reading, printing and signing."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from hd_assets.deliver import charts
from hd_assets.deliver.report_facts import Facts
from hd_assets.deliver.sheets import replacing

PAGE = "report.html"
FACTS = "report.json"
_NAMELESS = "(name left out)"


def write_report(folder: Path, told: Facts) -> Path:
    """Write `report.html` and the values it shows as `report.json`; returns the page."""
    with replacing(folder / FACTS) as file:
        json.dump(told, file, indent=1, ensure_ascii=False, default=str)
        file.write("\n")
    # through JSON, so that a page made from the file later is the same
    read_back: Facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    with replacing(folder / PAGE) as file:
        file.write(page(read_back))
    return folder / PAGE


def without_names(told: Facts) -> Facts:
    """The same report without who approved and decided."""
    nameless = {kind: [{**entry, "by": _NAMELESS} for entry in told[kind]] for kind in ("approvals", "decisions")}
    return told | nameless


def page(told: Facts) -> str:
    environment = Environment(
        loader=PackageLoader("hd_assets.deliver", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "hours": _hours, "megabytes": _megabytes, "words": _words}
    template = environment.get_template("report.html.j2")
    return template.render(told=told, style=Markup(charts.STYLE), charts=_charts(told), verdict=_verdict(told))  # noqa: S704 - ours


def _verdict(told: Facts) -> dict[str, str]:
    certificate = told["certificate"]
    if certificate is None:
        return {"mark": "open", "sentence": "Nothing was read back from this target yet."}
    since = told["written_since"]
    if since:
        said = f"{_number(since)} writes were made after the last read-back; read back again to know how they fared."
        return {"mark": "open", "sentence": said}
    figures = f"{_number(certificate['compared'])} records were read back and compared field by field"
    if certificate["verdict"] == "equal":
        return {"mark": "equal", "sentence": f"Everything that was sent is there as it was meant: {figures}."}
    return {"mark": "differs", "sentence": f"There are differences: {figures}, {certificate['differing']} differ."}


def _charts(told: Facts) -> dict[str, Any]:
    """Markup of each chart; empty where there is nothing to draw."""
    months: dict[str, list[tuple[date, int]]] = {}
    for name, month, number in told["months"]:
        months.setdefault(name, []).append((date.fromisoformat(f"{month}-01"), number))
    objects = [(row["object"], row["extracted"]) for row in told["totals"] if row["extracted"]]
    reasons: dict[str, int] = defaultdict(int)
    for name, reason, _, number, _ in told["exceptions"]:
        reasons[f"{name}: {_words(reason)}"] += number
    return {
        "objects": _drawn(charts.share_bars(objects, name="records of the source by object")),
        "months": {name: _drawn(charts.month_bars(counts, name=f"{name} by month")) for name, counts in months.items()},
        "reasons": _drawn(charts.share_bars(list(reasons.items()), name="exceptions by reason")),
    }


def _drawn(svg: str) -> Markup:
    return Markup(svg)  # noqa: S704 - drawn by charts.py, which escapes every label


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,}"


def _hours(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:,.1f} kB"


def _words(name: str) -> str:
    return name.replace("_", " ")

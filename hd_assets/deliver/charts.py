"""Charts as inline SVG text: no script, no network; colours come from the page, so dark and light both read well."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape

STYLE = """
:root { --chart-bar: #2f6fde; --chart-back: #e8ecf2; --chart-line: #c3cad5; }
@media (prefers-color-scheme: dark) { :root { --chart-bar: #7aa7f7; --chart-back: #2b313b; --chart-line: #4a5361; } }
@media print { :root { --chart-bar: #2f6fde; --chart-back: #e8ecf2; --chart-line: #c3cad5; } }
svg.chart { display: block; width: 100%; height: auto; overflow: visible; }
svg.chart text { fill: currentColor; font: 11px system-ui, sans-serif; }
svg.chart .bar { fill: var(--chart-bar); }
svg.chart .back { fill: var(--chart-back); }
svg.chart .line { stroke: var(--chart-line); stroke-width: 1; }
"""
"""What a page puts into its style element once; `currentColor` of the page is the colour of all text."""

_WIDTH = 720
_LEFT = 46
_PLOT_HEIGHT = 120
_TOP = 10
_WIDEST_BAR = 40
_ROW = 22
_LABEL = 230
_FIGURES = 110
_MOST_LABEL = 36


def month_bars(counts: Sequence[tuple[date, int]], *, name: str) -> str:
    """One bar a month between the first and the last, months without rows included; an empty text without counts.

    `counts`: first day of a month → rows, any order, no month twice. `name` says in words what is counted.
    """
    if not counts:
        return ""
    known = dict(counts)
    months = _months(min(known), max(known))
    top = _round_up(max(known.values()))
    step = (_WIDTH - _LEFT) / len(months)
    parts = []
    for value in dict.fromkeys((top, top // 2, 0)):
        y = _TOP + _PLOT_HEIGHT * (1 - value / top)
        parts.append(
            f'<line class="line" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,}</text>'
        )
    for index, month in enumerate(months):
        rows = known.get(month, 0)
        height = _PLOT_HEIGHT * rows / top
        x, y = _LEFT + index * step, _TOP + _PLOT_HEIGHT - height
        width = min(step * 0.8, _WIDEST_BAR)
        parts.append(
            f'<rect class="bar" x="{x + step * 0.1:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}">'
            f"<title>{month:%Y-%m}: {rows:,}</title></rect>"
        )
    parts += _month_labels(months, step)
    total = sum(known.values())
    said = f"{name}: {total:,} from {months[0]:%Y-%m} to {months[-1]:%Y-%m}, at most {max(known.values()):,} a month"
    return _svg(said, _TOP + _PLOT_HEIGHT + 22, parts)


def share_bars(
    rows: Sequence[tuple[str, int]], *, name: str, total: int | None = None, totals: Sequence[int] | None = None
) -> str:
    """One horizontal bar a row, in the given order, with the figure and its share; an empty text without rows.

    Shares are of `totals`, one a row, or of `total`, by default the sum; a bar is never longer than its track.
    """
    if not rows:
        return ""
    whole = sum(value for _, value in rows) if total is None else total
    wholes = totals or [whole] * len(rows)
    track = _WIDTH - _LABEL - _FIGURES
    parts = []
    for index, ((label, value), of) in enumerate(zip(rows, wholes, strict=True)):
        y = index * _ROW
        share = value / of if of else 0.0
        shown = label if len(label) <= _MOST_LABEL else f"{label[: _MOST_LABEL - 1]}…"
        parts.append(
            f"<g><title>{escape(label)}: {value:,} ({_percent(share)})</title>"
            f'<text x="0" y="{y + 15}">{escape(shown)}</text>'
            f'<rect class="back" x="{_LABEL}" y="{y + 4}" width="{track}" height="14" rx="2"/>'
            f'<rect class="bar" x="{_LABEL}" y="{y + 4}" width="{track * min(share, 1):.2f}" height="14" rx="2"/>'
            f'<text x="{_WIDTH}" y="{y + 15}" text-anchor="end">{value:,} · {_percent(share)}</text></g>'
        )
    said = f"{name}: " + ", ".join(f"{label} {value:,}" for label, value in rows)
    return _svg(said, len(rows) * _ROW, parts)


def _svg(said: str, height: float, parts: Sequence[str]) -> str:
    """`said` is what a screen reader speaks in place of the picture."""
    return (
        f'<svg class="chart" role="img" aria-label="{escape(said)}" viewBox="0 0 {_WIDTH} {height:.0f}"'
        f' xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def _months(first: date, last: date) -> list[date]:
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    begin = first.year * 12 + first.month - 1
    return [date(month // 12, month % 12 + 1, 1) for month in range(begin, begin + count)]


def _month_labels(months: Sequence[date], step: float) -> list[str]:
    """Years where they begin; of few months each one."""
    y = _TOP + _PLOT_HEIGHT + 16
    labels = []
    last_x = -100.0
    for index, month in enumerate(months):
        x = _LEFT + index * step
        text = (
            f"{month:%Y-%m}"
            if len(months) <= 12
            else f"{month:%Y}"
            if month.month == 1 or (index == 0 and month.month < 9)
            else ""
        )
        if text and x - last_x >= 7 * len(text) + 6:
            labels.append(f'<text x="{x + step * 0.1:.1f}" y="{y}">{text}</text>')
            last_x = x
    return labels


def _round_up(value: int) -> int:
    """The next 1, 2 or 5 times a power of ten, at least 1."""
    scale = 1
    while True:
        for step in (1, 2, 5):
            if value <= step * scale:
                return step * scale
        scale *= 10


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 or share == 0 else f"{share:.1%}"

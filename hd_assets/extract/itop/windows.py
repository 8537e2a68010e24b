"""Reading a whole class by windows of ids, and proving that nothing was missed.

iTop's own pages are no way to read: rows are sorted by a name that is not unique, so pages lose and repeat rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from hd_assets.extract.itop.client import Found, ItopClient
from hd_assets.extract.retry import LostSnapshotError

_WIDEST = 1 << 40


def read_class(
    client: ItopClient, name: str, fields: tuple[str, ...], *, rows: int = 500, where: str = "true"
) -> Iterator[list[Found]]:
    """All rows of a class and those below it, in windows of about `rows` rows, ids ascending; none is empty.

    `where` is a further condition in OQL. Raises LostSnapshotError when rows vanished or were missed while reading:
    the number of distinct ids must equal what iTop counts up to the highest id read.
    """
    condition = "" if where == "true" else f" AND ({where})"
    seen: set[int] = set()
    low, width = 0, rows
    while True:
        total = _count_above(client, name, low, condition)
        if not total:
            break
        width = min(width, _WIDEST)
        asked = f"SELECT {name} WHERE id > {low} AND id <= {low + width}{condition}"
        found = client.count(name, asked) if width > rows else 0
        if found > 2 * rows and width > 1:
            width //= 2
            continue
        if width <= rows or found:
            window = client.get(name, asked, fields)
            ids = {int(row.key) for row in window.objects}
            if len(ids) != window.total or any(not low < id <= low + width for id in ids):
                raise _changed(client, name, f"{window.total} rows are counted in a window and {len(ids)} came")
            seen |= ids
            if window.objects:
                yield sorted(window.objects, key=lambda row: int(row.key))
            found = len(ids)
        low += width
        if found < rows // 2:
            width *= 4 if not found else 2
    highest = max(seen, default=0)
    counted = client.count(name, f"SELECT {name} WHERE id <= {highest}{condition}")
    if counted != len(seen):
        raise _changed(client, name, f"{len(seen)} rows were read where {counted} are counted now")


def _count_above(client: ItopClient, name: str, low: int, condition: str) -> int:
    return client.count(name, f"SELECT {name} WHERE id > {low}{condition}")


def _changed(client: ItopClient, name: str, what: str) -> LostSnapshotError:
    return LostSnapshotError(
        f"the rows of {name} changed while they were read: {what}",
        where=f"{client.place}, class {name}",
        mend="extract at a quieter hour, or freeze deletions in iTop meanwhile; then start again",
    )

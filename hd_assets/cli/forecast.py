"""What a plan means: how many requests, how long at the limit, how many bytes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

from hd_assets.mapping import Migration
from hd_assets.publish.context import SIMULATOR
from hd_assets.publish.forecast import REQUESTS, Pace, pace, scores
from hd_assets.publish.hours import hours_of
from hd_assets.publish.ledger import read_only
from hd_assets.publish.ledger_schema import OPEN
from hd_assets.publish.staged import count_outside, rules_of
from hd_assets.settings import Settings
from hd_assets.warehouse import Warehouse

_BYTES = """
select coalesce(sum(size_bytes), 0)::bigint from staging.attachments
where disposition = 'send' and carrier in (select unnest($carriers))
"""


def forecast_lines(settings: Settings, migration: Migration, target: str) -> Iterator[str]:
    """Lines about everything that is planned and not yet sent."""
    stores = settings.stores(migration.name)
    warehouse = Warehouse.of(stores.warehouse)
    outside = count_outside(warehouse, rules_of(warehouse, migration))
    if outside:
        yield (
            f"{outside} articles had an address outside the help centre: no redirect can be made for them here, only"
            " the old host can lead to the new ones (old_url in staging.articles)"
        )
    ledger = read_only(stores.ledger(target))
    try:
        open_: Counter[str] = Counter()
        for (kind, state), number in ledger.kind_counts().items():
            if state in OPEN:
                open_[kind] += number
        carriers = [
            operation.external_id
            for operation in ledger.iterate("kind in ('reply', 'note')")
            if operation.state in OPEN
        ]
        expected = pace(ledger, migration.mapping.publish)
    finally:
        ledger.close()
    requests = sum(number * REQUESTS.get(kind, 1) for kind, number in open_.items())
    if not requests:
        yield "plan: nothing to send, the target equals staging"
        return
    with warehouse.get_connection() as connection:
        row = connection.execute(_BYTES, {"carriers": carriers}).fetchone()
    size = row[0] if row else 0
    yield f"plan: {sum(open_.values())} operations, {requests} requests, {size / 1e6:.1f} MB of files"
    yield (
        f"      about {expected.seconds(requests) / 3600:.2f} hours at {expected.per_minute:.0f} requests a minute"
        f" ({_why(expected)}); nothing was sent"
    )
    hours = hours_of(migration.mapping, simulator=target == SIMULATOR)
    if hours is not None:
        begin = hours.closed_until(time.time())
        yield f"      writes only on {hours}" + (f"; the next time from {hours.wall(begin)}" if begin else ", so now")
    yield "      " + ", ".join(f"{number} {kind}" for kind, number in sorted(open_.items()))


def _why(expected: Pace) -> str:
    if expected.reached and expected.reached < expected.allowed:
        return f"what the last publish reached; {expected.allowed:.0f} are allowed"
    return "our share of the limit the workspace told" if expected.is_learnt else "our share of the usual limit"


def score_lines(settings: Settings, migration: Migration, target: str) -> Iterator[str]:
    """How near the forecast of the last publish came."""
    stores = settings.stores(migration.name)
    ledger = read_only(stores.ledger(target))
    try:
        with Warehouse.of(stores.warehouse).get_connection() as connection:
            found = scores(ledger, connection)
    finally:
        ledger.close()
    if not found:
        return
    last = found[-1]
    yield (
        f"forecast: {last.forecast.requests} requests, {last.forecast.bytes / 1e6:.1f} MB of files,"
        f" {last.forecast.seconds / 3600:.2f} hours"
    )
    yield (
        f"made:     {last.requests} requests ({last.others} of them to look at the workspace or again),"
        f" {(last.bytes or 0) / 1e6:.1f} MB of files, {last.seconds / 3600:.2f} hours"
    )

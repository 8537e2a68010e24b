"""What a publish will take, as its plan told before; and how near that came once it was over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from hd_assets.mapping.model import Publishing
from hd_assets.publish.ledger import Ledger
from hd_assets.publish.ledger_read import LedgerReader
from hd_assets.warehouse import Connection

# before a workspace has told its own; most tell this one
ASSUMED_PER_MINUTE = 10_000
# A company and a custom object are looked up before they are written, so that created and adopted can be told apart.
# The references of a contact are read before they are extended.
REQUESTS: Mapping[str, int] = {"company": 2, "custom_object": 2, "contact_object": 2}
_LIMIT = "limit_per_minute"
_FORECAST = "forecast_"
# a shorter publish says nothing about the pace
_LEAST_SENT = 500
_CARRIED = """
    select coalesce(sum(4 * ((size_bytes + 2) // 3)), 0)::bigint from staging.attachments
    where disposition = 'send' and carrier in (select unnest($carriers))
"""


@dataclass(frozen=True)
class Pace:
    """Requests a minute. `limit`: of all clients, as the workspace told it (`is_learnt`) or as is usual; `allowed`: our
    share of it; `reached`: what the last publish of any size to this target came to, None before it."""

    limit: int
    is_learnt: bool
    allowed: float
    reached: float | None = None

    @property
    def per_minute(self) -> float:
        return min(self.allowed, self.reached or self.allowed)

    def seconds(self, requests: int) -> float:
        return 60 * requests / self.per_minute


@dataclass(frozen=True)
class Forecast:
    """Requests of the planned operations, bytes of their files as sent (base64), seconds at the expected pace."""

    run_no: int
    window: str
    operations: int
    requests: int
    bytes: int
    per_minute: float
    limit: int
    is_learnt: bool
    seconds: float


@dataclass(frozen=True)
class Score:
    """A forecast beside what its run did. `operations` took effect; of all `requests` made, `others` looked at the
    workspace or repeated something; `seconds` from the first operation to the last; `bytes` None if nobody asked."""

    forecast: Forecast
    operations: int
    requests: int
    others: int
    seconds: float
    bytes: int | None = None


def pace(books: LedgerReader, publish: Publishing) -> Pace:
    """What may be sent to this target, and what was."""
    told = books.meta(_LIMIT)
    limit = int(told) if told else ASSUMED_PER_MINUTE
    share = limit * (1 - publish.headroom)
    return Pace(limit, bool(told), min(share, publish.requests_per_minute or share), _reached(books))


def remember_limit(books: Ledger, limit: int | None) -> None:
    """Keep what the workspace told about its limit for the next forecast."""
    if limit is not None and books.run_no and books.meta(_LIMIT) != str(limit):
        books.set_meta(_LIMIT, str(limit))


def remember(books: Ledger, found: Forecast) -> None:
    """Keep the forecast of this run; planning again replaces it, unless nothing is left to send."""
    if found.requests:
        books.set_meta(f"{_FORECAST}{found.run_no}", json.dumps(asdict(found)))


def forecasts(books: LedgerReader) -> list[Forecast]:
    """All that were kept, oldest run first."""
    kept = books.rows("select value from meta where name like ?", (f"{_FORECAST}%",))
    return sorted((Forecast(**json.loads(value)) for (value,) in kept), key=lambda found: found.run_no)


def scores(books: LedgerReader, connection: Connection | None = None) -> list[Score]:
    """The forecasts of the runs that sent something, oldest first; bytes only with the warehouse's `connection`."""
    found = []
    for forecast in forecasts(books):
        kinds = books.rows(
            "select kind, count(*) from operations where run_no = ? and state in ('applied', 'conflict') group by kind",
            (forecast.run_no,),
        )
        if not kinds:
            continue
        needed = sum(number * REQUESTS.get(kind, 1) for kind, number in kinds)
        made = sum(books.requests(forecast.run_no).values())
        found.append(
            Score(
                forecast,
                operations=sum(number for _, number in kinds),
                requests=made,
                others=made - needed,
                seconds=_spans(books, forecast.run_no).get(forecast.run_no, 0.0),
                bytes=None if connection is None else _carried(books, connection, forecast.run_no),
            )
        )
    return found


def _spans(books: LedgerReader, run_no: int | None = None) -> dict[int, float]:
    """Run → seconds between its first operation sent and its last answer."""
    where = "" if run_no is None else "where run_no = ?"
    # what an earlier run left open was intended before this one began
    began = "max(operations.intended_at, runs.started_at)"
    sql = (
        f"select run_no, max(outcome_at) - min({began}) from operations join runs using (run_no) {where}"
        " group by run_no"
    )
    return {row[0]: float(row[1]) for row in books.rows(sql, () if run_no is None else (run_no,)) if row[1]}


def _reached(books: LedgerReader) -> float | None:
    """Requests a minute of the last publish that was long enough to tell."""
    made = dict(books.rows("select run_no, sum(number) from request_counts group by run_no"))
    spans = {run_no: span for run_no, span in _spans(books).items() if made.get(run_no, 0) >= _LEAST_SENT}
    return made[max(spans)] * 60 / spans[max(spans)] if spans else None


def _carried(books: LedgerReader, connection: Connection, run_no: int) -> int:
    carriers = books.rows(
        "select external_id from operations where run_no = ? and kind in ('reply', 'note')"
        " and state in ('applied', 'conflict')",
        (run_no,),
    )
    row = connection.execute(_CARRIED, {"carriers": [carrier for (carrier,) in carriers]}).fetchone()
    return int(row[0]) if row else 0

"""A deterministic Jitbit Helpdesk in the native forms of all three ways in."""

from __future__ import annotations

from pathlib import Path

from hd_assets.samples import files
from hd_assets.samples.jitbit.articles import write_articles
from hd_assets.samples.jitbit.attachments import attach
from hd_assets.samples.jitbit.desk import PASSWORD, READER, TOKEN, ZONE, Desk, load
from hd_assets.samples.jitbit.native import write_native
from hd_assets.samples.jitbit.people import populate
from hd_assets.samples.jitbit.setup import set_up
from hd_assets.samples.jitbit.tickets import write_tickets
from hd_assets.samples.report import SampleReport

__all__ = ["Desk", "load", "make", "write"]

_OVERSIZE = 10 * 1024 * 1024 + 1


def make(tickets: int = 500, seed: int = 1, *, oversize: bool = False) -> Desk:
    """The helpdesk in memory. `oversize`: one file is a byte larger than 10 MiB."""
    desk = Desk(tickets, seed)
    populate(desk)
    set_up(desk)
    write_articles(desk)
    write_tickets(desk)
    if oversize:
        comment = next(row for row in desk.rows["comment"] if not row["is_system"])
        ticket = next(row for row in desk.rows["ticket"] if row["ticket_id"] == comment["ticket_id"])
        content = b"".join(files.filler(_OVERSIZE))
        attach(desk, ticket, comment, desk.agents[0], comment["comment_date"], "backup.bin", content)
    return desk


def write(directory: Path, *, tickets: int = 500, seed: int = 1) -> SampleReport:
    """Write `desk.json`, the folder `export` of tables, `database.sql` and the folder `share` of files.

    Same arguments, same bytes; `directory` is made if missing.
    """
    desk = make(tickets, seed)
    write_native(desk, directory)
    return SampleReport(
        source="jitbit",
        directory=directory,
        variables={"JITBIT_USER": READER, "JITBIT_PASSWORD": PASSWORD},
        counts={name: len(rows) for name, rows in desk.rows.items() if rows},
        time_zone=ZONE,
        secrets=(PASSWORD, TOKEN),
    )

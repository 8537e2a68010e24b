"""A deterministic osTicket 1.18 installation: a dump as mariadb-dump writes it, and a folder of attachments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hd_assets.samples.osticket.catalogue import catalogue
from hd_assets.samples.osticket.customers import populate
from hd_assets.samples.osticket.damage import DAMAGE, damage_people
from hd_assets.samples.osticket.desk import Desk
from hd_assets.samples.osticket.dump import Dump
from hd_assets.samples.osticket.files import FileStore
from hd_assets.samples.osticket.knowledge import knowledge
from hd_assets.samples.osticket.merges import MERGES
from hd_assets.samples.osticket.oddities import ODDITIES, big_files
from hd_assets.samples.osticket.options import SampleOptions
from hd_assets.samples.osticket.ordinary import write_ticket
from hd_assets.samples.osticket.schema import tables
from hd_assets.samples.osticket.setup import MARKER, install
from hd_assets.samples.report import SampleReport

__all__ = ["SampleOptions", "write"]

_BLOCK = 250  # strange tickets come once in so many

Special = tuple[Callable[[Desk, datetime], None], int]  # writes exactly so many tickets


def write(directory: Path, *, tickets: int = 250, seed: int = 1, options: SampleOptions | None = None) -> SampleReport:
    """Write `osticket.sql` and `attachments/` into `directory`, which is made if missing.

    Same arguments, same bytes. Rows go to disk as they are made, so 100,000 tickets need no more memory than 250,
    apart from the customers (one for five tickets).
    """
    options = options or SampleOptions()
    directory.mkdir(parents=True, exist_ok=True)
    attachments = directory / "attachments"
    attachments.mkdir(exist_ok=True)
    setup = catalogue(options.variant)
    shapes = tables(
        {
            "ticket__cdata": ("ticket_id", "subject", "priority", *(field.column for field in setup.ticket_fields)),
            "user__cdata": ("user_id", "email", "name", "phone", "notes", *(f.column for f in setup.user_fields)),
            "organization__cdata": (
                *("org_id", "name", "address", "phone", "website", "notes"),
                *(field.column for field in setup.organization_fields),
            ),
        }
    )
    with Dump(shapes, options.prefix, ZoneInfo(options.time_zone)) as dump:
        switch = options.start + (options.end - options.start) / 2
        desk = Desk(dump, FileStore(dump, attachments, switch, seed), options, setup, seed)
        _fill(desk, tickets)
        path = directory / "osticket.sql"
        dump.finish(path, options.as_of)
    return SampleReport(
        source="osticket",
        directory=directory,
        variables={"OSTICKET_DUMP": str(path.absolute()), "OSTICKET_FILES": str(attachments.absolute())},
        counts=dict(dump.counts),
        time_zone=options.time_zone,
        injected={kind: tuple(ids) for kind, ids in desk.injected.items()},
        oddities={kind: tuple(ids) for kind, ids in desk.oddities.items()},
        secrets=(MARKER,),
    )


def _fill(desk: Desk, tickets: int) -> None:
    made = install(desk)
    populate(desk, tickets, made)
    knowledge(desk, made)
    if desk.options.damage:
        damage_people(desk, made)
    step = (desk.options.end - desk.options.start) / max(tickets, 1)
    for index, special in _schedule(desk.options, tickets):
        created = desk.options.start + step * (index + desk.rng("time", index).random() * 0.9)
        if special is None:
            write_ticket(desk, index, created.replace(microsecond=0))
        else:
            special(desk, created.replace(microsecond=0))
    desk.dump.add("sequence", name="General Tickets", next=tickets + 1, increment=1, updated=desk.as_of)
    desk.dump.add("sequence", name="Tasks Sequence", next=desk.dump.counts["task"] + 1, increment=1, updated=desk.as_of)


def _schedule(options: SampleOptions, tickets: int) -> Iterator[tuple[int, Callable[[Desk, datetime], None] | None]]:
    """Which ticket is a special one: spread evenly over every block; damage in the first block only."""
    for start in range(0, tickets, _BLOCK):
        size = min(_BLOCK, tickets - start)
        specials: list[Special] = []
        if options.damage and start == 0:
            specials += DAMAGE
        if options.big_files and start == 0:
            specials.append((big_files, 1))
        if options.oddities:
            specials += MERGES + ODDITIES
        every = max(0, (size - sum(cost for _, cost in specials)) // (len(specials) + 1))
        place, since = 0, 0
        while place < size:
            if specials and since >= every and specials[0][1] <= size - place:
                special, cost = specials.pop(0)
                yield start + place, special
                place, since = place + cost, 0
            else:
                yield start + place, None
                place, since = place + 1, since + 1

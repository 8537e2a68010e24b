"""A deterministic iTop 3.2: answers of its web service, one file a class, as the stand-in loads them."""

from __future__ import annotations

from pathlib import Path

from hd_assets.samples.itop.catalogue import catalogue
from hd_assets.samples.itop.desk import PASSWORD, Desk
from hd_assets.samples.itop.people import populate
from hd_assets.samples.itop.tickets import write_tickets
from hd_assets.samples.report import SampleReport

__all__ = ["write"]


def write(directory: Path, *, tickets: int = 250, seed: int = 1) -> SampleReport:
    """Write `<Class>.json` files and `accounts.json` into `directory`, which is made if missing.

    Same arguments, same bytes. The whole installation is held in memory, as the stand-in does that serves it.
    """
    desk = Desk(tickets, seed)
    populate(desk)
    catalogue(desk)
    write_tickets(desk)
    counts = desk.save(directory)
    return SampleReport(
        source="itop",
        directory=directory,
        variables={"ITOP_USER": "reader", "ITOP_PASSWORD": PASSWORD},
        counts=counts,
        time_zone="Europe/Paris",
        secrets=(PASSWORD,),
    )

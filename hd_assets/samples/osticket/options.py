"""What kind of installation to invent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hd_assets.errors import UsageError
from hd_assets.samples import text


@dataclass(frozen=True)
class SampleOptions:
    """`time_zone` is the clock of the database's host: datetimes of the dump are local times of that zone.

    `variant` 0 has the statuses, topics and custom fields that the shipped mapping knows; any other number is
    another installation with other ones; 101 to 105 speak other languages. `oddities` are the strange but healthy
    records real installations have, `damage` the broken ones, `big_files` two files at the edge of 10 MiB.
    """

    prefix: str = "ost_"
    time_zone: str = "UTC"
    first_month: str = "2023-01"
    months: int = 24
    languages: tuple[str, ...] = ("en", "en", "de", "fr", "es", "pl", "ar", "ja")
    variant: int = 0
    oddities: bool = True
    damage: bool = False
    big_files: bool = False

    def __post_init__(self) -> None:
        unknown = set(self.languages) - set(text.languages())
        if unknown or not self.languages:
            raise UsageError(
                f"no sample texts in: {', '.join(sorted(unknown)) or 'no language named'}",
                where="SampleOptions.languages",
                mend=f"choose from {', '.join(text.languages())}",
            )
        if self.months < 1:
            raise UsageError("a sample needs at least one month", where="SampleOptions.months", mend="give 1 or more")

    @property
    def start(self) -> datetime:
        """First instant of the first month, UTC."""
        return datetime.strptime(self.first_month, "%Y-%m").replace(tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """First instant after the last month, UTC."""
        month = self.start.month - 1 + self.months
        return self.start.replace(year=self.start.year + month // 12, month=month % 12 + 1)

    @property
    def as_of(self) -> datetime:
        """When the dump was taken: nothing in a healthy sample is later."""
        return self.end + timedelta(days=3, hours=4)

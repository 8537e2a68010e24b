"""Is the mapping complete, is there room, can the source be read, and on which clock does it write?"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping as Environment
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hd_assets.deliver.catalogue import FOLDER, catalogue
from hd_assets.discover.run import sql_files
from hd_assets.doctor.findings import Findings
from hd_assets.extract.base import SourceFacts
from hd_assets.extract.registry import open_extractor
from hd_assets.mapping import UNDECIDED, Migration
from hd_assets.mapping.decisions import QUESTIONS, undecided
from hd_assets.settings import Settings
from hd_assets.staging.runner import order

_LEAST_ROOM = 2 * 1024**3
_READ_FROM = {"dump": "a dump file", "live": "its database", "api": "its web service", "export": "exported files"}
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


def judge_mapping(settings: Settings, migration: Migration, target: str | None, into: Findings) -> None:
    """Open decisions, and whether every SQL file of the source is there and can be ordered."""
    into.fine("mapping", f"{migration.path} can be read, digest {migration.digest[:12]}")
    for path in undecided(migration.mapping, target):
        key = path if path in QUESTIONS else path.rsplit(".", 1)[1]
        into.open("mapping", f"{path} is not decided yet", QUESTIONS[key])
    with into.catching("mapping"):
        files = [*order(migration, settings.sql), *sql_files(migration, settings.sql)]
        catalogue(settings.sql, migration.mapping.source, migration.overriding(FOLDER))
        overriding = f", overriding {', '.join(migration.overrides)}" if migration.overrides else ""
        into.fine("mapping", f"{len(files)} SQL files of source {migration.mapping.source}{overriding}")


def judge_home(settings: Settings, into: Findings) -> None:
    """Whether the home can be written and has room; asked, not tried."""
    there = next(folder for folder in (settings.home, *settings.home.parents) if folder.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        into.wrong("home", f"{there} cannot be written", "set HD_HOME to a folder that can be, or change its owner")
        return
    free = shutil.disk_usage(there).free
    said = f"{settings.home} has {free / 1e9:.1f} GB free"
    if free < _LEAST_ROOM:
        into.wrong("home", said, "make room, or set HD_HOME to a larger disk: rows and attachments are kept there")
    else:
        into.fine("home", said)


def judge_source(migration: Migration, environment: Environment[str, str], into: Findings) -> None:
    """Connect, look at version, privileges and clock; nothing is read beyond that."""
    with into.catching("source"):
        mapping = migration.mapping
        facts = open_extractor(mapping.source, environment, mapping.source_options).probe()
        server = f" on {facts.server_version}" if facts.server_version else ""
        into.fine("source", f"{facts.product} {facts.version}{server}, read from {_READ_FROM[facts.kind]}")
        for warning in facts.warnings:
            into.open("source", warning)
        _judge_zone(mapping.time_zone, facts, into)


def _judge_zone(decided: str, facts: SourceFacts, into: Findings) -> None:
    told = facts.server_time_zone
    if told is None:
        untold = f"{_READ_FROM[facts.kind]} does not tell the zone of its times"
        into.open("zone", untold, "ask whoever runs the server")
        return
    if decided == UNDECIDED:
        into.open("zone", f"the server's clock is set to {told}")
        return
    server = _zone(told)
    if server is None:
        into.open(
            "zone", f"the server's clock is set to {told}, which is no zone known here", f"compare with {decided}"
        )
    elif _offsets(server) == _offsets(ZoneInfo(decided)):
        into.fine("zone", f"the server's clock ({told}) agrees with {decided}")
    else:
        into.wrong(
            "zone",
            f"the server's clock is set to {told}, the mapping says {decided}",
            "correct time_zone in the mapping; where the server moved, keep the zone in which it wrote its times",
        )


def _zone(name: str) -> tzinfo | None:
    match = _OFFSET.fullmatch(name)
    if match:
        shift = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(shift if match[1] == "+" else -shift)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _offsets(zone: tzinfo) -> tuple[timedelta | None, timedelta | None]:
    """In winter and in summer of this year; an abbreviation such as CET names one of a pair."""
    year = datetime.now(UTC).year
    return datetime(year, 1, 15, tzinfo=zone).utcoffset(), datetime(year, 7, 15, tzinfo=zone).utcoffset()

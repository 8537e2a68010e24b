"""Writes rows as they are made and ends as one file in the format of mariadb-dump.

A dump is one table after another, while a helpdesk is made one ticket after another; so each table has its own
file until the end. Memory stays the same whatever the number of tickets.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from hd_assets.samples.osticket.schema import Table

Value = int | str | bytes | datetime | None

_STATEMENT_BYTES = 1_000_000
_ESCAPES = str.maketrans(
    {"\0": "\\0", "\n": "\\n", "\r": "\\r", "\\": "\\\\", "'": "\\'", '"': '\\"', "\x1a": "\\Z"},
)
_HEADER = """\
-- MariaDB dump 10.19  Distrib 10.11.9-MariaDB, for debian-linux-gnu (x86_64)
--
-- Host: localhost    Database: {database}
-- ------------------------------------------------------
-- Server version\t10.11.9-MariaDB

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;
"""
_FOOTER = """\
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

-- Dump completed on {finished}
"""
_TABLE_HEAD = """
--
-- Table structure for table `{name}`
--

DROP TABLE IF EXISTS `{name}`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!40101 SET character_set_client = utf8mb4 */;
{create}
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `{name}`
--

LOCK TABLES `{name}` WRITE;
/*!40000 ALTER TABLE `{name}` DISABLE KEYS */;
"""
_TABLE_TAIL = """\
/*!40000 ALTER TABLE `{name}` ENABLE KEYS */;
UNLOCK TABLES;
"""


class Dump:
    """Collects rows of every table; `finish` puts the file together. Use as a context manager.

    Datetimes are given in UTC. DATETIME columns are written as local time of `zone`, as osTicket stores them;
    TIMESTAMP columns in UTC, as dump programs write them.
    """

    def __init__(self, tables: Mapping[str, Table], prefix: str, zone: ZoneInfo) -> None:
        self.tables = tables
        self.counts: dict[str, int] = dict.fromkeys(tables, 0)
        self._prefix = prefix
        self._zone = zone
        self._ids: dict[str, int] = {}
        self._open: dict[str, _Rows] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="sample-")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for rows in self._open.values():
            rows.file.close()
        self._folder.cleanup()

    def new_id(self, table: str) -> int:
        """The next id of a table; ids are never given twice."""
        self._ids[table] = number = self._ids.get(table, 0) + 1
        return number

    def skip_ids(self, table: str, up_to: int) -> None:
        """Leave a gap, as deleted rows do."""
        self._ids[table] = max(self._ids.get(table, 0), up_to)

    def add(self, table: str, **values: Value) -> int:
        """Write one row; columns not given get what the database would store. Returns the value of `id` or 0."""
        shape = self.tables[table]
        row: list[Value] = [column.missing for column in shape.columns]
        if shape.numbered and shape.columns[0].name not in values:
            row[0] = self.new_id(table)
        for name, value in values.items():
            row[shape.position[name]] = value
        literals = [
            self._literal(value, column.kind == "local") for value, column in zip(row, shape.columns, strict=True)
        ]
        if table not in self._open:
            self._open[table] = _Rows(Path(self._folder.name) / table, f"INSERT INTO `{self._prefix}{table}` VALUES\n")
        self._open[table].add("(" + ",".join(literals) + ")")
        self.counts[table] += 1
        return row[0] if isinstance(row[0], int) else 0

    def local(self, instant: datetime) -> datetime:
        """The same instant on the clock of the database's host."""
        return instant.astimezone(self._zone)

    def finish(self, path: Path, finished: datetime, database: str = "osticket") -> None:
        """Write the dump file: head, tables in name order, foot."""
        with path.open("wb") as out:
            out.write(_HEADER.format(database=database).encode())
            for name in sorted(self.tables):
                full = self._prefix + name
                create = self.tables[name].create(self._prefix)
                out.write(_TABLE_HEAD.format(name=full, create=create).encode())
                if name in self._open:
                    with self._open[name].close().open("rb") as rows:
                        shutil.copyfileobj(rows, out, 1 << 20)
                out.write(_TABLE_TAIL.format(name=full).encode())
            out.write(_FOOTER.format(finished=f"{finished:%Y-%m-%d %H:%M:%S}").encode())

    def _literal(self, value: Value, local: bool) -> str:
        if isinstance(value, str):
            return f"'{value.translate(_ESCAPES)}'"
        if value is None:
            return "NULL"
        if isinstance(value, datetime):
            shown = value.astimezone(self._zone if local else UTC)
            return f"'{shown:%Y-%m-%d %H:%M:%S}'"
        if isinstance(value, bytes):
            return f"0x{value.hex().upper()}" if value else "''"
        return str(value)


class _Rows:
    """The INSERT statements of one table, a new statement about every megabyte."""

    def __init__(self, path: Path, head: str) -> None:
        self.file: TextIOWrapper = path.open("w", encoding="utf-8", newline="\n")
        self._path = path
        self._head = head
        self._size = 0

    def add(self, row: str) -> None:
        if self._size and self._size + len(row) > _STATEMENT_BYTES:
            self.file.write(";\n")
            self._size = 0
        self.file.write(",\n" if self._size else self._head)
        self.file.write(row)
        self._size += len(row)

    def close(self) -> Path:
        self.file.write(";\n")
        self.file.close()
        return self._path

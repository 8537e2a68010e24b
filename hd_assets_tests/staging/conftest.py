"""A migration small enough to read at a glance: two SQL files over one raw table."""

import textwrap
from dataclasses import dataclass
from pathlib import Path

import pytest

from hd_assets.mapping import Migration, load, write_tables
from hd_assets.warehouse import Warehouse

MAPPING = """
    source: depot
    time_zone: UTC
    first_month: 2024-01
    migration_admin: {name: Migration, email: migration@desk.example}
    unassigned_tickets: keep
    unmatched_agents: block
    internal_notes: note
    targets: {simulator: {}}
    objects: {}
"""
WINDOWS = """
    -- Grain: one row per ticket; $window_start is spoken of here and not used.
    with tickets as (
        select * from raw."Ticket"
    ),

    final as (
        select
            concat('depot-ticket-', tickets."Id") as conversation,
            tickets."Id" as source_id,
            cast(tickets."Opened" as timestamp) as dated_at,
            cast(date_trunc('month', cast(tickets."Opened" as timestamp)) as date) as home_window,
            'created_at' as basis
        from tickets
    )

    select * from final;
"""
HISTORY = """
    -- Grain: one row per ticket whose home window lies in [$window_start, $window_end).
    with windows as (
        select * from staging.windows
        where home_window >= $window_start and home_window < $window_end
    ),

    tickets as (
        select * from raw."Ticket"
    ),

    final as (
        select
            concat('depot-event-', tickets."Id") as external_id,
            windows.home_window,
            windows.conversation,
            'opened' as kind,
            tickets."By" as actor,
            cast(null as varchar) as from_value,
            concat(tickets."Id", tickets."By") as to_value,
            windows.dated_at as occurred_at,
            false as is_annulled
        from windows
        inner join tickets
            on windows.source_id = tickets."Id"
    )

    select * from final
"""


@dataclass
class Depot:
    """The small migration: its warehouse, its mapping and the folder of its SQL."""

    root: Path
    warehouse: Warehouse
    migration: Migration

    @property
    def sql(self) -> Path:
        return self.root / "sql"

    def write(self, name: str, text: str) -> Path:
        path = self.sql / "depot" / f"{name}.sql"
        path.write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
        return path

    def tickets(self, *rows: tuple[str, str, str]) -> None:
        """Replace the raw tickets: (id, time opened, person)."""
        with self.warehouse.get_connection() as connection:
            connection.execute('create or replace table raw."Ticket" ("Id" varchar, "Opened" varchar, "By" varchar)')
            for row in rows:
                connection.execute('insert into raw."Ticket" values (?, ?, ?)', list(row))

    def rows(self, query: str) -> list[tuple]:
        with self.warehouse.get_connection() as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def depot(tmp_path) -> Depot:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "sql" / "depot").mkdir(parents=True)
    (tmp_path / "mappings" / "depot.yaml").write_text(textwrap.dedent(MAPPING))
    made = Depot(tmp_path, Warehouse.of(tmp_path / "w.duckdb"), load(tmp_path / "mappings", "depot"))
    made.write("windows", WINDOWS)
    made.write("history", HISTORY)
    made.tickets(("1", "2024-01-10", "ada"), ("2", "2024-02-10", "bob"))
    with made.warehouse.get_connection() as connection:
        write_tables(connection, made.migration)
    return made

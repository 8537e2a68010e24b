"""An invented Jitbit through all three ways in: staged equally, published once, read back, judged from outside."""

import copy
from dataclasses import dataclass
from pathlib import Path

import pytest

from hd_assets.checks import CheckContext, evaluate
from hd_assets.extract.base import Extractor
from hd_assets.extract.jitbit import open_from_environment
from hd_assets.extract.raw import RawStore, extract
from hd_assets.mapping import load, write_tables
from hd_assets.partitions import EVERYTHING
from hd_assets.samples.jitbit import Desk, make
from hd_assets.samples.jitbit.native import write_native
from hd_assets.staging.runner import MODELS, stage_all
from hd_assets.standin.jitbit import JitbitStandin, Store
from hd_assets.standin.jitbit.tds import serving_tables, standin_of
from hd_assets.warehouse import Warehouse
from hd_assets_tests.acceptance.judge_jitbit import Judge
from hd_assets_tests.acceptance.pipeline import into_simulator
from hd_assets_tests.jitbit import reading
from hd_assets_tests.staging.jitbit_desk import MAPPINGS, SQL

TICKETS = 500
SENT = 80


# The same helpdesk through three doors


@dataclass
class Staged:
    warehouse: Warehouse
    failed: list[str]

    def rows(self, table: str) -> list[tuple]:
        with self.warehouse.get_connection() as connection:
            return connection.execute(f"select * from staging.{table} order by all").fetchall()


def staged(root: Path, source: Extractor) -> Staged:
    store, warehouse, migration = RawStore(root), Warehouse.of(root / "warehouse.duckdb"), load(MAPPINGS, "jitbit")
    extract(source, store)
    with warehouse.transaction() as connection:
        for name, query in store.views().items():
            connection.execute(f'create or replace view raw."{name}" as {query}')
        write_tables(connection, migration)
        stage_all(connection, migration, SQL, EVERYTHING, files=store.files.root)
    with warehouse.get_connection() as connection:
        judged = evaluate(connection, EVERYTHING, CheckContext(migration, store.files.root))
    return Staged(warehouse, [f"{check.label}: {told.description}" for check, told in judged if not told.passed])


@pytest.fixture(scope="module")
def doors(tmp_path_factory) -> dict[str, Staged]:
    root, desk = tmp_path_factory.mktemp("doors"), make(TICKETS)
    write_native(desk, root / "native")
    share = {"JITBIT_FILES": str(root / "native" / "share")}
    found = {"web service": staged(root / "api", reading(JitbitStandin(Store.of(desk))))}
    export = open_from_environment({**share, "JITBIT_EXPORT": str(root / "native" / "export")}, {})
    found["exports"] = staged(root / "export", export)
    with serving_tables(standin_of(root / "native")) as url:
        found["database"] = staged(root / "database", open_from_environment({**share, "JITBIT_SQLSERVER_URL": url}, {}))
    return found


@pytest.mark.parametrize("table", MODELS)
def test_staging_is_equal_row_for_row_through_every_door(doors, table):
    told = doors["web service"].rows(table)
    assert doors["exports"].rows(table) == told
    assert doors["database"].rows(table) == told


def test_all_checks_pass_whichever_door_was_taken(doors):
    assert {name: door.failed for name, door in doors.items() if door.failed} == {}


def test_the_helpdesk_behind_the_doors_has_what_was_asked_for(doors):
    rows = {table: doors["database"].rows(table) for table in ("conversations", "articles")}
    assert (len(rows["conversations"]), len(rows["articles"])) == (TICKETS, 60)


# One of them published


@pytest.fixture(scope="module")
def desk() -> Desk:
    return make(SENT, oversize=True)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory, desk):
    source = reading(JitbitStandin(Store.of(desk)))
    with into_simulator(tmp_path_factory.mktemp("jitbit"), "jitbit", {"INTERCOM_TOKEN": "any"}, source) as one:
        one.extract_and_stage()
        one.provision()
        one.plan()
        one.publish()
        one.first = one.writes()
        one.outcome, one.certificate = one.reconcile("first")
        one.plan()
        one.publish()
        yield one


def test_all_checks_pass_before_anything_is_sent(migrated):
    assert migrated.failed_checks == []


def test_every_ticket_arrives_as_the_desk_was_invented(migrated, desk):
    assert [str(finding) for finding in Judge(desk, migrated.url).findings()] == []


def test_the_read_back_finds_no_difference(migrated):
    assert migrated.differences() == []
    assert (migrated.outcome.differing, migrated.outcome.missing, migrated.outcome.extra) == (0, 0, 0)
    assert (migrated.certificate.verdict, migrated.certificate.document["reasons"]) == ("equal", [])


def test_a_second_publish_writes_nothing(migrated):
    assert migrated.writes() == migrated.first > 800


def _comment(desk: Desk, ticket: int, **where):
    rows = [row for row in desk.rows["comment"] if row["ticket_id"] == ticket and not row["is_system"]]
    body = next(row["body"] for row in desk.rows["ticket"] if row["ticket_id"] == ticket)
    rows = [row for row in rows if row["body"] != body]
    return next(row for row in rows if all(row[name] == value for name, value in where.items()))


def _other(desk: Desk, table: str, column: str, value: object) -> object:
    return next(row[column] for row in desk.rows[table] if row[column] != value)


TAMPERED = {
    "title": lambda desk, ticket: ticket.update(subject="Another title"),
    "body": lambda desk, ticket: ticket.update(body="<!--html--><p>Other words</p>"),
    "status": lambda desk, ticket: ticket.update(status_name="Waiting for Vendor"),
    "priority": lambda desk, ticket: ticket.update(priority=(ticket["priority"] + 2) % 3 - 1),
    "requester": lambda desk, ticket: ticket.update(user_id=_other(desk, "ticket", "user_id", ticket["user_id"])),
    "agent": lambda desk, ticket: ticket.update(assigned_to_user_id=None),
    "category": lambda desk, ticket: ticket.update(
        category_id=_other(desk, "category", "category_id", ticket["category_id"])
    ),
    "one tag more": lambda desk, ticket: desk.add("ticket_tag", ticket_id=ticket["ticket_id"], tag_id=0, name="new"),
    "one field more": lambda desk, ticket: desk.add(
        "ticket_custom_field_value",
        ticket_id=ticket["ticket_id"],
        field_id=0,
        field_name="Serial number",
        value="another",
    ),
    "a parent": lambda desk, ticket: desk.add("subticket", parent_id=1, child_id=ticket["ticket_id"]),
    "text of a comment": lambda desk, ticket: _comment(desk, ticket["ticket_id"]).update(body="Other words"),
    "visibility": lambda desk, ticket: _comment(desk, ticket["ticket_id"], for_techs_only=False).update(
        for_techs_only=True
    ),
    "author of a comment": lambda desk, ticket: (row := _comment(desk, ticket["ticket_id"])).update(
        user_id=next(user["user_id"] for user in desk.rows["user"] if user["user_id"] != row["user_id"])
    ),
    "one comment less": lambda desk, ticket: desk.rows["comment"].remove(_comment(desk, ticket["ticket_id"])),
    "a file": lambda desk, ticket: desk.files.update(
        {row["file_id"]: b"other" for row in desk.rows["attachment"] if row["ticket_id"] == ticket["ticket_id"]}
    ),
}


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED.keys())
def test_the_judge_sees_what_is_not_true(migrated, desk, tamper):
    told = copy.deepcopy(desk)
    ticket = next(row for row in told.rows["ticket"] if _is_eventful(told, row))
    assert Judge(told, migrated.url).findings(only=ticket["ticket_id"]) == []
    tamper(told, ticket)
    assert Judge(told, migrated.url).findings(only=ticket["ticket_id"])


def _is_eventful(desk: Desk, ticket: dict) -> bool:
    id = ticket["ticket_id"]
    return (
        ticket["status_name"] == "Closed"
        and sum(row["ticket_id"] == id and not row["is_system"] for row in desk.rows["comment"]) > 3
        and any(row["ticket_id"] == id and row["file_id"] in desk.files for row in desk.rows["attachment"])
        and all(row["child_id"] != id for row in desk.rows["subticket"])
    )

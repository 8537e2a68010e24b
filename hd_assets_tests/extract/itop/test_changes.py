"""A delta brings the raw rows to where a reading of everything would bring them, and asks for less."""

import base64
from datetime import datetime, timedelta

import duckdb
import pytest

from hd_assets.extract.raw import RawStore, extract, extract_changes
from hd_assets.standin.itop import ItopStandin
from hd_assets_tests.itop import reading, recorded

NOW = datetime.now() + timedelta(minutes=1)  # the server's own clock, whatever its zone
STAMP = NOW.isoformat(" ", "seconds")


def shown(store):
    with duckdb.connect() as connection:
        return {
            name: connection.execute(f"select * exclude (_extraction) from ({view}) order by all").fetchall()
            for name, view in store.views().items()
        }


def a_day_at_the_desk(standin):
    """Something of every kind happens: written, assigned, attached, renamed, created, deleted."""
    desk = standin.store
    entry = {
        "date": STAMP,
        "user_login": "Benoît Keller",
        "user_id": "3",
        "message": "new",
        "message_html": "<p>new</p>",
    }
    desk.say(12, "public_log", entry)
    desk.update("UserRequest", 1, NOW, status="assigned")
    desk.delete("Incident", 180, NOW)
    desk.delete("UserRequest", 5, NOW)
    ticket = {**desk.tables["UserRequest"][2], "title": "Brand new", "last_update": STAMP, "start_date": STAMP}
    desk.create("UserRequest", 300, ticket, NOW)
    desk.update("Person", 44, NOW, phone="+33 1 00 00 00 00")
    desk.delete("Person", 15, NOW)
    desk.update("Organization", 9, NOW, name="Bluewater Dental Care")
    desk.tables["lnkFunctionalCIToTicket"].pop(284)  # links leave no trace in the history
    desk.tables["lnkContactToTicket"][900] = {**desk.tables["lnkContactToTicket"][10], "ticket_id": "12"}
    desk.update("Server", 32, NOW, description="moved")
    desk.delete("WarrantyClaim", 3, NOW)
    desk.update("FAQ", 1, NOW, title="Workplace: how-to one")
    desk.tables["Attachment"].pop(7)  # files leave none either
    held = {"data": base64.b64encode(b"late").decode(), "mimetype": "text/plain", "filename": "late.txt"}
    desk.tables["Attachment"][200] = {**desk.tables["Attachment"][1], "contents": held, "creation_date": STAMP}


@pytest.fixture(scope="module")
def after_a_day(tmp_path_factory):
    standin = ItopStandin(recorded())
    store = RawStore(tmp_path_factory.mktemp("delta"))
    extract(reading(standin), store)
    a_day_at_the_desk(standin)
    standin.requests.clear()
    delta = extract_changes(reading(standin), store)
    asked = list(standin.requests)
    fresh = RawStore(tmp_path_factory.mktemp("fresh"))
    extract(reading(standin), fresh)
    return store, delta, asked, fresh


def test_a_delta_ends_where_a_reading_of_everything_ends(after_a_day):
    store, delta, _, fresh = after_a_day
    assert delta.kind == "delta"
    assert shown(store) == shown(fresh)


def test_tickets_are_asked_for_by_their_time_of_change_and_files_only_where_new(after_a_day):
    _, delta, asked, _ = after_a_day
    tickets = [row for row in asked if row.get("class") == "UserRequest" and "description" in row["output_fields"]]
    assert all("last_update >= " in row["key"] for row in tickets)
    assert delta.row_counts["ticket"] == 3
    assert sum(row.get("output_fields") == "contents" for row in asked) == 1


def test_nothing_changed_gives_an_empty_delta_of_tickets(tmp_path):
    standin = ItopStandin(recorded())
    store = RawStore(tmp_path)
    extract(reading(standin), store)
    before = shown(store)
    delta = extract_changes(reading(standin), store)
    assert delta.row_counts["ticket"] == delta.row_counts["log_entry"] == delta.row_counts["attachment"] == 0
    assert shown(store) == before


def test_large_classes_are_read_by_what_the_history_says(tmp_path, monkeypatch):
    monkeypatch.setattr("hd_assets.extract.itop.changes._SMALL_CLASS", 0)
    standin = ItopStandin(recorded())
    store = RawStore(tmp_path / "delta")
    extract(reading(standin), store)
    standin.store.update("Server", 32, NOW, description="moved")
    standin.store.delete("WarrantyClaim", 3, NOW)
    standin.store.create("WarrantyClaim", 77, dict(standin.store.tables["WarrantyClaim"][4]), NOW)
    delta = extract_changes(reading(standin), store)
    fresh = RawStore(tmp_path / "fresh")
    extract(reading(standin), fresh)
    assert shown(store)["record"] == shown(fresh)["record"]
    assert delta.row_counts["record"] < 60


def test_without_an_earlier_reading_everything_is_read(tmp_path):
    assert extract_changes(reading(ItopStandin(recorded())), RawStore(tmp_path)).kind == "full"

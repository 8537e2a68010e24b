"""A reading that broke off goes on with its tickets, and ends where one that never broke off ends."""

import pytest

from hd_assets.extract.raw import RawStore, extract, extract_changes
from hd_assets.extract.retry import LostSnapshotError, RetryBudget
from hd_assets_tests.jitbit import TICKETS, TODAY, read, reading, rows, standin

ONCE = RetryBudget(attempts=1)
LEFT_OUT = {"statistic"}


def shown(store: RawStore) -> dict[str, list[tuple]]:
    return {name: rows(store, name) for name in store.views() if name not in LEFT_OUT}


def asked(server, name: str) -> list[str]:
    return [parameters["id"] for _, call, parameters in server.requests if call == name]


class GoneError(Exception):
    """The process dies."""


@pytest.fixture(scope="module")
def broken_off(tmp_path_factory):
    """A reading that died over the twentieth ticket, changes while nobody read, and the reading after."""
    store, server = RawStore(tmp_path_factory.mktemp("raw")), standin()

    def die(name: str, parameters: dict[str, str]) -> None:
        if name == "subscribers" and len(asked(server, "subscribers")) == 20:
            server.on_request = None
            raise GoneError

    server.on_request = die
    with pytest.raises(GoneError):
        extract(reading(server), store, ONCE)
    read_before = asked(server, "ticket")
    changed, deleted = (id for id in read_before[:19] if childless(server, id)), None
    changed, deleted = next(changed), next(changed)
    server.store.touch(int(changed), TODAY, subject="Changed in between")
    server.store.delete(int(deleted))
    server.requests.clear()
    extract(reading(server), store, ONCE)
    fresh = read(tmp_path_factory.mktemp("fresh"), standin_of(server))
    return store, server, read_before, {changed, deleted}, fresh


def childless(server, id: str) -> bool:
    row = server.store.one("ticket", ticket_id=int(id))
    return not row["has_children"] and not server.store.one("subticket", child_id=int(id))


def standin_of(server):
    other = standin()
    other.store = server.store
    return other


def test_it_ends_where_a_reading_that_never_broke_off_ends(broken_off):
    store, _, _, _, fresh = broken_off
    ours, theirs = shown(store), shown(fresh)
    for name in ours:
        assert ours[name] == theirs[name], name


def test_only_tickets_not_read_before_are_read_and_those_that_changed(broken_off):
    _, server, before, touched, _ = broken_off
    again = set(before[:-1]) & set(asked(server, "ticket"))
    assert len(before) == 20
    assert again == touched
    assert len(asked(server, "comments")) == TICKETS - 19 + 1


def test_bytes_that_were_stored_are_not_asked_for_again(broken_off):
    _, server, before, _, _ = broken_off
    files = {str(row["file_id"]) for row in server.store.tables["attachment"] if str(row["ticket_id"]) in before[:19]}
    stored = {id for id in files if int(id) in server.store.files}
    assert stored
    assert not stored & set(asked(server, "attachment"))


def test_nothing_of_it_stays_once_it_is_published(broken_off):
    store, *_ = broken_off
    assert not (store.raw / ".broken-off").exists()


def test_a_reading_that_asks_for_other_things_begins_anew(tmp_path):
    store, server = RawStore(tmp_path), standin()
    server.faults["subscribers"] = "error_page"
    with pytest.raises(LostSnapshotError):
        extract(reading(server, time=False), store, ONCE)
    server.faults.clear()
    extract(reading(server), store, ONCE)
    assert len(rows(store, "ticket")) == TICKETS
    assert rows(store, "time_entry")


def test_a_delta_that_broke_off_goes_on_too(tmp_path):
    server = standin()
    store = read(tmp_path, server)
    first, second = [row["ticket_id"] for row in server.store.tables["ticket"] if not row["has_children"]][:2]
    for id in (first, second):
        server.store.touch(id, TODAY, subject="Changed")
    server.requests.clear()
    server.faults["stats"] = "error_page"
    with pytest.raises(LostSnapshotError):
        extract_changes(reading(server), store, ONCE)
    assert {str(first), str(second)} <= set(asked(server, "ticket"))
    server.requests.clear()
    server.faults.clear()
    extract_changes(reading(server), store, ONCE)
    assert asked(server, "ticket") == []
    assert rows(store, "ticket", "count(*)", "subject = 'Changed'") == [(2,)]

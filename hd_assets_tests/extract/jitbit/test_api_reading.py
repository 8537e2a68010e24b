"""Jitbit's web API → raw: everything once, whatever an installation does differently."""

import hashlib
from datetime import UTC, datetime

import pytest

from hd_assets.errors import SourceError
from hd_assets.extract.jitbit.attached import Files, mentioned
from hd_assets.extract.jitbit.entities import ENTITIES
from hd_assets.extract.jitbit.tickets import Tickets
from hd_assets.extract.raw import RawStore, extract
from hd_assets.standin.jitbit import Manners
from hd_assets_tests.jitbit import TICKETS, TODAY, Silent, asking, desk, options, read, reading, rows, standin

# what the API does not tell: orders of set-up, who wrote an article; and its own count is the server's
UNTOLD = {"section": ("order_by_number",), "category": ("order_by_number",), "article": ("user_id",)}
COLUMNS = {entity.name: entity.columns for entity in ENTITIES}
READ = [name for name in desk().rows if name != "statistic"]


def shown(entity: str, row: tuple) -> tuple:
    return tuple(
        None if name in UNTOLD.get(entity, ()) else value for name, value in zip(COLUMNS[entity], row, strict=True)
    )


@pytest.fixture(scope="module")
def server():
    return standin()


@pytest.fixture(scope="module")
def store(server, tmp_path_factory) -> RawStore:
    return read(tmp_path_factory.mktemp("raw"), server)


def expected(entity: str) -> list[tuple]:
    return sorted((shown(entity, row) for row in desk().raw("api")[entity]), key=str)


@pytest.mark.parametrize("entity", READ)
def test_every_row_of_the_helpdesk_arrives_as_it_is(store, entity):
    assert sorted(rows(store, entity), key=str) == expected(entity)


def test_nothing_was_written(server, store):
    assert store.latest() is not None
    assert server.writes == 0
    assert {method for method, _, _ in server.requests} == {"GET"}


# What installations do differently


def same(tmp_path, manners) -> None:
    """A reading of a server of these manners gives the same rows as of the usual one."""
    found = read(tmp_path, standin(manners))
    for entity in READ:
        assert sorted(rows(found, entity), key=str) == expected(entity), entity


@pytest.mark.parametrize(
    "manners",
    [
        Manners(page_rows=7, spelling="camel", dates="ms"),
        Manners(page_rows=7, offset_base=1, spelling="Id", dates="bare", list_has_custom_fields=False),
        Manners(page_rows=9, is_order_stable=False, list_tells_children=False, ticket_has_attachments=False),
        Manners(comments_have_attachments=True, all_holds_disabled=True, articles_shown=2, dates="offset"),
    ],
    ids=lambda manners: ", ".join(f"{k}={v}" for k, v in vars(manners).items() if v != getattr(Manners(), k)),
)
def test_whatever_an_installation_does_differently_the_rows_are_the_same(tmp_path, manners):
    same(tmp_path, manners)


@pytest.mark.parametrize("page_rows", [100, 300])
@pytest.mark.parametrize("offset_base", [0, 1])
def test_pages_of_at_most_100_or_300_rows_lose_no_ticket(page_rows, offset_base):
    server = standin(Manners(page_rows=page_rows, offset_base=offset_base))
    pattern = server.store.tables["ticket"][0]
    for number in range(2 * page_rows + 5):  # all of one day, so that no window is small enough
        server.store.add("ticket", **{**pattern, "ticket_id": 900_000 + number})
    with asking(server) as asks:
        listed = Tickets(asks, Files(asks), options()).ids()
    assert len(listed) == 2 * page_rows + 5 + TICKETS
    assert {asked["count"] for _, name, asked in server.requests if name == "tickets"} == {"300"}


def test_a_list_that_does_not_heed_days_is_read_whole_instead_of_once_a_day():
    server = standin(Manners(heeds_days=False, page_rows=7))
    with asking(server) as asks:
        assert len(Tickets(asks, Files(asks), options()).ids()) == TICKETS
    assert sum(name == "tickets" for _, name, _ in server.requests) < 15


def test_a_call_the_version_lacks_is_told_and_gone_without(tmp_path):
    lacking = frozenset({"customfields", "linkedtickets", "timespentlog", "subscribers", "assets", "commenttemplates"})
    server = standin(Manners(without=lacking))
    found = read(tmp_path, server)
    told = " ".join(found.latest().warnings)
    for name in ("LinkedTickets", "TimeSpentLog", "Subscribers", "Assets", "CommentTemplates"):
        assert f"the call {name} gave nothing (this version does not know it)" in told
    asked = [name for _, name, _ in server.requests]
    assert asked.count("linkedtickets") == 3
    assert sorted(rows(found, "comment"), key=str) == expected("comment")


def test_comments_without_a_word_on_who_may_see_them_stay_without_one(tmp_path):
    found = read(tmp_path, standin(Manners(comments_tell_visibility=False)))
    count = len(desk().rows["comment"])
    assert rows(found, "comment", "count(*)", "for_techs_only is null") == [(count,)]
    assert (
        f"{count} comments came without a word on who may see them; they count as internal" in found.latest().warnings
    )


def test_fewer_tickets_than_jitbit_counts_end_the_reading(tmp_path):
    with pytest.raises(SourceError, match=r"30 of 31 tickets were found in 3 passes"):
        read(tmp_path / "strict", standin(Manners(counted_more=1)))
    lenient = read(tmp_path / "lenient", standin(Manners(counted_more=1)), count_must_agree=False)
    assert "30 tickets were found, Jitbit counts 31; count_must_agree is off" in lenient.latest().warnings


def test_whether_all_tickets_can_be_listed_is_known_before_the_first_one_is_read(tmp_path):
    server = standin(Manners(counted_more=1))
    with pytest.raises(SourceError, match="were found in 3 passes"):
        read(tmp_path, server)
    assert not any(name == "ticket" for _, name, _ in server.requests)


def test_a_version_without_the_call_for_comments_ends_the_reading_instead_of_losing_them(tmp_path):
    with pytest.raises(SourceError, match="Comments is not there"):
        read(tmp_path, standin(Manners(without=frozenset({"comments"}))))


def test_a_ticket_of_an_impossible_date_is_found_outside_of_every_window(tmp_path):
    server = standin()
    server.store.tables["ticket"][3]["issue_date"] = datetime(1970, 1, 1, tzinfo=UTC)
    found = read(tmp_path, server)
    assert found.latest().row_counts["ticket"] == len(desk().rows["ticket"])


def test_a_ticket_that_changes_while_it_is_read_arrives_as_it_is_in_the_end(tmp_path):
    server = standin()
    first, last = (desk().rows["ticket"][place]["ticket_id"] for place in (0, -1))
    new = {**server.store.tables["ticket"][5], "ticket_id": 5000, "last_updated": TODAY, "has_children": False}

    def meanwhile(name: str, asked: dict[str, str]) -> None:
        if name == "comments" and asked["id"] == str(first):
            server.store.touch(first, TODAY, subject="Changed behind the reading")
            server.store.add("ticket", **new)
            server.on_request = None

    server.on_request = meanwhile
    found = read(tmp_path, server)
    assert rows(found, "ticket", "subject", f"ticket_id = '{first}'") == [("Changed behind the reading",)]
    assert rows(found, "ticket", "count(*), count(distinct ticket_id)") == [(TICKETS + 1, TICKETS + 1)]
    assert rows(found, "ticket", "ticket_id", f"ticket_id = '{last}'") == [(str(last),)]


def test_a_ticket_deleted_while_it_is_read_is_gone_without_a_fuss(tmp_path):
    server = standin()
    victim = max(row["ticket_id"] for row in desk().rows["ticket"] if not row["has_children"])

    def meanwhile(name: str, asked: dict[str, str]) -> None:
        if name == "ticket":
            server.store.delete(victim)
            server.on_request = None

    server.on_request = meanwhile
    found = read(tmp_path, server)
    assert rows(found, "ticket", "ticket_id", f"ticket_id = '{victim}'") == []
    assert rows(found, "comment", "comment_id", f"ticket_id = '{victim}'") == []


def test_a_reading_of_hours_tells_how_many_of_the_tickets_it_has(server):
    class Watching(Silent):
        told: list[tuple[int, int | None, str]] = []  # noqa: RUF012 - of one test

        def advance(self, done, total, what):
            self.told.append((done, total, what))

    reading(server).read(Watching())
    assert Watching.told == [(number + 1, TICKETS, "tickets") for number in range(TICKETS)]


# Files


def test_files_arrive_byte_for_byte_and_what_became_of_each_is_told(store):
    told = {id: (status, sha256) for id, status, sha256 in rows(store, "file_bytes", "file_id, status, sha256")}
    listed = {str(row["file_id"]): row for row in (*desk().rows["attachment"], *desk().rows["article_attachment"])}
    assert told.keys() == listed.keys()
    for id in listed:
        content = desk().files.get(int(id))
        if content is None:
            assert told[id] == ("missing", None)
        else:
            assert told[id] == ("stored", hashlib.sha256(content).hexdigest())


def test_a_file_in_a_cloud_drive_is_never_asked_for(server, store):
    clouds = {
        id for (id,) in rows(store, "attachment", "file_id", "google_drive_url is not null or dropbox_url is not null")
    }
    assert clouds
    assert not clouds & {asked["id"] for _, name, asked in server.requests if name == "attachment"}


def test_fewer_bytes_than_promised_are_not_taken_for_the_file(tmp_path):
    server = standin()
    id = next(row["file_id"] for row in desk().rows["attachment"] if len(desk().files.get(row["file_id"], b"")) > 10)
    server.store.files[id] = server.store.files[id][:5]
    found = read(tmp_path, server)
    assert rows(found, "file_bytes", "status, sha256", f"file_id = '{id}'") == [("short", None)]


def test_bytes_that_break_off_are_asked_for_again(tmp_path):
    server = standin()
    read(tmp_path / "first", server)
    place = [name for _, name, _ in server.requests].index("attachment") + 1
    again = standin(faults={place: "cut"})
    found = read(tmp_path / "again", again)
    assert rows(found, "file_bytes", "count(*)", "status = 'short'") == [(0,)]
    assert len(again.requests) == len(server.requests) + 1


def test_bytes_an_earlier_reading_stored_are_not_asked_for_again(tmp_path):
    server = standin()
    store = read(tmp_path, server)
    server.requests.clear()
    extract(reading(server), store)
    missing = rows(store, "file_bytes", "count(*)", "status = 'missing' and detail not like '%cloud%'")
    assert [(sum(name == "attachment" for _, name, _ in server.requests),)] == missing


def test_files_of_comments_are_found_where_neither_record_nor_call_lists_any(tmp_path):
    manners = Manners(ticket_has_attachments=False, attachments_answer=False, comments_have_attachments=True)
    found = read(tmp_path, standin(manners))
    assert sorted(rows(found, "attachment"), key=str) == [row for row in expected("attachment") if row[5] is not None]


def test_an_attachments_call_that_answers_nothing_leaves_files_of_which_only_texts_know(tmp_path):
    server = standin(Manners(ticket_has_attachments=False, attachments_answer=False))
    found = read(tmp_path, server)
    shown = {id for row in server.store.tables["ticket"] for id in mentioned(row["body"])}
    shown |= {id for row in server.store.tables["comment"] for id in mentioned(row["body"])}
    assert rows(found, "attachment") == []
    assert any(
        warning.startswith(f"texts show {len(shown)} files that neither their ticket, nor its comments, nor the call")
        for warning in found.latest().warnings
    )
    # a customer may write any id; the file may be one that customer must not see
    assert not shown & {asked["id"] for _, name, asked in server.requests if name == "attachment"}


# The inventory


def test_a_key_no_column_takes_is_told_in_the_inventory(store):
    found = rows(store, "source_column", "column_name", "table_name = 'article'")
    assert ("url_id",) in found
    assert not [row for row in found if row == ("user_id",)]
    assert rows(store, "source_column", "row_count", "table_name = 'ticket' and column_name = 'subject'") == [
        (str(TICKETS),)
    ]


def test_an_unknown_key_is_told_under_its_own_name(tmp_path):
    found = read(tmp_path, standin(Manners(more_keys={"companies": {"Industry": "Dairies"}})))
    assert ("Industry",) in rows(found, "source_column", "column_name", "table_name = 'company'")


def test_rules_are_looked_for_one_by_one_and_told_how_far(store):
    assert any("ids 1 to 5 were asked for" in warning for warning in store.latest().warnings)

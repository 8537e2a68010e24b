"""`hd-assets purge`: no byte of the customer's names, addresses or texts is left under $HD_HOME."""

import json
import shutil

import duckdb
import pytest

from hd_assets_tests.cli.desk import CommandLine, mappings, one_screen


@pytest.fixture
def whole(moved, tmp_path) -> CommandLine:
    """Everything the demo left behind: stores, documents, history, sample files and the simulated workspace."""
    shutil.copytree(moved.hd.home, tmp_path / "home")
    shutil.copytree(moved.hd.mappings, tmp_path / "mappings")
    return CommandLine(tmp_path / "home", tmp_path / "mappings", moved.hd.url)


OF_PEOPLE = """
    select email from staging.contacts union select name from staging.contacts
    union select email from staging.teammates union select name from staging.teammates
    union select title from staging.conversations union select left(body_text, 40) from staging.parts
"""
OF_THE_CUSTOMER = f"""
    {OF_PEOPLE} union select name from staging.companies union select title from staging.articles
    union select filename from staging.attachments
"""


def personal(hd: CommandLine, query: str = OF_THE_CUSTOMER) -> set[bytes]:
    """Names, addresses and texts as the staged tables have them."""
    with duckdb.connect(str(hd.store / "warehouse.duckdb"), read_only=True) as connection:
        words = {str(row[0]).strip() for row in connection.execute(query).fetchall() if row[0]}
    return {word.encode() for word in words if len(word) >= 8}


def left(hd: CommandLine, needles: set[bytes]) -> set[tuple[str, bytes]]:
    found = set()
    for path in hd.home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found |= {(str(path.relative_to(hd.home)), needle) for needle in needles if needle in content}
    return found


def test_after_a_purge_nothing_of_the_customer_is_left_but_the_receipt(whole):
    needles = personal(whole)
    assert len(needles) > 100
    before = left(whole, needles)
    assert len({place.split("/")[0] for place, _ in before}) >= 2

    told = whole("purge", "osticket")
    assert told.code == 0
    assert "nothing was deleted" in told.out
    assert left(whole, needles) == before

    told = whole("purge", "osticket", "--yes", "--by", "Ada Example")
    assert told.code == 0, told.text
    assert left(whole, needles) == set()
    assert sorted(path.name for path in whole.home.iterdir()) == ["dagster", "receipts"]
    # not a single key of a record either
    assert left(whole, {b"osticket-ticket-", b"osticket-user-"}) == set()
    [receipt] = (whole.home / "receipts").iterdir()
    document = json.loads(receipt.read_text(encoding="utf-8"))
    assert (document["migration"], document["by"]) == ("osticket", "Ada Example")
    assert document["begun_at"] <= document["ended_at"]
    assert document["records_sent_before"]["simulator"]["conversation"] > 0
    assert document["files"] > 10

    told = whole("status", "osticket")
    assert told.out.startswith("osticket → simulator: nothing yet")


def test_the_mapping_need_not_be_there_any_more(tmp_path):
    hd = CommandLine(tmp_path / "home", mappings(tmp_path / "mappings"), "http://127.0.0.1:9")
    (hd.home / "acme" / "raw").mkdir(parents=True)
    (hd.home / "acme" / "raw" / "rows.txt").write_text("people", encoding="utf-8")
    assert hd("purge", "acme", "--yes").code == 0
    assert not (hd.home / "acme").exists()
    told = hd("purge", "dagster", "--yes")
    assert told.code == 2
    assert "is no migration" in one_screen(told)

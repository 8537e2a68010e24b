"""`hd-assets exceptions`: from the file through a rerun to a report that says who decided."""

import csv
from pathlib import Path

import pytest

from hd_assets_tests.cli.desk import CommandLine, one_screen


def cases(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def fill_in(path: Path, found: list[dict[str, str]], words: dict[str, str]) -> None:
    """As a German spreadsheet saves it."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(found[0]), delimiter=";")
        writer.writeheader()
        writer.writerows([{**row, "decision": words.get(row["id"], "")} for row in found])


def first(found: list[dict[str, str]], reason: str) -> str:
    return next(row["id"] for row in found if row["reason_code"] == reason)


def newest(hd: CommandLine, file: str) -> list[dict[str, str]]:
    return cases(sorted((hd.store / "deliverables").glob(f"2*/{file}"))[-1])


def test_an_exception_edited_in_the_file_is_applied_rerun_and_gone_and_the_report_says_who_decided(hd):
    told = hd("exceptions", "osticket")
    assert told.code == 0, told.text
    sheet = hd.store / "deliverables" / "exceptions.csv"
    found = cases(sheet)
    assert f"{len(found)} case(s), {len(found)} without a decision" in told.out
    state, entry = first(found, "status_missing"), first(found, "double_encoded")
    fill_in(sheet, found, {state: "use closed", entry: "accept"})

    told = hd("exceptions", "osticket", "--apply", str(sheet), "--by", "Ada Example")
    assert told.code == 0, told.text
    assert "2 new decision(s) recorded: 1 accept, 1 use" in told.out
    assert "`hd-assets run osticket --only decided`" in told.out
    # applied twice it is no news
    assert "0 new decision(s)" in hd("exceptions", "osticket", "--apply", str(sheet), "--by", "Ada Example").out

    told = hd("run", "osticket", "--only", "decided", "--execute")
    assert told.code == 0, told.text
    left = {row["id"]: row for row in newest(hd, "exceptions.csv")}
    assert state not in left
    assert (left[entry]["decision"], left[entry]["decided_by"]) == ("accept", "Ada Example")
    report = newest(hd, "decisions.csv")
    assert {(row["external_id"], row["action"], row["value"], row["decided_by"]) for row in report} == {
        (state.split("/")[1], "use", "closed", "Ada Example"),
        (entry.split("/")[1], "accept", "", "Ada Example"),
    }
    assert "double_encoded" not in hd("status", "osticket").out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--apply", "nowhere.csv", "--by", "Ada"), 2, "cannot be read"),
        (("--apply", "nowhere.csv"), 2, "a decision needs a name"),
        (("--by", "Ada"), 2, "--by belongs to --apply"),
    ],
)
def test_what_cannot_be_applied_says_why(bare, arguments, code, words):
    told = bare("exceptions", "osticket", *arguments)
    assert told.code == code
    assert words in one_screen(told)


def test_before_anything_is_staged_there_is_nothing_to_decide(bare, tmp_path):
    told = bare("exceptions", "osticket", "--file", str(tmp_path / "e.csv"))
    assert (told.code, cases(tmp_path / "e.csv")) == (0, [])

"""`hd-assets approve`: the one step a missing approval asks for."""

import pytest

from hd_assets_tests.cli.desk import CommandLine, mappings, one_screen


@pytest.fixture
def desk(tmp_path) -> CommandLine:
    """A home in which only documents lie."""
    made = CommandLine(tmp_path / "home", mappings(tmp_path / "mappings"), "http://127.0.0.1:9")
    folder = made.store / "deliverables" / "20250601T080000Z-aaaaaaaa"
    folder.mkdir(parents=True)
    (folder / "scope.md").write_text("# Scope\n", encoding="utf-8")
    (folder / "configuration_guide.md").write_text("# Guide\n", encoding="utf-8")
    (folder / "sample_review.csv").write_text("ticket,verdict\n1,ok\n", encoding="utf-8")
    return made


def test_status_names_what_production_waits_for_and_forgets_it_once_given(desk):
    before = desk("status", "osticket", "--target", "production").out.splitlines()
    asked = [line.split("`")[1] for line in before if line.startswith("approval ")]
    assert [command.split()[1:3] for command in asked] == [
        ["approve", "scope"],
        ["approve", "guide"],
        ["mapping", "confirm"],
        ["approve", "sample"],
        ["approve", "cutover"],
    ]
    for command in asked:
        answer = desk(*command.replace("NAME", "Ada").split()[1:])
        assert answer.code == 0, answer.text
    after = desk("status", "osticket", "--target", "production").out
    assert "approval " not in after
    assert after.count("approved    ") == 5
    assert "scope by Ada, " in after


def test_approving_says_which_file_was_meant(desk):
    told = desk("approve", "guide", "osticket", "--by", "Ada Example").out
    assert "guide osticket approved by Ada Example at " in told
    assert "20250601T080000Z-aaaaaaaa/configuration_guide.md" in told


def test_approve_mapping_is_confirm_by_another_name(desk):
    assert desk("approve", "mapping", "osticket", "--by", "Ada").code == 0
    assert "approved    mapping by Ada" in desk("status", "osticket", "--target", "test").out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("approve", "cutover", "osticket", "--by", "Ada", "--document", "x"), 2, "not agreed to by a document"),
        (("approve", "guide", "osticket", "--by", " "), 2, "an approval needs a name"),
        (("approve", "scope", "osticket", "--by", "Ada", "--document", "/nowhere"), 2, "there is no such document"),
        (("approve", "phase", "osticket", "--by", "Ada"), 3, "the first phase is not over"),
    ],
)  # fmt: skip
def test_what_cannot_be_approved_says_why(desk, arguments, code, words):
    told = desk(*arguments)
    assert told.code == code
    assert words in one_screen(told)
    assert not (desk.store / "approvals.jsonl").exists()

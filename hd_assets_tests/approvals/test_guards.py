"""A missing approval blocks what it guards, and nothing else."""

import pytest

from hd_assets.approvals import (
    KINDS,
    approvals,
    approve,
    approve_document,
    approve_phase,
    require_extraction_approvals,
    standings,
)
from hd_assets.approvals.guards import GUARDED
from hd_assets.errors import BlockedError, UsageError
from hd_assets.publish.ledger import Ledger
from hd_assets_tests.approvals.conftest import SCOPE

STEPS = ("workspace", "companies", "contacts", "articles", "conversations")
ASKED = ("scope", "guide", "mapping", "sample", "cutover")


@pytest.mark.parametrize("missing", ASKED)
def test_each_missing_approval_blocks_its_steps_of_production_only(table, missing):
    table.sign(*(what for what in ASKED if what != missing))
    guarded = GUARDED[missing] or set(STEPS)
    for step in STEPS:
        told = table.refusal(step)
        assert (told is not None) == (step in guarded), step
        if told is not None:
            command = "mapping confirm" if missing == "mapping" else f"approve {missing}"
            assert f"hd-assets {command} desk --by NAME" in told.mend
            assert told.mend.count("hd-assets") == 1
            assert told.exit_code == 3
        assert table.refusal(step, "simulator") is None
        assert (table.refusal(step, "test") is None) == (missing != "mapping")


def test_with_all_given_every_step_of_production_may_begin(table):
    table.sign(*ASKED)
    assert [table.refusal(step) for step in STEPS] == [None] * len(STEPS)


def test_several_missing_ones_are_named_at_once(table):
    table.sign("guide")
    told = table.refusal("conversations")
    assert told.what.startswith(
        "the scope document is not approved; the mapping is not confirmed; the sample review sheet is not approved;"
        " the cutover is not approved"
    )
    assert "hd-assets mapping confirm desk --by NAME`; `hd-assets approve sample desk --by NAME" in told.mend


def test_a_run_over_chosen_conversations_is_itself_the_sample(table):
    table.sign("scope", "guide", "mapping")
    assert table.refusal("conversations", is_sample=True) is None
    assert "sample" in table.refusal("conversations").what


def test_the_mapping_says_what_production_waits_for_but_cannot_give_itself_away(table):
    table.map(approvals=["cutover"])
    table.sign("cutover")
    assert "the mapping is not confirmed" in table.refusal("conversations").what
    table.sign("mapping")
    assert table.refusal("conversations") is None


def test_what_the_mapping_makes_was_agreed_to_for_that_mapping(table):
    table.sign(*ASKED)
    table.map(description="another")
    approve(table.stores, "mapping", "Ada Example", table.migration.digest)
    told = table.refusal("conversations")
    assert told.what.startswith(
        "the mapping was changed since the configuration guide was approved;"
        " the mapping was changed since the sample review sheet was approved;"
        " the mapping was changed since the cutover was approved"
    )


def test_a_mapping_may_let_production_read_the_source_only_after_the_guide_is_approved(table):
    require_extraction_approvals(table.stores, table.migration, "production")
    table.map(extraction_approvals=["guide"])
    for target in ("simulator", "test"):
        require_extraction_approvals(table.stores, table.migration, target)
    with pytest.raises(BlockedError, match="the configuration guide is not approved; the source was not read") as told:
        require_extraction_approvals(table.stores, table.migration, "production")
    assert "hd-assets approve guide desk --by NAME" in told.value.mend
    table.sign("guide")
    require_extraction_approvals(table.stores, table.migration, "production")


@pytest.mark.parametrize(("what", "file"), [("scope", "scope.md"), ("sample", "sample_review.csv")])
def test_a_document_altered_after_its_approval_is_another_document(table, what, file):
    table.sign(*ASKED)
    table.write(file, "another text")
    told = table.refusal("conversations")
    assert "was changed since it was approved" in told.what
    assert f"hd-assets approve {what} desk --by NAME" in told.mend
    table.sign(what)
    assert table.refusal("conversations") is None


def test_a_newer_scope_may_count_more_but_not_say_more(table):
    table.sign(*ASKED)
    more = SCOPE.replace("120", "1,133").replace("2024-05", "2024-06").replace("What there is.", "All there is.")
    table.write("scope.md", more, "20250602T080000Z-bbbbbbbb")
    assert table.refusal("workspace") is None
    table.write("scope.md", SCOPE + "| status Waiting | [3](scope_value.csv) | | |\n", "20250603T080000Z-cccccccc")
    assert "the scope document says something new since it was approved" in table.refusal("workspace").what


def test_what_was_agreed_to_is_kept_when_the_deliverables_are_tidied_up(table):
    table.sign("scope")
    [given] = approvals(table.stores)
    for path in table.stores.deliverables.rglob("*.md"):
        path.unlink()
    assert (table.stores.root / "approved" / f"{given.digest[:12]}-scope.md").read_text(encoding="utf-8") == SCOPE


def test_a_filled_in_copy_can_be_approved_and_a_wrong_verdict_cannot(table, tmp_path):
    sheet = tmp_path / "from the customer.csv"
    sheet.write_text("\ufeffticket;verdict\n1;ok\n2;Wrong\n", encoding="utf-8")
    with pytest.raises(BlockedError, match="1 verdict"):
        approve_document(table.stores, table.migration, "sample", "Ada Example", document=sheet)
    assert list(approvals(table.stores)) == []
    sheet.write_text("ticket;verdict\n1;ok\n2;ok\n", encoding="utf-8")
    _, remark = approve_document(table.stores, table.migration, "sample", "Ada Example", document=sheet)
    assert remark == "2 rows, 2 of 2 verdicts filled in"
    assert "sample" not in table.refusal("conversations").what


def test_nobody_can_agree_to_what_is_not_written(table):
    for path in table.stores.deliverables.rglob("scope.md"):
        path.unlink()
    with pytest.raises(BlockedError, match="hd-assets run desk --until discover"):
        table.sign("scope")


def test_an_approval_has_a_name_under_it(table):
    with pytest.raises(UsageError, match="--by"):
        approve(table.stores, "mapping", "  ", "digest")


def test_a_torn_line_takes_no_later_approval_with_it(table):
    table.sign("mapping")
    path = table.stores.root / "approvals.jsonl"
    path.write_bytes(path.read_bytes() + b'{"what":"cut')
    table.sign("cutover")
    assert [given.what for given in approvals(table.stores)] == ["mapping", "cutover"]


def test_the_first_phase_waits_for_its_approval_only_where_the_mapping_asks(table):
    table.map(approvals=["phase"])
    table.sign("mapping")
    assert table.refusal("contacts") is None
    assert "hd-assets approve phase desk --by NAME" in table.refusal("conversations").mend


def test_the_first_phase_is_approved_as_it_arrived(table):
    table.map(approvals=["phase"])
    table.sign("mapping")
    with pytest.raises(BlockedError, match="nothing was planned yet"):
        approve_phase(table.stores, table.migration, "production", "Ada Example")
    _contact(table, 1, "planned")
    with pytest.raises(BlockedError, match="1 contacts planned"):
        approve_phase(table.stores, table.migration, "production", "Ada Example")
    _contact(table, 1, "applied")
    _, counts = approve_phase(table.stores, table.migration, "production", "Ada Example")
    assert counts == "1 contacts applied"
    assert table.refusal("conversations") is None
    _contact(table, 2, "applied")
    assert "were sent since the first phase was approved" in table.refusal("conversations").what


def _contact(table, number: int, state: str) -> None:
    key = f"contact:desk-user-{number}:0"
    with Ledger(table.stores.ledger("production"), "desk", "production", step="test") as ledger:
        ledger.write(
            [
                ("delete from operations where key = ?", (key,)),
                (
                    "insert into operations (key, kind, object, external_id, position, state, source_digest,"
                    " payload_digest, seen_digest, rules_version)"
                    " values (?, 'contact', 'contacts', ?, 0, ?, '', '', '', 1)",
                    (key, f"desk-user-{number}", state),
                ),
            ]
        )


def test_status_tells_what_stands_and_what_is_missing(table):
    table.sign("scope", "cutover")
    table.map(description="another")
    told = {entry.what: (entry.state, entry.by) for entry in standings(table.stores, table.migration, "production")}
    assert told == {
        "scope": ("given", "Ada Example"),
        "guide": ("missing", None),
        "mapping": ("missing", None),
        "sample": ("missing", None),
        "cutover": ("changed", "Ada Example"),
    }
    assert set(told) < set(KINDS)
    assert [entry.what for entry in standings(table.stores, table.migration, "simulator")] == ["scope", "cutover"]

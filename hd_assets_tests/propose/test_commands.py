"""`hd-assets mapping …` on an installation that was read and nothing more."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hd_assets.cli import cli
from hd_assets.deliver.sheets import read_csv
from hd_assets.errors import HdError
from hd_assets.mapping import load
from hd_assets_tests.propose.desk import BEGUN, proposed

Run = Callable[..., Result]
DECIDED = ("migration_admin.email=migration@desk.example", "time_zone=Europe/Berlin")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """The store of migration `desk`, discovered; nothing here writes to it but documents and approvals."""
    root = tmp_path_factory.mktemp("home")
    made = proposed(root / "made", "105")
    made.desk.warehouse.path.parent.rename(root / "desk")
    return root


@pytest.fixture
def mappings(tmp_path) -> Path:
    (tmp_path / "desk.yaml").write_text(BEGUN, encoding="utf-8")
    return tmp_path


@pytest.fixture
def hd(home, mappings) -> Run:
    def run(*words: str) -> Result:
        environment = {**os.environ, "HD_HOME": str(home), "HD_MAPPINGS": str(mappings)}
        return CliRunner().invoke(cli, ["mapping", *words], env=environment)

    return run


def complaint(result: Result) -> HdError:
    assert isinstance(result.exception, HdError), result.output
    return result.exception


def test_propose_then_decide_then_check_then_confirm(hd, mappings, home):
    told = hd("propose", "desk")
    assert told.exit_code == 0, told.output
    assert re.search(r"\d+ lines drafted \(\d+ high, \d+ medium, \d+ low confidence\)", told.output)
    assert "time_zone:" in told.output

    assert "migration_admin.email is undecided" in hd("check", "desk").output
    refused = complaint(hd("confirm", "desk", "--by", "Ada Example"))
    assert refused.exit_code == 3
    assert "migration_admin.email" in refused.what

    assert hd("decide", "desk", *DECIDED).exit_code == 0
    checked = hd("check", "desk")
    assert checked.exit_code == 0, checked.output
    assert "look at these" in checked.output
    assert "time_zone" not in checked.output
    assert hd("confirm", "desk", "--by", "Ada Example").exit_code == 0
    assert "the mapping is as it was confirmed" in hd("diff", "desk").output

    hd("decide", "desk", "values.status.Nieuw=closed")
    assert "values.status.Nieuw changed: 'open' → 'closed'" in hd("diff", "desk").output
    assert "changed since Ada Example confirmed it" in hd("show", "desk").output


def test_what_a_person_decided_is_never_drafted_again(hd, mappings):
    hd("propose", "desk")
    hd("decide", "desk", "values.status.Nieuw=snoozed", "internal_notes=leave_out")
    before = (mappings / "desk.yaml").read_text(encoding="utf-8")

    hd("propose", "desk")

    assert (mappings / "desk.yaml").read_text(encoding="utf-8") == before


def test_a_line_taken_out_is_drafted_anew_and_check_names_it_before(hd, mappings):
    hd("propose", "desk")
    hd("decide", "desk", *DECIDED)
    path = mappings / "desk.yaml"
    whole = path.read_text(encoding="utf-8")
    path.write_text("".join(row for row in whole.splitlines(True) if "Onderweg: open" not in row), encoding="utf-8")

    told = hd("check", "desk")
    assert "values.status.Onderweg stands nowhere" in told.output
    assert complaint(told).exit_code == 3

    hd("propose", "desk")
    assert load(mappings, "desk").mapping.values["status"]["Onderweg"] == "open"


def test_every_line_stands_in_the_table_with_its_confidence_and_reason(hd, home):
    told = hd("propose", "desk")
    [table] = re.findall(r"reason: (\S+\.csv)", told.output)
    columns, rows = read_csv(Path(table))
    lines = {row[0]: dict(zip(columns, row, strict=True)) for row in rows}

    assert lines["migration_admin.email"]["grade"] == "open"
    assert "migration_admin.email: nothing in the source tells" in told.output
    assert lines["custom_fields.ticket.klantnr"]["grade"] == "medium"
    assert lines["values.topic.Zending"]["in_file"] == "no"
    assert all(row["reason"] and 0 <= float(row["confidence"]) <= 1 for row in lines.values())


@pytest.mark.parametrize("words", [("first_month=soon",), ("targets=7",), ("time_zone",), ("=x",), ("surprise=1",)])
def test_a_decision_that_cannot_be_leaves_the_file_as_it_was(hd, mappings, words):
    assert complaint(hd("decide", "desk", *words)).exit_code == 2
    assert (mappings / "desk.yaml").read_text(encoding="utf-8") == BEGUN


def test_before_discovery_there_is_nothing_to_propose_from(hd, mappings):
    (mappings / "fresh.yaml").write_text(BEGUN, encoding="utf-8")

    refused = complaint(hd("propose", "fresh"))

    assert refused.exit_code == 3
    assert "run fresh --until discover" in refused.mend

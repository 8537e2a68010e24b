"""`hd-assets rollback`: lists first, deletes only when told to, and leaves a workspace that can be migrated again."""

import json
import re

from hd_assets.instance import open_instance
from hd_assets.settings import Settings


def test_without_execute_nothing_is_deleted_and_what_cannot_be_undone_is_said(hd):
    before = hd.simulator.counts()
    answer = hd("rollback", "osticket")
    assert answer.code == 0, answer.text
    assert "dry run; nothing was changed" in answer.out
    assert "would be deleted" in answer.out
    assert "cannot be undone: " in answer.out
    assert re.search(r"run \d+ of \d{4}-\d\d-\d\d \d\d:\d\d UTC created \d+ records", answer.out)
    assert hd.simulator.counts() == before


def test_executed_it_empties_the_workspace_and_tells_figures(hd):
    dry = json.loads(hd("rollback", "osticket", "--json", "-").out)
    answer = hd("rollback", "osticket", "--execute", "--json", "-")
    assert answer.code == 0, answer.text
    document = json.loads(answer.out)
    assert document["counts"] == dry["counts"]
    assert document["complete"]
    assert document["proved_deleted"] == document["counts"]["conversations"]["removed"] > 0
    left = hd.simulator.counts()
    assert [left[name] for name in ("conversations", "contacts", "companies", "articles", "collections", "tags")] == [
        0
    ] * 6


def test_the_run_stands_in_the_history_of_the_web_page(hd):
    hd("rollback", "osticket")
    settings = Settings.from_environment({"HD_HOME": str(hd.home), "HD_MAPPINGS": str(hd.mappings)})
    with open_instance(settings) as instance:
        assert instance.get_runs(limit=1)[0].job_name == "osticket_rollback_simulator"


def test_after_it_the_same_migration_can_be_run_again(hd):
    assert hd("rollback", "osticket", "--execute").code == 0
    answer = hd("run", "osticket", "--until", "reconcile", "--execute", "--json", "-")
    assert answer.code == 0, answer.text
    assert json.loads(answer.out)["reconciliation"]["differing"] == 0


def test_choices_that_do_not_go_together_are_exit_code_2(hd):
    for arguments in (("--schema", "--run", "1"), ("--object", "tags", "--from", "2024-01"), ("--from", "2024-13")):
        answer = hd("rollback", "osticket", *arguments)
        assert answer.code == 2, answer.text

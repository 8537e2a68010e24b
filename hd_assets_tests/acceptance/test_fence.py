"""Lost, old and rival ledgers over real processes: each is refused with a way back, and nothing is doubled."""

import json
import shutil

import pytest

from hd_assets.assembly.run_options import RunOptions, run_config
from hd_assets.instance import child_environment
from hd_assets.settings import Settings
from hd_assets_tests.acceptance.books import differences, workspace_book
from hd_assets_tests.acceptance.processes import Program
from hd_assets_tests.acceptance.trials import MONTHS

BLOCKED, UNREACHABLE = 3, 4
MARK = "/conversations/attributes"


def ledgers(workshop):
    return workshop.home / "osticket" / "simulator"


def lost(workshop, copy=None):
    """The ledger is gone, or an older copy of it was put back."""
    shutil.rmtree(ledgers(workshop))
    ledgers(workshop).mkdir()
    if copy is not None:
        shutil.copy(copy, ledgers(workshop) / "ledger.sqlite")


def refused(workshop, program, *words):
    before = workshop.writes()
    said = workshop.does(program, code=BLOCKED)
    assert workshop.writes() == before
    for word in (*words, "where:", "mend:"):
        assert word in said
    return said


def rebuilt_and_whole(workshop, staged):
    """Adopt, then publish: the workspace is what an undisturbed run makes of it."""
    said = workshop.does(workshop.command("adopt", "osticket", "--execute", log="adopt.log"))
    assert "the rebuilt ledger leads the workspace now" in said
    workshop.does(workshop.child("publish", *MONTHS))
    book = workspace_book(workshop.url, staged.source)
    assert differences(book, staged.reference) == []
    assert staged.source.missing(book) == []


def test_after_the_ledger_is_lost_nothing_is_written_until_it_is_rebuilt(staged, tmp_path):
    with staged.copy(tmp_path, published=True) as workshop:
        lost(workshop)
        refused(workshop, workshop.child("publish", *MONTHS), "another ledger leads", "hd-assets adopt osticket")
        before = workshop.told()["requests"]
        rebuilt_and_whole(workshop, staged)
        after = workshop.told()["requests"]
        written = {route: n - before.get(route, 0) for route, n in after.items() if not route.startswith("GET ")}
        sent = {route for route, number in written.items() if number and "search" not in route and "/list" not in route}
        assert sent == {f"PUT {MARK}/{{id}}"}


@pytest.mark.campaign
def test_an_old_backup_is_refused(staged, tmp_path):
    with staged.copy(tmp_path) as workshop:
        workshop.does(workshop.child("publish", MONTHS[0], MONTHS[0]))
        backup = tmp_path / "backup.sqlite"
        shutil.copy(ledgers(workshop) / "ledger.sqlite", backup)
        workshop.does(workshop.child("publish", *MONTHS))
        lost(workshop, backup)
        refused(workshop, workshop.child("publish", *MONTHS), "has seen", "old copy", "hd-assets adopt osticket")


@pytest.mark.campaign
def test_an_emptied_workspace_under_a_full_ledger_is_refused(staged, tmp_path):
    with staged.copy(tmp_path, published=True) as workshop:
        workshop.simulator.kill()
        for file in workshop.root.glob("workspace.sqlite*"):
            file.unlink()
        workshop.serve()
        workshop.does(workshop.command("simulator", "provision", "osticket", log="provision.log"))
        refused(workshop, workshop.child("publish", *MONTHS), "bears no mark")


def web_job(workshop):
    """The job that the web page launches, for the same months."""
    first, last = (f"{month}-01" for month in MONTHS)
    ranged = {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}
    settings = Settings.from_environment(workshop.environment)
    environment = {**child_environment(settings), **workshop.environment}
    arguments = ("job", "execute", "-m", "hd_assets.definitions", "-j", "osticket_publish")
    config = workshop.root / "run.json"
    config.write_text(json.dumps(run_config(RunOptions(target="simulator", execute=True))), encoding="utf-8")
    more = ("-c", config, "--tags", json.dumps(ranged))
    return Program("dagster", *arguments, *more, environment=environment, log=workshop.root / "web.log")


def test_command_line_and_web_page_at_once_publish_everything_once(staged, tmp_path):
    """One of them publishes; the others are told who does, and all that counts is what the workspace has then."""
    with staged.copy(tmp_path) as workshop:
        # the web page's job needs the longest to begin
        rivals = [
            web_job(workshop),
            workshop.child("publish", *MONTHS, log="one.log"),
            workshop.child("publish", *MONTHS, log="two.log"),
        ]
        codes = [rival.wait() for rival in rivals]
        for rival in rivals:
            rival.kill()
        told = [rival.said() for rival in rivals]
        for code, said in zip(codes, told, strict=True):
            stepped_back = "is publishing to this target" in said or "the warehouse is open in" in said
            assert code == 0 or stepped_back, said[-3000:]
        assert all(code in (0, BLOCKED, UNREACHABLE) for code in codes[1:])
        if 0 not in codes:
            # each stood in another's way; nothing is lost by that
            workshop.does(workshop.child("publish", *MONTHS))
        book = workspace_book(workshop.url, staged.source)
        assert differences(book, staged.reference) == []


@pytest.mark.campaign
def test_campaign_a_second_machine_with_an_empty_home_is_refused(staged, tmp_path):
    with staged.copy(tmp_path, published=True) as workshop:
        workshop.environment["HD_HOME"] = str(tmp_path / "elsewhere")
        program = workshop.command(
            "run", "osticket", "--from", MONTHS[0], "--to", MONTHS[1], "--until", "publish", "--execute"
        )
        refused(workshop, program, "another ledger leads", "hd-assets adopt osticket")

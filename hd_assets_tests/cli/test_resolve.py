"""`hd-assets resolve` and what `run` says while something waits for a person: lists, exit codes, the way on."""

import sqlite3

import httpx
import pytest

from hd_assets.cli.run import STAGES
from hd_assets.simulator.faults import Fault, FaultPlan
from hd_assets.warehouse import Warehouse
from hd_assets_tests.cli.desk import TOKEN, one_screen

BY = ("--by", "Ada Example", "--why", "looked at the help centre")


def ledger(hd, sql, *bound):
    with sqlite3.connect(hd.store / "simulator" / "ledger.sqlite") as connection:
        found = connection.execute(sql, bound).fetchall()
    connection.close()
    return found


def states(hd, key):
    return [state for (state,) in ledger(hd, "select state from operations where key = ?", key)]


@pytest.fixture
def waiting(hd):
    """Key and Intercom id of an article whose creation nobody could settle."""
    [(key, name, article)] = ledger(
        hd, "select key, external_id, intercom_id from operations where kind = 'article' order by key limit 1"
    )
    sql = "update operations set state = 'quarantined', error_code = ?, intercom_id = null, applied_at = null"
    ledger(hd, f"{sql} where key = ?", "equal_records", key)
    ledger(hd, "delete from identities where kind = 'article' and external_id = ?", name)
    return key, article


def workspace_api(hd):
    headers = {"Authorization": f"Bearer {TOKEN}", "Intercom-Version": "2.16"}
    return httpx.Client(base_url=hd.url, headers=headers, trust_env=False)


def test_nothing_waits_after_a_migration_without_faults(hd):
    told = hd("resolve", "osticket")
    assert (told.code, told.out) == (0, "0 operation(s) wait for a decision\n")


def test_what_waits_is_listed_and_nothing_is_written(hd, waiting):
    before = hd.writes
    told = hd("resolve", "osticket")
    assert told.code == 0, told.text
    assert f"{waiting[0]}  quarantined" in told.out
    assert "  why       " in told.out
    assert told.out.endswith("1 operation(s) wait for a decision\n")
    assert hd.writes == before


def test_a_decision_needs_an_outcome_a_name_and_a_reason(hd, waiting):
    key, article = waiting
    for arguments, missing in (
        ((key, *BY), "either --applied ID or --not-sent"),
        ((key, "--applied", article, "--not-sent", *BY), "either --applied ID or --not-sent"),
        ((key, "--applied", article, "--why", "seen"), "--by NAME and --why TEXT"),
        ((key, "--not-sent", "--by", "Ada Example"), "--by NAME and --why TEXT"),
        (("--applied", article, *BY), "name the OPERATION"),
        (("article:nobody-knows-this:0", "--not-sent", *BY), "is not in the ledger"),
    ):
        told = hd("resolve", "osticket", *arguments)
        assert told.code == 2, told.text
        assert missing in one_screen(told)
    assert states(hd, key) == ["quarantined"]


def test_an_id_the_workspace_does_not_hold_is_exit_code_3(hd, waiting):
    told = hd("resolve", "osticket", waiting[0], "--applied", "987654321", *BY)
    assert told.code == 3, told.text
    assert "there is no article 987654321" in one_screen(told)
    assert states(hd, waiting[0]) == ["quarantined"]


def test_not_sent_is_exit_code_3_while_the_workspace_holds_it(hd, waiting):
    told = hd("resolve", "osticket", waiting[0], "--not-sent", *BY)
    assert told.code == 3, told.text
    assert f"use --applied {waiting[1]}" in one_screen(told)


def test_what_took_effect_is_written_down_and_the_plan_is_empty_again(hd, waiting):
    key, article = waiting
    told = hd("resolve", "osticket", key, "--applied", article, *BY)
    assert told.code == 0, told.text
    assert f"{key}: now applied" in told.out
    kept = ledger(hd, "select decided_by, why, outcome, intercom_id from decisions where key = ?", key)
    assert kept == [(BY[1], BY[3], "applied", article)]
    assert "plan: nothing to send" in hd("plan", "osticket").out


def test_what_was_not_sent_is_planned_again(hd, waiting):
    key, article = waiting
    with workspace_api(hd) as client:
        client.delete(f"/articles/{article}").raise_for_status()
    told = hd("resolve", "osticket", key, "--not-sent", *BY)
    assert told.code == 0, told.text
    assert f"{key}: now planned" in told.out
    assert "plan: 1 operations" in hd("plan", "osticket").out


# run


def test_a_run_that_sends_drift_and_leaves_something_behind_is_exit_code_1(hd, waiting, monkeypatch):
    # the run begins with publishing: that extraction and staging come first is seen elsewhere
    monkeypatch.setitem(STAGES, "publish", ("publish",))
    with Warehouse.of(hd.store / "warehouse.duckdb").transaction() as connection:
        connection.execute("update staging.articles set title = title || ', reworded'")
    [(key, article)] = ledger(
        hd, "select key, intercom_id from operations where kind = 'article' and state = 'applied' order by key limit 1"
    )
    refusal = Fault(kind="status_before", status=422, route=f"PUT /articles/{article}$")
    hd.simulator.set_faults(FaultPlan(faults=(refusal,)))
    told = hd("run", "osticket", "--until", "publish", "--execute", "--send-drift")
    assert told.code == 1, told.text
    assert "not everything was sent: 1 operations refused, 1 operations quarantined\n" in told.err
    assert "`hd-assets resolve osticket`" in told.err
    with workspace_api(hd) as client:
        titles = {doc["id"]: doc["title"] for doc in client.get("/articles").json()["data"]}
    assert {name for name, title in titles.items() if "reworded" not in title} == {article, waiting[1]}
    assert states(hd, key) == ["refused"]

"""Each kind of bad input ends on one screen: what, where, how to mend, the right exit code, and nothing written."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from hd_assets.cli.run import STAGES
from hd_assets.mapping import load
from hd_assets.provisioning import readiness
from hd_assets.settings import Settings
from hd_assets_tests.cli.desk import PASSWORD, TOKEN, free_port, one_screen, workspace
from hd_assets_tests.cli.searching import hidden
from hd_assets_tests.extract.osticket.small import write_dump

# the source


def foreign_tables(path: Path) -> Path:
    path.write_text(
        "-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB\n-- Host: localhost    Database: shop\n"
        "CREATE TABLE `wp_posts` (\n  `id` int(11) NOT NULL,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB;\n"
        "INSERT INTO `wp_posts` VALUES (1),(2);\n-- Dump completed\n",
        encoding="utf-8",
    )
    return path


def cut(path: Path) -> Path:
    write_dump(path, {"user": [{"id": number, "name": "x"} for number in range(50)]})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def foreign(path: Path) -> Path:
    path.write_bytes(b"SQLite format 3\0" + bytes(4096))
    return path


DUMPS = {
    "no osTicket tables": (foreign_tables, "no osTicket tables are there"),
    "two prefixes in one database": (partial(write_dump, prefixes=("ost_", "old_")), "old_"),
    "unknown schema signature": (partial(write_dump, signature="0" * 32), "0" * 32),
    "truncated dump": (cut, "cut"),
    "foreign dump": (foreign, "is not a MySQL or MariaDB dump"),
}


@pytest.mark.parametrize("kind", DUMPS)
def test_a_dump_that_cannot_be_read(bare, tmp_path, kind):
    make, expected = DUMPS[kind]
    told = bare("run", "osticket", "--until", "stage", OSTICKET_DUMP=str(make(tmp_path / "helpdesk.sql")))
    assert told.code == 2
    assert expected in one_screen(told)
    nothing_happened(bare)


PLACES = {
    "no source": ({}, "no osTicket source is given"),
    "no attachment folder": ({"OSTICKET_FILES": "/nonexistent/files"}, "the folder of attachments does not exist"),
    "address of another kind": ({"OSTICKET_URL": f"postgres://a:{PASSWORD}@h/d"}, "does not begin with mysql://"),
    "file of the address": ({"OSTICKET_URL_FILE": "/nonexistent/url"}, "the file of OSTICKET_URL_FILE cannot be read"),
}


@pytest.mark.parametrize("kind", PLACES)
def test_a_source_that_is_not_there(bare, tmp_path, kind):
    variables, expected = PLACES[kind]
    if "OSTICKET_FILES" in variables:
        variables = variables | {"OSTICKET_DUMP": str(write_dump(tmp_path / "helpdesk.sql"))}
    told = bare("run", "osticket", "--until", "discover", **variables)
    assert told.code == 2
    assert expected in one_screen(told)
    assert PASSWORD not in told.text
    nothing_happened(bare)


@pytest.mark.parametrize("slot", ["OSTICKET_URL", "OSTICKET_URL_FILE"])
def test_a_database_server_that_does_not_answer(bare, patient, tmp_path, slot):
    address = f"mysql://reader:{PASSWORD}@127.0.0.1:{free_port()}/helpdesk"
    (tmp_path / "url").write_text(address, encoding="utf-8")
    value = str(tmp_path / "url") if slot.endswith("_FILE") else address
    told = bare("run", "osticket", "--until", "discover", **{slot: value})
    assert told.code == 4
    assert "cannot be reached" in one_screen(told)
    nothing_happened(bare)
    hidden(bare, told, PASSWORD)


@pytest.mark.services
def test_wrong_credentials_and_missing_privileges(bare, mariadb, tmp_path):
    mariadb.load("small", write_dump(tmp_path / "small.sql"))
    seen = ("thread_entry", "config", "ticket")
    mariadb.account("blind", PASSWORD, *(f"SELECT ON `small`.`ost_{name}`" for name in seen))
    address = f"mysql://blind:{{}}@127.0.0.1:{mariadb.port}/{{}}"
    for url, expected in (
        (address.format("wrong", "small"), "refuses the user or the password"),
        (address.format(PASSWORD, "elsewhere"), "does not exist or the account may not use it"),
        (address.format(PASSWORD, "small"), "GRANT SELECT ON `small`.`ost_"),
    ):
        told = bare("run", "osticket", "--until", "discover", OSTICKET_URL=url)
        assert told.code == 2
        assert expected in one_screen(told)
        hidden(bare, told, PASSWORD)
    nothing_happened(bare)


# the mapping and the command


MAPPINGS = {
    "not YAML": ("source: osticket\n  options: [", "the mapping is not YAML"),
    "unknown key": ("source: osticket\nsorce_options: {}\n", "sorce_options"),
    "a key twice": ("source: osticket\nsource: osticket\n", "stands twice"),
    "empty": ("", "problem(s) in the mapping"),
}


@pytest.mark.parametrize("kind", MAPPINGS)
@pytest.mark.parametrize("command", ["mapping check", "run"])
def test_a_mapping_that_cannot_be_read(bare, tmp_path, kind, command):
    text, expected = MAPPINGS[kind]
    (tmp_path / "desk.yaml").write_text(text, encoding="utf-8")
    told = bare(*command.split(), "desk", HD_MAPPINGS=str(tmp_path))
    assert told.code == 2
    assert expected in one_screen(told)
    assert str(tmp_path / "desk.yaml") in told.err
    nothing_happened(bare)


def test_an_unknown_source_in_the_mapping(bare, tmp_path):
    text = (bare.mappings / "osticket.yaml").read_text(encoding="utf-8")
    (tmp_path / "desk.yaml").write_text(text.replace("source: osticket", "source: nonesuch", 1), encoding="utf-8")
    told = bare("run", "desk", HD_MAPPINGS=str(tmp_path))
    assert told.code == 2
    assert "nonesuch" in one_screen(told)


COMMANDS = {
    "run nonesuch": "there is no migration 'nonesuch'",
    "run ../etc/passwd": "is no migration name",
    "status nonesuch": "use one of the mappings in that folder (osticket)",
    "run osticket --from 2024-13": "'2024-13' is not a month",
    "run osticket --to yesterday": "'yesterday' is not a month",
    "plan osticket --from 2019-01": "are not all part of the migration",
    "run osticket --to 2999-01": "are not all part of the migration",
    "run osticket --from 2024-06 --to 2024-01": "--from lies after --to",
    "run osticket --until publish": "needs --execute",
    "deliver osticket": "nothing is staged yet",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_makes_no_sense(bare, command):
    told = bare(*command.split())
    assert told.code == 2
    assert COMMANDS[command] in one_screen(told)
    nothing_happened(bare)


@pytest.mark.parametrize(
    "command", ["nonesuch", "run", "run osticket --nonesuch", "run osticket --target moon", "demo --tickets none"]
)
def test_a_command_that_does_not_exist(bare, command):
    told = bare(*command.split())
    assert told.code == 2
    assert "Usage: " in told.err
    assert "Error: " in told.err
    assert len(told.err.splitlines()) < 8


def test_a_mappings_folder_that_does_not_exist(bare):
    told = bare("status", "osticket", HD_MAPPINGS="/nonexistent/mappings")
    assert told.code == 2
    assert "the mappings folder does not exist" in one_screen(told)


def test_a_target_that_the_mapping_does_not_declare(hd):
    hd.map(lambda document: document["targets"].pop("test"))
    told = hd("status", "osticket", "--target", "test")
    assert told.code == 2
    assert "has no target 'test'" in one_screen(told)


UNMAPPED = {
    "status": (lambda document: document["values"]["status"].pop("Open"), "no target for status: 'Open' in "),
    "field": (lambda document: document["custom_fields"]["ticket"].pop("product"), "every_custom_field_mapped"),
}


@pytest.mark.parametrize("kind", UNMAPPED)
def test_what_the_mapping_does_not_decide_stops_before_the_plan(hd, kind):
    forget, expected = UNMAPPED[kind]
    hd.map(forget)
    before = hd.writes
    told = hd("run", "osticket", "--execute", "--json", "-")
    assert told.code == 3
    assert expected in one_screen(told)
    assert str(hd.mappings / "osticket.yaml") in told.err
    assert "osticket/publish/" not in told.err
    assert json.loads(told.out)["checks"]["failed"] > 0
    assert hd.writes == before


# the target


def test_an_agent_without_a_teammate(unsent):
    settings = Settings.from_environment({"HD_HOME": str(unsent.home), "HD_MAPPINGS": str(unsent.mappings)})
    wanted = readiness(settings, load(unsent.mappings, "osticket"))
    gone = wanted["admins"].pop()["email"]
    teams = [team | {"admin_emails": []} for team in wanted["teams"]]
    unsent.simulator.reset()
    unsent.simulator.provision(wanted["admins"], teams)
    before = unsent.writes
    told = unsent("run", "osticket", "--until", "publish", "--execute")
    assert told.code == 3
    assert "osticket-staff-" in one_screen(told)
    assert gone not in told.err
    assert unsent.writes == before


@pytest.mark.parametrize("slot", ["INTERCOM_TOKEN", "INTERCOM_TOKEN_FILE"])
def test_a_wrong_token(unsent, tmp_path, slot):
    (tmp_path / "token").write_text(f"{PASSWORD}\n", encoding="utf-8")
    unsent.variables.pop("INTERCOM_TOKEN")
    unsent.variables[slot] = str(tmp_path / "token") if slot.endswith("_FILE") else PASSWORD
    before = unsent.writes
    told = unsent("run", "osticket", "--until", "publish", "--execute")
    assert told.code == 3
    assert "INTERCOM_TOKEN" in one_screen(told)
    assert unsent.writes == before
    hidden(unsent, told, PASSWORD, TOKEN)


def test_the_token_of_another_workspace(hd, monkeypatch):
    monkeypatch.setitem(STAGES, "publish", ("publish",))
    with workspace(workspace_id="elsewhere") as (other, url):
        hd.url = url
        told = hd("run", "osticket", "--until", "publish", "--execute")
        assert told.code == 3
        assert "belongs to workspace 'elsewhere', not to 'simulator'" in one_screen(told)
        assert other.summary()["writes"] == 0


def test_no_token_for_a_real_target(unsent):
    unsent("mapping", "confirm", "--by", "Ada Example", "osticket")
    before = unsent.writes
    told = unsent("run", "osticket", "--target", "test", "--until", "publish", "--execute")
    assert told.code == 2
    assert "INTERCOM_TEST_TOKEN" in one_screen(told)
    assert unsent.writes == before


def test_a_server_that_does_not_answer(unsent, patient):
    unsent.url = f"http://127.0.0.1:{free_port()}"
    for arguments in (("run", "osticket", "--until", "publish", "--execute"), ("simulator", "provision", "osticket")):
        told = unsent(*arguments)
        assert told.code == 4
        assert unsent.url in one_screen(told)
    hidden(unsent, told, TOKEN)


# the stores


def test_a_warehouse_that_somebody_has_open(hd, patient):
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(hd.store / "warehouse.duckdb")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        try:
            assert holder.stdout.readline() == "open\n"
            before = hd.writes
            for arguments in (("run", "osticket", "--until", "discover"), ("plan", "osticket"), ("status", "osticket")):
                told = hd(*arguments)
                assert told.code == 4
                assert f"the warehouse is open in process {holder.pid} (" in one_screen(told)
                assert told.err.count("error:") == 1
            assert hd.writes == before
        finally:
            holder.stdin.close()
    assert hd("status", "osticket").code == 0


def test_figures_that_cannot_be_written(moved):
    told = moved.hd("status", "osticket", "--json", "/nonexistent/folder/figures.json")
    assert told.code == 2
    assert "/nonexistent/folder/figures.json" in one_screen(told)


def nothing_happened(hd) -> None:
    assert hd.writes == 0
    left = [path.name for path in hd.store.rglob("*.parquet")] if hd.store.exists() else []
    assert left == []
    assert not (hd.store / "simulator").exists()
    assert os.environ.get("OSTICKET_URL") is None

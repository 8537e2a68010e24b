"""What every command promises to scripts and people: help, header, figures, exit codes."""

import json
import shutil
import socket
import subprocess
import sys

import httpx
import pytest

from hd_assets.cli import COMMANDS
from hd_assets.cli.report import BOOKED, OBJECTS, SENT
from hd_assets.mapping import load
from hd_assets.warehouse import Warehouse
from hd_assets_tests.cli.desk import TOKEN, one_screen

OPTIONS = {
    "demo": ("--tickets", "--no-ui", "--json"),
    "ui": ("--port",),
    "run": ("--until", "--from", "--to", "--only", "--target", "--execute", "--delta", "--json"),
    "plan": ("--from", "--to", "--target", "--json"),
    "reconcile": ("--from", "--to", "--target", "--json"),
    "deliver": ("--target", "--json", "MIGRATION"),
    "status": ("--target", "--json"),
    "trace": ("--target", "--json", "REF"),
    "approve": ("--by", "--document", "--target", "MIGRATION"),
    "exceptions": ("--apply", "--by", "--file", "--target", "MIGRATION"),
    "purge": ("--yes", "--by", "--simulator", "MIGRATION"),
    "handover": ("--without-personal-data", "--target", "MIGRATION", "DIRECTORY"),
    "mapping propose": ("MIGRATION",),
    "mapping decide": ("MIGRATION", "KEY=VALUE"),
    "mapping check": ("MIGRATION",),
    "mapping show": ("--html", "--xlsx", "MIGRATION"),
    "mapping diff": ("--target", "MIGRATION"),
    "mapping schema": ("--write",),
    "mapping confirm": ("--by", "MIGRATION"),
    "simulator": ("--port", "--state", "--faults", "provision"),
    "simulator provision": ("MIGRATION",),
    "sample-data": ("--tickets", "--seed", "SOURCE", "DIRECTORY"),
    "stand-in": ("--port", "SOURCE", "DIRECTORY"),
}


def rows(hd, sql: str) -> list[tuple]:
    with Warehouse.of(hd.store / "warehouse.duckdb").get_connection() as connection:
        return connection.execute(sql).fetchall()


# help


def test_help_names_every_command(moved):
    told = moved.hd("--help")
    assert (told.code, told.err) == (0, "")
    for name in COMMANDS:
        assert f"\n  {name} " in told.out


@pytest.mark.parametrize("command", OPTIONS)
def test_help_of_a_command_names_its_options(moved, command):
    told = moved.hd(*command.split(), "--help")
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith("Usage: ")
    for option in OPTIONS[command]:
        assert option in told.out


def test_help_is_instant_because_it_loads_nothing_heavy():
    script = (
        "import sys; sys.argv = ['hd-assets', '--help']\n"
        "from hd_assets.cli import main\n"
        "try: main()\n"
        "except SystemExit: print([n for n in ('dagster', 'duckdb', 'pydantic', 'httpx') if n in sys.modules])\n"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "[]"


# the line before everything else


@pytest.mark.parametrize(
    ("arguments", "has_target"),
    [
        ("run osticket --from 2024-13", True),
        ("plan osticket --from 2024-13", True),
        ("reconcile osticket --to 2024-13", True),
        ("status osticket", True),
        ("trace osticket nobody-knows-this", True),
        ("run nonesuch", True),
        ("simulator provision nonesuch", True),
        ("mapping check nonesuch", False),
        ("mapping confirm --by Ada nonesuch", False),
        ("simulator --faults no-such-file", False),
        ("sample-data nonesuch {tmp}", False),
    ],
)
def test_home_and_target_come_first(moved, tmp_path, arguments, has_target):
    told = moved.hd(*arguments.format(tmp=tmp_path / "sample").split())
    expected = f"home {moved.hd.home}" + (f" · target simulator ({moved.hd.url})" if has_target else "")
    assert told.err.splitlines()[0] == expected


def test_the_header_of_a_real_target_names_no_simulator(moved):
    assert moved.hd("status", "osticket", "--target", "test").err == f"home {moved.hd.home} · target test\n"


# figures


def test_the_demo_moves_everything_and_nothing_differs(moved):
    assert moved.figures["reconciliation"]["differing"] == 0
    assert moved.figures["reconciliation"]["compared"] > 200
    assert moved.figures["checks"]["failed"] == 0
    assert moved.figures["checks"]["passed"] > 50


def test_a_dash_makes_standard_output_pure_json(moved):
    assert json.loads(moved.answer.out) == moved.figures
    for arguments in (("status", "osticket"), ("trace", "osticket", "1")):
        assert json.loads(moved.hd(*arguments, "--json", "-").out)


def test_the_figures_have_the_promised_shape(moved):
    assert list(moved.figures) == [
        "schema_version", "tool_version", "migration", "target", "counts", "requests", "checks", "reconciliation",
        "seconds",
    ]  # fmt: skip
    assert moved.figures["schema_version"] == 1
    assert (moved.figures["migration"], moved.figures["target"]) == ("osticket", "simulator")
    assert list(moved.figures["counts"]) == list(OBJECTS)
    for row in moved.figures["counts"].values():
        assert list(row) == [
            "extracted", "staged", "merged", "excluded", "exceptions", "created", "updated", "unchanged", "adopted",
            "refused", "quarantined",
        ]  # fmt: skip
        assert list(row) == [*BOOKED, *SENT]
    assert set(moved.figures["checks"]) == {"passed", "failed"}
    assert set(moved.figures["reconciliation"]) == {"compared", "differing"}
    assert moved.figures["requests"]["POST /conversations"] == moved.figures["counts"]["conversations"]["created"]
    assert moved.figures["seconds"] > 0


def test_every_object_is_accounted_for(moved):
    for name, row in moved.figures["counts"].items():
        assert row["extracted"] == row["staged"] + row["merged"] + row["excluded"] + row["exceptions"], name


def test_damaged_records_are_counted_with_their_reason_and_the_rest_arrives(moved):
    """`exceptions` counts what stays behind; what migrates with a substitute is staged, and `status` names both."""
    assert moved.figures["counts"]["parts"]["exceptions"] == 3
    assert moved.figures["counts"]["conversations"]["exceptions"] == 0
    told = json.loads(moved.hd("status", "osticket", "--json", "-").out)
    left = {entry["reason_code"]: entry["records"] for entry in told["exceptions"] if not entry["is_staged"]}
    assert left == {"thread_missing": 2, "ticket_missing": 1}
    assert {"file_empty", "bytes_missing", "requester_missing", "status_missing", "undated"} <= {
        entry["reason_code"] for entry in told["exceptions"] if entry["is_staged"]
    }
    shown = moved.hd("status", "osticket").out
    assert "exception   2 parts: thread_missing (stays behind); Decide whether" in shown


def test_status_tells_stage_and_progress(moved):
    told = moved.hd("status", "osticket")
    assert told.code == 0
    assert told.out.startswith("osticket → simulator: reconciled\n")
    assert "0 differing" in told.out
    assert "sent        " in told.out
    # nothing was sent to the other target
    assert moved.hd("status", "osticket", "--target", "production").out.startswith("osticket → production: staged\n")


def test_plan_prints_what_publishing_would_cost_and_sends_nothing(unsent, tmp_path):
    before = unsent.writes
    told = unsent("plan", "osticket", "--json", str(tmp_path / "plan.json"))
    assert told.code == 0, told.text
    assert "operations, " in told.out
    assert "MB of files" in told.out
    assert "hours at " in told.out
    assert unsent.writes == before
    document = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert document["requests"] == {}
    assert document["counts"]["conversations"]["created"] == 0


def test_plan_of_a_finished_migration_has_nothing_to_send(hd):
    told = hd("plan", "osticket")
    assert told.code == 0
    assert "plan: nothing to send, the target equals staging" in told.out
    assert "unchanged" in told.out.splitlines()[0]
    assert "created" not in told.out.splitlines()[0]


def test_a_difference_in_the_workspace_is_exit_code_1(hd):
    with httpx.Client(
        base_url=hd.url, headers={"Authorization": f"Bearer {TOKEN}", "Intercom-Version": "2.16"}, trust_env=False
    ) as client:
        found = json.loads(hd("trace", "osticket", "20", "--json", "-").out)["records"][0]["intercom_ids"][0]
        client.put(f"/conversations/{found}", json={"title": "changed by somebody"}).raise_for_status()
    told = hd("reconcile", "osticket", "--json", "-")
    assert told.code == 1, told.text
    assert json.loads(told.out)["reconciliation"]["differing"] == 1


# trace


@pytest.fixture(scope="module")
def thread(moved):
    """An ordinary conversation: external id, source id, number, requester's address, Intercom id."""
    sql = (
        "select c.external_id, c.source_id, c.number, p.email from staging.conversations c"
        " join staging.contacts p on c.contact = p.external_id where p.email is not null order by c.external_id limit 1"
    )
    [(external_id, source_id, number, email)] = rows(moved.hd, sql)
    told = json.loads(moved.hd("trace", "osticket", external_id, "--json", "-").out)
    return external_id, source_id, number, email, told["records"][0]["intercom_ids"][0]


@pytest.mark.parametrize(
    ("form", "matched_by"),
    [
        ("{0}", "external id"),
        ("{1}", "source id"),
        ("{2}", "ticket number"),
        ("https://app.intercom.com/a/inbox/simulator/inbox/conversation/{4}", "Intercom URL"),
    ],
)
def test_trace_follows_every_kind_of_reference(moved, thread, form, matched_by):
    told = moved.hd("trace", "osticket", form.format(*thread))
    assert told.code == 0, told.text
    assert f"found as {matched_by}" in told.out.splitlines()[0]
    assert f"conversations  {thread[0]}" in told.out
    assert "  source     ticket " in told.out
    assert "applied" in told.out


def test_trace_of_an_address_leads_to_the_person_and_their_conversations(moved, thread):
    told = moved.hd("trace", "osticket", thread[3])
    assert told.code == 0
    assert "contacts  osticket-user-" in told.out
    assert "note: requester of " in told.out
    assert thread[0] in told.out


def test_trace_of_an_intercom_id_leads_back_to_the_source(moved):
    sql = "select external_id from staging.contacts order by external_id limit 1"
    [(person,)] = rows(moved.hd, sql)
    known = json.loads(moved.hd("trace", "osticket", person, "--json", "-").out)["records"][0]["intercom_ids"][0]
    told = moved.hd("trace", "osticket", known)
    assert told.code == 0
    assert person in told.out
    assert "found as Intercom id" in told.out


def test_trace_of_a_merged_ticket_leads_to_the_one_that_took_it_in(moved):
    sql = (
        "select source_id, \"into\" from staging.left_out where object = 'conversations' and outcome = 'merged' limit 1"
    )
    [(child, parent)] = rows(moved.hd, sql)
    told = moved.hd("trace", "osticket", child)
    assert told.code == 0
    assert f"ticket {child} (conversations) was merged" in told.out
    assert f"conversations  {parent}" in told.out


def test_trace_of_nothing_known_is_exit_code_2(moved):
    told = moved.hd("trace", "osticket", "nobody-knows-this")
    assert told.code == 2
    assert "tried as" in one_screen(told)


# mapping


def test_mapping_check_says_that_everything_is_decided(moved):
    told = moved.hd("mapping", "check", "osticket")
    assert told.code == 0, told.text
    assert "every object, field and value found so far is decided" in told.out


def test_mapping_check_lists_what_is_not_decided(hd):
    def forget(document):
        del document["tables"]["sla"]
        document["attributes"]["conversation"]["osticket_priority"]["options"] = ["Low", "High", "Emergency"]

    hd.map(forget)
    told = hd("mapping", "check", "osticket")
    assert told.code == 3
    assert "sla (" in told.out
    assert "value is no option of osticket_priority" in told.out
    one_screen(told)


def test_mapping_check_of_nothing_staged_says_what_it_could_not_see(empty):
    told = empty("mapping", "check", "osticket")
    assert told.code == 0
    assert "the source was not looked at yet" in told.out


def test_confirming_signs_this_mapping_and_no_other(hd):
    assert hd("mapping", "confirm", "osticket").code == 2  # nobody's name
    told = hd("mapping", "confirm", "--by", "Ada Example", "osticket")
    assert told.code == 0
    migration = load(hd.mappings, "osticket")
    [line] = (hd.store / "approvals.jsonl").read_text(encoding="utf-8").splitlines()
    signed = json.loads(line)
    assert (signed["what"], signed["by"], signed["digest"]) == ("mapping", "Ada Example", migration.digest)
    assert migration.digest[:12] in told.out
    hd.map(lambda document: document["options"].update(topics="flat"))
    assert load(hd.mappings, "osticket").digest != migration.digest


def test_a_real_target_wants_a_confirmed_mapping(unsent):
    before = unsent.writes
    told = unsent("run", "osticket", "--target", "test", "--until", "publish", "--execute", INTERCOM_TEST_TOKEN=TOKEN)
    assert told.code == 3
    assert "the mapping is not confirmed" in one_screen(told)
    assert "hd-assets mapping confirm osticket --by NAME" in told.err
    assert unsent.writes == before


# local programs


def test_the_same_seed_gives_the_same_files(moved, tmp_path):
    folders = [tmp_path / name for name in ("one", "two", "other")]
    for folder, seed in zip(folders, ("7", "7", "8"), strict=True):
        told = moved.hd("sample-data", "osticket", str(folder), "--tickets", "12", "--seed", seed)
        assert told.code == 0
        assert f"export OSTICKET_DUMP={folder / 'osticket.sql'}" in told.out
    one, two, other = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in folders
    )
    assert one == two
    assert one != other


def test_sample_data_of_an_unknown_source_is_exit_code_2(moved, tmp_path):
    told = moved.hd("sample-data", "nonesuch", str(tmp_path / "sample"))
    assert told.code == 2
    one_screen(told)


def test_provisioning_makes_the_admins_and_teams_that_staging_wants(unsent):
    unsent.simulator.reset()
    first = unsent("simulator", "provision", "osticket")
    assert first.code == 0, first.text
    counts = unsent.simulator.counts()
    assert first.out == f"provisioned {counts['admins']} admins and {counts['teams']} teams\n"
    assert counts["teams"] > 3
    unsent("simulator", "provision", "osticket")
    assert unsent.simulator.counts() == counts


def test_provisioning_wants_staged_data(empty):
    told = empty("simulator", "provision", "osticket")
    assert told.code == 2
    assert "nothing is staged yet" in one_screen(told)


def test_the_demo_does_not_touch_a_migration_that_is_not_its_own(hd):
    kept = sorted(path.name for path in hd.store.iterdir() if path.name != "demo.txt")
    (hd.store / "demo.txt").unlink()
    told = hd("demo", "--tickets", "3", "--no-ui")
    assert told.code == 3
    assert "not the demo's" in one_screen(told)
    assert sorted(path.name for path in hd.store.iterdir()) == kept


def test_a_taken_port_is_exit_code_4(moved):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        for arguments in (("ui", "--port", port), ("simulator", "--port", port)):
            told = moved.hd(*arguments)
            assert told.code == 4
            assert port in one_screen(told)
    shutil.rmtree(moved.hd.home / "simulator", ignore_errors=True)


def test_a_home_that_cannot_be_written_is_said_plainly(moved, tmp_path):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    told = moved.hd("run", "osticket", "--until", "discover", HD_HOME=str(tmp_path / "file"))
    assert told.code == 2
    assert str(tmp_path / "file") in one_screen(told)

"""A distinctive secret in every credential slot is found nowhere, after good runs and after failing ones."""

import base64
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest

from hd_assets_tests.cli.desk import PASSWORD, TOKEN, Answer, CommandLine, free_port, one_screen, workspace
from hd_assets_tests.extract.osticket.small import write_dump

SAMPLE_SECRET = "never-extract-this-credential"  # in the sample's own tables: API keys, mail accounts, hashes


def holders(home: Path, *secrets: str) -> list[str]:
    """Where under the home a secret stands: as bytes in any file, or as a value in compressed tables."""
    forms = {form for secret in secrets for form in (secret, quote(secret, safe=""), _base64(secret))}
    found = []
    kinds = set()
    for path in sorted(home.rglob("*")):
        if not path.is_file():
            continue
        kinds.add(path.suffix)
        content = path.read_bytes()
        found += [f"{path}: bytes" for form in forms if form.encode() in content]
        if path.suffix in (".parquet", ".duckdb"):
            found += [f"{path}: {table}" for table in _tables_with(path, secrets)]
    assert ".db" in kinds, "the event log is among what is searched"
    return found


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode().rstrip("=")[:-1]


def _tables_with(path: Path, secrets: tuple[str, ...]) -> list[str]:
    with duckdb.connect() as connection:
        if path.suffix == ".parquet":
            tables = [f"read_parquet('{path}')"]
        else:
            connection.execute(f"attach '{path}' as home (read_only)")
            tables = [
                f'home."{schema}"."{table}"'
                for schema, table in connection.execute(
                    "select schema_name, table_name from duckdb_tables() where database_name = 'home'"
                ).fetchall()
            ]
        condition = " or ".join(f"contains(cast(t as varchar), '{secret}')" for secret in secrets)
        return [
            table
            for table in tables
            if connection.execute(f"select count(*) from {table} as t where {condition}").fetchall()[0][0]
        ]


def hidden(hd: CommandLine, told: Answer, *secrets: str) -> None:
    assert [secret for secret in secrets if secret in told.text] == []
    assert holders(hd.home, *secrets) == []


def test_after_a_good_run(moved):
    assert moved.answer.code == 0
    assert TOKEN not in moved.answer.text
    sample = str(moved.hd.home / "demo" / "osticket")
    assert [place for place in holders(moved.hd.home, TOKEN, SAMPLE_SECRET) if not place.startswith(sample)] == []


def test_the_search_would_find_them(moved, tmp_path):
    (tmp_path / "events.db").write_text(TOKEN, encoding="utf-8")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("create table t as select repeat('x', 20) || 'secret' || i as v from range(9000) r(i)")
        connection.execute(f"copy t to '{tmp_path / 'rows.parquet'}' (compression zstd)")
    assert len(holders(tmp_path, TOKEN)) == 1
    assert len(holders(tmp_path, "xsecret8999")) >= 2


def test_after_a_run_with_a_wrong_token_from_a_file(unsent, tmp_path):
    (tmp_path / "token").write_text(f"{PASSWORD}\n", encoding="utf-8")
    told = unsent(
        "run", "osticket", "--until", "publish", "--execute",
        INTERCOM_TOKEN=None, INTERCOM_TOKEN_FILE=str(tmp_path / "token"),
    )  # fmt: skip
    assert told.code == 3
    one_screen(told)
    hidden(unsent, told, PASSWORD, TOKEN)


def test_after_an_unreachable_workspace(unsent, patient):
    unsent.url = f"http://127.0.0.1:{free_port()}"
    told = unsent("run", "osticket", "--until", "publish", "--execute")
    assert told.code == 4
    hidden(unsent, told, TOKEN)


def test_after_a_crash_in_the_middle_of_a_request(unsent, monkeypatch):
    def crash(self, method, path, **options):
        raise RuntimeError(f"crashed with {sorted(options)}")

    monkeypatch.setattr("httpx.Client.request", crash)
    told = unsent("run", "osticket", "--until", "publish", "--execute")
    assert told.code == 1
    assert "unexpected RuntimeError: this is a bug" in told.err
    assert "Traceback" not in told.text
    hidden(unsent, told, TOKEN)


@pytest.mark.parametrize("slot", ["OSTICKET_URL", "OSTICKET_URL_FILE"])
def test_after_an_unreachable_source(bare, patient, tmp_path, slot):
    address = f"mysql://reader:{PASSWORD}@127.0.0.1:{free_port()}/helpdesk"
    (tmp_path / "url").write_text(address, encoding="utf-8")
    told = bare(
        "run", "osticket", "--until", "discover", **{slot: str(tmp_path / "url") if "FILE" in slot else address}
    )
    assert told.code == 4
    hidden(bare, told, PASSWORD)


def test_after_a_crash_while_the_source_is_opened(bare, monkeypatch):
    def crash(**options):
        raise RuntimeError(f"crashed with {sorted(options)}")

    monkeypatch.setattr("pymysql.connect", crash)
    told = bare("run", "osticket", "--until", "discover", OSTICKET_URL=f"mysql://reader:{PASSWORD}@127.0.0.1/helpdesk")
    assert told.code == 1
    assert "Traceback" not in told.text
    hidden(bare, told, PASSWORD)


@pytest.mark.services
def test_after_reading_a_real_server_and_after_being_refused_by_it(empty, mariadb, tmp_path):
    mariadb.load("small", write_dump(tmp_path / "small.sql", {"api_key": [{"id": 1, "apikey": SAMPLE_SECRET}]}))
    mariadb.account("reader", PASSWORD, "SELECT ON `small`.*")
    good = f"mysql://reader:{PASSWORD}@127.0.0.1:{mariadb.port}/small"
    told = empty("run", "osticket", "--until", "discover", OSTICKET_URL=good)
    assert told.code == 0, told.text
    hidden(empty, told, PASSWORD, SAMPLE_SECRET, TOKEN)
    told = empty("run", "osticket", "--until", "discover", OSTICKET_URL=good.replace(PASSWORD, f"{PASSWORD}-wrong"))
    assert told.code == 2
    hidden(empty, told, PASSWORD, TOKEN)


def test_the_simulator_keeps_the_token_it_accepts_to_itself(tmp_path):
    state = tmp_path / "workspace.sqlite"
    with workspace(state) as (simulator, _):
        simulator.provision([{"name": "Ada", "email": "ada@desk.example"}])
    assert TOKEN.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())

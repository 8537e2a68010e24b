"""A distinctive secret in every credential slot is found nowhere after good runs and crashes.

Runs that fail for a reason a person can mend are searched in `test_bad_input`.
"""

import duckdb
import pytest

from hd_assets_tests.cli.desk import PASSWORD, TOKEN, workspace
from hd_assets_tests.cli.searching import hidden, holders
from hd_assets_tests.extract.osticket.small import write_dump

SAMPLE_SECRET = "never-extract-this-credential"  # in the sample's own tables: API keys, mail accounts, hashes


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


def test_after_a_crash_in_the_middle_of_a_request(unsent, monkeypatch):
    def crash(self, request, **options):
        raise RuntimeError(f"crashed with {request.method} {sorted(options)}")

    monkeypatch.setattr("httpx.Client.send", crash)
    told = unsent("run", "osticket", "--until", "publish", "--execute")
    assert told.code == 1
    assert "unexpected RuntimeError: this is a bug" in told.err
    assert "Traceback" not in told.text
    hidden(unsent, told, TOKEN)


def test_after_a_crash_while_the_source_is_opened(bare, monkeypatch):
    def crash(**options):
        raise RuntimeError(f"crashed with {sorted(options)}")

    monkeypatch.setattr("pymysql.connect", crash)
    told = bare("run", "osticket", "--until", "discover", OSTICKET_URL=f"mysql://reader:{PASSWORD}@127.0.0.1/helpdesk")
    assert told.code == 1
    assert "Traceback" not in told.text
    hidden(bare, told, PASSWORD)


@pytest.mark.services
def test_after_reading_a_real_server(empty, mariadb, tmp_path):
    mariadb.load("small", write_dump(tmp_path / "small.sql", {"api_key": [{"id": 1, "apikey": SAMPLE_SECRET}]}))
    mariadb.account("reader", PASSWORD, "SELECT ON `small`.*")
    good = f"mysql://reader:{PASSWORD}@127.0.0.1:{mariadb.port}/small"
    told = empty("run", "osticket", "--until", "discover", OSTICKET_URL=good)
    assert told.code == 0, told.text
    hidden(empty, told, PASSWORD, SAMPLE_SECRET, TOKEN)


def test_the_simulator_keeps_the_token_it_accepts_to_itself(tmp_path):
    state = tmp_path / "workspace.sqlite"
    with workspace(state) as (simulator, _):
        simulator.provision([{"name": "Ada", "email": "ada@desk.example"}])
    assert TOKEN.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())

"""Looks for secrets in everything a home holds, compressed tables included."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

import duckdb

from hd_assets_tests.cli.desk import Answer, CommandLine


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

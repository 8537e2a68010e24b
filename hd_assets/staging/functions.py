"""Registers the text, identity and time functions under the names the SQL files call."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import duckdb
from duckdb.func import FunctionNullHandling
from duckdb.sqltypes import BIGINT, BOOLEAN, TIMESTAMP, VARCHAR, DuckDBPyType

from hd_assets.staging import bbcode, html, identity, plain, times, values
from hd_assets.warehouse import Connection

_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEXTS = duckdb.list_type(VARCHAR)
_PAIRS = duckdb.list_type(duckdb.struct_type({"name": VARCHAR, "value": VARCHAR, "data_type": VARCHAR}))
_NAMES = duckdb.list_type(duckdb.struct_type({"cid": VARCHAR, "name": VARCHAR}))
_OPTIONS = duckdb.list_type(duckdb.struct_type({"id": VARCHAR, "text": VARCHAR}))

Signature = tuple[Callable[..., Any], list[DuckDBPyType], DuckDBPyType]


def _stored_text(folder: str, sha256: str) -> str | None:
    """Text of a stored file; None if the name is no digest or the bytes are not there."""
    path = Path(folder) / sha256
    if not _SHA256.fullmatch(sha256) or not path.is_file():
        return None
    return path.read_text(encoding="utf-8", errors="replace").replace("\x00", "")


def _name_images(source: str, names: Sequence[dict[str, str | None] | None]) -> str:
    known = {pair["cid"]: pair["name"] for pair in names if pair and pair["cid"] and pair["name"]}
    return html.name_images(source, {str(cid): str(name) for cid, name in known.items()})


_FUNCTIONS: dict[str, Signature] = {
    "utc": (times.utc, [VARCHAR, VARCHAR], TIMESTAMP),
    "iana_timestamp": (times.iana_timestamp, [VARCHAR], TIMESTAMP),
    "html_text_below": (plain.html_text, [VARCHAR, VARCHAR], VARCHAR),
    "part_text": (plain.part_text, [VARCHAR], VARCHAR),
    "visible_text": (plain.visible_text, [VARCHAR], VARCHAR),
    "visible_plain": (plain.visible_plain, [VARCHAR], VARCHAR),
    "text_html": (plain.text_html, [VARCHAR], VARCHAR),
    "unescape_html": (plain.html_unescape, [VARCHAR], VARCHAR),
    "is_rich": (plain.is_rich, [VARCHAR], BOOLEAN),
    "word_count": (plain.word_count, [VARCHAR], BIGINT),
    "part_html_below": (html.part_html, [VARCHAR, VARCHAR], VARCHAR),
    "article_html_below": (html.article_html, [VARCHAR, VARCHAR], VARCHAR),
    "relative_links": (html.relative_links, [VARCHAR], _TEXTS),
    "bbcode_html": (bbcode.bbcode_html, [VARCHAR], VARCHAR),
    "html_cids": (html.html_cids, [VARCHAR], _TEXTS),
    "name_images": (_name_images, [VARCHAR, _NAMES], VARCHAR),
    "normal_email": (identity.normal_email, [VARCHAR], VARCHAR),
    "email_domain": (identity.email_domain, [VARCHAR], VARCHAR),
    "safe_filename": (identity.safe_filename, [VARCHAR], VARCHAR),
    "slug": (identity.slug, [VARCHAR], VARCHAR),
    "looks_double_encoded": (identity.looks_double_encoded, [VARCHAR], BOOLEAN),
    "attribute_value": (values.attribute_value, [VARCHAR, VARCHAR], VARCHAR),
    "attributes": (values.attributes, [_PAIRS], VARCHAR),
    "chosen_options": (values.chosen_options, [VARCHAR, _OPTIONS], VARCHAR),
    "stored_text": (_stored_text, [VARCHAR, VARCHAR], VARCHAR),
}

_MACROS = {
    # DuckDB tries to download an extension when a Python function takes this name; a macro may have it.
    "html_unescape(text)": "unescape_html(text)",
    # One source may tell a flag or a time in several forms, by the way it is read; null where it tells none.
    "flag(text)": "case when lower(trim(text)) in ('true', '1', 'yes', 'on', '✓') then true"
    " when lower(trim(text)) in ('false', '0', 'no', 'off') then false end",
    "moment(text, zone)": "date_trunc('second', utc(text, zone))",
}
# called with the HTML alone; the address of the old system comes with the connection
_BELOW = ("html_text", "part_html", "article_html")


def _null_through(function: Callable[..., Any]) -> Callable[..., Any]:
    """DuckDB's own null handling forbids None as a result, so nulls are passed through here."""

    @wraps(function)
    def through(*arguments: Any) -> Any:
        return None if None in arguments else function(*arguments)

    return through


# DuckDB keeps a bare pointer to each function: it must outlive every connection, hence made once, at import.
_REGISTERED = {name: _null_through(function) for name, (function, _, _) in _FUNCTIONS.items()}


def names() -> list[str]:
    """Names a SQL file may call beyond DuckDB's own."""
    return sorted([*_FUNCTIONS, *(macro.partition("(")[0] for macro in _MACROS), *_BELOW, "file_text"])


def register(connection: Connection, files: Path | None = None, base: str | None = None) -> None:
    """Make the functions known to the connection; `files`: the folder `file_text(sha256)` reads from.

    `base`: the old system's address, below which relative links in HTML lead; without one only their text stays.
    May be called again, inside or outside a transaction; a rollback takes functions away that it brought.
    """
    known = _known(connection)
    for name, (_, parameters, returns) in _FUNCTIONS.items():
        if name in known:
            continue
        try:
            _create(connection, name, parameters, returns)
        except duckdb.NotImplementedException:
            # A rollback took the function away, but the connection still believes it has it: a sibling creates it.
            _create(connection.cursor(), name, parameters, returns)
    for macro, body in _MACROS.items():
        if macro.partition("(")[0] not in known:
            connection.execute(f"create or replace temp macro {macro} as {body}")
    for name in _BELOW:
        if base is not None or name not in known:
            body = f"{name}_below(source, {_quoted(base or '')})"
            connection.execute(f"create or replace temp macro {name}(source) as {body}")
    if files is not None or "file_text" not in known:
        folder = "null" if files is None else _quoted(str(files))
        connection.execute(f"create or replace temp macro file_text(sha256) as stored_text({folder}, sha256)")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _create(connection: Connection, name: str, parameters: list[DuckDBPyType], returns: DuckDBPyType) -> None:
    special = FunctionNullHandling.SPECIAL
    connection.create_function(name, _REGISTERED[name], list(parameters), returns, null_handling=special)


def _known(connection: Connection) -> set[str]:
    ours = "select distinct function_name from duckdb_functions() where function_name in $names"
    # Read to the end: DuckDB creates no function while a result is still open.
    return {name for (name,) in connection.execute(ours, {"names": names()}).fetchall()}

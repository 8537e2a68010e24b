"""How an osTicket source is given: variables for places and secrets, the mapping for choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from hd_assets.errors import SourceError, UsageError
from hd_assets.extract.environment import read_variable

_PARAMETERS = {"prefix", "socket", "ssl", "ssl_ca", "ssl_cert", "ssl_key"}
_URL_FORM = "mysql://user:password@host:3306/database, special characters in user and password written as %XX"


@dataclass(frozen=True)
class ServerAddress:
    """Where the database server is and who reads; user and password never show in a repr."""

    host: str
    port: int
    database: str
    user: str = field(repr=False)
    password: str = field(repr=False)
    socket: str | None = None
    prefix: str | None = None
    tls: bool = False
    ssl_ca: str | None = None
    ssl_cert: str | None = None
    ssl_key: str | None = None

    @property
    def place(self) -> str:
        """For messages: server and database, nobody's name."""
        return f"{self.socket or f'{self.host}:{self.port}'}/{self.database}"


@dataclass(frozen=True)
class OsticketOptions:
    """Exactly one of `server` and `dump`. `files` is the upload folder of the filesystem storage plugin."""

    server: ServerAddress | None
    dump: Path | None
    files: Path | None
    prefix: str | None = None
    database: str | None = None
    accept_unknown_schema: bool = False

    @classmethod
    def from_environment(
        cls,
        env: Mapping[str, str],
        *,
        prefix: str | None = None,
        accept_unknown_schema: bool = False,
        database: str | None = None,
    ) -> OsticketOptions:
        """From OSTICKET_URL or OSTICKET_DUMP, and OSTICKET_FILES; each also as `<NAME>_FILE`.

        UsageError when none or both are set or the address cannot be read, SourceError when a path does not exist.
        """
        url, dump = read_variable(env, "OSTICKET_URL"), read_variable(env, "OSTICKET_DUMP")
        files = read_variable(env, "OSTICKET_FILES")
        if bool(url) == bool(dump):
            raise UsageError(
                "OSTICKET_URL and OSTICKET_DUMP are both set" if url else "no osTicket source is given",
                where="environment",
                mend="set OSTICKET_DUMP to a mysqldump file, or OSTICKET_URL to " + _URL_FORM + "; one of the two",
            )
        server = parse_address(url) if url else None
        return cls(
            server=server,
            dump=_existing_file(Path(dump).expanduser()) if dump else None,
            files=_existing_folder(Path(files).expanduser()) if files else None,
            prefix=prefix if prefix is not None else (server.prefix if server else None),
            database=database,
            accept_unknown_schema=accept_unknown_schema,
        )


def parse_address(url: str) -> ServerAddress:
    """Parts of an OSTICKET_URL, percent-decoded. UsageError that never repeats the URL."""
    try:
        parts = urlsplit(url)
        port = parts.port or 3306
    except ValueError:
        raise _bad_address("it is not a valid address") from None
    parameters = dict(parse_qsl(parts.query, keep_blank_values=True))
    database = unquote(parts.path.lstrip("/"))
    if parts.scheme not in ("mysql", "mariadb"):
        raise _bad_address("it does not begin with mysql://")
    if unknown := sorted(set(parameters) - _PARAMETERS):
        raise _bad_address(f"unknown parameter {', '.join(unknown)}; known are {', '.join(sorted(_PARAMETERS))}")
    if not database or "/" in database:
        raise _bad_address("the name of the database is missing" if not database else "the path is not one name")
    if not parts.username or not (parts.hostname or parameters.get("socket")):
        raise _bad_address("user or host is missing")
    tls = parameters.get("ssl", "").lower()
    if tls not in ("", "required", "off"):
        raise _bad_address("ssl is `required` or `off`")
    return ServerAddress(
        host=parts.hostname or "localhost",
        port=port,
        database=database,
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        socket=parameters.get("socket"),
        prefix=parameters.get("prefix"),
        tls=tls == "required" or any(parameters.get(name) for name in ("ssl_ca", "ssl_cert")),
        ssl_ca=parameters.get("ssl_ca"),
        ssl_cert=parameters.get("ssl_cert"),
        ssl_key=parameters.get("ssl_key"),
    )


def _bad_address(why: str) -> UsageError:
    return UsageError(f"OSTICKET_URL cannot be used: {why}", where="OSTICKET_URL", mend=f"write {_URL_FORM}")


def _existing_file(path: Path) -> Path:
    if not path.is_file():
        raise SourceError(
            "the dump file does not exist" if not path.exists() else "the dump is not a file",
            where=f"OSTICKET_DUMP={path}",
            mend="set OSTICKET_DUMP to the path of the .sql or .sql.gz file",
        )
    return path.absolute()


def _existing_folder(path: Path) -> Path:
    if not path.is_dir():
        raise SourceError(
            "the folder of attachments does not exist" if not path.exists() else "the attachments are not a folder",
            where=f"OSTICKET_FILES={path}",
            mend="set OSTICKET_FILES to a copy of the filesystem plugin's upload folder (the one that holds folders "
            "of one character), or unset it if the plugin was never used",
        )
    return path.absolute()

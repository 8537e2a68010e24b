"""Which osTicket an installation is, by the schema signature in its configuration (reference: core.sig of each tag)."""

from __future__ import annotations

from dataclasses import dataclass

from hd_assets.errors import SourceError

OLDEST = "1.14"


@dataclass(frozen=True)
class VersionLine:
    """A range of releases with one schema; `readable` when this extractor supports it."""

    name: str
    readable: bool


SIGNATURES = {
    "b26f29a6bb5dbb3510b057632182d138": VersionLine("1.9.16", readable=False),
    "98ad7d550c26ac44340350912296e673": VersionLine("1.10", readable=False),
    "00c949a623b82848baaf3480b51307e3": VersionLine("1.11-1.12", readable=False),
    "4bd47d94b10bd8a6bab35c119dadf41f": VersionLine("1.14", readable=True),
    "add628927ee030469f5d3272ebda1e16": VersionLine("1.15", readable=True),
    "c37e165651dc289240fee7d244990ac1": VersionLine("1.16", readable=True),
    "83a22ba22b1a6a624fcb1da03882ac1b": VersionLine("1.17", readable=True),
    "5fb92bef17f3b603659e024c01cc7a59": VersionLine("1.18", readable=True),
}
UNKNOWN = "unknown"


def version_line(signature: str | None, *, where: str, accept_unknown: bool) -> str:
    """The version line of a signature, "unknown" when accepted as such. SourceError for what cannot be read."""
    known = SIGNATURES.get(signature or "")
    if known is not None and known.readable:
        return known.name
    if known is not None:
        raise SourceError(
            f"this is osTicket {known.name}; {OLDEST} to 1.18 can be read",
            where=where,
            mend="upgrade a copy of the help desk to 1.18 and read that copy",
        )
    if accept_unknown:
        return UNKNOWN
    shown = f"the unknown schema signature {signature[:40]}" if signature else "no schema signature"
    raise SourceError(
        f"the installation has {shown}; osTicket {OLDEST} to 1.18 is supported",
        where=where,
        mend="if it is a patched 1.14 to 1.18, set the source option `accept_unknown_schema: true`; "
        "its tables are then probed column by column",
    )

"""The gate: all checks at once, before anything is planned or sent."""

from __future__ import annotations

from collections.abc import Collection

from hd_assets.checks import attributes, books, files, links, mapped, threads
from hd_assets.checks.base import Check, CheckContext, Verdict, judged
from hd_assets.errors import BlockedError
from hd_assets.partitions import Window
from hd_assets.staging import functions
from hd_assets.staging.stamps import outdated
from hd_assets.warehouse import Connection

CHECKS: tuple[Check, ...] = (
    *books.CHECKS,
    *mapped.CHECKS,
    *links.CHECKS,
    *threads.CHECKS,
    *attributes.CHECKS,
    *files.CHECKS,
)


def evaluate(
    connection: Connection, window: Window, context: CheckContext, objects: Collection[str] | None = None
) -> list[tuple[Check, Verdict]]:
    """Every check (of the named staging tables, or of all) with its verdict. Reads only."""
    functions.register(connection, context.files)
    wanted = [check for check in CHECKS if objects is None or check.object in objects]
    return [(check, judged(check, connection, window, context)) for check in wanted]


def gate(connection: Connection, window: Window, context: CheckContext) -> None:
    """Raise BlockedError naming every failed check; return only if all of them passed on today's mapping."""
    old = outdated(connection, context.migration, window)
    if old:
        raise BlockedError(
            f"the mapping was changed after {', '.join(old)} were staged, so nothing is sent",
            where=f"migration {context.migration.name}, mapping {context.migration.digest[:12]}, months {window}",
            mend=f"stage again under the mapping as it is now: `hd-assets run {context.migration.name} --until stage`",
        )
    failed = [(check, verdict) for check, verdict in evaluate(connection, window, context) if not verdict.passed]
    if not failed:
        return
    told = "".join(f"\n  - {check.label}: {verdict.description}" for check, verdict in failed)
    tables = ", ".join(sorted({f"staging.{check.object}" for check, _ in failed}))
    name = context.migration.name
    raise BlockedError(
        f"{len(failed)} of {len(CHECKS)} checks failed, so nothing is sent:{told}",
        where=f"{tables} of migration {name}, months {window}",
        mend=f"correct the mapping ({context.migration.path.name}), the SQL or the source's data; then materialize"
        f" {name}/mapping and the named staging tables again",
    )

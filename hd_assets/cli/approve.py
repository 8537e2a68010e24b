"""`hd-assets approve`: who agreed to scope, guide, mapping, sample, first phase or cutover."""

from __future__ import annotations

from pathlib import Path

import click

from hd_assets.cli.common import TARGETS, migration_argument, open_migration, open_settings
from hd_assets.errors import UsageError

WHAT = ("scope", "guide", "mapping", "sample", "phase", "cutover")


@click.command()
@click.argument("what", type=click.Choice(WHAT))
@migration_argument
@click.option("--by", required=True, metavar="NAME", help="Who agrees.")
@click.option(
    "--document", metavar="FILE", help="The copy that was agreed to, a filled-in sheet for one. Default: the newest."
)
@click.option(
    "--target",
    type=click.Choice(TARGETS),
    default="production",
    show_default=True,
    help="Workspace whose first phase is accepted; the others are not tied to one.",
)
@click.pass_context
def approve(context: click.Context, what: str, migration: str, by: str, document: str | None, target: str) -> None:
    """Record that somebody agreed to WHAT: scope, guide, mapping, sample, phase or cutover.

    Production waits for those the mapping asks for. What changes afterwards must be approved again.
    """
    from hd_assets.approvals import DOCUMENTS, approve_cutover, approve_document, approve_phase

    if document is not None and what not in DOCUMENTS:
        raise UsageError(
            f"{what} is not agreed to by a document", where="--document", mend=f"only {', '.join(DOCUMENTS)} take it"
        )
    if what == "mapping":
        from hd_assets.cli.sign import confirm

        context.invoke(confirm, migration=migration, by=by)
        return
    settings = open_settings()
    loaded = open_migration(settings, migration)
    stores, remark = settings.stores(migration), ""
    if what in DOCUMENTS:
        file = Path(document).expanduser() if document else None
        approval, remark = approve_document(stores, loaded, what, by, document=file)
    elif what == "phase":
        loaded = open_migration(settings, migration, target)
        approval, remark = approve_phase(stores, loaded, target, by)
    else:
        approval = approve_cutover(stores, loaded, by)
    click.echo(
        f"{what} {migration} approved by {approval.by} at {approval.at:%Y-%m-%d %H:%M} UTC,"
        f" digest {approval.digest[:12]}" + (f", {approval.file}" if approval.file else "")
    )
    if remark:
        click.echo(remark)

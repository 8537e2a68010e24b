"""`hd-assets rollback`: list what would be taken back, or take it back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from hd_assets.cli.common import (
    chosen_window,
    json_option,
    migration_argument,
    month_options,
    open_migration,
    open_settings,
    target_option,
    write_json,
)

OBJECTS = ("conversations", "custom_objects", "contacts", "companies", "articles", "redirects", "collections", "tags")
INCOMPLETE = 1
_SHOWN = 40


@click.command()
@migration_argument
@click.option("--run", "run_no", type=int, metavar="N", help="Only what this run created; the dry run lists runs.")
@click.option("--object", "objects", multiple=True, type=click.Choice(OBJECTS), help="May be given several times.")
@month_options
@target_option
@click.option("--execute", is_flag=True, help="Do it. Without it nothing is changed anywhere.")
@click.option("--force", is_flag=True, help="Also delete what bears replies, tags or changes of others.")
@click.option("--schema", "definitions", is_flag=True, help="Also archive attributes and ticket types we created.")
@json_option
def rollback(
    migration: str,
    run_no: int | None,
    objects: tuple[str, ...],
    from_month: str | None,
    to_month: str | None,
    target: str,
    execute: bool,
    force: bool,
    definitions: bool,
    json_file: str | None,
) -> int:
    """Take a migration back: delete what it created, give adopted records their earlier values back.

    Newest records first. What bears something of others is kept and listed. Stopped anywhere, the same command goes on.
    """
    from hd_assets.assembly.rollback import RollbackOptions, run_rollback, selected
    from hd_assets.assembly.run_options import RunOptions
    from hd_assets.cli.bar import progress_bar
    from hd_assets.instance import open_instance

    settings = open_settings(target)
    loaded = open_migration(settings, migration, target)
    chosen = RollbackOptions(
        run=run_no,
        objects=list(objects),
        from_month=from_month,
        to_month=to_month,
        definitions=definitions,
        force=force,
    )
    # what does not go together is said before anything is opened
    chosen_window(loaded, from_month, to_month)
    selected(loaded, chosen)
    with open_instance(settings) as instance, progress_bar() as listener:
        launched, document = run_rollback(
            settings,
            loaded,
            options=RunOptions(target=target, execute=execute, send_drift=False, delta=False),
            chosen=chosen,
            instance=instance,
            listener=listener,
        )
    for failure in launched.failures:
        click.echo(f"error: {failure.what}\n  where: {failure.where}\n  mend:  {failure.mend}", err=True)
    if document is None:
        return max((failure.exit_code for failure in launched.failures), default=1)
    write_json(document, json_file)
    if json_file != "-":
        for line in lines(document):
            click.echo(line)
    return 0 if document["complete"] or not execute else INCOMPLETE


def lines(document: dict[str, Any]) -> Iterator[str]:
    """The report for a terminal."""
    done = document["executed"]
    heading = "rolled back" if done else "dry run; nothing was changed"
    yield f"{document['migration']} → {document['target']}: {document['selection']}: {heading}"
    words = {
        "removed": "deleted" if done else "would be deleted",
        "restored": "given back" if done else "would be given back",
        "left": "were there before and never changed",
        "gone": "already gone",
        "kept": "kept" if done else "would be kept",
        "failed": "NOT deleted",
    }
    for name, counts in document["counts"].items():
        told = ", ".join(f"{number} {words[fate]}" for fate, number in counts.items() if number)
        yield f"  {name:24}{told}"
    for word in ("kept", "failed"):
        for left in document[word][:_SHOWN]:
            hint = "; --force takes it" if left["foreign"] and word == "kept" else ""
            yield f"  {word}: {left['object']} {left['external_id']} ({left['intercom_id']}): {left['reason']}{hint}"
        if len(document[word]) > _SHOWN:
            yield f"  {word}: and {len(document[word]) - _SHOWN} more, all in --json"
    for entry in document["unresolved"]:
        yield f"  without outcome: {entry['operation']}: {entry['why']}"
    for sentence in document["cannot_undo"]:
        yield f"  cannot be undone: {sentence}"
    for run in [] if done else document["runs"][:_SHOWN]:
        began = datetime.fromtimestamp(run["began"], UTC)
        yield f"  run {run['run']} of {began:%Y-%m-%d %H:%M} UTC created {run['created']} records"
    if done:
        yield f"  {document['proved_deleted']} deletions are in the workspace's own list"

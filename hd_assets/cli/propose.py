"""`hd-assets mapping propose, show, schema, diff`: what a person reads before signing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hd_assets.cli.common import migration_argument, open_migration, open_settings, target_option
from hd_assets.errors import BlockedError, UsageError

if TYPE_CHECKING:
    from hd_assets.mapping import Migration
    from hd_assets.settings import Settings


@click.command()
@migration_argument
def propose(migration: str) -> None:
    """Draft what nobody has decided yet into the mapping file; what stands there stays.

    Each line carries its confidence and its reason. Rules, names and counts only: nothing leaves this machine.
    """
    from hd_assets.mapping.decisions import question
    from hd_assets.propose.write import propose as write

    settings = open_settings()
    made = write(settings, open_migration(settings, migration))
    grades = ", ".join(f"{count} {name}" for name, count in made.grades().items())
    click.echo(f"{made.path}: {len(made.written)} lines drafted ({grades} confidence)")
    click.echo(f"every line with its reason: {made.table}")
    for line in looks(made.path.read_text(encoding="utf-8")):
        click.echo(line)
    for path in made.open:
        click.echo(f"{path}: nothing in the source tells; it takes {question(path)}")
    click.echo(f"read the file, change what is wrong, then: hd-assets mapping check {migration}")


@click.command()
@migration_argument
@click.argument("decisions", nargs=-1, required=True, metavar="KEY=VALUE…")
def decide(migration: str, decisions: tuple[str, ...]) -> None:
    """Write decisions into the mapping file without an editor: targets.test.region=eu time_zone=Europe/Berlin.

    A key is the path in the file. The mark of a guess on that line goes; comments stay.
    """
    from hd_assets.propose.write import decide as write

    settings = open_settings()
    loaded = open_migration(settings, migration)
    wrong = [word for word in decisions if not word.partition("=")[0] or not word.partition("=")[2]]
    if wrong:
        raise UsageError(
            f"{wrong[0]!r} is no decision", where="the command line", mend="write KEY=VALUE, such as time_zone=UTC"
        )
    made = write(loaded, {key: value for key, _, value in (word.partition("=") for word in decisions)})
    click.echo(f"{made.path}: {len(decisions)} decided, digest {made.digest[:12]}")


def looks(text: str) -> Iterator[str]:
    """Lines that ask a person to look at the guesses that are left in a mapping file."""
    from hd_assets.propose.write import guesses

    found = guesses(text)
    if found:
        yield f"look at these {len(found)} guesses (delete the words behind the line when it is right):"
    for guess in found:
        yield f"  line {guess.number}, {guess.key}: {guess.reason} ({guess.confidence})"


@click.command()
@click.option("--html", "html_file", type=click.Path(path_type=Path), help="Write one page that needs no network.")
@click.option("--xlsx", "xlsx_file", type=click.Path(path_type=Path), help="Write a workbook.")
@migration_argument
def show(migration: str, html_file: Path | None, xlsx_file: Path | None) -> None:
    """The mapping as tables for people who do not read YAML: a page, a workbook, or counts."""
    from hd_assets.approvals import approvals
    from hd_assets.mapping.sheets import sheets
    from hd_assets.mapping.show import write_page, write_workbook
    from hd_assets.propose.write import guesses

    settings = open_settings()
    loaded = open_migration(settings, migration)
    guessed = {guess.key: guess.reason for guess in guesses(loaded.path.read_text(encoding="utf-8"))}
    made = sheets(loaded, guessed)
    signed = [entry for entry in approvals(settings.stores(migration)) if entry.what == "mapping"]
    standing = "not confirmed"
    if signed and signed[-1].digest == loaded.digest:
        standing = f"confirmed by {signed[-1].by}, {signed[-1].at:%Y-%m-%d %H:%M} UTC"
    elif signed:
        standing = f"changed since {signed[-1].by} confirmed it on {signed[-1].at:%Y-%m-%d}"
    if html_file:
        write_page(html_file, loaded, made, standing)
        click.echo(f"written: {html_file}")
    if xlsx_file:
        write_workbook(xlsx_file, made)
        click.echo(f"written: {xlsx_file}")
    if not html_file and not xlsx_file:
        click.echo(f"{loaded.path}, digest {loaded.digest[:12]}, {standing}")
        for sheet in made:
            click.echo(f"  {sheet.title}: {len(sheet.rows)}" + (f", {len(sheet.marks)} guessed" if sheet.marks else ""))


@click.command()
@click.option("--write", is_flag=True, help="Write it beside the mappings, where editors look for it.")
def schema(write: bool) -> None:
    """JSON Schema of a mapping file, for editors."""
    import json

    from hd_assets.mapping.schema import SCHEMA_LINE, write_schema
    from hd_assets.mapping.schema import schema as of_mappings

    if not write:
        click.echo(json.dumps(of_mappings(), indent=1, ensure_ascii=False))
        return
    click.echo(f"written: {write_schema(open_settings().mappings)}")
    click.echo(f"first line of a mapping that uses it: {SCHEMA_LINE}")


@click.command()
@target_option
@migration_argument
def diff(migration: str, target: str) -> None:
    """What differs from the confirmed mapping: keys, staged records, requests. Sends and changes nothing."""
    from hd_assets.approvals import approvals
    from hd_assets.mapping.changes import changes
    from hd_assets.mapping.signed import kept

    settings = open_settings(target)
    loaded = open_migration(settings, migration, target)
    stores = settings.stores(migration)
    signed = [entry.digest for entry in approvals(stores) if entry.what == "mapping"]
    copies = (kept(stores, migration, digest) for digest in reversed(signed))
    before = next((copy for copy in copies if copy is not None), None)
    if before is None:
        raise BlockedError(
            "there is no confirmed mapping to compare with",
            where=str(stores.root / "confirmed"),
            mend=f"`hd-assets mapping confirm {migration} --by NAME` keeps a copy of what is signed",
        )
    found = changes(before, loaded)
    for change in found:
        values = f": {change.before!r} → {change.after!r}" if change.kind == "changed" else ""
        click.echo(f"{change.line}{values}")
    if not found:
        click.echo("the mapping is as it was confirmed")
        return
    _tell_effect(settings, before, loaded, target)


def _tell_effect(settings: Settings, before: Migration, loaded: Migration, target: str) -> None:
    from hd_assets.propose.effect import effect, is_staged

    if not is_staged(settings.stores(loaded.name)):
        click.echo(f"nothing is staged: `hd-assets run {loaded.name} --until stage` shows which records differ")
        return
    click.echo("staging both in a copy …", err=True)
    told = effect(settings, before, loaded, target)
    for table in told.tables:
        counts = (("changed", table.changed), ("new", table.added), ("gone", table.removed))
        numbers = ", ".join(f"{count} {word}" for word, count in counts if count)
        click.echo(f"staging.{table.table}: {numbers} ({', '.join(table.ids)}{', …' if table.more else ''})")
    if not told.tables:
        click.echo("no staged record differs")
    click.echo(
        f"target {target}: {told.plan.total_requests} requests to send under the new mapping;"
        f" {sum(told.plan.new_drift.values())} sent operations would differ and are sent again only with --send-drift"
    )

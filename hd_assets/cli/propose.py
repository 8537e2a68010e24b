"""`hd-assets mapping propose`: the draft a person then reads, changes and signs."""

from __future__ import annotations

from collections.abc import Iterator

import click

from hd_assets.cli.common import migration_argument, open_migration, open_settings


@click.command()
@migration_argument
def propose(migration: str) -> None:
    """Draft what nobody has decided yet into the mapping file; what stands there stays.

    Each line carries its confidence and its reason. Rules, names and counts only: nothing leaves this machine.
    """
    from hd_assets.propose.write import propose as write

    settings = open_settings()
    made = write(settings, open_migration(settings, migration))
    grades = ", ".join(f"{count} {name}" for name, count in made.grades().items())
    click.echo(f"{made.path}: {len(made.written)} lines drafted ({grades} confidence)")
    click.echo(f"every line with its reason: {made.table}")
    for line in looks(made.path.read_text(encoding="utf-8")):
        click.echo(line)
    click.echo(f"read the file, change what is wrong, then: hd-assets mapping check {migration}")


def looks(text: str) -> Iterator[str]:
    """Lines that ask a person to look at the guesses that are left in a mapping file."""
    from hd_assets.propose.write import guesses

    found = guesses(text)
    if found:
        yield f"look at these {len(found)} guesses (delete the words behind the line when it is right):"
    for guess in found:
        yield f"  line {guess.number}, {guess.key}: {guess.reason} ({guess.confidence})"

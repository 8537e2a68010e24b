"""`hd-assets doctor`: every connection of a migration tried, nothing written."""

from __future__ import annotations

import os
from dataclasses import asdict

import click

from hd_assets.cli.common import TARGETS, json_option, migration_argument, open_migration, open_settings, write_json

_MARKS = {"fine": "ok  ", "open": "note", "wrong": "NO  ", "unreachable": "NO  "}


@click.command()
@migration_argument
@click.option("--target", type=click.Choice(TARGETS), help="Try this workspace only. Default: every one with a token.")
@json_option
def doctor(migration: str, target: str | None, json_file: str | None) -> int:
    """Try every connection of MIGRATION: source, privileges, version, time zone, workspaces. Writes nothing.

    Exit 0: nothing is wrong. 3: something has to be mended. 4: something does not answer.
    """
    from hd_assets.doctor.findings import Findings, exit_code
    from hd_assets.doctor.source import judge_home, judge_mapping, judge_source
    from hd_assets.doctor.workspace import judge_target

    settings = open_settings(target)
    loaded = open_migration(settings, migration, target)
    findings = Findings()
    judge_mapping(settings, loaded, target, findings)
    judge_home(settings, findings)
    judge_source(loaded, os.environ, findings)
    for name in [target] if target else [str(name) for name in loaded.mapping.targets]:
        judge_target(settings, loaded, name, os.environ, findings, asked_for=target is not None)
    code = exit_code(findings.found)
    if json_file != "-":
        width = max(len(finding.area) for finding in findings.found)
        for finding in findings.found:
            click.echo(f"{_MARKS[finding.standing]}  {finding.area:<{width}}  {finding.sentence}")
            if finding.mend:
                click.echo(f"      {'':<{width}}  → {finding.mend}")
        bad = sum(finding.standing in ("wrong", "unreachable") for finding in findings.found)
        click.echo(f"{bad} of {len(findings.found)} to mend" if bad else "nothing is wrong; nothing was written")
    write_json({"migration": migration, "findings": [asdict(finding) for finding in findings.found]}, json_file)
    return code

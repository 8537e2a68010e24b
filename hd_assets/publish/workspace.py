"""Publish the workspace's furniture: everything is verified before anything is created."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hd_assets.errors import BlockedError
from hd_assets.publish.catalog import Catalog
from hd_assets.publish.context import PublishContext
from hd_assets.publish.counts import Outcome, outcome
from hd_assets.publish.job import Job
from hd_assets.publish.matching import Matches, Problem, match, match_plan
from hd_assets.publish.plan import verify, wanted_furniture
from hd_assets.publish.pool import run_jobs
from hd_assets.publish.progress import Meter
from hd_assets.publish.resolve import Resolver
from hd_assets.publish.staged import furniture
from hd_assets.publish.work import Tally, Work
from hd_assets.publish.workspace_handlers import workspace_handlers

_SHOWN = 12


def verify_workspace(context: PublishContext) -> list[Problem]:
    """What is in the way, for a check; reads the target, writes nothing but the pinned workspace id."""
    return _matched(context)[0].problems


def publish_workspace(context: PublishContext) -> Outcome:
    """Match teammates and teams, then create the attributes, tags, ticket type and collections that are missing.

    Raises BlockedError with every blocking problem, before the first write.
    """
    context.ledger.begin_run()
    matches, catalog = _matched(context)
    unmatched = sorted(problem.name for problem in matches.blocking if problem.code == "unmatched_agent")
    context.ledger.set_meta("unmatched_agents", json.dumps(unmatched))
    if matches.blocking:
        raise _blocked(context, matches.blocking)
    context.ledger.write(matches.statements(context.ledger.run_no))
    wanted = wanted_furniture(context)
    known = context.books.operations(entry.key for entry in wanted)
    verify(context, wanted, known)
    resolver, tally = Resolver(context.books, context.stores.files), Tally()
    work = Work(context, resolver, tally)
    steps = [(entry, known[entry.key]) for entry in wanted]
    left = any(row.state not in ("applied", "conflict", "skipped") for _, row in steps)
    jobs = [Job(work, steps, workspace_handlers(catalog), context.fence)] if left else []
    meter = Meter(context.progress, "workspace", len(jobs))
    try:
        run_jobs(context, iter(jobs), meter, workers=1)
    finally:
        told = outcome(context, tally)
    meter.finish()
    require_workspace(context)
    return told


def require_workspace(context: PublishContext) -> None:
    """Raises BlockedError unless everything planned for the workspace is there."""
    rows = [
        row for row in context.books.of_objects(["workspace"]) if row.state not in ("applied", "conflict", "skipped")
    ]
    matched = context.books.rows("select count(*) from identities where kind = 'admin'")[0][0]
    if not rows and matched:
        return
    reasons = sorted({f"{row.kind} {row.external_id}: {row.error_code or row.state}" for row in rows})
    name = context.migration.name
    raise BlockedError(
        f"{len(rows)} definition(s) of the workspace are missing" + _few(reasons),
        where=f"{name}, target {context.target}",
        mend=f"materialize {name}/publish/workspace first; what it reports has to be mended in workspace or mapping",
    )


def _matched(context: PublishContext) -> tuple[Matches, Catalog]:
    context.fence.check()
    catalog, needed = Catalog(context.client), furniture(context.warehouse)
    found = match(context.migration, needed, catalog)
    found.problems += match_plan(context.migration, context.aim, needed)
    return found, catalog


def _blocked(context: PublishContext, problems: Sequence[Problem]) -> BlockedError:
    mends = list(dict.fromkeys(problem.mend for problem in problems))
    return BlockedError(
        f"the workspace does not fit the migration: {len(problems)} problem(s)"
        + _few([f"{problem.kind} {problem.name}: {problem.sentence}" for problem in problems]),
        where=f"target {context.target} at {context.client.base_url}; nothing was written",
        mend="; ".join(mends[:_SHOWN]),
    )


def _few(lines: Sequence[str]) -> str:
    shown = "".join(f"\n    - {line}" for line in lines[:_SHOWN])
    return shown + (f"\n    - and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else "")

"""What Dagster remembers of one migration: runs, events, assets, snapshots of its jobs; taken out to the last byte."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from hd_assets.errors import UnreachableError
from hd_assets.instance import open_instance
from hd_assets.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance, DagsterRun

_STAGES = ("discover", "stage", "plan", "publish", "reconcile", "deliver", "rollback")
_TARGETS = ("", "_simulator", "_test", "_production")
# table → condition under which a row is about the migration; :name is its name, :pool its pool
_ROWS = {
    "history/runs/index.db": {
        "event_logs": "json_valid(asset_key) and json_extract(asset_key, '$[0]') = :name",
        "asset_keys": "json_valid(asset_key) and json_extract(asset_key, '$[0]') = :name",
        "asset_event_tags": "json_valid(asset_key) and json_extract(asset_key, '$[0]') = :name",
        "asset_check_executions": "json_valid(asset_key) and json_extract(asset_key, '$[0]') = :name",
        "concurrency_limits": "concurrency_key = :pool",
        "concurrency_slots": "concurrency_key = :pool",
        "pending_steps": "concurrency_key = :pool",
    },
    "history/runs.db": {
        "backfill_tags": "backfill_id in (select key from bulk_actions where instr(body, '\"' || :name || '\"'))",
        "bulk_actions": "instr(body, '\"' || :name || '\"')",
        "kvs": "instr(key, '\"' || :name || '\"')",
    },
    "schedules/schedules.db": {
        "asset_daemon_asset_evaluations": "json_valid(asset_key) and json_extract(asset_key, '$[0]') = :name",
    },
}


def forget(settings: Settings, name: str) -> Counter[str]:
    """Delete all of it; answers how much of each kind there was. Raises UnreachableError while the UI holds a file."""
    home = settings.dagster_home
    told: Counter[str] = Counter()
    if not (home / "history").is_dir():
        return told
    with open_instance(settings) as instance:
        runs = instance.get_runs()
        ours = [run for run in runs if is_ours(run, name)]
        kept = {run.run_id for run in runs} - {run.run_id for run in ours}
        snapshots = _snapshots(instance, ours) - _snapshots(instance, [run for run in runs if run.run_id in kept])
        for run in ours:
            instance.delete_run(run.run_id)
    told["runs"] = len(ours)
    _remove_files(home, [run.run_id for run in ours])
    for database in sorted(home.rglob("*.db")):
        told.update(_clean(database, home, name, snapshots))
    return +told


def is_ours(run: DagsterRun, name: str) -> bool:
    """By the name of its job; a run started by hand in the UI is ours when an asset of the migration is in it."""
    jobs = {f"{name}_{stage}{target}" for stage in _STAGES for target in _TARGETS}
    if run.job_name in jobs:
        return True
    keys = {key.path[0] for key in run.asset_selection or ()}
    keys |= {check.asset_key.path[0] for check in run.asset_check_selection or ()}
    # one that took everything took this migration, too
    return name in keys or (run.job_name.startswith("__") and not keys)


def _snapshots(instance: DagsterInstance, runs: Iterable[DagsterRun]) -> set[str]:
    found: set[str | None] = set()
    for run in runs:
        found |= {run.job_snapshot_id, run.execution_plan_snapshot_id}
        if run.job_snapshot_id and instance.has_job_snapshot(run.job_snapshot_id):
            lineage = instance.get_job_snapshot(run.job_snapshot_id).lineage_snapshot
            found.add(lineage.parent_snapshot_id if lineage else None)
    return {snapshot for snapshot in found if snapshot}


def _remove_files(home: Path, run_ids: Iterable[str]) -> None:
    for run_id in run_ids:
        for path in (home / "history" / "runs").glob(f"{run_id}.db*"):
            path.unlink()
        shutil.rmtree(home / "storage" / run_id, ignore_errors=True)


def _clean(database: Path, home: Path, name: str, snapshots: set[str]) -> Counter[str]:
    rows = _ROWS.get(database.relative_to(home).as_posix(), {})
    counts: Counter[str] = Counter()
    bound = {"name": name, "pool": f"migration_{name}"}
    try:
        with closing(sqlite3.connect(database, timeout=5, isolation_level=None)) as connection:
            tables = {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}
            for table, condition in rows.items():
                if table in tables:
                    done = connection.execute(f"delete from {table} where {condition}", bound)
                    counts[table] += done.rowcount
            if "snapshots" in tables:
                for snapshot in snapshots:
                    done = connection.execute("delete from snapshots where snapshot_id = ?", (snapshot,))
                    counts["snapshots"] += done.rowcount
            # what was deleted stays in free pages and in the log until both are written anew
            connection.execute("vacuum")
            connection.execute("pragma wal_checkpoint(truncate)")
    except sqlite3.OperationalError as fault:
        raise UnreachableError(
            f"Dagster's history cannot be rewritten ({fault})",
            where=str(database),
            mend="stop `hd-assets ui` and running commands, then start this again; what is deleted stays so",
        ) from fault
    return +counts

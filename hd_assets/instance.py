"""Dagster's own home below `$HD_HOME`: its settings, and the persistent instance every command records into."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hd_assets.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

# max_concurrent_runs stands in `concurrency`: beside that block the coordinator refuses it in its own config.
DAGSTER_YAML = """\
# Written by hd-assets; your own changes are kept.
telemetry: {enabled: false}
nux: {enabled: false}
run_coordinator:
  module: dagster._core.run_coordinator
  class: QueuedRunCoordinator
  config: {dequeue_interval_seconds: 1}
concurrency:
  runs: {max_concurrent_runs: 6}
  pools: {granularity: run, default_limit: 1}
"""


def prepare_home(settings: Settings) -> Path:
    """Create DAGSTER_HOME with our settings unless they are there; returns the folder."""
    folder = settings.dagster_home
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "dagster.yaml"
    if not file.exists():
        file.write_text(DAGSTER_YAML, encoding="utf-8")
    return folder


def child_environment(settings: Settings) -> dict[str, str]:
    """Environment of a process of Dagster's own that shall see the same stores as this one."""
    # its processes all start at once: none of them may be the first to lay the tables
    with open_instance(settings):
        pass
    return {
        **os.environ,
        "DAGSTER_HOME": str(prepare_home(settings)),
        "HD_HOME": str(settings.home),
        "HD_MAPPINGS": str(settings.mappings),
        "HD_SIMULATOR_URL": settings.simulator_url,
        "DAGSTER_DISABLE_TELEMETRY": "yes",
    }


@contextmanager
def open_instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """The persistent Dagster instance; what runs in it shows up in the web page."""
    folder = prepare_home(settings)
    with _opened(folder) as instance:
        yield instance


def _opened(folder: Path) -> dg.DagsterInstance:
    import dagster as dg

    # Dagster lays its tables on first use and fails when two processes do so at once
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        instance = dg.DagsterInstance.from_config(str(folder))
        _ = instance.run_storage, instance.event_log_storage, instance.schedule_storage
    return instance

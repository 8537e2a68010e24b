"""The frame every step runs in: its window, its resources, and failures a person can mend."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import NoReturn

import dagster as dg
import duckdb
from pydantic import ValidationError

from hd_assets.assembly import listening
from hd_assets.assembly.names import Names
from hd_assets.assembly.progress import StepProgress
from hd_assets.assembly.run_options import RESOURCE, RunOptions
from hd_assets.errors import HdError
from hd_assets.mapping import Migration
from hd_assets.partitions import EVERYTHING, Window, next_month
from hd_assets.settings import Settings, Stores
from hd_assets.warehouse import Warehouse

PARTITION = "dagster/partition"
RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"

AnyContext = dg.AssetExecutionContext | dg.AssetCheckExecutionContext


@dataclass(frozen=True)
class Plant:
    """What the steps of one migration share; no connections, no secrets."""

    migration: Migration
    settings: Settings
    names: Names

    @property
    def stores(self) -> Stores:
        return self.settings.stores(self.migration.name)

    @property
    def resources(self) -> set[str]:
        return {self.names.warehouse, RESOURCE}

    def warehouse(self, context: AnyContext) -> Warehouse:
        warehouse: Warehouse = getattr(context.resources, self.names.warehouse)
        return warehouse

    def options(self, context: AnyContext) -> RunOptions:
        options: RunOptions = getattr(context.resources, RESOURCE)
        return options


@dataclass
class Step:
    """One running step. `stop` is set when the step is terminated; worker threads watch it."""

    progress: StepProgress
    stop: threading.Event = field(default_factory=threading.Event)


@contextmanager
def running(context: dg.AssetExecutionContext, asset: dg.AssetKey) -> Iterator[Step]:
    """Frame of an asset's step: expected failures become `dg.Failure`, termination stops the workers."""
    listener = listening.current()
    label = asset.to_user_string()
    step = Step(StepProgress(context, asset, listener))
    listener.begun(label)
    try:
        with mendable():
            yield step
    except BaseException:
        step.stop.set()
        raise
    finally:
        listener.ended(label)


@contextmanager
def mendable() -> Iterator[None]:
    """Turn failures into `dg.Failure` with what, where and mend; messages that may hold row values are cut."""
    try:
        yield
    except HdError as fault:
        fail(fault)
    except ValidationError as fault:
        # pydantic's own text quotes the value, which may be a body or an address
        places = sorted({f"{'.'.join(map(str, error['loc']))} ({error['type']})" for error in fault.errors()})
        fail(
            HdError(
                f"{fault.error_count()} value(s) do not fit {fault.title}: {', '.join(places)}",
                where=f"the staging table of {fault.title}",
                mend="correct the SQL file that fills it; a column must keep its declared type",
            )
        )
    except duckdb.Error as fault:
        from hd_assets.staging.runner import harmless

        fail(HdError(harmless(fault), where="the warehouse", mend="see the SQL this step runs, then run it again"))


def fail(fault: HdError) -> NoReturn:
    """Raise `dg.Failure` for an expected failure; a rerun alone cannot help, so Dagster must not retry."""
    raise dg.Failure(
        str(fault),
        metadata={"what": fault.what, "where": fault.where, "mend": fault.mend, "exit_code": fault.exit_code},
        allow_retries=False,
    ) from None


def run_window(context: AnyContext) -> Window:
    """The months of this run; everything when it has none.

    Read from the run's tags: in a run with partitions Dagster gives an unpartitioned asset no time window, but its
    checks and the gate still must look at the same months as the rest of the run.
    """
    tags = context.run.tags
    first = tags.get(RANGE_START) or tags.get(PARTITION)
    last = tags.get(RANGE_END) or tags.get(PARTITION)
    if not first or not last:
        return EVERYTHING
    return Window(date.fromisoformat(first), next_month(date.fromisoformat(last)))

"""Finds the generator of a source by its name, so that nothing here lists sources."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Protocol, cast

from hd_assets.errors import UsageError
from hd_assets.samples.report import SampleReport


class Generator(Protocol):
    """What `hd_assets.samples.<source>` offers as `write`."""

    def __call__(self, directory: Path, *, tickets: int, seed: int) -> SampleReport: ...


def generator(source: str) -> Generator:
    """The generator of a source. Raises UsageError when there is none."""
    module = None
    name = f"hd_assets.samples.{source}"
    if re.fullmatch(r"[a-z][a-z0-9_]*", source):
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
    write = getattr(module, "write", None)
    if write is None or not hasattr(module, "__path__"):
        raise UsageError(
            f"no sample generator for the source {source!r}",
            where="--source",
            mend="name a source that has a package under hd_assets/samples",
        )
    return cast(Generator, write)


def write(source: str, directory: Path, tickets: int, seed: int) -> SampleReport:
    """Write a sample helpdesk of `tickets` tickets in the native form of `source` into `directory`."""
    return generator(source)(directory, tickets=tickets, seed=seed)

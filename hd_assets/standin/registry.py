"""Finds the local server that behaves like a source, by the source's name; a source that is a file needs none."""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import cast

from hd_assets.errors import UsageError


def standing_in(source: str, directory: Path, port: int = 0) -> AbstractContextManager[dict[str, str]]:
    """Serve the sample in `directory` as its source would; gives the variables that lead to it.

    No variables where the source has no stand-in.
    """
    try:
        return open_standin(source, directory, port)
    except UsageError:
        return nullcontext({})


def open_standin(source: str, directory: Path, port: int = 0) -> AbstractContextManager[dict[str, str]]:
    """The same, with UsageError when the source has no stand-in. Port 0 takes a free one."""
    name = f"hd_assets.standin.{source}"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise UsageError(
            f"there is no stand-in for the source {source!r}",
            where="SOURCE",
            mend="its sample is read from files; `hd-assets sample-data` names the variables",
        ) from None
    return cast(AbstractContextManager[dict[str, str]], module.stand_in(directory, port))

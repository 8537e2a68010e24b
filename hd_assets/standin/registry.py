"""Finds the local server that behaves like a source, by the source's name; a source that is a file needs none."""

from __future__ import annotations

import importlib
import importlib.util
import re
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import cast

from hd_assets.errors import UsageError


def has_standin(source: str) -> bool:
    return (
        re.fullmatch(r"[a-z][a-z0-9_]*", source) is not None and importlib.util.find_spec(_module(source)) is not None
    )


def standing_in(source: str, directory: Path) -> AbstractContextManager[dict[str, str]]:
    """Serve the sample in `directory` as its source would; no variables where the source needs no server."""
    return open_standin(source, directory) if has_standin(source) else nullcontext({})


def open_standin(source: str, directory: Path, port: int = 0) -> AbstractContextManager[dict[str, str]]:
    """Serve a sample; gives the variables that lead to it. Port 0 takes a free one. UsageError without a stand-in."""
    if not has_standin(source):
        raise UsageError(
            f"there is no stand-in for the source {source!r}",
            where="SOURCE",
            mend="its sample is read from files; `hd-assets sample-data` names the variables",
        )
    module = importlib.import_module(_module(source))
    return cast(AbstractContextManager[dict[str, str]], module.stand_in(directory, port))


def _module(source: str) -> str:
    return f"hd_assets.standin.{source}"

"""Sources are found by name: `hd_assets.extract.<source>` with `SOURCE`, `ENTITIES`, `VARIABLES` and
`open_from_environment`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any, cast

import hd_assets.extract as package
from hd_assets.errors import UsageError
from hd_assets.extract.base import Entity, Extractor, Variable


def sources() -> tuple[str, ...]:
    """Names of the sources this installation can read."""
    packages = [module.name for module in pkgutil.iter_modules(package.__path__) if module.ispkg]
    return tuple(sorted(name for name in packages if getattr(_load(name), "SOURCE", None) == name))


def open_extractor(source: str, env: Mapping[str, str], options: Mapping[str, Any] | None = None) -> Extractor:
    """The extractor of a source, its credentials taken from `env`, its settings from the mapping's source options.

    UsageError when there is no such source or its variables are not set. Connects to nothing yet.
    """
    return cast(Extractor, _known(source).open_from_environment(env, dict(options or {})))


def entities(source: str) -> tuple[Entity, ...]:
    """Every entity the source delivers, known without opening it. UsageError when there is no such source."""
    return cast(tuple[Entity, ...], _known(source).ENTITIES)


def variables(source: str) -> tuple[Variable, ...]:
    """The environment variables the source reads. UsageError when there is no such source."""
    return cast(tuple[Variable, ...], _known(source).VARIABLES)


def _known(source: str) -> Any:
    if source not in sources():
        raise UsageError(
            f"there is no source called {source!r}",
            where="source of the mapping, or --source",
            mend=f"use one of: {', '.join(sources())}",
        )
    return _load(source)


def _load(name: str) -> Any:
    return importlib.import_module(f"{package.__name__}.{name}")

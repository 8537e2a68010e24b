"""iTop as a source: its web service `core/get`, with an account that sees everything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hd_assets.errors import UsageError
from hd_assets.extract.base import Extractor, Variable
from hd_assets.extract.itop.classes import ENTITIES
from hd_assets.extract.itop.extractor import ItopExtractor
from hd_assets.extract.itop.options import ItopOptions, from_variables

__all__ = ["ENTITIES", "SOURCE", "VARIABLES", "ItopExtractor", "ItopOptions", "open_from_environment"]

SOURCE = "itop"
VARIABLES = (
    Variable(name="ITOP_URL", meaning="the page where people log in, https://host/path", choice="address"),
    Variable(name="ITOP_USER", meaning="login of an account with Administrator and REST Services User", choice="login"),
    Variable(name="ITOP_PASSWORD", meaning="its password", choice="secret"),
    Variable(name="ITOP_TOKEN", meaning="its token, where the module authent-token is installed", choice="secret"),
)
_OPTIONS = {"login": str, "window_rows": int}


def open_from_environment(env: Mapping[str, str], source_options: dict[str, Any]) -> Extractor:
    """From variables and the mapping's source options `login` (basic, form, token) and `window_rows`.

    UsageError for any other option or type. Connects to nothing yet.
    """
    for name, value in source_options.items():
        if name not in _OPTIONS or not isinstance(value, _OPTIONS[name] | None):
            known = ", ".join(f"{option} ({kind.__name__})" for option, kind in _OPTIONS.items())
            raise UsageError(
                f"the source option {name!r} cannot be used",
                where="source options of the mapping",
                mend=f"known options: {known}",
            )
    return ItopExtractor(from_variables(env, **{name: value for name, value in source_options.items() if value}))

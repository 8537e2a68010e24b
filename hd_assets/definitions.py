"""What Dagster loads: all migrations of the mappings folder. Importing this reads nothing; loading it does."""

from __future__ import annotations

import dagster as dg


@dg.definitions
def definitions() -> dg.Definitions:
    """Read the mappings and assemble assets, checks, jobs and resources."""
    from hd_assets.assembly.migration import build_all
    from hd_assets.settings import Settings

    return build_all(Settings.from_environment())

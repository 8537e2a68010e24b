"""What a person may choose for a run: typed once, read by every step."""

from __future__ import annotations

import dagster as dg
from pydantic import Field

RESOURCE = "run_options"


class RunOptions(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Target, permission to write and a narrower selection; nothing here is secret."""

    target: str = Field("simulator", description="Workspace to write to: simulator, test or production.")
    execute: bool = Field(False, description="False: plan and stop. True: send the planned operations.")
    send_drift: bool = Field(False, description="True: also send what only a changed mapping or newer rules differ in.")
    delta: bool = Field(False, description="True: read only what changed since the last extraction, if the source can.")
    only: list[str] = Field(default_factory=list, description="Source ids to publish; empty means all.")


def run_config(options: RunOptions) -> dict[str, object]:
    """Run configuration that gives a run these options."""
    return {"resources": {RESOURCE: {"config": options.model_dump()}}}

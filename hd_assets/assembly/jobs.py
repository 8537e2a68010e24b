"""The jobs a person launches, from the web page or through the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import dagster as dg

from hd_assets.assembly.names import SIMULATOR, Names
from hd_assets.assembly.publish import THREAD_OBJECTS
from hd_assets.assembly.run_options import RunOptions, run_config
from hd_assets.assembly.steps import Plant

Job = dg.JobDefinition
RECORDS = ("workspace", "companies", "contacts", "articles")
TO_A_TARGET = ("plan", "publish", "reconcile", "deliver")


def selections(
    names: Names, raw: Iterable[str], staged: Sequence[str], documents: Iterable[str]
) -> dict[str, list[dg.AssetKey]]:
    """Job → assets. Publishing plans first: what it sends is what the plan of the same run shows."""
    return {
        "discover": [names.mapping, *names.keys("raw", (*raw, "discovery")), names.key("audit", "scope")],
        "stage": names.keys("staging", staged),
        "plan": [names.key("publish", "plan")],
        "publish": names.keys("publish", ("plan", *RECORDS, *THREAD_OBJECTS)),
        "reconcile": names.keys("audit", ("reconciliation", "certificate")),
        "deliver": names.keys("audit", ("scope", "lineage", *documents, "deliverables")),
    }


def jobs(
    plant: Plant, raw: Iterable[str], staged: Sequence[str], documents: Iterable[str]
) -> list[dg.UnresolvedAssetJobDefinition]:
    """Five stages and the documents; what concerns a target exists once for each target of the mapping.

    Target and permission are baked in, so that a backfill over months needs no typed configuration, and a person
    reads in the job's name which workspace it writes to.
    """
    found = []
    targets = sorted({SIMULATOR, *(str(name) for name in plant.migration.mapping.targets)})
    for stage, keys in selections(plant.names, raw, staged, documents).items():
        for target in targets if stage in TO_A_TARGET else (SIMULATOR,):
            options = RunOptions(target=target, execute=stage == "publish", send_drift=False, delta=False)
            found.append(
                dg.define_asset_job(
                    plant.names.job(stage, target),
                    selection=dg.AssetSelection.assets(*keys),
                    config=run_config(options) if stage in TO_A_TARGET else None,
                    description=_DESCRIPTIONS[stage].format(target=target),
                    tags={"migration": plant.migration.name, "target": target} if stage in TO_A_TARGET else None,
                )
            )
    return found


_DESCRIPTIONS = {
    "discover": "Reads the mapping, the whole source into raw, and writes down what the installation holds.",
    "stage": "Fills the staging tables and judges them.",
    "plan": "Writes down what would be sent to {target}; sends nothing.",
    "publish": "Plans and SENDS to {target}, for the chosen months.",
    "reconcile": "Reads back from {target} and compares field by field.",
    "deliver": "Writes the documents people receive, as they stand with {target}; sends nothing.",
}

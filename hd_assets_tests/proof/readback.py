"""The product's own read-back of a finished workspace: does it tell what the checker sees?"""

from pathlib import Path

from hd_assets.partitions import EVERYTHING
from hd_assets.publish.context import open_context
from hd_assets.reconcile.compare import reconcile
from hd_assets.settings import Settings
from hd_assets.simulator.transport import SimulatorTransport
from hd_assets.warehouse import Warehouse
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.proof.machine import Disk
from hd_assets_tests.proof.world import World


def read_back(world: World, disk: Disk, folder: Path) -> dict[str, int]:
    """Object → records that differ, are missing, or are one too many. Nothing disturbs the reading."""
    world.set_faults((), seed=0)
    settings = Settings(folder, world.bench.mappings, world.bench.mappings, "http://simulator.invalid")
    path = settings.stores(MIGRATION).ledger("simulator")
    path.parent.mkdir(parents=True, exist_ok=True)
    disk.write(path)
    with open_context(
        settings,
        world.bench.migration(1),
        "simulator",
        environment={},
        transport=SimulatorTransport(world.simulator),
        clock=world.clock,
        exclusive=False,
    ) as context:
        context.warehouse = Warehouse.of(world.bench.readable)
        # a file that is open already costs the seventeen connections of a read-back next to nothing
        with context.warehouse.get_connection():
            found = reconcile(context, EVERYTHING)
    told = {name: result.differing + result.extra for name, result in found.by_object.items()}
    return {name: number for name, number in told.items() if number}

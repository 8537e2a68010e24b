"""Dagster forgets one migration and keeps its neighbours."""

import dagster as dg
import pytest

from hd_assets.errors import BlockedError, UsageError
from hd_assets.instance import open_instance
from hd_assets.publish.ledger import Ledger
from hd_assets.purge.history import forget, is_ours
from hd_assets.purge.run import look, purge
from hd_assets.settings import Settings


def settings_of(folder) -> Settings:
    (folder / "mappings").mkdir(exist_ok=True)
    return Settings.from_environment({"HD_HOME": str(folder / "home"), "HD_MAPPINGS": str(folder / "mappings")})


def run(settings: Settings, name: str, word: str) -> None:
    """A job of a migration that tells `word` in every way an asset can."""

    @dg.asset(
        key=[name, "raw", "ticket"],
        description=word,
        owners=["team:desk"],
        check_specs=[dg.AssetCheckSpec("fits", asset=[name, "raw", "ticket"])],
        pool=f"migration_{name}",
        partitions_def=dg.StaticPartitionsDefinition(["2024-01"]),
    )
    def ticket(context: dg.AssetExecutionContext):
        context.log.info(word)
        context.log_event(dg.AssetObservation([name, "raw", "ticket"], metadata={"seen": word}))
        return dg.MaterializeResult(
            metadata={"preview": word},
            check_results=[dg.AssetCheckResult(passed=True, check_name="fits", metadata={"told": word})],
        )

    job = dg.Definitions([ticket], jobs=[dg.define_asset_job(f"{name}_discover", tags={"said": word})])
    with open_instance(settings) as instance:
        done = job.resolve_job_def(f"{name}_discover").execute_in_process(instance=instance, partition_key="2024-01")
        assert done.success


def holding(home, word: str) -> list[str]:
    return [str(path) for path in home.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """`acme` and `acme_uk`, whose name begins like its neighbour's; `acme` is forgotten."""
    settings = settings_of(tmp_path_factory.mktemp("two"))
    run(settings, "acme", "PERSONALWORD")
    run(settings, "acme_uk", "NEIGHBOURWORD")
    assert holding(settings.home, "PERSONALWORD")
    return settings, forget(settings, "acme")


def test_no_byte_of_it_is_left(two):
    settings, told = two
    assert holding(settings.home, "PERSONALWORD") == []
    assert told["runs"] == 1
    assert told["snapshots"] >= 1


def test_the_neighbour_keeps_runs_assets_and_events(two):
    settings, _ = two
    with open_instance(settings) as instance:
        [kept] = instance.get_runs()
        assert kept.job_name == "acme_uk_discover"
        assert [key.path[0] for key in instance.all_asset_keys()] == ["acme_uk"]
        event = instance.get_latest_materialization_event(dg.AssetKey(["acme_uk", "raw", "ticket"]))
        assert event.asset_materialization.metadata["preview"].value == "NEIGHBOURWORD"
        assert instance.get_historical_job(kept.job_snapshot_id)
        assert any("NEIGHBOURWORD" in entry.user_message for entry in instance.all_logs(kept.run_id))


def test_forgetting_twice_finds_nothing_more(two):
    settings, _ = two
    assert not forget(settings, "acme")


def test_a_run_by_hand_is_ours_when_an_asset_of_ours_was_in_it():
    ours, theirs = dg.AssetKey(["acme", "raw", "ticket"]), dg.AssetKey(["other", "raw", "ticket"])
    for job, keys, wanted in [
        ("acme_publish_production", None, True),
        ("acme_uk_publish", None, False),
        ("__ASSET_JOB", {ours, theirs}, True),
        ("__ASSET_JOB", {theirs}, False),
        ("__ASSET_JOB", None, True),
    ]:
        made = dg.DagsterRun(job_name=job, run_id="1", asset_selection=frozenset(keys) if keys else None)
        assert is_ours(made, "acme") == wanted, job


def test_a_home_without_history_has_nothing_to_forget(tmp_path):
    assert not forget(settings_of(tmp_path), "acme")


@pytest.mark.parametrize("name", ["dagster", "demo", "receipts", "simulator", "..", "Acme", "a/b", ""])
def test_only_a_migration_can_be_purged(tmp_path, name):
    with pytest.raises(UsageError, match="is no migration"):
        look(settings_of(tmp_path), name)


def test_while_somebody_publishes_nothing_is_deleted(tmp_path):
    settings = settings_of(tmp_path)
    path = settings.stores("acme").ledger("production")
    with Ledger(path, "acme", "production", step="test"):
        found = look(settings, "acme")
        with pytest.raises(BlockedError, match="is publishing"):
            purge(settings, found, None)
    assert path.exists()
    assert not (settings.home / "receipts").exists()


def test_a_simulated_workspace_that_others_use_stays_unless_it_is_asked_for(tmp_path):
    settings = settings_of(tmp_path)
    for name in ("acme", "other"):
        with Ledger(settings.stores(name).ledger("simulator"), name, "simulator", step="test"):
            pass
    space = settings.home / "simulator" / "workspace.sqlite"
    space.parent.mkdir()
    space.write_bytes(b"people")
    found = look(settings, "acme")
    assert (found.shared, found.others) == ([space.parent], ["other"])
    purge(settings, found, None)
    assert space.exists()
    assert settings.stores("other").ledger("simulator").exists()
    assert not settings.stores("acme").root.exists()
    purge(settings, look(settings, "acme", with_simulator=True), None)
    assert not space.exists()

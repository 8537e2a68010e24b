"""Dagster's home is made once, however many processes come first."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from hd_assets.instance import open_instance
from hd_assets.settings import Settings

AT_ONCE, TRIES = 4, 3


def test_processes_that_start_at_once_on_an_empty_home_all_get_an_instance(tmp_path):
    """Without the lock about every second of these tries fails with a table that already exists."""
    for number in range(TRIES):
        settings, start = Settings.from_environment({"HD_HOME": str(tmp_path / str(number))}), Barrier(AT_ONCE)

        def opened(_: int, settings: Settings = settings, start: Barrier = start) -> int:
            start.wait()
            with open_instance(settings) as instance:
                return instance.get_runs_count()

        with ThreadPoolExecutor(AT_ONCE) as threads:
            assert list(threads.map(opened, range(AT_ONCE))) == [0] * AT_ONCE

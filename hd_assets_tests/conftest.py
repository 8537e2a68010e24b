"""How the suite is split over two workers."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Their session fixtures (a published home, a real installation) cost more than their tests: one worker builds them.
TOGETHER = {"acceptance", "assembly", "cli"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A folder that shares expensive fixtures stays on one worker, everything else a file at a time.

    First of all hooks, because xdist reads the groups in one of its own.
    """
    for item in items:
        parts = item.path.relative_to(HERE).parts
        item.add_marker(pytest.mark.xdist_group(parts[0] if parts[0] in TOGETHER else "/".join(parts)))

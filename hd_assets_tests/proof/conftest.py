import pytest

from hd_assets_tests.proof.schedules import Player
from hd_assets_tests.proof.scratch import scratch


@pytest.fixture(scope="session")
def player():
    """Plays schedules; what they share is made once."""
    with scratch() as folder:
        yield Player(folder)

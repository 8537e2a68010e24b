"""Sample data that lies beside the project while it is developed and is not part of a clone."""

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared_path(relative: str) -> Path:
    """Path below the shared folder; skips the calling test where the folder is absent."""
    path = SHARED / relative
    if not path.exists():
        pytest.skip("shared sample data is not part of a clone")
    return path

"""A local server that behaves like iTop 3.2, fed by recorded answers or by generated rows of the same form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hd_assets.standin.itop.server import ItopStandin
from hd_assets.standin.itop.store import Store
from hd_assets.standin.serving import StandinTransport, serving

__all__ = ["ItopStandin", "StandinTransport", "Store", "serving", "stand_in"]


@contextmanager
def stand_in(directory: Path, port: int = 0) -> Iterator[dict[str, str]]:
    """Serve the answers in `directory` on the loopback interface; gives the variable that names the address."""
    with serving(ItopStandin(Store.load(directory)), port=port) as url:
        yield {"ITOP_URL": url}

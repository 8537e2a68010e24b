"""A local server that behaves like the web API of Jitbit Helpdesk, fed by a generated helpdesk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hd_assets.standin.jitbit.manners import Manners
from hd_assets.standin.jitbit.server import WRITING, JitbitStandin, with_account
from hd_assets.standin.jitbit.store import Account, Store
from hd_assets.standin.serving import serving

__all__ = ["WRITING", "Account", "JitbitStandin", "Manners", "Store", "stand_in", "with_account"]


@contextmanager
def stand_in(directory: Path, port: int = 0) -> Iterator[dict[str, str]]:
    """Serve the helpdesk in `directory` on the loopback interface; gives the variables that name address and pace."""
    with serving(JitbitStandin(Store.load(directory)), port=port) as url:
        yield {"JITBIT_URL": f"{url}/helpdesk"}

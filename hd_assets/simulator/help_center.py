from __future__ import annotations

from hd_assets.simulator.wire import Route

ROUTES: tuple[Route, ...] = ()

from __future__ import annotations

from hd_assets.simulator.wire import Answer, Call


def page(call: Call, path: str) -> Answer:
    return Answer(200, {"content-type": "text/html; charset=utf-8"}, b"")

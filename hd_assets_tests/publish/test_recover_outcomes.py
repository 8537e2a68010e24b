"""What can become of a request: one table, for every status and every fault of a connection."""

import httpx
import pytest

from hd_assets.publish.outcomes import verdict_of_fault, verdict_of_status

REFUSED = {400, 404, 405, 413, 422}
STOPPING = {401, 403}
BY_KIND = {409, 410}


@pytest.mark.parametrize("status", range(100, 600))
def test_each_status_has_its_verdict(status):
    expected = (
        "done" if 200 <= status < 300
        else "not_sent" if status == 429
        else "refused" if status in REFUSED
        else "stop" if status in STOPPING
        else "by_kind" if status in BY_KIND
        else "unknown"
    )  # fmt: skip
    assert verdict_of_status(status) == expected


def faults():
    pending, found = [httpx.RequestError], set()
    while pending:
        kind = pending.pop()
        found.add(kind)
        pending += kind.__subclasses__()
    return sorted(found, key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", faults())
def test_only_a_connection_that_never_came_about_proves_that_nothing_was_sent(kind):
    never_left = {"ConnectError", "ConnectTimeout", "PoolTimeout"}
    assert verdict_of_fault(kind("broken")) == ("not_sent" if kind.__name__ in never_left else "unknown")

"""What a publish step tells when it is through."""

from __future__ import annotations

from hd_assets.publish.context import PublishContext
from hd_assets.publish.work import Tally

Outcome = dict[str, int]


def outcome(context: PublishContext, tally: Tally) -> Outcome:
    """`<object>.<outcome>` → number, and `requests`. Writes the request counts into the ledger."""
    counts = context.client.take_counts()
    if context.ledger.run_no:
        context.ledger.note_requests(counts)
    with tally.lock:
        told = {f"{object}.{what}": number for (object, what), number in sorted(tally.counts.items())}
    return {**told, "requests": sum(counts.values())}

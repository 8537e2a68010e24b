"""What nobody knows of the destination is tried both ways: nothing lost or doubled, or a refusal that is listed."""

import contextlib

import pytest

from hd_assets.errors import HdError
from hd_assets.model import Conversation, Part
from hd_assets.partitions import EVERYTHING
from hd_assets.reconcile.compare import reconcile
from hd_assets.simulator.faults import Fault, FaultPlan
from hd_assets.simulator.rules import Rules, marks
from hd_assets_tests.publish.checker import bare, read
from hd_assets_tests.publish.desk import FAST, desk, rows

# Every guessed rule with what it is not by default; a new guess fails the first test until it is tried here.
OTHER_WAYS = {
    "max_request_bytes": [2_000],
    "list_lag_seconds": [45.0],
    "tickets_in_conversation_lists": [False],
    "unknown_keys_refused": [True],
    "option_check": [False],
    "company_archive_seconds": [60.0],
    "contact_reply_reopens": [False],
    "contact_reply_needs_participant": [False],
    "admin_reply_reopens": [True],
    "admin_reply_assigns": [True],
    "reply_before_opening_refused": [True],
    "required_attribute_blocks_close": [True],
    "empty_file_refused": [False],
    "part_html": ["admins", "notes"],
    "inline_images": ["strip"],
    "parts_order": ["created"],
    "future_created_at_refused": [False],
    "tag_repeat_allowed": [False],
    "converted_conversation_readable": [False],
    "resolved_ticket_closes": [False],
    "convert_needs_required": [False],
    "convert_opening_is_part": [False],
    "collection_levels": [1],
    "unreachable_image": [r"."],
}
WAYS = [{}, *({name: value} for name, values in OTHER_WAYS.items() for value in values)]
LOST = (
    Fault(kind="applied_then_lost", route="POST /(conversations|contacts|companies)", every=7, times=4),
    Fault(kind="status_after", route="(convert|parts|PUT)", every=5, times=3),
    Fault(kind="late_apply", seconds=1.0, route="reply$", every=6, times=2),
)
LEFT = "select kind, external_id from operations where state not in ('applied', 'skipped')"


def test_every_guess_is_tried_both_ways():
    guessed = {name for name, mark in marks().items() if mark == "guessed"}
    assert set(OTHER_WAYS) == guessed
    usual = Rules()
    assert not [name for name, values in OTHER_WAYS.items() if getattr(usual, name) in values]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: "".join(f"{name}={value}" for name, value in way.items()))
def test_a_migration_holds_whichever_way_it_is(tmp_path, way):
    staged = rows(5)
    made = desk(tmp_path, staged, **way)
    with made.simulator:
        made.simulator.set_faults(FaultPlan(seed=1, faults=LOST))
        # a refusal says what to do and leaves the rest listed
        with contextlib.suppress(HdError):
            made.publish()
        made.simulator.set_faults(FaultPlan())
        with made.context() as context:
            left = {external for _, external in context.books.rows(LEFT)}
            reconcile(context, EVERYTHING)
        # what is there is counted as a plain workspace shows it
        made.simulator.rules = FAST
        assert unexplained(made, staged, left) == []


def unexplained(made, staged, left):
    """Conversations and parts that are lost without being listed, or there more than once."""
    found, said = read(made), []
    heads = {row.external_id: row for row in staged if isinstance(row, Conversation)}
    parts = [row for row in staged if isinstance(row, Part) and not row.is_opening]
    for key, head in heads.items():
        copies = found.get(key, [])
        if len(copies) > 1 or (not copies and key not in left):
            said.append(f"{key}: {len(copies)} copies")
        for doc in copies:
            shown = [
                p for p in doc["conversation_parts"]["conversation_parts"] if p["part_type"] in ("comment", "note")
            ]
            wanted = {part.external_id: int(part.sent_at.timestamp()) for part in parts if part.conversation == key}
            times = [part["created_at"] for part in shown]
            lost = [name for name, at in wanted.items() if times.count(at) == 0 and name not in left]
            doubled = [at for at in set(times) if times.count(at) > 1]
            said += [f"{name} is lost" for name in lost] + [f"{key}: {at} stands twice" for at in doubled]
            said += [f"{key}: {at} is nobody's" for at in times if at not in wanted.values()]
        assert head.external_id == key
    return said + [f"{key} is nobody's" for key in found if key not in heads and key not in _openings(heads, left)]


def _openings(heads, left):
    """A conversation whose attributes were refused bears no id; it is told by its opening."""
    return {f"?{bare(head.opening_text)}" for key, head in heads.items() if left}

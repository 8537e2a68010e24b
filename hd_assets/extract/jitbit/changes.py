"""What changed since an earlier reading, and what is gone.

Tickets tell when they changed; that a new comment, a tag or a value of a field moves that time is a guess. Nothing else
tells, so the rest is read anew. What is gone leaves no trace, and is found by comparing ids.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from hd_assets.extract.base import RawSink
from hd_assets.extract.jitbit.answers import KEYS
from hd_assets.extract.jitbit.asking import Asking
from hd_assets.extract.jitbit.tickets import TICKET_ID, Tickets

OF_TICKETS = {
    "comment": "ticket_id", "ticket_tag": "ticket_id", "ticket_custom_field_value": "ticket_id",
    "attachment": "ticket_id", "subticket": "parent_id", "linked_ticket": "ticket_id", "subscriber": "ticket_id",
    "time_entry": "ticket_id",
}  # fmt: skip
"""Raw tables whose rows belong to a ticket, and the column that says to which."""
_OTHER_END = {"subticket": "child_id", "linked_ticket": "linked_id"}
_READ_ANEW = (
    "user", "company", "department", "section", "category", "category_technician", "custom_field_category",
    "custom_field_option", "tag", "user_custom_field_value", "company_custom_field_value", "comment_template",
    "automation_rule", "article_category", "article", "article_attachment", "asset", "asset_field_value", "asset_user",
    "asset_ticket",
)  # fmt: skip
"""Not `custom_field` and `status`: some are known from single tickets only."""
_CALLS = {
    "tag": "Tags", "comment_template": "CommentTemplates", "user_custom_field_value": "UserCustomFields",
    "company_custom_field_value": "CompanyCustomFields", "category_technician": "TechsForCategory",
    "custom_field_category": "CustomFieldsForCategory", "article": "Articles", "article_category": "Articles",
    "article_attachment": "Articles", "asset": "Assets", "asset_field_value": "Asset", "asset_user": "Asset",
    "asset_ticket": "Asset", "linked_ticket": "LinkedTickets", "subscriber": "Subscribers",
    "time_entry": "TimeSpentLog", "subticket": "SubTickets",
}  # fmt: skip
"""Where a call stopped to answer, what it told before stays."""


class Changes:
    """One reading of what changed."""

    def __init__(self, asking: Asking, tickets: Tickets, since: datetime) -> None:
        self._asking, self._tickets, self._since = asking, tickets, since.astimezone(UTC).date()

    def everything(self) -> None:
        into, spool = self._asking.into, self._asking.spool
        self._tickets.read_changed(self._since)
        known = {id for (id,) in into.known("ticket")}
        there = self._tickets.ids()
        if there - known - self._tickets.seen.keys():  # old ones that were not to be seen before
            for window in self._tickets.list.all_windows():
                self._tickets.read_new([one for one in window if one.id(*TICKET_ID) not in known])
        # whether the list shows every subticket is not known, so that being unlisted proves nothing
        self._tickets.read_by_id((known | self._tickets.seen.keys()) - there)
        gone = known & self._tickets.gone
        into.gone("ticket", ((id,) for id in gone))
        touched = gone | self._tickets.seen.keys()
        for entity, column in OF_TICKETS.items():
            if not self._is_told(entity):
                continue
            lost = _keys_of(entity, column, touched, into) | _keys_of(entity, _OTHER_END.get(entity), gone, into)
            self._gone(entity, lost - spool.keys(entity))
        for entity in _READ_ANEW:
            if self._is_told(entity):
                self._gone(entity, set(into.known(entity)) - spool.keys(entity))

    def _gone(self, entity: str, keys: set[tuple[str, ...]]) -> None:
        into = self._asking.into
        if entity in ("attachment", "article_attachment"):
            files = {row[-1:] for row in into.known(entity, (*KEYS[entity], "file_id")) if row[:-1] in keys}
            into.gone("file_bytes", files - self._asking.spool.keys("file_bytes"))
        into.gone(entity, keys)

    def _is_told(self, entity: str) -> bool:
        return self._asking.has(_CALLS.get(entity, ""))


def _keys_of(entity: str, column: str | None, tickets: Collection[str], into: RawSink) -> set[tuple[str, ...]]:
    """Keys of the rows of earlier readings that name one of the tickets in the column."""
    if column is None:
        return set()
    return {tuple(row[:-1]) for row in into.known(entity, (*KEYS[entity], column)) if row[-1] in tickets}

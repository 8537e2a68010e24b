"""Tickets: found in windows of days, read one by one, proven complete by Jitbit's own count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from hd_assets.errors import SourceError
from hd_assets.extract.jitbit.answers import Fields, listed, plain_row
from hd_assets.extract.jitbit.asking import Asking
from hd_assets.extract.jitbit.attached import Files
from hd_assets.extract.jitbit.calls import Call
from hd_assets.extract.jitbit.client import MissingError
from hd_assets.extract.jitbit.options import JitbitApiOptions

_FIRST_DAY = date(2000, 1, 1)  # older than the product
_BEFORE = date(1990, 1, 1)
_DAY = timedelta(days=1)
TICKET_ID = ("TicketID", "IssueID")
_PASSES = 3
_PERSON = {
    "user_name": "Username", "first_name": "FirstName", "last_name": "LastName", "email": "Email",
    "company_id": "CompanyID", "company_name": "CompanyName",
}  # fmt: skip


class TicketList:
    """Pages of the list. Its order is not documented, and pages of a list that moves lose rows: whatever does not fit
    into one page is asked for again in windows half as long, down to two days."""

    def __init__(self, asking: Asking, page_rows: int) -> None:
        self._asking, self._page_rows = asking, page_rows
        self._known: dict[str, bool] = {}

    def all_windows(self) -> Iterator[list[Fields]]:
        """Every ticket by the day it was made, windows in order. A ticket may come twice."""
        yield from self._in_windows("date", _FIRST_DAY)

    def updated_windows(self, since: date) -> Iterator[list[Fields]]:
        """Tickets changed on that day or later; only days are documented."""
        yield from self._in_windows("updated", since)

    def in_one_list(self) -> Iterator[list[Fields]]:
        """Every ticket without a window, those of impossible dates among them."""
        yield from self._pages({})

    def _in_windows(self, kind: str, first: date) -> Iterator[list[Fields]]:
        return self._windows(kind, first, self._tomorrow()) if self._knows(kind) else self._pages({})

    def _knows(self, kind: str) -> bool:
        """Whether the server heeds the days it is given: one that does not would give every ticket in every window."""
        if kind not in self._known:
            asked = {f"{kind}From": _BEFORE.isoformat(), f"{kind}To": (_BEFORE + _DAY).isoformat()}
            self._known[kind] = not self._page(asked, 0)
            if not self._known[kind]:
                self._asking.into.warn(f"the list of tickets does not heed {kind}From and {kind}To, and is read whole")
        return self._known[kind]

    def _tomorrow(self) -> date:
        return self._asking.client.today.date() + 2 * _DAY  # clocks and zones differ by a day at most

    def _windows(self, kind: str, first: date, last: date) -> Iterator[list[Fields]]:
        asked = {f"{kind}From": first.isoformat(), f"{kind}To": last.isoformat()}
        page = self._page(asked, 0)
        if not page:
            return
        if not self._page(asked, len(page)):
            yield page
        elif last - first <= _DAY:
            yield from self._pages(asked)
        else:
            # both halves hold the day between: whether the last day of a window belongs to it is not documented
            middle = first + (last - first) // 2
            yield from self._windows(kind, first, middle)
            yield from self._windows(kind, middle, last)

    def _pages(self, asked: dict[str, str]) -> Iterator[list[Fields]]:
        """By the number received until an empty page: a server may give fewer than asked for on every page."""
        offset = 0
        while page := self._page(asked, offset):
            yield page
            offset += len(page)

    def _page(self, asked: dict[str, str], offset: int) -> list[Fields]:
        whole = {**asked, "includeCustomFields": "true", "count": str(self._page_rows), "offset": str(offset)}
        return listed(self._asking.client.get(Call("Tickets", whole)), "Tickets")


class Tickets:
    """Reads tickets with all that hangs on them; `seen` maps each id to the time of change its rows show,
    `gone` are those that were listed and are no more."""

    def __init__(self, asking: Asking, files: Files, options: JitbitApiOptions) -> None:
        self._asking, self._files, self._options = asking, files, options
        self.list = TicketList(asking, options.page_rows)
        self.seen = asking.spool.finished()
        self.gone: set[str] = set()
        self._total: int | None = None

    def everything(self) -> None:
        """Count first: a reading takes hours, and whether it can be complete is known after minutes.

        SourceError when fewer tickets are listed than Jitbit counts.
        """
        began = self._asking.client.today.date()
        before = set(self.seen)
        expected = self.ids()
        self._total = len(expected)
        for window in self.list.all_windows():
            self.read_new(window)
        # outside of every window or no longer listed; and what an earlier reading that broke off saw and no list shows
        self.read_by_id((expected - self.seen.keys() - self.gone) | (before - expected))
        for _ in range(_PASSES):
            if not self.read_changed(began - _DAY):
                break

    def ids(self) -> set[str]:
        """Every ticket there is. SourceError when fewer are listed than Jitbit counts."""
        found: set[str] = set()
        for number in range(_PASSES):
            before = len(found)
            for window in self.list.in_one_list() if number == 1 else self.list.all_windows():
                found.update(one.id(*TICKET_ID) for one in window)
            total = self.total()
            if len(found) >= total if total is not None else number and len(found) == before:
                break
        self._prove(total, len(found))
        return found

    def total(self) -> int | None:
        """How many tickets the account may see by Jitbit's own count; None where it does not tell."""
        answer = self._asking.optional(Call("Stats"))
        if answer is None:
            return None
        told = Fields(answer, "Stats")
        self._asking.spool.put(
            "statistic",
            [plain_row("statistic", name=name, value=str(value)) for name, value in sorted(told.plain().items())],
        )
        total = told.get("TotalTickets")
        return total if isinstance(total, int) and not isinstance(total, bool) else None

    def _prove(self, total: int | None, found: int) -> None:
        if total is None:
            self._asking.into.warn(f"Jitbit does not count its tickets; {found} were found in two passes that agree")
        elif found < total and not self._options.count_must_agree:
            self._asking.into.warn(f"{found} tickets were found, Jitbit counts {total}; count_must_agree is off")
        elif found < total:
            raise SourceError(
                f"{found} of {total} tickets were found in {_PASSES} passes",
                where=f"{self._asking.client.place}, Tickets",
                mend="extract again while nobody works with the helpdesk; if it stays, use the account of an"
                " administrator that sees every category, or find out what Stats counts besides and set the source"
                " option count_must_agree: false",
            )
        elif found > total:
            self._asking.into.warn(f"{found} tickets were found, Jitbit counts {total}; some may be gone meanwhile")

    def read_new(self, found: list[Fields]) -> int:
        """Read tickets not read yet as they are now, and their subtickets below; how many there were."""
        waiting = {one.id(*TICKET_ID): one for one in found}
        done: set[str] = set()
        while waiting:
            id, one = waiting.popitem()
            if id in done or id in self.gone or self._is_read(id, one):
                continue
            self._forget(id)
            done.add(id)
            for child in self.read_one(id, one):
                waiting.setdefault(child.id(*TICKET_ID), child)
        return len(done)

    def read_by_id(self, ids: Iterable[str]) -> None:
        """Read tickets the lists do not show; those there are no more are in `gone`."""
        for id in sorted(ids):
            self._forget(id)
            self.read_new([Fields({TICKET_ID[0]: id}, "Tickets")])

    def read_changed(self, since: date) -> int:
        """Read what changed since that day and was not read as it is now; how many there were."""
        return sum(self.read_new(window) for window in self.list.updated_windows(since))

    def _is_read(self, id: str, summary: Fields) -> bool:
        """Lists are compared with lists: whether a record writes its time of change alike is not known."""
        changed = self._changed(summary)
        return id in self.seen and (changed is None or self.seen[id] == changed)

    def _changed(self, told: Fields) -> str | None:
        return self._asking.shaper.text(told.get("LastUpdated"))

    def _forget(self, id: str) -> None:
        self._asking.spool.forget(id)
        self.seen.pop(id, None)

    def read_one(self, id: str, summary: Fields) -> list[Fields]:
        """All rows of one ticket; gives its subtickets."""
        asking = self._asking
        answer = asking.client.found(Call("Ticket", {"id": id}))
        if answer is None:
            self.gone.add(id)
            return []
        detail = Fields(answer, "Ticket")
        ticket = detail.over(summary)
        comments = self._comments(id)
        if comments is None:
            self.gone.add(id)
            return []
        children = self._children(id, summary)
        parent = {} if ticket.has("HasChildren") else {"has_children": "true" if children else "false"}
        asking.keep("ticket", [ticket], id, ticket_id=id, **parent, **self._people(ticket))
        self._status(ticket)
        asking.keep("comment", comments, id, ticket_id=id)
        tags = detail.many("Tags")
        asking.keep("ticket_tag", tags, id, ticket_id=id)
        asking.spool.put_new("tag", (asking.shaper.row("tag", tag) for tag in tags))  # for versions without the call
        self._fields(id, detail, summary)
        bodies = [asking.shaper.text(one.get("Body")) for one in (detail, *comments)]
        self._files.of_ticket(id, detail, comments, bodies)
        self._others(id)
        self.seen[id] = self._changed(summary) or self._changed(detail)
        asking.spool.finish(id, self.seen[id])
        asking.into.advance(len(self.seen), self._total, "tickets")
        return children

    def _comments(self, id: str) -> list[Fields] | None:
        """None when the ticket went meanwhile; a ticket without the call would lose its comments, hence the error."""
        client, call = self._asking.client, Call("Comments", {"id": id})
        try:
            return listed(client.get(call), call.name)
        except MissingError:
            if client.found(Call("Ticket", {"id": id})) is None:
                return None
            raise

    def _people(self, ticket: Fields) -> dict[str, str | None]:
        """Names the list gives and the record only inside of what it tells about people."""
        text = self._asking.shaper.text
        given = {}
        if isinstance(held := ticket.get("SubmitterUserInfo"), dict):
            submitter = Fields(held, "Ticket")
            for column, name in _PERSON.items():
                if ticket.get(column.replace("_", "")) is None:
                    given[column] = text(submitter.get(name))
        if ticket.get("Technician") is None and isinstance(held := ticket.get("AssigneeUserInfo"), dict):
            given["technician"] = text(Fields(held, "Ticket").get("Username"))
        return given

    def _status(self, ticket: Fields) -> None:
        """The API has no list of statuses: each is known from the tickets that have it."""
        text = self._asking.shaper.text
        row = plain_row(
            "status",
            status_id=text(ticket.get("StatusID")),
            name=text(ticket.get("Status")),
            stops_time=text(ticket.get("StatusStopTimeSpent")),
        )
        if row[0] is not None:
            self._asking.keep_rows("status", [row])

    def _fields(self, id: str, detail: Fields, summary: Fields) -> None:
        """The list carries values where the version can, and they count while it is as young as the record."""
        if summary.has("CustomFields") and summary.get("LastUpdated") == detail.get("LastUpdated"):
            values = summary.many("CustomFields")
        else:
            values = self._asking.optional_list(Call("TicketCustomFields", {"id": id}))
        keep_values(self._asking, "ticket", id, values, owner=id)

    def _others(self, id: str) -> None:
        asking, options = self._asking, self._options
        if options.links:
            for one in asking.optional_list(Call("LinkedTickets", {"id": id})):
                row = plain_row("linked_ticket", ticket_id=id, linked_id=one.id(*TICKET_ID))
                asking.keep_rows("linked_ticket", [row], id)
        if options.subscribers:
            asking.keep("subscriber", asking.optional_list(Call("Subscribers", {"id": id})), id, ticket_id=id)
        if options.time:
            asking.keep("time_entry", asking.optional_list(Call("TimeSpentLog", {"ticketId": id})), id, ticket_id=id)

    def _children(self, id: str, summary: Fields) -> list[Fields]:
        """One level is told at a time. Older versions do not say where there are any, so every ticket is asked."""
        if summary.get("HasChildren") is False:
            return []
        children = self._asking.optional_list(Call("SubTickets", {"id": id}))
        rows = [plain_row("subticket", parent_id=id, child_id=one.id(*TICKET_ID)) for one in children]
        self._asking.keep_rows("subticket", rows, id)
        return children


def keep_values(asking: Asking, of: str, id: str, values: list[Fields], owner: str | None = None) -> None:
    """Values of custom fields that are set, and the field itself where nothing else tells about it."""
    entity = f"{of}_custom_field_value"
    is_set = [one for one in values if one.get("Value", "ValueWithOption", "OptionID") is not None]
    asking.keep(entity, is_set, owner, **{f"{of}_id": id})
    for one in values:
        asking.spool.put_new("custom_field", [asking.shaper.row("custom_field", one)])

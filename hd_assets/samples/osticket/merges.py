"""Tickets that belong together: merged combined, merged separate, merged and deleted, linked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from hd_assets.samples.osticket.desk import Agent, Customer, Desk, to_json
from hd_assets.samples.osticket.thread import MERGED
from hd_assets.samples.osticket.ticket import CLOSED, COMBINED, LINKED, PARENT, RESOLVED, SEPARATE, Ticket

_HOUR = timedelta(hours=1)


def _start(desk: Desk, created: datetime, subject: str, body: str, customer: Customer) -> Ticket:
    rng = desk.rng("special", desk.dump.counts["ticket"], subject)
    ticket = Ticket(desk, rng, customer, created, subject, topic_id=1)
    ticket.thread.message(customer, created, body, title=subject)
    return ticket


def _cast(desk: Desk, created: datetime, count: int) -> list[Customer]:
    return desk.rng("cast", created).sample(desk.customers, count)


def _merge(parent: Ticket, child: Ticket, at: datetime, agent: Agent, flag: int, status: int) -> None:
    """Move the child under the parent; its entries were written on the parent's thread already."""
    child.pid, child.flags, child.sort = parent.id, flag, 1
    child.thread.kind = "C"
    child.thread.extra = to_json({"ticket_id": parent.id, "number": child.number})
    parent.event("merged", at, {"ticket": f"Ticket #{child.number}", "id": child.id}, by=agent)
    child.event("merged", at, {"ticket": f"Ticket #{parent.number}", "id": parent.id}, by=agent)
    parent.collaborate(child.customer, at, agent)
    child.close(agent, at, status)


def _child(desk: Desk, parent: Ticket, at: datetime, subject: str, customer: Customer, agent: Agent) -> Ticket:
    """A ticket whose message and answer were moved onto the parent's thread."""
    child = Ticket(desk, desk.rng("child", parent.id, subject), customer, at, subject, topic_id=1)
    entry = parent.thread.message(
        customer, at, f"<p>{subject}, since {at:%H:%M}.</p>", title=subject, flags=0x40 | MERGED
    )
    answer = parent.thread.reply(agent, at + _HOUR, "<p>We look into it.</p>", to=customer, answers=entry, flags=MERGED)
    for moved in (entry, answer):
        desk.dump.add("thread_entry_merge", thread_entry_id=moved, data=to_json({"thread": child.thread.id}))
    child.thread.last_message, child.thread.last_response = at, at + _HOUR
    return child


def combined(desk: Desk, created: datetime) -> None:
    """Two children merged into one thread; one writes again after the merge."""
    first, second, third = _cast(desk, created, 3)
    agent = desk.agents[1]
    parent = _start(desk, created, "Cold store: many alarms", "<p>Alarms everywhere.</p>", first)
    children = [
        _child(desk, parent, created + _HOUR / 3, "Alarms at the dock", second, agent),
        _child(desk, parent, created + _HOUR / 2, "All displays red", third, agent),
    ]
    note = parent.thread.note(agent, created + _HOUR, "<p>the same incident</p>", title="dup", flags=0x40 | MERGED)
    desk.dump.add("thread_entry_merge", thread_entry_id=note, data=to_json({"thread": children[0].thread.id}))
    for child in children:
        _merge(parent, child, created + 2 * _HOUR, agent, COMBINED, CLOSED)
    late = parent.thread.message(
        second, created + 3 * _HOUR, "<p>Written to my own ticket.</p>", flags=0x160, cc=(third,)
    )
    parent.thread.reply(agent, created + 4 * _HOUR, "<p>Fixed for all.</p>", to=first, cc=(second, third), answers=late)
    parent.flags = COMBINED | PARENT
    parent.is_answered = True
    parent.close(agent, created + 4 * _HOUR, RESOLVED)
    _finish(desk, "merged_combined", parent, *children)


def separate(desk: Desk, created: datetime) -> None:
    """One child merged with separate threads."""
    first, second = _cast(desk, created, 2)
    agent = desk.agents[3]
    parent = _start(desk, created, "Billing portal slow", "<p>The portal is slow.</p>", first)
    child = _child(desk, parent, created + _HOUR / 2, "Portal very slow", second, agent)
    _merge(parent, child, created + 2 * _HOUR, agent, SEPARATE, CLOSED)
    parent.flags = SEPARATE | PARENT
    parent.claim(agent, created + 2 * _HOUR)
    parent.overdue_if_late()
    _finish(desk, "merged_separate", parent, child)


def child_deleted(desk: Desk, created: datetime) -> None:
    """The child was deleted after the merge: its thread of type C is the only trace."""
    first, second = _cast(desk, created, 2)
    agent = desk.agents[1]
    parent = _start(desk, created, "Firmware rollout stuck", "<p>Rollout stuck.</p>", first)
    child = _child(desk, parent, created + _HOUR, "Rollout stuck at 10 %", second, agent)
    _merge(parent, child, created + 3 * _HOUR, agent, COMBINED, CLOSED)
    parent.claim(agent, created + 3 * _HOUR)
    parent.overdue_if_late()
    desk.odd("merged_child_deleted", parent.finish())
    child.events.clear()
    child.finish(row=False)


def linked(desk: Desk, created: datetime) -> None:
    """A parent and two linked tickets, all with their own threads."""
    customer = _cast(desk, created, 1)[0]
    agent = desk.agents[2]
    parent = _start(desk, created, "Site move", "<p>We move to a new site.</p>", customer)
    children = [
        _start(
            desk, created + (1 + place) * _HOUR, f"Site move: {what}", f"<p>Please prepare the {what}.</p>", customer
        )
        for place, what in enumerate(("gateway", "sensors"))
    ]
    at = created + 5 * _HOUR
    for child in children:
        child.pid, child.flags, child.sort = parent.id, LINKED, 1
        parent.event("linked", at, {"ticket": f"Ticket #{child.number}", "id": child.id}, by=agent)
        child.event("linked", at, {"ticket": f"Ticket #{parent.number}", "id": parent.id}, by=agent)
    children[0].claim(agent, at)
    children[0].thread.reply(
        agent, at, "<p>The gateway is packed.</p>", to=customer, answers=children[0].thread.entries[0]
    )
    children[0].close(agent, at + _HOUR, RESOLVED)
    parent.flags = LINKED | PARENT
    for ticket in (parent, *children):
        ticket.overdue_if_late()
    _finish(desk, "linked", parent, *children)


def _finish(desk: Desk, kind: str, *tickets: Ticket) -> None:
    for ticket in tickets:
        desk.odd(kind, ticket.finish())


MERGES: list[tuple[Callable[[Desk, datetime], None], int]] = [
    (combined, 3),
    (separate, 2),
    (child_deleted, 1),
    (linked, 3),
]

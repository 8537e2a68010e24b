"""The tickets nobody would tell a story about: asked, answered, mostly closed."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from hd_assets.samples import files, text
from hd_assets.samples.osticket.answers import TASK_TITLE, Answer, write_entry
from hd_assets.samples.osticket.desk import EVENTS, Agent, Desk, escaped, html_body, text_body, to_json
from hd_assets.samples.osticket.thread import Thread
from hd_assets.samples.osticket.ticket import CLOSED, RESOLVED, Ticket

_SOURCES = ("Web",) * 5 + ("Email",) * 4 + ("Phone", "API")
_TASKS = ("Order spare part", "Check warranty", "Prepare shipment label", "Call the electrician", "Write the report")


def write_ticket(desk: Desk, index: int, created: datetime) -> int:
    """One ticket from creation to its end or to the moment of the dump; returns its id."""
    rng = desk.rng("ticket", index)
    customer = rng.choice(desk.customers)
    source = rng.choice(_SOURCES)
    first = text.opening(rng, customer.language, customer.name)
    ticket = Ticket(desk, rng, customer, created, first.subject, source, _topic(desk, rng, source))
    plain = source == "Email" and rng.random() < 0.25
    body = text_body(first) if plain else html_body(first)
    entry = ticket.thread.message(customer, created, body, title=first.subject, form="text" if plain else "html")
    if source == "Email":
        ticket.thread.mail(entry, customer, created, first.subject)
    if rng.random() < 0.3:
        _attach(desk, rng, entry, created)
    agent = _agent_for(desk, rng, ticket)
    at = _converse(ticket, agent, created, entry)
    _end(ticket, agent, at)
    if rng.random() < 0.06:
        write_task(ticket, rng.choice(desk.agents[:6]), created + timedelta(hours=1))
    ticket.overdue_if_late()
    return ticket.finish()


def _topic(desk: Desk, rng: Random, source: str) -> int:
    if source == "Email" and rng.random() < 0.75:
        return 0
    topics = desk.catalogue.topics
    weights = [topic.weight for topic in topics]
    return rng.choices(range(1, len(topics) + 1), weights)[0] if rng.random() > 0.05 else 0


def _agent_for(desk: Desk, rng: Random, ticket: Ticket) -> Agent:
    """Disabled agents appear on old tickets only."""
    until = desk.options.start + timedelta(days=90)
    able = [agent for agent in desk.agents if agent.active or ticket.created < until]
    own = [agent for agent in able if agent.department == ticket.dept_id]
    return rng.choice(own or able)


def _converse(ticket: Ticket, agent: Agent, at: datetime, entry: int) -> datetime:
    """Answers, notes and questions to and fro; nothing after the dump was taken."""
    desk, rng, customer = ticket.desk, ticket.rng, ticket.customer
    at += timedelta(minutes=rng.randrange(15, 900))
    if at > desk.as_of:
        return at
    _take(ticket, agent, at)
    for turn in range(rng.choice((1, 1, 2, 2, 3))):
        at += timedelta(minutes=rng.randrange(5, 600))
        if at > desk.as_of:
            return at
        if rng.random() < 0.35:
            ticket.thread.note(agent, at, html_body(text.note(rng)), title="Internal" if rng.random() < 0.3 else None)
            at += timedelta(minutes=3)
        answer = html_body(text.reply(rng, customer.language, customer.name, agent.name))
        reply = ticket.thread.reply(agent, at, answer, to=customer, answers=entry)
        ticket.is_answered = True
        ticket.activity.append(at)
        if turn == 0 and rng.random() < 0.12:
            _attach(desk, rng, reply, at)
        at += timedelta(minutes=rng.randrange(20, 2000))
        if at > desk.as_of or rng.random() < 0.4:
            return min(at, desk.as_of)
        entry = _follow_up(ticket, at)
    return at


def _take(ticket: Ticket, agent: Agent, at: datetime) -> None:
    desk, rng = ticket.desk, ticket.rng
    boss = desk.agents[2]
    if rng.random() < 0.1:
        ticket.transfer(rng.randint(1, len(desk.catalogue.departments)), at - timedelta(minutes=5), boss)
    if rng.random() < 0.3:
        ticket.assign(agent, at, boss)
    else:
        ticket.claim(agent, at)
    if rng.random() < 0.08:
        ticket.duedate = ticket.created + timedelta(days=rng.randrange(2, 30))
        shown = f"{desk.dump.local(ticket.duedate):%Y-%m-%d %H:%M:%S}"
        ticket.event("edited", at, {"fields": {"duedate": [None, shown]}}, by=boss)


def _follow_up(ticket: Ticket, at: datetime) -> int:
    rng, customer = ticket.rng, ticket.customer
    writing = text.follow_up(rng, customer.language, customer.name)
    body = html_body(writing)
    if ticket.source == "Email" and rng.random() < 0.4:
        body += f'<blockquote class="gmail_quote"><p>{escaped(ticket.subject)}</p></blockquote>'
    entry = ticket.thread.message(customer, at, body, source=ticket.source)
    ticket.is_answered = False
    ticket.activity.append(at)
    if ticket.source == "Email":
        ticket.thread.mail(entry, customer, at, f"Re: {ticket.subject}")
    if rng.random() < 0.15:
        _attach(ticket.desk, rng, entry, at)
    return entry


def _end(ticket: Ticket, agent: Agent, at: datetime) -> None:
    desk, rng, customer = ticket.desk, ticket.rng, ticket.customer
    at += timedelta(minutes=rng.randrange(30, 6000))
    if at > desk.as_of or rng.random() < 0.08:
        _leave_open(ticket)
        return
    if rng.random() < 0.25:
        body = html_body(text.thanks(rng, customer.language, customer.name))
        ticket.thread.message(customer, at - timedelta(minutes=10), body, source=ticket.source)
    ticket.close(agent, at, _closed_status(desk, rng))
    again = at + timedelta(hours=rng.randrange(4, 90))
    if rng.random() < 0.05 and again + timedelta(days=1) < desk.as_of:
        ticket.thread.message(
            customer, again, html_body(text.follow_up(rng, customer.language, customer.name)), source=ticket.source
        )
        ticket.reopen(again)
        desk.odd("reopened", ticket.id)
        if rng.random() < 0.7:
            ticket.close(agent, again + timedelta(hours=20), RESOLVED, refer=False)


def _leave_open(ticket: Ticket) -> None:
    """Custom open statuses are for tickets somebody works on."""
    waiting = [
        place
        for place, (_, state) in enumerate(ticket.desk.catalogue.statuses, start=1)
        if state == "open" and place > 1
    ]
    if ticket.staff_id and waiting and ticket.rng.random() < 0.6:
        ticket.status_id = ticket.rng.choice(waiting)
        when = max(ticket.activity)
        ticket.event("edited", when, {"status": ticket.status_id}, by=ticket.desk.agents[ticket.staff_id - 1])


def _closed_status(desk: Desk, rng: Random) -> int:
    closed = [place for place, (_, state) in enumerate(desk.catalogue.statuses, start=1) if state == "closed"]
    return rng.choice((RESOLVED, RESOLVED, CLOSED, CLOSED, *closed))


def _attach(desk: Desk, rng: Random, entry: int, at: datetime) -> None:
    kind = rng.choice(("pdf", "png", "log", "csv"))
    number = rng.randrange(100, 999)
    if kind == "pdf":
        content, name, mime = files.pdf(f"Report {number} of entry {entry}"), f"report-{number}.pdf", "application/pdf"
    elif kind == "png":
        content, name, mime = files.png(rng), f"photo_{number}.png", "image/png"
    elif kind == "log":
        content, name, mime = files.log(rng, rng.randrange(10, 90)), f"device-{number}.log", "text/plain"
    else:
        content, name, mime = files.csv(rng, rng.randrange(3, 30)), f"Liste für {number}.csv", "text/csv"
    desk.files.attach("H", entry, desk.files.add(name, mime, content, at))


def write_task(ticket: Ticket, agent: Agent, at: datetime) -> int:
    """A task of a ticket with its own thread; open only while the ticket is. Returns its id."""
    desk, rng = ticket.desk, ticket.rng
    number = desk.dump.new_id("task")
    done = at + timedelta(hours=rng.randrange(1, 40))
    finished = None if ticket.closed is None or done > desk.as_of else min(done, ticket.closed)
    title = rng.choice(_TASKS)
    desk.dump.add(
        "task",
        id=number,
        object_id=ticket.id,
        object_type="T",
        number=str(number),
        dept_id=ticket.dept_id,
        staff_id=agent.id,
        flags=int(finished is None),
        closed=finished,
        created=at,
        updated=finished or at,
    )
    desk.dump.add("task__cdata", task_id=number, title=title)
    write_entry(desk, 5, "A", number, at, {TASK_TITLE: Answer(title)})
    thread = Thread(desk, number, at, kind="A", ip_address="192.0.2.9")
    thread.describe(agent, at, f"<p>{title} for {ticket.number}</p>")
    thread.note(agent, at + timedelta(minutes=20), "<p>Started.</p>")
    desk.dump.add(
        "thread_event",
        thread_id=thread.id,
        thread_type="A",
        event_id=EVENTS.index("assigned") + 1,
        staff_id=agent.id,
        dept_id=ticket.dept_id,
        data=to_json({"staff": [agent.id, {"format": "full", "name": agent.name}]}),
        username=agent.username,
        uid=agent.id,
        timestamp=at,
    )
    thread.close()
    desk.odd("task", number)
    return number

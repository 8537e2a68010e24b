"""One ticket while it lives: state, events, thread; its row is written at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from hd_assets.samples.osticket import answers
from hd_assets.samples.osticket.desk import EVENTS, Agent, Customer, Desk, to_json
from hd_assets.samples.osticket.setup import second_form_topic
from hd_assets.samples.osticket.thread import Thread

OPEN, RESOLVED, CLOSED = 1, 2, 3
COMBINED, SEPARATE, LINKED, PARENT = 1, 2, 8, 16


@dataclass
class _Event:
    name: str
    at: datetime
    data: object
    by: Agent | Customer | None
    username: str
    state: tuple[int, int, int, int]
    annulled: bool = False


@dataclass
class Ticket:
    """State as the `ticket` row will have it; `rng` is this ticket's own chance."""

    desk: Desk
    rng: Random
    customer: Customer
    created: datetime
    subject: str
    source: str = "Web"
    topic_id: int = 0
    dept_id: int = 1
    sla_id: int = 1
    status_id: int = OPEN
    staff_id: int = 0
    team_id: int = 0
    user_id: int = 0
    priority: int = 2
    flags: int = 0
    pid: int | None = None
    sort: int = 0
    duedate: datetime | None = None
    est_duedate: datetime | None = None
    reopened: datetime | None = None
    closed: datetime | None = None
    is_answered: bool = False
    is_overdue: bool = False
    with_form: bool = True
    with_thread: bool = True
    written_created: datetime | str | None = None  # damage only: what the row says instead of `created`
    id: int = 0
    number: str = ""
    activity: list[datetime] = field(default_factory=list)
    events: list[_Event] = field(default_factory=list)
    thread: Thread = field(init=False)

    def __post_init__(self) -> None:
        self.id = self.desk.dump.new_id("ticket")
        topics = self.desk.catalogue.topics
        own = self.topic_id and topics[self.topic_id - 1].name == "Hardware request"
        self.number = self.desk.number("HW-#####" if own else self.desk.catalogue.number_format)
        if self.topic_id:
            topic = topics[self.topic_id - 1]
            self.dept_id, self.sla_id, self.team_id = topic.department, topic.sla or 1, topic.team
            self.priority = topic.priority
        self.user_id = self.customer.id
        self.est_duedate = self.created + timedelta(hours=self.desk.catalogue.slas[self.sla_id - 1][1])
        self.thread = Thread(self.desk, self.id, self.created, ip_address=f"203.0.113.{self.rng.randrange(1, 255)}")
        self.event("created", self.created, by=self.customer, username="SYSTEM")

    def event(
        self, name: str, at: datetime, data: object = None, *, by: Agent | Customer | None = None, username: str = ""
    ) -> None:
        """Remember an event with the state after it."""
        shown = username or (by.username if isinstance(by, Agent) else "SYSTEM")
        state = (self.staff_id, self.team_id, self.dept_id, self.topic_id)
        self.events.append(_Event(name, at, data, by, shown, state))
        self.activity.append(at)

    def claim(self, agent: Agent, at: datetime) -> None:
        """The agent takes the ticket."""
        self.staff_id = agent.id
        self.event("assigned", at, {"claim": True}, by=agent)

    def assign(self, agent: Agent, at: datetime, by: Agent) -> None:
        """Somebody hands the ticket to an agent."""
        self.staff_id = agent.id
        self.event("assigned", at, {"staff": [agent.id, agent.name]}, by=by)

    def transfer(self, department: int, at: datetime, by: Agent) -> None:
        """To another department."""
        self.dept_id = department
        self.event("transferred", at, {"dept": self.desk.catalogue.departments[department - 1][0]}, by=by)

    def refer(self, kind: str, object_id: int, at: datetime, by: Agent) -> None:
        """Give a department (D) or agent (S) access."""
        self.desk.dump.add(
            "thread_referral", thread_id=self.thread.id, object_id=object_id, object_type=kind, created=at
        )
        self.event("referred", at, {"dept" if kind == "D" else "staff": object_id}, by=by)

    def collaborate(self, customer: Customer, at: datetime, by: Agent, *, active: bool = True) -> None:
        """Add somebody in copy."""
        self.desk.dump.add(
            "thread_collaborator",
            flags=3 if active else 2,
            thread_id=self.thread.id,
            user_id=customer.id,
            created=at,
            updated=at,
        )
        self.event("collab", at, {"add": {str(customer.id): {"name": customer.name}}}, by=by)

    def close(self, agent: Agent, at: datetime, status: int = CLOSED, *, refer: bool = True) -> None:
        """Close: the closing agent becomes the assignee, as osTicket does it."""
        self.status_id, self.closed, self.staff_id = status, at, agent.id
        if self.est_duedate and self.est_duedate < at:
            self.est_duedate = None
        name = self.desk.catalogue.statuses[status - 1][0]
        self.event("closed", at, {"status": [status, name]}, by=agent)
        if refer and agent.id:
            self.desk.dump.add(
                "thread_referral", thread_id=self.thread.id, object_id=agent.id, object_type="S", created=at
            )

    def reopen(self, at: datetime) -> None:
        """Open again; the close before it is annulled."""
        for event in self.events:
            if event.name == "closed":
                event.annulled = True
        self.status_id, self.closed, self.reopened = OPEN, None, at
        self.event("reopened", at)

    def overdue_if_late(self) -> None:
        """Mark an open ticket whose plan has run out when the dump is taken."""
        due = self.duedate or self.est_duedate
        if self.closed is None and due is not None and due + timedelta(hours=2) < self.desk.as_of:
            self.is_overdue = True
            self.event("overdue", due + timedelta(hours=2))

    def finish(self, *, row: bool = True) -> int:
        """Write everything that was waiting; `row=False` leaves the ticket itself out. Returns its id."""
        desk, last = self.desk, max(self.activity)
        for event in self.events:
            self._write_event(event)
        if self.with_thread:
            self.thread.close()
        if not row:
            return self.id
        if self.with_form:
            answers.ticket_form(
                desk, self.rng, self.id, self.created, self.subject, self.priority, desk.catalogue.ticket_fields
            )
            if self.topic_id and self.topic_id == second_form_topic(desk):
                answers.second_form(desk, self.rng, self.id, self.created)
        desk.dump.add(
            "ticket",
            ticket_id=self.id,
            ticket_pid=self.pid,
            number=self.number,
            user_id=self.user_id,
            status_id=self.status_id,
            dept_id=self.dept_id,
            sla_id=self.sla_id,
            topic_id=self.topic_id,
            staff_id=self.staff_id,
            team_id=self.team_id,
            email_id=int(self.source == "Email"),
            flags=self.flags,
            sort=self.sort,
            ip_address=self.thread.ip_address,
            source=self.source,
            isoverdue=int(self.is_overdue),
            isanswered=int(self.is_answered),
            duedate=self.duedate,
            est_duedate=self.est_duedate,
            reopened=self.reopened,
            closed=self.closed,
            lastupdate=last,
            created=self.written_created or self.created,
            updated=min(last + timedelta(days=3), desk.as_of) if self.id % 8 == 0 else last,
        )
        return self.id

    def _write_event(self, event: _Event) -> None:
        staff, team, department, topic = event.state
        self.desk.dump.add(
            "thread_event",
            thread_id=self.thread.id,
            thread_type="T" if self.thread.kind == "C" else self.thread.kind,
            event_id=EVENTS.index(event.name) + 1,
            staff_id=staff,
            team_id=team,
            dept_id=department,
            topic_id=topic,
            data=None if event.data is None else to_json(event.data)[:1024],
            username=event.username,
            uid=event.by.id if event.by else None,
            uid_type="U" if isinstance(event.by, Customer) else "S",
            annulled=int(event.annulled),
            timestamp=event.at,
        )

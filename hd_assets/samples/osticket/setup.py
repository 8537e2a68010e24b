"""Rows an administrator makes: settings, departments, agents, topics, forms, plans, mailboxes."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from hd_assets.samples import people
from hd_assets.samples.osticket.catalogue import Field
from hd_assets.samples.osticket.desk import EVENTS, Agent, Desk, to_json
from hd_assets.samples.osticket.schema import ZERO_DATE

SIGNATURE_1_18 = "5fb92bef17f3b603659e024c01cc7a59"
MARKER = "never-extract-this-credential"
ALL_RIGHTS = ("ticket.assign", "ticket.close", "ticket.create", "ticket.edit", "ticket.merge", "ticket.reply")
_AGENT_COUNT = 8


def install(desk: Desk) -> datetime:
    """Write all of it; returns when the installation was made."""
    at = desk.options.start - timedelta(days=31)
    _config(desk, at)
    _mail(desk, at)
    _agents(desk, at)
    _departments(desk, at)
    _topics(desk, at)
    _forms(desk, at)
    _small_tables(desk, at)
    return at


def credential(slot: str) -> str:
    """What stands where an installation keeps passwords and keys: recognisable, so that leaks show."""
    return f"{MARKER}-{hashlib.sha256(slot.encode()).hexdigest()[:12]}"


def _config(desk: Desk, at: datetime) -> None:
    catalogue = desk.catalogue
    core = {
        "admin_email": f"admin@{catalogue.domain}",
        "helpdesk_url": f"https://support.{catalogue.domain}/",
        "helpdesk_title": f"{catalogue.company} Support",
        "schema_signature": SIGNATURE_1_18,
        "default_priority_id": "2",
        "ticket_number_format": catalogue.number_format,
        "ticket_sequence_id": "1",
        "task_number_format": "#",
        "task_sequence_id": "2",
        "system_language": "en_US",
        "default_dept_id": "1",
        "default_sla_id": "1",
        "default_email_id": "1",
        "default_template_id": "1",
        "default_timezone": "America/New_York",  # display only: the clock of the rows is the server's
        "reply_separator": "-- reply above this line --",
        "enable_richtext": "1",
        "default_storage_bk": "F",
    }
    for key, value in core.items():
        desk.dump.add("config", namespace="core", key=key, value=value, updated=at)
    for namespace, key, value in (
        ("plugin.1.instance.1", "uploadpath", "attachments"),
        ("email.1.account.1", "username", f"support@{catalogue.domain}"),
        ("email.1.account.1", "passwd", credential("imap")),
        ("email.1.account.2", "passwd", credential("smtp")),
        ("pwreset", credential("reset token"), "1"),
    ):
        desk.dump.add("config", namespace=namespace, key=key, value=value, updated=at)
    desk.dump.add("api_key", ipaddr="192.0.2.7", apikey=credential("api key"), notes="monitor", updated=at, created=at)
    desk.dump.add(
        "plugin",
        name="Attachments on the filesystem",
        install_path="plugins/storage-fs",
        isactive=1,
        version="0.3",
        installed=at,
    )
    desk.dump.add("plugin_instance", plugin_id=1, flags=1, name="Attachments folder", created=at, updated=at)


def _mail(desk: Desk, at: datetime) -> None:
    for name in ("support", "alerts", "noreply", "billing"):
        desk.dump.add(
            "email", dept_id=1, email=f"{name}@{desk.catalogue.domain}", name=name.title(), created=at, updated=at
        )
    for kind, protocol, port in (("mailbox", "IMAP", 993), ("smtp", "SMTP", 587)):
        desk.dump.add(
            "email_account",
            email_id=1,
            type=kind,
            auth_bk="basic",
            active=1,
            host=f"mail.{desk.catalogue.domain}",
            port=port,
            protocol=protocol,
            encryption="SSL",
            created=at,
            updated=at,
        )
    desk.dump.add("email_template_group", isactive=1, name="Default", created=at, updated=at)
    for code, subject in (
        ("ticket.autoresp", "We got your request [#%{ticket.number}]"),
        ("ticket.reply", "Re: %{ticket.subject} [#%{ticket.number}]"),
        ("ticket.autoreply", "Re: %{ticket.subject} [#%{ticket.number}]"),
    ):
        body = "<p>Dear %{recipient.name.first},</p><p>%{response}</p><p>%{signature}</p>"
        desk.dump.add("email_template", tpl_id=1, code_name=code, subject=subject, body=body, created=at, updated=at)
    for kind in ("landing", "thank-you", "offline"):
        desk.dump.add(
            "content", isactive=1, type=kind, name=kind.title(), body=f"<h1>{kind}</h1>", created=at, updated=at
        )


def _agents(desk: Desk, at: datetime) -> None:
    rng = desk.rng("agents", desk.options.variant)
    departments = len(desk.catalogue.departments)
    used: set[str] = set()
    while len(used) < _AGENT_COUNT + 1:
        who = people.person(rng, ("en", "de", "fr", "es", "pl")[len(used) % 5])
        if who.account in used:
            continue
        used.add(who.account)
        number = len(used)
        first_letter, _, family = who.account.partition(".")
        agent = Agent(
            number,
            f"{first_letter[0]}{family}"[:28] + str(number),
            who.first,
            who.last,
            f"{who.account}@{desk.catalogue.domain}",
            department=(number - 1) % departments + 1,
            active=number != _AGENT_COUNT,
        )
        if number > _AGENT_COUNT:
            desk.gone_agent = Agent(0, agent.username, agent.first, agent.last, agent.email)
            break
        _agent(desk, agent, at)
        desk.agents.append(agent)
    desk.dump.skip_ids("staff", _AGENT_COUNT + 1)
    for place, name in enumerate(desk.catalogue.teams, start=1):
        desk.dump.add("team", lead_id=place + 1, name=name, created=at, updated=at)
        for member in desk.agents[place : place + 3]:
            desk.dump.add("team_member", team_id=place, staff_id=member.id)


def _agent(desk: Desk, agent: Agent, at: datetime) -> None:
    desk.dump.add(
        "staff",
        staff_id=agent.id,
        dept_id=agent.department,
        role_id=min(agent.id, 3),
        username=agent.username,
        firstname=agent.first,
        lastname=agent.last,
        passwd=credential(agent.username),
        email=agent.email,
        phone=f"+1 555 010 {1000 + agent.id}",
        signature=f"<p>{agent.name}</p>" if agent.id % 2 else "",
        isactive=int(agent.active),
        isadmin=int(agent.id == 1),
        onvacation=int(agent.id == 4),
        extra=to_json({"def_assn_role": False}),
        permissions=to_json(dict.fromkeys(("user.create", "user.edit", "faq.manage"), 1)),
        created=at,
        lastlogin=desk.as_of - timedelta(days=agent.id) if agent.active else at + timedelta(days=90),
        updated=at,
    )
    for department in range(1, len(desk.catalogue.departments) + 1):
        if department != agent.department and (department + agent.id) % 2:
            desk.dump.add("staff_dept_access", staff_id=agent.id, dept_id=department, role_id=2)


def _departments(desk: Desk, at: datetime) -> None:
    for place, (name, parent) in enumerate(desk.catalogue.departments, start=1):
        desk.dump.add(
            "department",
            pid=parent or None,
            sla_id=3 if place == 4 else 0,
            email_id={1: 1, 4: 4}.get(place, 0),
            manager_id=place if place in (1, 3) else 0,
            flags=4,
            name=name,
            signature="",
            path=f"/{parent}/{place}/" if parent else f"/{place}/",
            updated=at,
            created=at,
        )


def _topics(desk: Desk, at: datetime) -> None:
    for place, topic in enumerate(desk.catalogue.topics, start=1):
        own_numbers = topic.name == "Hardware request"
        desk.dump.add(
            "help_topic",
            topic_pid=topic.parent,
            flags=4 if topic.archived else 3 if own_numbers else 2,
            priority_id=topic.priority,
            dept_id=topic.department,
            team_id=topic.team,
            sla_id=topic.sla,
            sort=place,
            topic=topic.name,
            number_format="HW-#####" if own_numbers else None,
            created=at,
            updated=at,
        )
        desk.dump.add("help_topic_form", topic_id=place, form_id=2, extra=to_json({"disable": []}))
    desk.dump.add(
        "help_topic_form", topic_id=second_form_topic(desk), form_id=7, sort=2, extra=to_json({"disable": []})
    )


def second_form_topic(desk: Desk) -> int:
    """The topic that adds a form with a file field: the last one that is in use."""
    topics = desk.catalogue.topics
    return max(place for place, topic in enumerate(topics, start=1) if not topic.archived)


_BUILT_IN_FIELDS = (
    (1, 1, 489395, "text", "Email Address", "email"),
    (2, 1, 489395, "text", "Full Name", "name"),
    (3, 1, 13057, "phone", "Phone Number", "phone"),
    (4, 1, 12289, "memo", "Internal Notes", "notes"),
    (20, 2, 489265, "text", "Issue Summary", "subject"),
    (21, 2, 480547, "thread", "Issue Details", "message"),
    (22, 2, 274609, "priority", "Priority Level", "priority"),
    (23, 3, 291249, "text", "Company Name", "name"),
    (24, 3, 274705, "text", "Website", "website"),
    (27, 4, 489395, "text", "Name", "name"),
    (28, 4, 13057, "memo", "Address", "address"),
    (29, 4, 13057, "phone", "Phone", "phone"),
    (30, 4, 13057, "text", "Website", "website"),
    (31, 4, 12289, "memo", "Internal Notes", "notes"),
    (32, 5, 487601, "text", "Title", "title"),
    (33, 5, 413939, "thread", "Description", "description"),
    (34, 6, 487665, "state", "State", "state"),
    (35, 6, 471073, "memo", "Description", "description"),
)


def _forms(desk: Desk, at: datetime) -> None:
    catalogue = desk.catalogue
    titles = (
        "Contact Information",
        "Ticket Details",
        "Company Information",
        "Organization Information",
        "Task Details",
    )
    for kind, title in zip("UTCOA", titles, strict=True):
        desk.dump.add("form", type=kind, title=title, created=at, updated=at)
    desk.dump.add("form", type="L1", flags=0, title="Ticket Status Properties", created=at, updated=at)
    topic = catalogue.topics[second_form_topic(desk) - 1]
    desk.dump.add("form", type="G", title=topic.name, instructions="Tell us more", created=at, updated=at)
    desk.dump.add("form", type="L2", title=f"{catalogue.list_name} Properties", created=at, updated=at)
    for sort, (number, form, flags, kind, label, name) in enumerate(_BUILT_IN_FIELDS, start=1):
        columns = {"id": number, "form_id": form, "flags": flags, "sort": sort}
        desk.dump.add("form_field", type=kind, label=label, name=name, created=at, updated=at, **columns)
    for form, fields in (
        (2, catalogue.ticket_fields),
        (7, catalogue.second_form),
        (1, catalogue.user_fields),
        (4, catalogue.organization_fields),
    ):
        for sort, field in enumerate(fields, start=10):
            _field(desk, form, field, sort, at)
    entry = desk.dump.add("form_entry", form_id=3, object_id=None, object_type="C", created=at, updated=at)
    desk.dump.add("form_entry_values", entry_id=entry, field_id=23, value=catalogue.company)


def _field(desk: Desk, form: int, field: Field, sort: int, at: datetime) -> None:
    kind = {"date": "datetime", "number": "text"}.get(field.kind, field.kind)
    configuration: dict[str, object] = {}
    if field.choices:
        lines = "\r\n".join(f"{key}:{label}" for key, label in field.choices)
        configuration = {"choices": lines, "default": "", "prompt": "", "multiselect": field.multiple}
    elif kind == "datetime":
        configuration = {"time": field.kind == "datetime", "timezone": None, "gmt": False}
    elif field.kind == "number":
        configuration = {"size": 6, "length": 6, "validator": "number"}
    elif kind.startswith("list-"):
        configuration = {"widget": "dropdown", "multiselect": field.multiple, "prompt": ""}
    elif kind == "memo":
        configuration = {"rows": 4, "cols": 60, "length": 0, "html": True}
    elif kind == "info":
        configuration = {"content": "<p>Takes three days.</p>"}
    desk.dump.add(
        "form_field",
        id=field.id,
        form_id=form,
        flags=field.flags,
        type=kind,
        label=field.label,
        name=field.name,
        configuration=to_json(configuration) if configuration else None,
        sort=sort,
        created=at,
        updated=at,
    )


def _small_tables(desk: Desk, at: datetime) -> None:
    catalogue, dump = desk.catalogue, desk.dump
    for name in EVENTS:
        dump.add("event", name=name)
    for place, (label, colour) in enumerate(
        zip(catalogue.priorities, ("#DDFFDD", "#FFFFF0", "#FEE7E7", "#FEE7E7"), strict=True), start=1
    ):
        dump.add(
            "ticket_priority",
            priority_id=place,
            priority=label.lower(),
            priority_desc=label,
            priority_color=colour,
            priority_urgency=5 - place,
        )
    for place, (name, state) in enumerate(catalogue.statuses, start=1):
        properties = to_json({"allowreopen": True, "reopenstatus": 0, "description": name})
        dump.add("ticket_status", name=name, state=state, mode=3, sort=place, properties=properties, created=at)
    for name, hours in catalogue.slas:
        dump.add("sla", flags=3, grace_period=hours, name=name, created=at, updated=at)
    rights = to_json(dict.fromkeys(ALL_RIGHTS, 1))
    for name in ("All Access", "Expanded Access", "Limited Access"):
        dump.add("role", name=name, permissions=rights, created=at, updated=at)
    dump.add("list", name="Ticket Status", sort_mode="SortCol", masks=13, type="ticket-status", created=at, updated=at)
    dump.add("list", name=catalogue.list_name, sort_mode="SortCol", created=at, updated=at)
    for place, value in enumerate(catalogue.list_items, start=1):
        last = place == len(catalogue.list_items)
        dump.add("list_items", list_id=2, status=int(not last), value=value, extra=value[:2].upper(), sort=place)
    dump.add("schedule", flags=1, name="Weekdays 8 to 5", timezone=None, description="", created=at, updated=at)
    for day in range(1, 6):
        dump.add(
            "schedule_entry",
            schedule_id=1,
            name=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")[day - 1],
            repeats="weekly",
            starts_on=f"2019-01-0{day + 6}",
            starts_at="08:00:00",
            ends_on=f"2019-01-0{day + 6}",
            ends_at="17:00:00",
            day=day,
            created=ZERO_DATE,
            updated=at,
        )

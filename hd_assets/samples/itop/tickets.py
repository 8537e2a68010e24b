"""User requests and incidents with their logs, files, links and history."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from html import escape
from random import Random
from typing import Any

from hd_assets.samples import files, text
from hd_assets.samples.itop.desk import DAYS, START, Desk, Fields, later, stamp

_STATUSES = ("closed", "closed", "closed", "resolved", "assigned", "pending", "new")
_ORIGINS = ("mail", "phone", "portal", "in_person", "chat")
_PRIORITY = {
    "11": "1",
    "12": "1",
    "13": "2",
    "14": "4",
    "21": "1",
    "22": "2",
    "23": "3",
    "24": "4",
    "31": "2",
    "32": "3",
    "33": "3",
    "34": "4",
}


def write_tickets(desk: Desk) -> None:
    for number in range(desk.tickets):
        _ticket(desk, number, desk.rng("ticket", number))


def _ticket(desk: Desk, number: int, rng: Random) -> None:
    name = "Incident" if number % 3 == 2 else "UserRequest"
    caller = rng.choice(desk.callers)
    who, language = caller["row"]["friendlyname"], caller["language"]
    status = rng.choice(_STATUSES)
    agent = None if status == "new" else rng.choice(desk.agents)
    started = (START + timedelta(days=DAYS * number / max(1, desk.tickets), hours=rng.random() * 9)).replace(
        microsecond=0
    )
    service = rng.choice(desk.services)
    letter = text.opening(rng, language, who)
    logs = _logs(rng, caller, agent, started)
    last = max([datetime.fromisoformat(entry["date"]) for log in logs.values() for entry in log], default=started)
    done = last if status in ("closed", "resolved") else None
    id = desk.add(
        name,
        "Ticket",
        **_fields(rng, name, caller, agent, service),
        ref="",
        title=letter.subject,
        description=_html(letter.paragraphs),
        status=status,
        team_id=rng.choice(desk.teams) if agent else "0",
        start_date=stamp(started),
        last_update=stamp(last),
        end_date="",
        close_date=stamp(last) if status == "closed" else "",
        resolution_date=stamp(done) if done else "",
        assignment_date=stamp(started) if agent else "",
        pending_reason="Waits for the caller" if status == "pending" else "",
        last_pending_date=stamp(last) if status == "pending" else "",
        solution="It works again." if done else "",
        public_log={"entries": logs["public_log"]},
        private_log={"entries": logs["private_log"]},
        user_satisfaction="1",
        user_comment="",
    )
    row = desk.rows[name][int(id)]
    row["ref"] = row["friendlyname"] = f"{name[0] if name == 'Incident' else 'R'}-{int(id):06}"
    desk.created(name, id, started, who)
    if agent:
        desk.changed(name, id, started, "agent_id", "0", agent["id"], agent["row"]["friendlyname"])
        desk.changed(name, id, last, "status", "new", status, agent["row"]["friendlyname"])
    _files(desk, rng, name, id, row, caller, started)
    _links(desk, rng, id, row["ref"])


def _fields(rng: Random, name: str, caller: Fields, agent: Fields | None, service: Fields) -> Fields:
    impact, urgency = rng.choice("123"), rng.choice("1234")
    given: dict[str, Any] = {
        "org_id": caller["row"]["org_id"],
        "caller_id": caller["id"],
        "caller_id_friendlyname": caller["row"]["friendlyname"],
        "agent_id": agent["id"] if agent else "0",
        "agent_id_friendlyname": agent["row"]["friendlyname"] if agent else "",
        "impact": impact,
        "urgency": urgency,
        "priority": _PRIORITY[impact + urgency],
        "origin": rng.choice(_ORIGINS),
        "service_id": service["service"],
        "service_name": service["name"],
        "servicesubcategory_id": service["id"],
        "servicesubcategory_name": service["child"],
        "resolution_code": "assistance",
        "sla_tto_passed": "no",
        "sla_tto_over": None,
        "sla_ttr_passed": rng.choice(("no", "no", "yes")),
        "sla_ttr_over": None,
        "parent_incident_id": "0",
        "parent_problem_id": "0",
        "parent_change_id": "0",
    }
    if name == "UserRequest":
        given |= {"request_type": "service_request", "approver_id": "0", "parent_request_id": "0"}
        given |= {"external_ref": "", "billing_hours": rng.choice(("", "0.50", "2.25")), "channel": None}
    return given


def _logs(rng: Random, caller: Fields, agent: Fields | None, started: datetime) -> dict[str, list[Fields]]:
    logs: dict[str, list[Fields]] = {"public_log": [], "private_log": []}
    at, who = started, caller["row"]["friendlyname"]
    for turn in range(rng.choice((0, 1, 2, 2, 3, 4))):
        at = later(rng, at, 30)
        if agent and turn % 2 == 0:
            name = agent["row"]["friendlyname"]
            letter = text.reply(rng, caller["language"], who, name)
            logs["public_log"].append(_entry(at, agent["user"], name, letter.paragraphs))
            if rng.random() < 0.4:
                at = later(rng, at, 5)
                logs["private_log"].append(_entry(at, agent["user"], name, text.note(rng).paragraphs))
        else:
            # what comes by mail has no account, and iTop writes 0 or nothing
            user = caller["user"] if caller["user"] != "0" else rng.choice((0, None))
            letter = text.follow_up(rng, caller["language"], who)
            logs["public_log"].append(_entry(at, user, who, letter.paragraphs))
    return logs


def _entry(at: datetime, user: object, name: str, paragraphs: tuple[str, ...]) -> Fields:
    told = {"date": stamp(at), "user_login": name, "user_id": user}
    return {**told, "message": "\n".join(paragraphs), "message_html": _html(paragraphs)}


def _html(paragraphs: tuple[str, ...]) -> str:
    return "".join(f"<p>{escape(line, quote=False)}</p>" for line in paragraphs)


def _files(desk: Desk, rng: Random, name: str, id: str, row: Fields, caller: Fields, at: datetime) -> None:
    for _ in range(rng.choice((0, 0, 0, 1, 2))):
        kind, mime, content = rng.choice(
            (
                ("screenshot.png", "image/png", files.png(rng)),
                ("Bericht über Störung.pdf", "application/pdf", files.pdf(f"Report {id}")),
                ("device.log", "text/plain", files.log(rng, 20)),
            )
        )
        held = {"data": base64.b64encode(content).decode(), "mimetype": mime, "filename": kind, "downloads_count": "0"}
        desk.add(
            "Attachment",
            expire="",
            temp_id="",
            item_class=name,
            item_id=id,
            item_org_id=row["org_id"],
            contents=held,
            creation_date=stamp(at),
            user_id=str(caller["user"]),
            contact_id=caller["id"],
        )


def _links(desk: Desk, rng: Random, id: str, ref: str) -> None:
    if rng.random() < 0.4:
        for place, (item, name) in enumerate(rng.sample(desk.items, 2)):
            desk.add(
                "lnkFunctionalCIToTicket",
                ticket_id=id,
                ticket_ref=ref,
                ticket_title="",
                functionalci_id=item,
                functionalci_name=name,
                impact="",
                impact_code="computed" if place else "manual",
            )
    if rng.random() < 0.1:
        other = rng.choice(desk.callers)
        desk.add(
            "lnkContactToTicket",
            ticket_id=id,
            ticket_ref=ref,
            contact_id=other["id"],
            contact_email="",
            contact_name=other["row"]["name"],
            role="",
            role_code="manual",
        )

"""Tickets with what was said, noted and attached, and what hangs on them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from html import escape
from random import Random

from hd_assets.samples import files, text
from hd_assets.samples.jitbit.attachments import attach, inline_image
from hd_assets.samples.jitbit.desk import ADDRESS, DAYS, ORIGINS, START, Desk, Fields, later, moment
from hd_assets.samples.jitbit.setup import (
    CHECKBOX,
    DATE,
    LINES,
    NUMBER,
    PLACE,
    SELECTION,
    STATUSES,
    field_value,
    fields_of,
)

_STATUS = (3, 3, 3, 3, 2, 1, 10, 11, 12)
_CLOSED = (3, 12)
_LANGUAGE = {"en-US": "en", "de-DE": "de"}
HTML = "<!--html-->"


def write_tickets(desk: Desk) -> None:
    for number in range(desk.tickets):
        _ticket(desk, number, desk.rng("ticket", number))
    _subtickets(desk)
    _links(desk)
    counts = Counter(row["tag_id"] for row in desk.rows["ticket_tag"])
    for tag in desk.rows["tag"]:
        tag["tag_count"] = counts[tag["tag_id"]]
    _statistics(desk)


def _ticket(desk: Desk, number: int, rng: Random) -> None:
    people = desk.customers
    who = people[number % len(people)] if number < len(people) else rng.choice(people)
    # every status is somebody's, however small the helpdesk
    status_id = STATUSES[number][0] if number < len(STATUSES) else rng.choice(_STATUS)
    status = next(row for row in STATUSES if row[0] == status_id)
    able = desk.agents
    agent = None if status[0] == 1 else rng.choice(able)
    started = moment(START + timedelta(days=DAYS * number / max(1, desk.tickets), seconds=rng.randrange(32_000)))
    category = desk.rows["category"][number % len(desk.rows["category"])]
    letter = text.opening(rng, _LANGUAGE.get(who["lang"] or "", "fr"), shown(who))
    is_html = number % 4 != 1
    ticket = desk.add(
        "ticket",
        ticket_id=desk.id("ticket", 1001),
        subject=letter.subject,
        body=_body(letter.paragraphs, is_html),
        priority=rng.choice((-1, 0, 0, 0, 1, 2)),
        status_id=status[0],
        status_name=status[1],
        status_stops_time=status[2],
        issue_date=started,
        last_updated=started,
        due_date=moment(started + timedelta(days=9)) if number % 6 == 2 else None,
        category_id=category["category_id"] if number % 31 != 30 else None,
        category_name=category["name_with_section"] if number % 31 != 30 else None,
        section_id=category["section_id"] if number % 31 != 30 else None,
        user_id=who["user_id"],
        user_name=who["username"],
        first_name=who["first_name"],
        last_name=who["last_name"],
        email=who["email"],
        company_id=who["company_id"],
        company_name=who["company_name"],
        assigned_to_user_id=agent["user_id"] if agent else None,
        technician=agent["username"] if agent else None,
        time_spent_seconds=0,
        origin=rng.choice(ORIGINS),
        is_in_kb=False,
        has_children=False,
        updated_by_user=False,
        updated_by_performer=agent is not None,
        updated_for_tech_view=False,
        instance_id=1,
    )
    ticket["url"] = f"{ADDRESS}/Ticket/{ticket['ticket_id']}"
    end = _conversation(desk, rng, ticket, who, agent, number)
    if agent:
        ticket["start_date"] = moment(started + timedelta(minutes=20))
    if status[0] in _CLOSED:
        ticket["resolved_date"] = end
    ticket["last_updated"] = end
    ticket["last_updated_by_user_id"] = (agent or who)["user_id"]
    _furniture(desk, rng, ticket, agent, number)


def shown(user: Fields) -> str:
    return " ".join(filter(None, (user["first_name"], user["last_name"]))) or str(user["username"])


def _body(paragraphs: tuple[str, ...], is_html: bool) -> str:
    """HTML with the marker the product writes before it, or plain text whose `<` and `&` mean themselves."""
    if not is_html:
        return "\r\n\r\n".join(paragraphs)
    lines = (escape(line, quote=False).replace("\n", "<br>") for line in paragraphs)
    return HTML + "".join(f"<p>{line}</p>" for line in lines)


def _conversation(desk: Desk, rng: Random, ticket: Fields, who: Fields, agent: Fields | None, number: int) -> datetime:
    at: datetime = ticket["issue_date"]
    first = None
    if number % 2 == 0:  # the first comment repeats the body
        first = _comment(desk, ticket, who, at, ticket["body"])
    _files_of_body(desk, rng, ticket, first, who, number)
    if first is not None:
        first["body"] = ticket["body"]
    if agent:
        at = later(rng, at, 0.4)
        _comment(desk, ticket, agent, at, f"Ticket assigned to {shown(agent)}", is_system=True, for_techs_only=True)
    language = _LANGUAGE.get(who["lang"] or "", "fr")
    for turn in range(0 if agent is None else rng.choice((0, 1, 2, 2, 3, 4, 5))):
        at = later(rng, at, 30)
        speaker = who if turn % 2 or agent is None else agent
        if speaker is who:
            letter = text.follow_up(rng, language, shown(who))
        else:
            letter = text.reply(rng, language, shown(who), shown(speaker))
        row = _comment(desk, ticket, speaker, at, _body(letter.paragraphs, rng.random() < 0.7))
        if rng.random() < 0.25:
            _file(desk, rng, ticket, row, speaker, at)
        if rng.random() < 0.1 and row["body"].startswith(HTML):
            row["body"] += inline_image(desk, rng, ticket, row, speaker, at, form=turn)
        if speaker is agent and rng.random() < 0.4:
            at = later(rng, at, 3)
            note = _comment(desk, ticket, agent, at, _body(text.note(rng).paragraphs, True), for_techs_only=True)
            if rng.random() < 0.2:
                _file(desk, rng, ticket, note, agent, at)
    if number == 3 and agent is None:
        return at
    if number == 3 or number % 97 == 60:  # more files than a message of the new system carries
        row = _comment(desk, ticket, who, at := later(rng, at, 2), "All pictures of the room.")
        for _ in range(12):
            attach(desk, ticket, row, who, at, f"room {_ + 1}.png", files.png(rng))
    if ticket["status_id"] in _CLOSED and agent:
        at = later(rng, at, 3)
        _comment(desk, ticket, agent, at, "Ticket closed", is_system=True)
    return at


def _comment(
    desk: Desk,
    ticket: Fields,
    user: Fields,
    at: datetime,
    body: str,
    *,
    is_system: bool = False,
    for_techs_only: bool = False,
) -> Fields:
    return desk.add(
        "comment",
        comment_id=desk.id("comment", 9001),
        ticket_id=ticket["ticket_id"],
        user_id=user["user_id"],
        user_name=user["username"],
        first_name=user["first_name"],
        last_name=user["last_name"],
        email=user["email"],
        comment_date=at,
        body=body,
        is_system=is_system,
        for_techs_only=for_techs_only,
    )


def _files_of_body(desk: Desk, rng: Random, ticket: Fields, first: Fields | None, who: Fields, number: int) -> None:
    at = ticket["issue_date"]
    if number % 5 == 2:
        _file(desk, rng, ticket, first, who, at)
    if number % 6 == 0:
        ticket["body"] += inline_image(desk, rng, ticket, first, who, at, form=number // 6)
    if number % 45 == 5:  # its bytes lie nowhere
        row = attach(desk, ticket, first, who, at, "lost scan.pdf", files.pdf("lost"))
        del desk.files[row["file_id"]]
    if number % 60 == 7:
        row = attach(desk, ticket, first, who, at, "Shared plan.docx", None)
        row["google_drive_url"] = f"https://drive.example/open?id={number}"
    if number % 60 == 37:
        row = attach(desk, ticket, first, who, at, "Movie.mp4", None)
        row["dropbox_url"] = f"https://box.example/s/{number}/movie"


def _file(desk: Desk, rng: Random, ticket: Fields, comment: Fields | None, who: Fields, at: datetime) -> None:
    name, content = rng.choice(
        (
            ("screenshot.png", files.png(rng)),
            ("Bericht über Störung.pdf", files.pdf(f"Report {ticket['ticket_id']}")),
            ("device.log", files.log(rng, 20)),
            ("amounts; final.csv", files.csv(rng, 5)),
        )
    )
    attach(desk, ticket, comment, who, at, name, content)


def _furniture(desk: Desk, rng: Random, ticket: Fields, agent: Fields | None, number: int) -> None:
    id = ticket["ticket_id"]
    for tag in rng.sample(desk.rows["tag"], rng.choice((0, 0, 1, 1, 2, 3))):
        desk.add("ticket_tag", ticket_id=id, tag_id=tag["tag_id"], name=tag["name"])
    there = {
        row["field_id"] for row in desk.rows["custom_field_category"] if row["category_id"] == ticket["category_id"]
    }
    for field in fields_of(desk, "0"):
        if field["field_id"] in there and rng.random() < 0.6:
            desk.add("ticket_custom_field_value", **field_value(desk, field, _value(desk, rng, field), ticket_id=id))
    if agent and number % 4 == 0:
        seconds = rng.randrange(300, 7200, 60)
        ticket["time_spent_seconds"] = seconds
        desk.add(
            "time_entry",
            entry_id=desk.id("time_entry"),
            ticket_id=id,
            user_id=agent["user_id"],
            seconds=seconds,
            note="on site" if number % 8 == 0 else None,
            created=ticket["last_updated"],
        )
    if number % 7 == 1:
        place = rng.randrange(len(desk.customers) - 1)
        own = ticket["user_id"] - desk.customers[0]["user_id"]
        other = desk.customers[place + (place >= own)]
        desk.add("subscriber", ticket_id=id, user_id=other["user_id"], email=other["email"])
    if number % 12 == 8:
        item = rng.choice(desk.rows["asset"])
        item["ticket_count"] += 1
        desk.add("asset_ticket", item_id=item["item_id"], ticket_id=id)


def _value(desk: Desk, rng: Random, field: Fields) -> str:
    options = [row["text"] for row in desk.rows["custom_field_option"] if row["field_id"] == field["field_id"]]
    if field["type"] == SELECTION:
        return ", ".join(sorted(rng.sample(options, 2)))
    if options:
        return str(rng.choice(options))
    told = {
        DATE: f"2025-0{rng.randrange(1, 10)}-{rng.randrange(10, 29)}",
        CHECKBOX: rng.choice(("✓", "")),
        LINES: "1. switch on\n2. wait\n3. see the red light, < 5 s",
        NUMBER: rng.choice(("4", "12", "2.5", "many")),
        PLACE: "Quay Street 4, 3011 Rotterdam",
    }
    return told.get(field["type"], f"SN{rng.randrange(10_000):05}")


def _subtickets(desk: Desk) -> None:
    """One in five hangs below an earlier one, some of them below a child."""
    tickets = desk.rows["ticket"]
    for number in range(4, len(tickets), 5):
        parent = tickets[number - 5] if number % 25 == 24 else tickets[number - 1 - number % 3]
        parent["has_children"] = True
        desk.add("subticket", parent_id=parent["ticket_id"], child_id=tickets[number]["ticket_id"])


def _links(desk: Desk) -> None:
    tickets, articles = desk.rows["ticket"], desk.rows["article"]
    for number in range(6, len(tickets), 20):
        ticket, other = tickets[number], tickets[number - 3]
        desk.add("linked_ticket", ticket_id=ticket["ticket_id"], linked_id=other["ticket_id"])
        agent = desk.agents[0]
        article = articles[number % len(articles)]
        body = (
            f'{HTML}<p>See <a href="{other["url"]}">#{other["ticket_id"]}</a> and '
            f'<a href="{article["url"]}">{escape(article["subject"])}</a>.</p>'
        )
        at = moment(ticket["last_updated"] + timedelta(minutes=5))
        _comment(desk, ticket, agent, at, body, for_techs_only=number % 40 == 6)
        ticket["last_updated"] = at


def _statistics(desk: Desk) -> None:
    tickets = desk.rows["ticket"]
    closed = sum(row["status_id"] in _CLOSED for row in tickets)
    told = {
        "TotalTickets": len(tickets),
        "Closed": closed,
        "Unclosed": len(tickets) - closed,
        "NewTickets": sum(row["status_id"] == 1 for row in tickets),
        "InProcess": sum(row["status_id"] == 2 for row in tickets),
        "Unanswered": sum(row["assigned_to_user_id"] is None for row in tickets),
        "Unassigned": sum(row["assigned_to_user_id"] is None for row in tickets),
    }
    for name, value in told.items():
        desk.add("statistic", name=name, value=value)

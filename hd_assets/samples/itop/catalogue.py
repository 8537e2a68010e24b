"""Services, agreements, configuration items, changes, articles and what runs by itself."""

from __future__ import annotations

from datetime import timedelta

from hd_assets.samples import text
from hd_assets.samples.itop.desk import START, Desk, stamp

_SERVICES = {
    "Workplace": ("New laptop", "Password", "Printer"),
    "Network": ("Access", "Slow connection", "Firewall rule"),
    "Business software": ("Login", "Error message", "New report"),
}
_ARTICLES = (
    ("Reset a password", 60),
    ("Order a laptop", 180),
    ("Connect to the network", 120),
    ("Month-end closing", 560),
)


def catalogue(desk: Desk) -> None:
    _installation(desk)
    _services(desk)
    _items(desk)
    _changes(desk)
    _articles(desk)
    _automation(desk)


def _installation(desk: Desk) -> None:
    for name, version in (("iTop", "3.2.0-1-14758"), ("datamodel", "3.2.0"), ("itop-tickets", "3.2.0")):
        desk.add("ModuleInstallation", name=name, version=version, installed=stamp(START), comment="", parent_id="0")


def _services(desk: Desk) -> None:
    own = desk.organizations[0]
    family = desk.add("ServiceFamily", name="IT services", friendlyname="IT services")
    for name, children in _SERVICES.items():
        service = desk.add(
            "Service",
            name=name,
            org_id=own,
            servicefamily_id=family,
            servicefamily_name="IT services",
            description="",
            status="production",
            friendlyname=name,
        )
        for child in children:
            for kind in ("service_request", "incident"):
                id = desk.add(
                    "ServiceSubcategory",
                    name=child,
                    description="",
                    service_id=service,
                    service_name=name,
                    request_type=kind,
                    status="production",
                    friendlyname=child,
                )
                desk.services.append({"service": service, "name": name, "id": id, "child": child, "type": kind})
    sla = desk.add("SLA", name="Standard", description="office hours", org_id=own, friendlyname="Standard")
    for priority in ("1", "2", "3", "4"):
        name = f"TTR P{priority}"
        told = {"priority": priority, "request_type": "incident", "metric": "ttr", "value": str(4 * int(priority))}
        slt = desk.add("SLT", name=name, **told, unit="hours", friendlyname=name)
        desk.add("lnkSLAToSLT", sla_id=sla, sla_name="Standard", slt_id=slt, slt_name=name)


def _items(desk: Desk) -> None:
    for number in range(max(6, desk.tickets // 20)):
        organization = desk.organizations[number % len(desk.organizations)]
        kind, name = (("Server", f"srv-{number:03}"), ("PC", f"lt-{number:03}"))[number % 2]
        id = desk.add(
            kind,
            "FunctionalCI",
            name=name,
            description="",
            org_id=organization,
            business_criticity="low",
            status="production",
            move2production="",
            friendlyname=name,
        )
        desk.items.append((id, name))


def _changes(desk: Desk) -> None:
    """Changes share the ids of tickets and come before them."""
    for number, kind in enumerate(("NormalChange", "RoutineChange", "EmergencyChange")):
        at = START + timedelta(days=30 * number)
        desk.add(
            kind,
            "Ticket",
            ref=f"C-{number + 1:06}",
            title=f"Replace {desk.items[number][1]}",
            status="closed",
            description="<p>Replace and test</p>",
            org_id=desk.organizations[0],
            start_date=stamp(at),
            end_date=stamp(at + timedelta(hours=3)),
            creation_date=stamp(at),
            last_update=stamp(at),
            private_log={"entries": []},
            fallback="<p>put the old one back</p>",
            friendlyname=f"C-{number + 1:06}",
        )


def _articles(desk: Desk) -> None:
    category = desk.add("FAQCategory", name="How-to", friendlyname="How-to")
    for number, (title, words) in enumerate(_ARTICLES):
        rng = desk.rng("article", number)
        told: list[str] = []
        while len(told) < words:
            told += text.reply(rng, "en", "reader", "desk").plain.split()
        body = f"<h2>Steps</h2><p>{' '.join(told[:words])}</p>"
        id = desk.add(
            "FAQ",
            title=title,
            summary=f"{title}, step by step",
            description=body,
            category_id=category,
            category_name="How-to",
            error_code="",
            key_words="",
            domains=[],
            friendlyname=title,
        )
        desk.created("FAQ", id, START + timedelta(days=number), desk.agents[0]["row"]["friendlyname"])


def _automation(desk: Desk) -> None:
    action = desk.add(
        "ActionEmail",
        "Action",
        name="Tell the caller",
        description="",
        status="enabled",
        subject="[$this->ref$] resolved",
        to="SELECT Person WHERE id = :this->caller_id",
        body="<p>Your ticket is resolved.</p>",
        friendlyname="Tell the caller",
    )
    trigger = desk.add(
        "TriggerOnStateEnter",
        "Trigger",
        description="On resolution",
        target_class="UserRequest",
        state="resolved",
        filter="",
        friendlyname="On resolution",
    )
    desk.add("lnkTriggerAction", action_id=action, action_name="Tell the caller", trigger_id=trigger, order="0")

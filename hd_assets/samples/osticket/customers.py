"""Organisations and the people who ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hd_assets.samples import people
from hd_assets.samples.osticket import answers
from hd_assets.samples.osticket.answers import Answer
from hd_assets.samples.osticket.desk import Customer, Desk, to_json
from hd_assets.samples.osticket.setup import credential

_PUBLIC_MAIL = ("webmail.example", "letterbox.example", "freemail.example")


@dataclass(frozen=True)
class _Organization:
    id: int
    domain: str
    language: str


def populate(desk: Desk, tickets: int, at: datetime) -> None:
    """About one customer for five tickets and one organisation for six customers, at least a handful."""
    count = max(8, tickets // 5)
    organizations = _organizations(desk, max(3, count // 6), at)
    taken: set[str] = set()
    for number in range(1, count + 1):
        desk.customers.append(_customer(desk, number, organizations, taken, at))
    desk.dump.skip_ids("user", count + 3)
    desk.gone_customer_ids = [count + 1, count + 2, count + 3]


def _organizations(desk: Desk, count: int, at: datetime) -> list[_Organization]:
    desk.dump.add("organization", name="osTicket", status=8, created=at, updated=at)  # the installer makes it
    desk.dump.add("organization__cdata", org_id=1, name="osTicket")
    made = []
    for place in range(count):
        company = people.company(place + desk.options.variant * 7)
        rng = desk.rng("organization", place)
        domains = [company.domain]
        if place % 5 == 1:
            domains.append(company.domain.replace(".example", "-group.example"))
        if place % 7 == 2:
            domains.append("." + company.domain)
        created = at + timedelta(hours=place % 300)
        number = desk.dump.add(
            "organization",
            name=company.name,
            manager=("", f"s{1 + place % 6}", "", "t1")[place % 4],
            status=8 + (1 if place % 6 == 3 else 0),
            domain=", ".join(domains),
            created=created,
            updated=created,
        )
        _organization_form(desk, number, company, created)
        if place % 5 == 0:
            body = "<p>Contract renewal discussed &ndash; see the file in the cabinet.</p>"
            desk.dump.add("note", staff_id=1 + place % 6, ext_id=f"O{number}", body=body, created=created)
        made.append(_Organization(number, company.domain, rng.choice(desk.options.languages)))
    return made


def _organization_form(desk: Desk, number: int, company: people.Company, at: datetime) -> None:
    rng = desk.rng("organization form", number)
    address = f"{rng.randrange(1, 200)} Quay Street\n{rng.randrange(10_000, 99_999)} Harbour Town"
    fixed = {
        answers.ORG_ADDRESS: Answer(address),
        answers.ORG_PHONE: Answer(people.phone(rng, extension=False)),
        answers.ORG_WEBSITE: Answer(f"https://www.{company.domain}"),
        answers.ORG_NOTES: Answer("<p>Key account</p>" if number % 3 == 0 else None),
    }
    custom = {field.id: answers.invent(desk, rng, field, at) for field in desk.catalogue.organization_fields}
    answers.write_entry(desk, 4, "O", number, at, {27: Answer(company.name)} | fixed | custom)
    cache = {field.column: custom[field.id].cached for field in desk.catalogue.organization_fields}
    desk.dump.add(
        "organization__cdata",
        org_id=number,  # the name stays NULL in caches of organisations made by the program
        address=fixed[answers.ORG_ADDRESS].value,
        phone=fixed[answers.ORG_PHONE].value,
        website=fixed[answers.ORG_WEBSITE].value,
        notes=fixed[answers.ORG_NOTES].value,
        **cache,
    )


def _customer(desk: Desk, number: int, organizations: list[_Organization], taken: set[str], at: datetime) -> Customer:
    rng = desk.rng("customer", number)
    home = None if rng.random() < 0.15 else rng.choice(organizations)
    language = home.language if home and rng.random() < 0.7 else rng.choice(desk.options.languages)
    who = people.person(rng, language)
    domain = home.domain if home else rng.choice(_PUBLIC_MAIL)
    address = f"{who.account}@{domain}"
    if address in taken:
        address = f"{who.account}{number}@{domain}"
    taken.add(address)
    unlinked = home is not None and number % 17 == 5
    if unlinked:
        desk.odd("unlinked_with_domain", number)
    created = at + timedelta(days=1 + number % 20)
    organization = home.id if home and not unlinked else 0
    shown = "Warehouse Dock 4" if number == 7 else who.name
    email = desk.dump.new_id("user_email")
    desk.dump.add("user_email", id=email, user_id=number, address=address)
    desk.dump.add(
        "user",
        id=number,
        org_id=organization,
        default_email_id=email,
        status=int(organization > 0 and number % 9 == 0),
        name=shown,
        created=created,
        updated=created,
    )
    if number % 19 == 4:
        second = f"{who.account}.private{number}@webmail.example"
        desk.dump.add("user_email", id=desk.dump.new_id("user_email"), user_id=number, address=second)
        desk.odd("two_addresses", number)
    _customer_form(desk, number, created)
    _extras(desk, number, created)
    return Customer(number, shown, address, language, organization)


def _customer_form(desk: Desk, number: int, at: datetime) -> None:
    rng = desk.rng("customer form", number)
    telephone = people.phone(rng, extension=number % 4 == 1) if rng.random() < 0.6 else None
    fixed = {answers.USER_PHONE: Answer(telephone), answers.USER_NOTES: Answer(None)}
    custom = {field.id: answers.invent(desk, rng, field, at) for field in desk.catalogue.user_fields}
    answers.write_entry(desk, 1, "U", number, at, fixed | custom)
    cache = {field.column: custom[field.id].cached for field in desk.catalogue.user_fields}
    desk.dump.add("user__cdata", user_id=number, phone=telephone, notes="", **cache)


def _extras(desk: Desk, number: int, at: datetime) -> None:
    if number % 15 == 2:
        desk.dump.add(
            "user_account",
            user_id=number,
            status=1,
            timezone="Europe/London",
            username=f"portal{number}",
            passwd=credential(f"portal {number}"),
            extra=to_json({"browser_lang": "en_US"}),
            registered=at,
        )
    if number % 12 == 3:
        body = "<p>Call before 10:00, speaks quietly &amp; slowly.</p>"
        desk.dump.add("note", staff_id=1 + number % 6, ext_id=f"U{number}", body=body, created=at, updated=at)

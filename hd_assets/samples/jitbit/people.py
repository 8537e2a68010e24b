"""Companies, departments, agents and customers."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from hd_assets.samples import people
from hd_assets.samples.jitbit.desk import START, Desk, Fields, moment

_LANGUAGES = ("en", "en", "de", "fr", "es", "pl", "ja", "ar")
_DEPARTMENTS = ("Workplace services", "Networks", "Back office")


def populate(desk: Desk) -> None:
    for number in range(max(4, desk.tickets // 40)):
        _company(desk, number)
    for name in _DEPARTMENTS:
        desk.add("department", department_id=desk.id("department"), name=name, company_id=None)
    for number in range(max(6, min(12, desk.tickets // 40 + 4))):
        _agent(desk, number)
    for number in range(max(10, desk.tickets // 4)):
        _customer(desk, number)


def _company(desk: Desk, number: int) -> None:
    company = people.company(number)
    # written with and without the sign, and not at all
    domain = (company.domain, f"@{company.domain}", None, company.domain)[number % 4]
    desk.add(
        "company",
        company_id=desk.id("company"),
        name=company.name,
        email_domain=domain,
        notes="Pays by invoice." if number % 3 == 0 else None,
    )


def _agent(desk: Desk, number: int) -> None:
    rng = desk.rng("agent", number)
    who = people.person(rng, "en" if number else "de")
    department = desk.rows["department"][number % len(_DEPARTMENTS)]
    row = _user(
        desk,
        rng,
        who,
        username=f"agent{number}",
        email=f"{who.account}.agent{number}@support.example",
        department_id=department["department_id"],
        department_name=department["name"],
        is_admin=number == 0,
        is_tech=True,
        is_manager=number == 1,
        disabled=number in (3, 4),
        signature=f"<p>{who.name}<br>Service desk</p>",
        greeting=None,
    )
    desk.agents.append(row)


def _customer(desk: Desk, number: int) -> None:
    rng = desk.rng("customer", number)
    who = people.person(rng, _LANGUAGES[number % len(_LANGUAGES)])
    company = None if number % 11 == 10 else rng.choice(desk.rows["company"])
    domain = people.company(company["company_id"] - 1).domain if company else "home.example"
    email: str | None = f"{who.account}.c{number}@{domain}"
    if number % 40 == 7:
        email = "" if number % 80 == 7 else None
    elif number % 40 == 9:  # the address of somebody else in other letters
        email = str(desk.customers[0]["email"]).upper()
    row = _user(
        desk,
        rng,
        who,
        username=f"{who.account}.{number}",
        email=email,
        company_id=company["company_id"] if company else None,
        company_name=company["name"] if company else None,
        is_admin=False,
        is_tech=False,
        is_manager=number == 2,
        disabled=number % 25 == 12,
        notes="Speaks for the whole site." if number % 9 == 4 else None,
    )
    desk.customers.append(row)
    if number % 13 == 5:  # names stand in one field only, or nowhere
        row["first_name"], row["last_name"] = (who.name, None) if number % 2 else (None, None)


def _user(desk: Desk, rng: Random, who: people.Person, **values: object) -> Fields:
    id = desk.id("user")
    seen = moment(START + timedelta(days=rng.randrange(1, 690), seconds=rng.randrange(30_000)))
    told: Fields = {
        "user_id": id,
        "first_name": who.first,
        "last_name": who.last,
        "phone": f"+{people.phone(rng, False)}" if rng.random() < 0.7 else None,
        "location": rng.choice((None, "Building A", "2nd floor", "Zürich")),
        "send_email": True,
        "lang": {"en": "en-US", "de": "de-DE"}.get(who.language),
        "last_seen": seen if rng.random() < 0.8 else None,
        "avatar_url": f"https://desk.example/helpdesk/avatar/{id}",
    }
    return desk.add("user", **(told | values))

"""Organizations, persons, teams and accounts."""

from __future__ import annotations

from random import Random

from hd_assets.samples import people
from hd_assets.samples.itop.desk import ADMIN, START, Desk, Fields

_LANGUAGES = ("en", "en", "de", "fr", "es", "pl", "ja")
_TEAMS = ("Service Desk", "Network Operations", "Field Service")


def populate(desk: Desk) -> None:
    _organizations(desk)
    own = desk.organizations[0]
    for number in range(max(4, min(12, desk.tickets // 40 + 4))):
        desk.agents.append(_person(desk, desk.rng("agent", number), own, "en", f"agent{number}", "support.example"))
    for number in range(max(8, desk.tickets // 4)):
        _caller(desk, number)
    _teams(desk, own)
    _accounts(desk)
    for number, person in enumerate(desk.callers):
        desk.created("Person", person["id"], START, "import")
        if number % 40 == 7:
            # namesakes, an address twice in other letters, and people without one: every installation has them
            desk.callers[number]["row"]["email"] = "" if number % 80 == 7 else desk.callers[0]["row"]["email"].upper()


def _organizations(desk: Desk) -> None:
    desk.organizations.append(_organization(desk, "Support House", "SUP", "0"))
    for number in range(max(4, desk.tickets // 40)):
        company = people.company(number)
        parent = desk.organizations[1] if number in (1, 2) else "0"
        code = "" if number % 5 == 3 else f"ORG{number % 17:02}"
        desk.organizations.append(_organization(desk, company.name, code, parent))


def _organization(desk: Desk, name: str, code: str, parent: str) -> str:
    return desk.add(
        "Organization",
        name=name,
        code=code,
        status="active",
        parent_id=parent,
        parent_name="",
        overview="",
        deliverymodel_id="0",
        deliverymodel_name="",
        vat_number="",
        friendlyname=name,
        obsolescence_flag=False,
        obsolescence_date="",
    )


def _person(desk: Desk, rng: Random, organization: str, language: str, account: str, domain: str) -> Fields:
    who = people.person(rng, language)
    inactive = rng.random() < 0.03
    row: Fields = {
        "name": who.last,
        "first_name": who.first,
        "status": "inactive" if inactive else "active",
        "org_id": organization,
        "org_name": "",
        "email": f"{who.account}.{account}@{domain}",
        "phone": f"+{people.phone(rng, False)}",
        "notify": "yes",
        "function": rng.choice(("", "", "Clerk", "Buyer", "Shift lead")),
        "employee_number": "",
        "mobile_phone": "",
        "location_id": "0",
        "location_name": "",
        "manager_id": "0",
        "manager_name": "",
        "preferred_language": None,
        "friendlyname": f"{who.first} {who.last}",
        "obsolescence_flag": inactive,
        "obsolescence_date": "",
    }
    id = desk.add("Person", "Contact", **row)
    return {"id": id, "row": desk.rows["Person"][int(id)], "language": language, "user": "0"}


def _caller(desk: Desk, number: int) -> None:
    rng = desk.rng("caller", number)
    place = 1 + rng.randrange(len(desk.organizations) - 1)
    language = _LANGUAGES[number % len(_LANGUAGES)]
    domain = people.company(place - 1).domain
    desk.callers.append(_person(desk, rng, desk.organizations[place], language, f"c{number}", domain))


def _teams(desk: Desk, organization: str) -> None:
    for name in _TEAMS:
        desk.teams.append(
            desk.add(
                "Team",
                "Contact",
                name=name,
                status="active",
                org_id=organization,
                org_name="Support House",
                email=f"{people.slug(name)}@support.example",
                phone="",
                notify="yes",
                function="",
                friendlyname=name,
                obsolescence_flag=False,
                obsolescence_date="",
            )
        )
    for number, agent in enumerate(desk.agents):
        team = desk.teams[number % len(desk.teams)]
        desk.add(
            "lnkPersonToTeam",
            team_id=team,
            team_name="",
            person_id=agent["id"],
            person_name="",
            role_id="0",
            role_name="",
        )


def _accounts(desk: Desk) -> None:
    _account(desk, "admin", None, ("Administrator",))
    _account(desk, "reader", None, ("Administrator", "REST Services User"))
    for number, agent in enumerate(desk.agents):
        held = ("Support Agent", "Service Desk Agent") if number % 2 else ("Support Agent",)
        agent["user"] = _account(desk, f"agent{number}", agent, held, enabled=number != 3)
    for number, caller in enumerate(desk.callers):
        if number % 3 == 0:
            caller["user"] = _account(desk, f"portal{number}", caller, ("Portal user",))


def _account(desk: Desk, login: str, person: Fields | None, held: tuple[str, ...], *, enabled: bool = True) -> str:
    row = person["row"] if person else {}
    id = desk.add(
        "UserLocal",
        "User",
        contactid=person["id"] if person else "0",
        last_name=row.get("name", ""),
        first_name=row.get("first_name", ""),
        email=row.get("email", ""),
        org_id=row.get("org_id", "0"),
        login=login,
        language="EN US",
        status="enabled" if enabled else "disabled",
        profile_list=[{"profile": name} for name in held],
        allowed_org_list=[],
        friendlyname=login,
    )
    for name in held:
        desk.add("URP_UserProfile", userid=id, userlogin=login, profileid=ADMIN, profile=name, reason="")
    return id

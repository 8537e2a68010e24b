"""What an installation is set up with: statuses, topics, departments, SLA plans, custom fields.

Variant 0 has the names the shipped mapping knows. Other variants are other people's installations, so that nothing
downstream can lean on one set of names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

ENABLED = 0x1
_BOTH_SIDES = ENABLED | 0x3300
_AGENT_ONLY = ENABLED | 0x3000


@dataclass(frozen=True)
class Field:
    """A custom field. `choices` are (key, label); `kind` is osTicket's field type."""

    kind: str
    label: str
    name: str
    choices: tuple[tuple[str, str], ...] = ()
    multiple: bool = False
    agent_only: bool = False
    enabled: bool = True
    id: int = 0

    @property
    def column(self) -> str:
        """The column of the answer cache; nameless fields are called by their number."""
        return self.name or f"field_{self.id}"

    @property
    def flags(self) -> int:
        """The bit mask of `form_field.flags`."""
        seen = _AGENT_ONLY if self.agent_only else _BOTH_SIDES
        return seen if self.enabled else seen & ~ENABLED


@dataclass(frozen=True)
class Topic:
    """`parent`, `department`, `sla` are places in their lists plus one, 0 = none."""

    name: str
    parent: int = 0
    department: int = 1
    sla: int = 0
    priority: int = 2
    weight: int = 4
    team: int = 0
    archived: bool = False


@dataclass(frozen=True)
class Catalogue:
    """Everything an administrator chose. Ids are places in the tuples plus one unless said otherwise."""

    company: str
    domain: str
    number_format: str
    statuses: tuple[tuple[str, str], ...]
    departments: tuple[tuple[str, int], ...]
    topics: tuple[Topic, ...]
    slas: tuple[tuple[str, int], ...]
    teams: tuple[str, ...]
    list_name: str
    list_items: tuple[str, ...]
    ticket_fields: tuple[Field, ...]
    second_form: tuple[Field, ...]
    user_fields: tuple[Field, ...]
    organization_fields: tuple[Field, ...]
    priorities: tuple[str, str, str, str] = ("Low", "Normal", "High", "Emergency")

    def numbered(self) -> Catalogue:
        """The same with ids on all fields, counted from 36 as after a fresh installation."""
        groups = (self.ticket_fields, self.second_form, self.user_fields, self.organization_fields)
        first = 36
        done: list[tuple[Field, ...]] = []
        for group in groups:
            done.append(tuple(replace(field, id=first + place) for place, field in enumerate(group)))
            first += len(group)
        return replace(
            self, ticket_fields=done[0], second_form=done[1], user_fields=done[2], organization_fields=done[3]
        )


BUILT_IN_STATUSES = (
    ("Open", "open"),
    ("Resolved", "closed"),
    ("Closed", "closed"),
    ("Archived", "archived"),
    ("Deleted", "deleted"),
)

_STANDARD = Catalogue(
    company="Tidewater Telemetry",
    domain="tidewater.example",
    number_format="TW-######",
    statuses=(
        *BUILT_IN_STATUSES,
        ("Waiting on Customer", "open"),
        ("On Hold", "open"),
        ("Awaiting Vendor", "open"),
        ("Duplicate", "closed"),
    ),
    departments=(
        ("Customer Support", 0),
        ("Sales", 0),
        ("Field Maintenance", 0),
        ("Billing & Accounts", 0),
        ("Tier 2", 1),
    ),
    topics=(
        Topic("General Inquiry"),
        Topic("Feedback", priority=1, weight=2),
        Topic("Report a Problem", weight=5),
        Topic("Access Issue", parent=3, sla=1, priority=3),
        Topic("Connectivity", parent=3, sla=2, priority=3),
        Topic("Gateway reboot", parent=5, department=5, sla=2, priority=4, weight=2, team=2),
        Topic("Billing question", department=4, sla=3),
        Topic("Quote request", department=2),
        Topic("On-site service", department=3, sla=4),
        Topic("Hardware request", parent=9, department=3, weight=2),
        Topic("Fax support (archived)", weight=1, archived=True),
    ),
    slas=(("Default SLA", 18), ("Gold 4h", 4), ("Silver 24h", 24), ("Bronze 72h", 72)),
    teams=("Level I Support", "Escalation crew", "Night shift"),
    list_name="Region",
    list_items=("DACH", "France & Benelux", "Nordics", "MENA", "Japan / 日本", "North America"),
    ticket_fields=(
        Field(
            "choices",
            "Product",
            "product",
            (
                ("sensor", "Sensor X1"),
                ("gateway", "Gateway G2"),
                ("cloud", "Cloud Dashboard"),
                ("mobile", "Mobile App"),
            ),
        ),
        Field(
            "choices",
            "Affected modules",
            "modules",
            (
                ("alarms", "Alarms"),
                ("reports", "Reports & export"),
                ("api", "API"),
                ("billing", "Billing"),
                ("map", "Floor plan"),
            ),
            multiple=True,
        ),
        Field("text", "Serial number", "serial_no"),
        Field("memo", "Steps to reproduce", "steps"),
        Field("bool", "Business critical", "business_critical"),
        Field("date", "Installation date", "install_date"),
        Field("datetime", "Outage started", "outage_start"),
        Field("list-2", "Region", "region"),
        Field("phone", "Callback number", "callback"),
        Field("choices", "Internal severity", "", (("1", "Sev 1"), ("2", "Sev 2"), ("3", "Sev 3")), agent_only=True),
        Field("number", "Number of units", "units"),
        Field("department", "Responsible department", "resp_dept", agent_only=True),
        Field("text", "Old contract no. (retired)", "old_contract", enabled=False),
    ),
    second_form=(
        Field("list-2", "Ship to regions", "ship_regions", multiple=True),
        Field("break", "Delivery", "brk"),
        Field("date", "Needed by", "needed_by"),
        Field("text", "Floor / dock", "floor"),
        Field("files", "Purchase order document", "po_document"),
        Field("info", "Please note", "note1"),
        Field("bool", "Insured shipping", "insured"),
    ),
    user_fields=(
        Field("text", "Job title", "job_title"),
        Field("bool", "VIP", "vip", agent_only=True),
        Field(
            "choices",
            "Preferred language",
            "pref_lang",
            (("en", "English"), ("de", "Deutsch"), ("fr", "Français"), ("ja", "日本語"), ("ar", "العربية")),
        ),
        Field("date", "Customer since", "customer_since"),
        Field("number", "Employee ID", "employee_id"),
    ),
    organization_fields=(
        Field(
            "choices",
            "Contract level",
            "contract_level",
            (("gold", "Gold"), ("silver", "Silver"), ("bronze", "Bronze")),
        ),
        Field("date", "Renewal date", "renewal_date"),
        Field("text", "Account number", "account_no"),
        Field("number", "Seats", "seats"),
    ),
)

_OTHER_FIELDS = (
    Field("choices", "Building", "building", (("n", "North"), ("s", "South"), ("annex", "Annex & garage"))),
    Field("choices", "Symptoms", "symptoms", (("slow", "Slow"), ("noise", "Noise"), ("dead", "Dead")), multiple=True),
    Field("text", "Asset tag", "asset_tag"),
    Field("memo", "What did you try?", "tried"),
    Field("bool", "Ist dringend?", "urgent_flag"),
    Field("date", "Purchase date", "bought_on"),
    Field("datetime", "Noticed at", "noticed_at"),
    Field("list-2", "Cost centre", "cost_centre"),
    Field("phone", "Rückrufnummer", "rueckruf"),
    Field("number", "Seats affected", "seats_affected"),
    Field("choices", "Root cause", "", (("hw", "Hardware"), ("sw", "Software"), ("u", "User")), agent_only=True),
    Field("department", "Second department", "second_dept", agent_only=True),
    Field("text", "Legacy id", "legacy_id", enabled=False),
)
_OTHER_STATUSES = (
    ("In Progress", "open"),
    ("Pending third party", "open"),
    ("Rückfrage", "open"),
    ("Cancelled", "closed"),
    ("Rejected", "closed"),
    ("Parked", "archived"),
)


def catalogue(variant: int) -> Catalogue:
    """The set-up of an installation; the same number always gives the same one."""
    from hd_assets.samples.osticket.elsewhere import ELSEWHERE  # its catalogues are made of what stands here

    if variant == 0:
        return _STANDARD.numbered()
    if variant in ELSEWHERE:
        return ELSEWHERE[variant].numbered()
    rng = Random(f"catalogue {variant}")
    company = rng.choice(("Campus", "Borough", "Clinic", "Depot")) + f" Service {variant}"
    prefix = "".join(rng.choice("BCDFGHKLMNP") for _ in range(2))
    picked = sorted(rng.sample(range(len(_OTHER_FIELDS)), rng.randint(7, len(_OTHER_FIELDS))))
    return replace(
        _STANDARD,
        company=company,
        domain=f"service{variant}.example",
        number_format=rng.choice(("######", f"{prefix}-#####", f"{prefix}######")),
        statuses=(*BUILT_IN_STATUSES, *rng.sample(_OTHER_STATUSES, rng.randint(3, len(_OTHER_STATUSES)))),
        departments=(("Service Desk", 0), ("Procurement", 0), ("Facilities", 0), ("Finance <EMEA>", 0), ("Night", 1)),
        topics=(
            Topic("Ask us"),
            Topic("Workplace", weight=5),
            Topic("Printer", parent=2, sla=3),
            Topic("Paper jam", parent=3, sla=2, priority=4, team=1),
            Topic("Payroll", department=4, sla=4),
            Topic("Building", department=3),
            Topic("Keys and badges", parent=6, department=3, weight=2),
        ),
        slas=(("Standard", 24), ("Critical", 2), ("Office hours", 8), ("Whenever", 96)),
        teams=("First line", "Experts"),
        list_name="Cost centre",
        list_items=("100 Administration", "200 Laboratory", "300 Kitchen & café", "900 Other"),
        ticket_fields=tuple(_OTHER_FIELDS[place] for place in picked),
        second_form=(
            Field("text", "Badge number", "badge"),
            Field("files", "Signed form", "signed_form"),
            Field("bool", "Returned", "returned"),
        ),
        user_fields=(Field("text", "Room", "room"), Field("bool", "Contractor", "contractor", agent_only=True)),
        organization_fields=(
            Field("choices", "Tier", "tier", (("a", "A"), ("b", "B"))),
            Field("date", "Since", "since"),
        ),
    ).numbered()

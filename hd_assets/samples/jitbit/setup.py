"""What an administrator made: sections, categories, statuses, fields, tags, canned responses, rules, assets."""

from __future__ import annotations

import json

from hd_assets.samples.jitbit.desk import Desk, Fields

_SECTIONS = ("IT", "Facilities", "Finance")
_CATEGORIES = (
    ("Network", "IT", False),
    ("Laptops", "IT", False),
    ("Printers", "IT", False),
    ("Building", "Facilities", False),
    ("Cleaning", "Facilities", False),
    ("Invoices", "Finance", False),
    ("Payroll", "Finance", True),
    ("General", None, False),
)
STATUSES = (
    (1, "New", False),
    (2, "In progress", False),
    (3, "Closed", True),
    (10, "Waiting for Vendor", True),
    (11, "Escalated", False),
    (12, "Resolved", False),
)
TAGS = ("VPN", "vpn", " Vpn", "printer", "Printer", "urgent", "on site", "Größe", "invoice", "vip")
TEXT, DATE, DROP_DOWN, CHECKBOX, LINES, NUMBER, PLACE, SELECTION = "1", "2", "3", "4", "5", "6", "7", "8"
"""Codes of field types. Those above 5 are guesses."""

_FIELDS = (
    ("Serial number", TEXT, (), ("Laptops", "Printers")),
    ("Needed by", DATE, (), ()),
    ("Impact", DROP_DOWN, ("Low", "Medium", "High", "Whole site"), ()),
    ("Contract holder", CHECKBOX, (), ()),
    ("Steps to repeat", LINES, (), ("Network", "Laptops")),
    ("Devices affected", NUMBER, (), ("Network",)),
    ("Delivery address", PLACE, (), ("Laptops", "Building")),
    ("Systems", SELECTION, ("Mail", "ERP", "Wi-Fi", "Door locks"), ("Network", "Building")),
    ("Cost centre", DROP_DOWN, ("4711",), ("Invoices",)),
)
_TEMPLATES = (
    ("Greeting", 'Hello #FirstName#,<br>thank you for your message "#Subject#".', None),
    ("Ask for the log", "Dear #FirstName# #LastName#, please send the log of #Company#. #Technician#", "Network"),
    ("Closed without answer", "Ticket #TicketID# was closed on #Date#. See #URL#. Code #CF_1234#.", None),
    ("Plain thanks", "Thank you & have a nice day", "General"),
    ("With a made-up token", "Your order #OrderNumber# is on its way to #Location#.", "Laptops"),
)
_RULES = (
    ("Assign printers", True, {"trigger": "new ticket", "if": {"category": "Printers"}, "then": {"assign": "agent1"}}),
    ("Escalate critical", True, {"trigger": "updated", "if": {"priority": 2}, "then": {"status": "Escalated"}}),
    ("Old reminder", False, {"trigger": "schedule", "if": {"idle_days": 14}, "then": {"mail": "requester"}}),
)


def set_up(desk: Desk) -> None:
    _categories(desk)
    for id, name, stops in STATUSES:
        desk.add("status", status_id=id, name=name, stops_time=stops)
    for name in TAGS:
        desk.add("tag", tag_id=desk.id("tag"), name=name, tag_count=0)
    for name, type, options, categories in _FIELDS:
        _field(desk, name, type, options, categories, usage_type="0")
    _field(desk, "Badge number", TEXT, (), (), usage_type="1")
    _field(desk, "Employee since", DATE, (), (), usage_type="1")
    _field(desk, "Warranty until", DATE, (), (), usage_type="2")
    _field(desk, "Industry", DROP_DOWN, ("Food", "Transport", "Health"), (), usage_type="3")
    _values_of_people(desk)
    _assets(desk)
    for name, body, category in _TEMPLATES:
        found = next((row for row in desk.rows["category"] if row["name"] == category), None)
        desk.add(
            "comment_template",
            template_id=desk.id("comment_template"),
            name=name,
            body=body,
            category_id=found["category_id"] if found else None,
            category_name=category,
        )
    for name, enabled, definition in _RULES:
        told = json.dumps(definition, sort_keys=True)
        desk.add("automation_rule", rule_id=desk.id("automation_rule"), name=name, enabled=enabled, definition=told)


def _categories(desk: Desk) -> None:
    sections: dict[str | None, int | None] = {None: None}
    for place, name in enumerate(_SECTIONS):
        sections[name] = desk.id("section")
        desk.add("section", section_id=sections[name], name=name, order_by_number=place)
    active = [row for row in desk.agents if not row["disabled"]]
    for place, (name, section, only) in enumerate(_CATEGORIES):
        id = desk.id("category", 21)
        desk.add(
            "category",
            category_id=id,
            name=name,
            section_id=sections[section],
            section_name=section,
            name_with_section=f"{section} / {name}" if section else name,
            for_techs_only=only,
            from_address=f"{name.lower()}@support.example" if place % 2 == 0 else None,
            order_by_number=place,
        )
        routing = 3 if name == "Cleaning" else place  # cleaning is routed as the building is
        for agent in {active[routing % len(active)]["user_id"], active[(routing + 1) % len(active)]["user_id"]}:
            desk.add("category_technician", category_id=id, user_id=agent)


def _field(
    desk: Desk, name: str, type: str, options: tuple[str, ...], categories: tuple[str, ...], *, usage_type: str
) -> None:
    id = desk.id("custom_field", 31)
    desk.add(
        "custom_field",
        field_id=id,
        name=name,
        type=type,
        usage_type=usage_type,
        mandatory=name == "Impact",
        for_techs_only=name == "Cost centre",
        order_by_number=id - 30,
        show_in_grid=False,
    )
    for place, option in enumerate(options):
        desk.add(
            "custom_field_option",
            option_id=desk.id("option", 101),
            field_id=id,
            text=option,
            order_by_number=place,
        )
    for category in desk.rows["category"]:
        if usage_type == "0" and (not categories or category["name"] in categories):
            desk.add("custom_field_category", field_id=id, category_id=category["category_id"])


def field_value(desk: Desk, field: Fields, value: str, **owner: int) -> Fields:
    """A row of values; a drop-down's also tells which option it is."""
    options = [row for row in desk.rows["custom_field_option"] if row["field_id"] == field["field_id"]]
    option = next((row["option_id"] for row in options if field["type"] == DROP_DOWN and row["text"] == value), None)
    told = {"field_id": field["field_id"], "field_name": field["name"], "type": field["type"]}
    return {**owner, **told, "value": value, "option_id": option}


def fields_of(desk: Desk, usage_type: str) -> list[Fields]:
    return [row for row in desk.rows["custom_field"] if row["usage_type"] == usage_type]


def _values_of_people(desk: Desk) -> None:
    badge, since = fields_of(desk, "1")
    for number, row in enumerate(desk.customers):
        if number % 3 == 0:
            desk.add("user_custom_field_value", **field_value(desk, badge, f"B-{number:04}", user_id=row["user_id"]))
        if number % 4 == 1:
            day = f"20{10 + number % 14}-0{1 + number % 9}-1{number % 10}"
            desk.add("user_custom_field_value", **field_value(desk, since, day, user_id=row["user_id"]))
    (industry,) = fields_of(desk, "3")
    for number, row in enumerate(desk.rows["company"]):
        if number % 4 != 3:
            told = ("Food", "Transport", "Health")[number % 3]
            value = field_value(desk, industry, told, company_id=row["company_id"])
            desk.add("company_custom_field_value", **value)


def _assets(desk: Desk) -> None:
    (warranty,) = fields_of(desk, "2")
    people = desk.customers
    for number in range(max(4, desk.tickets // 25)):
        company = desk.rows["company"][number % len(desk.rows["company"])]
        id = desk.id("asset")
        desk.add(
            "asset",
            item_id=id,
            model_name=("ThinkBook 14", "LaserWriter 4", "Switch 24p")[number % 3],
            manufacturer=("Lantern", "Kestrel", "Nimbus")[number % 3],
            supplier="Basalt Wholesale",
            type=("Laptop", "Printer", "Network")[number % 3],
            serial_number=f"SN{number:05}",
            location="Building A" if number % 2 else None,
            comments='bent hinge, "as new"' if number % 5 == 2 else None,
            quantity=1 + number % 2,
            ticket_count=0,
            company_id=company["company_id"],
            company_name=company["name"],
            disabled=number % 7 == 6,
        )
        told = {"item_id": id, "field_id": warranty["field_id"], "field_name": warranty["name"]}
        desk.add("asset_field_value", **told, value=f"2027-0{1 + number % 9}-01")
        desk.add("asset_user", item_id=id, user_id=people[number % len(people)]["user_id"])

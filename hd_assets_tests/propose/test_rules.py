"""What the rules of a draft make of one status, one field, one label."""

import pytest

from hd_assets.extract.base import INVENTORY_ENTITIES
from hd_assets.extract.registry import entities, sources
from hd_assets.mapping import load
from hd_assets.propose.base import left_out_column, read_base
from hd_assets.propose.draft import draft
from hd_assets.propose.fields import field_draft
from hd_assets.propose.found import Found, FoundField, FoundValue
from hd_assets.propose.keys import key_lines
from hd_assets.propose.line import HIGH, LOOK, Line
from hd_assets.propose.names import attribute_name, snake
from hd_assets.propose.statuses import status_draft
from hd_assets.propose.tables import table_lines
from hd_assets.propose.words import field_words, status_word
from hd_assets.settings import shipped_folder


def status(name: str, meaning: str | None = None) -> FoundValue:
    return FoundValue("status", name, meaning, True, None, 3)


def field(kind: str, label: str = "Thing", **counts) -> FoundField:
    known = {"rows": 40, "filled": 20, "distinct": 2, "max_length": 10}
    return FoundField("ticket", "thing", label, kind, kind, **(known | counts))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Waiting on customer", "waiting_on_customer"),
        ("WAITING", "on_hold"),
        ("Wartet auf Antwort", "waiting_on_customer"),
        ("En cours de traitement", "in_progress"),
        ("Pendiente de aprobación", "waiting_on_others"),
        ("На паузе", "on_hold"),
        ("In lavorazione", "in_progress"),
        ("Aguardando resposta", "waiting_on_customer"),
        ("Zamknięte", "closed"),
        ("Wacht op goedkeuring", "waiting_on_others"),
        ("Blue", None),
    ],
)
def test_a_status_is_known_by_the_longest_words_in_its_name(name, kind):
    found = status_word(name)
    assert (found.kind if found else None) == kind


def test_what_the_source_says_of_a_status_beats_its_name_and_the_quarrel_asks_for_a_look():
    quarrel = status_draft(status("Closed", "open"), None)
    assert quarrel.state == "open"
    assert quarrel.sure < LOOK

    agreed = status_draft(status("Closed", "closed"), None)
    assert (agreed.state, agreed.ticket_state) == ("closed", "resolved")
    assert agreed.sure >= HIGH


def test_a_status_nothing_is_known_of_stays_open_and_asks_for_a_look():
    draft = status_draft(status("Blue"), None)
    assert draft.state == "open"
    assert draft.sure < LOOK


def test_a_name_that_says_what_it_is_not_tells_nothing():
    assert status_draft(status("Not resolved"), None).state == "open"
    assert status_draft(status("Nicht gelöst"), None).sure < LOOK


@pytest.mark.parametrize(
    ("found", "holder", "type", "is_high"),
    [
        pytest.param(field("boolean", flags=20), "conversation", "boolean", True, id="all answers are yes or no"),
        pytest.param(field("boolean", flags=3), "conversation", "string", False, id="most answers are not"),
        pytest.param(field("date", dates=20), "contact", "date", True, id="dates"),
        pytest.param(field("date", dates=19), "contact", "date", False, id="nearly all are dates"),
        pytest.param(field("integer", "Number of seats", numeric=20), "company", "integer", False, id="an amount"),
        pytest.param(field("integer", "Menge", numeric=20), "company", "integer", True, id="an amount in German"),
        pytest.param(field("integer", "Kundennummer", numeric=20), "contact", "string", False, id="an identifier"),
        pytest.param(field("integer", "Menge", numeric=20, max_length=18), "company", "string", True, id="too long"),
        pytest.param(field("choice", options=("A", "B")), "contact", "list", True, id="a choice"),
        pytest.param(field("choice", options=("A",)), "contact", "string", False, id="one option"),
        pytest.param(field("choice", options=("A", "B, C")), "conversation", "string", True, id="a comma in an option"),
        pytest.param(field("choice", options=("A", "B, C")), "contact", "list", True, id="a comma where it may be"),
        pytest.param(field("choice", options=("A", "a")), "contact", "string", False, id="options alike"),
        pytest.param(field("choice", options=("A", "B"), distinct=9), "contact", "string", False, id="other answers"),
        pytest.param(field("multichoice", options=("A", "B")), "contact", "string", True, id="several choices"),
        pytest.param(field("long_text", max_length=900), "conversation", "text", True, id="long text of a ticket"),
        pytest.param(field("long_text", max_length=900), "contact", "string", False, id="long text of a contact"),
        pytest.param(field("nothing", filled=0), "conversation", None, True, id="a section break"),
        pytest.param(field("text", filled=0, is_active=False), "contact", None, True, id="switched off and empty"),
        pytest.param(field("text", is_active=False), "contact", "string", True, id="switched off with answers"),
        pytest.param(field("text", filled=0), "contact", "string", False, id="no answer yet"),
    ],
)
def test_a_field_takes_the_type_its_answers_fit(found, holder, type, is_high):
    draft = field_draft(found, holder)
    assert draft.type == type
    assert (draft.sure >= HIGH) == is_high


def test_the_last_part_of_a_compound_tells_what_it_is():
    assert "identifier" in field_words("Kundennummer")
    assert "quantity" not in field_words("Personeelsnummer")
    assert field_words("Einbaudatum") == {"date"}


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Floor / dock", "floor_dock"),
        ("Größe", "grosse"),
        ("Количество мест", "kolichestvo_mest"),
        ("N° d'inventaire", "no_dinventaire"),
        ("deviceType", "device_type"),
        ("¿?", ""),
    ],
)
def test_a_label_of_any_script_becomes_a_plain_name(label, name):
    assert snake(label) == name


def test_attribute_names_are_short_and_never_taken_twice():
    first = attribute_name("desk", ("Steps to reproduce " * 9, None), set())
    second = attribute_name("desk", ("Steps to reproduce " * 9, None), {first})
    assert first != second
    assert max(len(first), len(second)) <= 60
    assert attribute_name("desk", ("", "¿?"), set()) == "desk_field"


def test_the_first_month_lies_before_the_oldest_ticket_in_whatever_zone():
    found = Found(facts={"first_record_at": "2024-03-01T03:00:00Z"})
    [month] = [line.value for line in key_lines(found, {}) if line.path == ("first_month",)]
    assert month == "2024-02"


def test_the_zone_of_the_server_is_taken_before_the_one_times_are_shown_in():
    facts = {"server_time_zone": "Europe/Berlin", "default_timezone": "America/New_York"}
    [zone] = [line for line in key_lines(Found(facts=facts), {}) if line.path == ("time_zone",)]
    assert zone.value == "Europe/Berlin"
    assert not zone.needs_a_look
    del facts["server_time_zone"]
    [shown] = [line for line in key_lines(Found(facts=facts), {}) if line.path == ("time_zone",)]
    assert shown.needs_a_look


# Facts of the sources


@pytest.mark.parametrize("source", sources())
def test_statuses_of_a_products_own_life_cycle_are_drafted_as_its_shipped_mapping_has_them(source):
    base = read_base(source)
    known = [name for rule in base.vocabularies.values() for name in rule.known]
    signed = load(shipped_folder() / "mappings", source).mapping.values
    lines = draft(Found(values=[status(name, "mixed") for name in known]), base, {"source": source}, "desk")
    drafted = {line.path[1:]: line for line in lines if line.path[0] == "values"}
    for name in known:
        assert drafted["status", name].value == signed["status"][name]
        assert drafted["ticket_state", name].value == signed["ticket_state"][name]
        assert drafted["status", name].confidence >= HIGH


def test_every_column_that_is_read_of_any_version_of_osticket_is_known():
    base = read_base("osticket")
    unknown = []
    for entity in entities("osticket"):
        if entity in INVENTORY_ENTITIES:
            continue
        entry = base.table(entity.name)
        assert entry is not None, entity.name
        unused = [column for column in entity.columns if column not in entry.uses]
        unknown += [f"{entity.name}.{column}" for column in unused if left_out_column(entry, column) is None]
    assert unknown == []


@pytest.mark.parametrize("source", sources())
def test_a_source_takes_each_object_and_each_vocabulary_somewhere(source):
    base = read_base(source)
    assert {entry.to for entry in base.tables.values() if entry.to} <= set(base.objects)
    assert [name for name, rule in base.vocabularies.items() if rule.rule == "state"] == ["status"]


def test_columns_of_older_versions_are_known_by_a_pattern_and_stand_in_the_draft_by_name():
    found = Found(tables={"email": (2, ("email_id", "mail_host", "mystery")), "brand_new": (7, ("id",))})
    lines = {line.path: line for line in table_lines(found, read_base("osticket"))}

    assert lines["tables", "email", "left_out", "mail_host"].confidence >= HIGH
    assert lines["tables", "email", "uses"].value == ["email_id"]
    assert lines["tables", "email", "left_out", "mystery"].needs_a_look
    assert lines["tables", "brand_new"].needs_a_look
    assert "7 rows" in lines["tables", "brand_new"].reason


SIGNED = {
    "source": "osticket",
    "attributes": {"conversation": {"osticket_color": {"type": "string"}}},
    "custom_fields": {"ticket": {"shade": {"attribute": "osticket_color"}}},
    "tables": {
        "note": {"to": "inventory", "uses": ["id"], "left_out": {"pid": "said so"}},
        "draft": {"left_out": "said so"},
    },
}


def drafted(found: Found, decided: dict | None = None) -> dict[tuple[str, ...], Line]:
    lines = draft(found, read_base("osticket"), {"source": "osticket"} | (decided or {}), "desk")
    return {line.path: line for line in lines}


def test_of_a_table_that_is_decided_only_new_columns_are_drafted():
    columns = {"note": (4, ("id", "pid", "body", "brand_new")), "draft": (0, ("id",))}
    lines = drafted(Found(tables=columns), SIGNED)

    assert [path[1:] for path in lines if path[0] == "tables"] == [("note", "left_out", "brand_new")]


def test_a_name_that_is_taken_is_not_given_to_another_field():
    color = FoundField("ticket", "color", "Color", "text", "text", rows=4, filled=2, max_length=5)
    lines = drafted(Found(fields=(color,)), SIGNED)

    assert lines["custom_fields", "ticket", "color"].value == {"attribute": "osticket_color_2"}
    assert ("custom_fields", "ticket", "shade") not in lines


def test_contacts_and_companies_never_share_a_name_and_the_emptiest_fields_make_room():
    fields = [
        FoundField(group, f"f{n}", f"Field {n}", "text", "text", rows=900, filled=900 - n, max_length=5)
        for n in range(200)
        for group in ("user", "organization")
    ]
    lines = drafted(Found(fields=tuple(fields)))

    people = [path[2] for path in lines if path[0] == "attributes" and path[1] != "conversation"]
    assert len(people) == len(set(people)) == 240
    assert "attribute" in lines["custom_fields", "user", "f0"].value
    last = lines["custom_fields", "organization", "f199"]
    assert "no room" in last.value["left_out"]
    assert last.needs_a_look


def test_two_forms_with_a_field_of_one_name_are_one_careful_decision():
    one = FoundField("ticket", "size", "Size", "text", "text", rows=9, filled=5, max_length=4, forms=2)
    line = drafted(Found(fields=(one,)))["custom_fields", "ticket", "size"]

    assert line.confidence < HIGH


def test_an_agents_field_says_so_because_visibility_does_not_travel():
    hidden = FoundField("ticket", "risk", "Risk", "text", "text", visibility="agents", rows=9, filled=5, max_length=4)
    line = drafted(Found(fields=(hidden,)))["attributes", "conversation", "osticket_risk"]

    assert line.value["description"] == "Risk (agents only)"

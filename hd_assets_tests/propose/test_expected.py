"""What is proposed for whole installations, against the decisions of somebody who knows them."""

import re

import pytest

from hd_assets.checks import CheckContext, evaluate
from hd_assets.mapping import write_tables
from hd_assets.mapping.files import parse
from hd_assets.partitions import EVERYTHING
from hd_assets.propose.base import read_base
from hd_assets.propose.draft import draft
from hd_assets.propose.edit import added
from hd_assets.propose.found import read_found
from hd_assets.propose.line import HIGH
from hd_assets.propose.write import guesses
from hd_assets.settings import shipped_folder
from hd_assets_tests.propose.desk import BEGUN, Proposed, migration_of, proposed

INSTALLATIONS = ("northwind", "101", "102", "103", "104", "105")


@pytest.fixture(scope="module", params=INSTALLATIONS)
def made(request, tmp_path_factory) -> Proposed:
    return proposed(tmp_path_factory.mktemp("proposed"), request.param)


def test_nine_of_ten_fields_and_values_are_right_and_none_is_wrong_with_high_confidence(made):
    judged = made.judged()
    wrong = [row for row in judged if row[1] != row[2]]

    assert len(wrong) <= len(judged) / 10, wrong
    assert [row for row in wrong if row[3] >= HIGH] == []


def test_every_table_column_field_and_value_is_decided_or_left_out(made):
    text = added(BEGUN, (line for line in made.lines if not line.carried))
    document = parse(text)
    with made.desk.warehouse.get_connection() as connection:
        columns = connection.execute("select table_name, column_name from raw.source_column").fetchall()
        fields = connection.execute("select field_group, field from discovery.field").fetchall()
        values = connection.execute("select vocabulary, value from discovery.value").fetchall()
    for table, column in columns:
        entry = document["tables"][table]
        left_out = entry.get("left_out", {})
        assert isinstance(left_out, str) or column in {*entry["uses"], *left_out}
    assert {(group, field) for group, names in document["custom_fields"].items() for field in names} == set(fields)
    told = {line.path[1:] for line in made.lines if line.path[0] == "values"}
    assert set(values) <= told


def test_names_of_attributes_are_plain_unique_and_never_shared_by_contacts_and_companies(made):
    names = [line.path[1:] for line in made.lines if line.path[0] == "attributes"]

    assert all(re.fullmatch(r"[a-z][a-z0-9_]{1,59}", name) for _, name in names)
    assert len(names) == len(set(names))
    people = [name for holder, name in names if holder != "conversation"]
    assert len(people) == len(set(people))


def test_what_nobody_can_know_is_marked_and_what_would_address_another_place_is_not_guessed(made):
    text = added(BEGUN, (line for line in made.lines if not line.carried))

    assert {"time_zone", "unassigned_tickets", "unmatched_agents"} <= {guess.key for guess in guesses(text)}
    assert parse(text)["migration_admin"]["email"] == "undecided"
    assert added(text, ()) == text


def test_a_mapping_that_decides_everything_gets_no_line(tmp_path_factory):
    made = proposed(tmp_path_factory.mktemp("complete"), "northwind")
    shipped = shipped_folder() / "mappings" / "osticket.yaml"
    with made.desk.warehouse.get_connection() as connection:
        found = read_found(connection, "osticket")
    lines = draft(found, read_base("osticket"), parse(shipped.read_text(encoding="utf-8")), "osticket")

    assert [line.name for line in lines if not line.carried] == []


def test_the_draft_passes_every_check_when_its_installation_is_staged(tmp_path_factory):
    made = proposed(tmp_path_factory.mktemp("staged"), "101")
    text = added(BEGUN, (line for line in made.lines if not line.carried))
    migration = migration_of(tmp_path_factory.mktemp("mapping"), text)
    made.desk.migration = migration
    with made.desk.warehouse.get_connection() as connection:
        write_tables(connection, migration)
    made.desk.stage()
    with made.desk.warehouse.get_connection() as connection:
        verdicts = evaluate(connection, EVERYTHING, CheckContext(migration, made.desk.files))
    assert [(check.label, verdict.description) for check, verdict in verdicts if not verdict.passed] == []

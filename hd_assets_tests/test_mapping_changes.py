"""What a changed mapping is called, what blocks, and what people read who do not read YAML."""

import json
import re
import zipfile
from pathlib import Path

import jsonschema
import pytest
import yaml

from hd_assets.approvals import approve, require_confirmed_mapping
from hd_assets.errors import BlockedError, MappingError
from hd_assets.mapping import Migration, load
from hd_assets.mapping.changes import changes
from hd_assets.mapping.decisions import require_decided, undecided
from hd_assets.mapping.files import parse
from hd_assets.mapping.schema import SCHEMA_LINE, schema, write_schema
from hd_assets.mapping.sheets import sheets
from hd_assets.mapping.show import write_page, write_workbook
from hd_assets.mapping.signed import changed_since, keep
from hd_assets.settings import Stores, shipped_folder

SIGNED = """\
source: depot
time_zone: Europe/Berlin
first_month: 2024-01
migration_admin: {name: Migration, email: migration@helpdesk.example}
unassigned_tickets: keep
unmatched_agents: block
internal_notes: note
targets:
  simulator: {}
  test: {region: eu, plan: advanced}
  production: {region: us, plan: expert}
objects:
  conversations: {from: [ticket], fidelity: "1:1"}
attributes:
  conversation:
    depot_level: {type: list, options: [Low, High], description: "=1+1 <b>Level</b>"}
custom_fields:
  ticket:
    level: {attribute: depot_level}
    color: {left_out: nobody fills it in}
values:
  status: {Open: open, Done: closed}
tables:
  ticket: {to: conversations, uses: [id], left_out: {ip: personal data without use}}
"""


def migration(folder: Path, text: str = SIGNED) -> Migration:
    folder.mkdir(exist_ok=True)
    (folder / "depot.yaml").write_text(text, encoding="utf-8")
    return load(folder, "depot")


@pytest.fixture
def stores(tmp_path) -> Stores:
    signed = migration(tmp_path / "signed")
    found = Stores(tmp_path / "home")
    keep(found, signed)
    approve(found, "mapping", "Ada Example", signed.digest)
    return found


CHANGED = [
    pytest.param("Done: closed", "Done: open", "values.status.Done changed", id="another value"),
    pytest.param(", Done: closed", "", "values.status.Done removed", id="a value gone"),
    pytest.param("    color: {left_out: nobody fills it in}\n", "", "custom_fields.ticket.color removed", id="a field"),
    pytest.param("nobody fills", "Nobody fills", "custom_fields.ticket.color.left_out changed", id="one character"),
    pytest.param("options: [Low, High]", "options: [Low, High, Top]", "options: 'Top' added", id="an option"),
    pytest.param("1:1", "1:n", "objects.conversations.fidelity changed", id="a figure"),
    pytest.param("migration@", "boss@", "migration_admin.email changed", id="an address"),
    pytest.param("eu, plan", "au, plan", "targets.test.region changed", id="a region"),
]


@pytest.mark.parametrize(("old", "new", "told"), CHANGED)
def test_any_change_of_a_confirmed_mapping_blocks_and_the_message_names_its_key(tmp_path, stores, old, new, told):
    assert old in SIGNED
    changed = migration(tmp_path / "changed", SIGNED.replace(old, new))

    require_confirmed_mapping(stores, changed, "simulator")
    with pytest.raises(BlockedError) as blocked:
        require_confirmed_mapping(stores, changed, "production")
    assert told in blocked.value.what
    assert "helpdesk.example" not in str(blocked.value)


def test_the_confirmed_mapping_itself_and_comments_in_it_do_not_block(tmp_path, stores):
    same = migration(tmp_path / "same", "# signed\n" + SIGNED)

    require_confirmed_mapping(stores, same, "production")
    assert changed_since(stores, same, same.digest) == []


def test_a_changed_sql_override_is_named_too(tmp_path):
    before = migration(tmp_path / "signed")
    sql = tmp_path / "signed" / "depot" / "sql"
    sql.mkdir(parents=True)
    (sql / "parts.sql").write_text("select 1", encoding="utf-8")

    assert [change.line for change in changes(before, load(tmp_path / "signed", "depot"))] == ["sql/parts.sql added"]


@pytest.mark.parametrize("name", ["deliver/row_counts", "discovery/fact", "links/addresses"])
def test_sql_of_documents_discovery_and_links_is_signed_as_well(tmp_path, stores, name):
    before = migration(tmp_path / "signed")
    file = tmp_path / "signed" / "depot" / "sql" / f"{name}.sql"
    file.parent.mkdir(parents=True)
    file.write_text("select 1", encoding="utf-8")
    after = load(tmp_path / "signed", "depot")
    folder, _, stem = name.partition("/")
    assert after.digest != before.digest
    assert after.overriding(folder) == {stem: file}
    assert after.overriding() == {}

    keep(stores, after)
    file.write_text("select 2", encoding="utf-8")
    changed = load(tmp_path / "signed", "depot")
    assert [change.line for change in changed_since(stores, changed, after.digest)] == [f"sql/{name}.sql changed"]


def test_sql_in_a_folder_nobody_reads_is_refused(tmp_path):
    migration(tmp_path / "signed")
    file = tmp_path / "signed" / "depot" / "sql" / "documents" / "row_counts.sql"
    file.parent.mkdir(parents=True)
    file.write_text("select 1", encoding="utf-8")
    with pytest.raises(MappingError, match=r"documents/row_counts\.sql"):
        load(tmp_path / "signed", "depot")


def test_without_a_copy_of_what_was_signed_the_change_still_blocks(tmp_path, stores):
    for folder in (stores.root / "confirmed").iterdir():
        folder.rename(stores.root / "gone")
    changed = migration(tmp_path / "changed", SIGNED.replace("Done: closed", "Done: open"))

    with pytest.raises(BlockedError, match="changed since it was confirmed"):
        require_confirmed_mapping(stores, changed, "production")


# Decisions only a person can make


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("Europe/Berlin", "undecided", "time_zone"),
        ("2024-01", "undecided", "first_month"),
        ("migration@helpdesk.example", "undecided", "migration_admin.email"),
        ("unassigned_tickets: keep", "unassigned_tickets: undecided", "unassigned_tickets"),
        ("unmatched_agents: block", "unmatched_agents: undecided", "unmatched_agents"),
        ("internal_notes: note", "internal_notes: undecided", "internal_notes"),
    ],
)
def test_an_undecided_key_parses_and_blocks_every_target(tmp_path, old, new, key):
    found = migration(tmp_path / "mappings", SIGNED.replace(old, new))

    assert undecided(found.mapping) == [key]
    for target in ("simulator", "test", "production"):
        with pytest.raises(BlockedError, match=key):
            require_decided(found, target)


def test_an_undecided_workspace_blocks_only_itself(tmp_path):
    found = migration(
        tmp_path / "mappings", SIGNED.replace("region: us, plan: expert", "region: undecided, plan: expert")
    )

    require_decided(found, "test")
    with pytest.raises(BlockedError, match=r"targets\.production\.region"):
        require_decided(found, "production")


@pytest.mark.parametrize("line", SIGNED.splitlines()[1:7], ids=lambda line: line.split(":")[0])
def test_a_required_key_cannot_be_left_away(tmp_path, line):
    with pytest.raises(MappingError, match=line.split(":")[0]):
        migration(tmp_path / "mappings", SIGNED.replace(line + "\n", ""))


@pytest.mark.parametrize("left", ["plan: advanced", "region: eu"])
def test_a_real_workspace_names_its_region_and_its_plan(tmp_path, left):
    text = SIGNED.replace("region: eu, plan: advanced", left)
    with pytest.raises(MappingError, match=r"targets\.test"):
        migration(tmp_path / "mappings", text)


def test_notes_become_public_only_in_the_name_of_somebody(tmp_path):
    with pytest.raises(MappingError, match="internal_notes"):
        migration(tmp_path / "mappings", SIGNED.replace("internal_notes: note", "internal_notes: public"))
    found = migration(tmp_path / "mappings", SIGNED.replace("_notes: note", "_notes: {public: Ada Example}"))
    assert found.mapping.internal_notes.public == "Ada Example"


# The schema for editors, the page and the workbook


def test_the_schema_accepts_shipped_mappings_and_points_at_mistakes(tmp_path):
    validator = jsonschema.Draft202012Validator(schema())
    for path in sorted((shipped_folder() / "mappings").glob("*.yaml")):
        assert list(validator.iter_errors(parse(path.read_text(encoding="utf-8")))) == []
    good = yaml.safe_load(SIGNED)
    assert list(validator.iter_errors(good | {"first_month": "2024-01"})) == []
    assert list(validator.iter_errors(good | {"unmatched_agents": "perhaps"}))
    assert list(validator.iter_errors(good | {"surprise": 1}))
    assert SCHEMA_LINE.endswith(write_schema(tmp_path).name)
    assert json.loads((tmp_path / "mapping.schema.json").read_text(encoding="utf-8")) == schema()


def test_page_and_workbook_show_every_decision_and_run_nothing(tmp_path):
    found = migration(tmp_path / "mappings")
    made = sheets(found, {"values.status.Done": "guessed"})
    write_page(tmp_path / "m.html", found, made, "not confirmed")
    write_workbook(tmp_path / "m.xlsx", made)

    page = (tmp_path / "m.html").read_text(encoding="utf-8")
    assert "<b>Level</b>" not in page
    assert "&lt;b&gt;Level&lt;/b&gt;" in page
    assert not re.search(r"https?://|<script|@import", page)
    with zipfile.ZipFile(tmp_path / "m.xlsx") as book:
        texts = book.read("xl/sharedStrings.xml").decode()
        cells = "".join(book.read(name).decode() for name in book.namelist() if "worksheets/sheet" in name)
    assert "<f>" not in cells
    for word in ("depot_level", "nobody fills it in", "personal data without use", "Done", "guessed", "Europe/Berlin"):
        assert word in page
        assert word in texts

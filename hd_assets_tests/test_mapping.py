"""The digest a confirmation signs: it moves with what the file says, and with nothing else."""

from pathlib import Path

import pytest

from hd_assets import mapping
from hd_assets.mapping import load

SIGNED = """\
source: osticket
time_zone: Europe/Berlin
first_month: 2024-01
migration_admin: {name: Migration, email: migration@helpdesk.example}
unassigned_tickets: keep
unmatched_agents: block
internal_notes: note
targets: {simulator: {}}
objects:
  conversations: {from: [ticket], fidelity: "1:1"}
publish: {workers: 8}
"""


def digest(folder: Path, text: str) -> str:
    (folder / "signed.yaml").write_text(text, encoding="utf-8")
    return load(folder, "signed").digest


@pytest.fixture
def signed(tmp_path: Path) -> str:
    return digest(tmp_path, SIGNED)


def test_a_key_the_product_learns_later_leaves_a_confirmation_valid(
    tmp_path: Path, signed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class LaterPublishing(mapping.Publishing):
        rest_minutes: int = 30

    class LaterMapping(mapping.Mapping):
        publish: LaterPublishing = LaterPublishing()
        greeting: str = "Hello"

    monkeypatch.setattr("hd_assets.mapping.files.Mapping", LaterMapping)

    assert digest(tmp_path, SIGNED) == signed
    assert digest(tmp_path, SIGNED + "greeting: Good day\n") != signed


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(SIGNED.replace("workers: 8", "workers: 9"), id="another figure"),
        pytest.param(SIGNED.replace("{simulator: {}}", "{simulator: {region: eu}}"), id="a key below another"),
        pytest.param(SIGNED + "values: {status: {Open: open}}\n", id="a value"),
        pytest.param(SIGNED + "exceptions_limit: 0\n", id="a top-level key"),
    ],
)
def test_what_the_file_says_otherwise_needs_a_new_confirmation(tmp_path: Path, signed: str, changed: str) -> None:
    assert digest(tmp_path, changed) != signed


def test_comments_spacing_and_order_need_none(tmp_path: Path, signed: str) -> None:
    first, rest = SIGNED.split("\n", 1)

    assert digest(tmp_path, f"# signed in March\n\n{rest}{first}   # the same\n") == signed


def test_an_overriding_sql_file_needs_a_new_confirmation(tmp_path: Path, signed: str) -> None:
    folder = tmp_path / "signed" / "sql"
    folder.mkdir(parents=True)
    (folder / "conversations.sql").write_text("select 1", encoding="utf-8")

    assert digest(tmp_path, SIGNED) != signed

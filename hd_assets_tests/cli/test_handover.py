"""`hd-assets handover`: what the customer keeps, with and without personal data."""

import hashlib
import re
from pathlib import Path
from urllib.parse import quote

import pytest

from hd_assets.deliver.sheets import read_csv
from hd_assets_tests.cli.desk import TOKEN, one_screen
from hd_assets_tests.cli.test_purge import OF_PEOPLE, personal


@pytest.fixture(scope="module")
def handed(moved, tmp_path_factory) -> dict[str, Path]:
    """Both variants of one migration."""
    root = tmp_path_factory.mktemp("handed")
    found = {"whole": root / "whole", "plain": root / "plain"}
    for name, options in (("whole", ()), ("plain", ("--without-personal-data",))):
        told = moved.hd("handover", "osticket", str(found[name]), *options)
        assert told.code == 0, told.text
    return found


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def ids(folder: Path) -> list[dict[str, str]]:
    columns, rows = read_csv(folder / "id_map.csv")
    return [dict(zip(columns, row, strict=True)) for row in rows]


def test_it_holds_documents_certificate_id_map_and_agreements(handed):
    found = files(handed["whole"])
    assert {"README.md", "SHA256SUMS", "approvals.csv", "certificate.json", "certificate.md", "id_map.csv"} <= set(
        found
    )
    assert {"documents/index.md", "documents/configuration_guide.md", "documents/exceptions.csv"} <= set(found)
    assert "osticket.yaml" in found


def test_the_checksums_are_those_of_every_other_file(handed):
    for folder in handed.values():
        found = files(folder)
        told = dict(reversed(line.split("  ")) for line in found.pop("SHA256SUMS").decode().splitlines())
        assert told == {name: hashlib.sha256(content).hexdigest() for name, content in found.items()}


def test_each_old_number_leads_to_an_address_in_intercom(moved, handed):
    rows = [row for row in ids(handed["whole"]) if row["object"] == "conversations"]
    assert len(rows) == moved.figures["counts"]["conversations"]["extracted"]
    by_id = {row["external_id"]: row for row in rows}
    assert all(row["number"] for row in rows)
    assert all(row["address"].startswith("http") for row in rows)
    joined = [row for row in rows if row["outcome"] == "merged"]
    assert joined
    parents = {row["intercom_id"] for row in by_id.values() if row["outcome"] == "migrated"}
    assert {row["intercom_id"] for row in joined} <= parents


def test_people_companies_and_articles_are_in_it_too(moved, handed):
    for object in ("contacts", "companies", "articles"):
        rows = [row for row in ids(handed["whole"]) if row["object"] == object]
        assert len(rows) >= moved.figures["counts"][object]["extracted"] > 0
        assert all(row["intercom_id"] for row in rows if row["outcome"] == "migrated")


def test_no_secret_is_in_it(handed):
    assert not [name for name, content in files(handed["whole"]).items() if TOKEN.encode() in content]


def test_the_second_variant_names_nobody(moved, handed):
    needles = personal(moved.hd, OF_PEOPLE)
    told = {needle for content in files(handed["whole"]).values() for needle in needles if needle in content}
    assert len(told) > 30
    left = {
        (name, needle) for name, content in files(handed["plain"]).items() for needle in needles if needle in content
    }
    assert left == set()
    assert "osticket.yaml" not in files(handed["plain"])
    assert ids(handed["plain"]) == ids(handed["whole"])
    header = (handed["plain"] / "approvals.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert header == "what,at,digest,target"


def test_nothing_is_written_over_and_nothing_half(moved, handed, tmp_path):
    before = files(handed["whole"])
    told = moved.hd("handover", "osticket", str(handed["whole"]))
    assert (told.code, files(handed["whole"])) == (2, before)
    assert "not empty" in one_screen(told)
    told = moved.hd("handover", "osticket", str(tmp_path / "new"), "--target", "production")
    assert told.code == 3
    assert "hd-assets deliver osticket --target production" in one_screen(told)
    assert list(tmp_path.iterdir()) == []


def test_a_credential_in_a_document_stops_it(moved, tmp_path):
    address = min(needle.decode() for needle in personal(moved.hd, OF_PEOPLE) if re.fullmatch(rb"\S+@\S+", needle))
    url = f"mysql://reader:{quote(address, safe='')}@db.example/helpdesk"
    told = moved.hd("handover", "osticket", str(tmp_path / "new"), OSTICKET_URL=url)
    assert told.code == 3
    assert "a credential of this environment stands in" in one_screen(told)
    assert address not in told.text
    assert list(tmp_path.iterdir()) == []

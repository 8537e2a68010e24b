"""Pages and the report: what a reader can follow, and what they may not contain."""

import json
import re
from collections import Counter

import duckdb
import pytest

from hd_assets.deliver.prepare import LEDGER
from hd_assets.deliver.redact import copy_without_personal_data
from hd_assets.deliver.report import page, without_names
from hd_assets.deliver.report_facts import written_since
from hd_assets_tests.deliver.folder import Delivered

FACTS = {
    "migration": "desk", "description": "", "target": "test", "mapping_digest": "0" * 64, "certificate": None,
    "written_since": 0,
    "totals": [], "sent": [], "months": [], "undated": [], "exceptions": [], "left_out": [], "open": [],
    "differences": [], "approvals": [], "decisions": [], "documents": [], "others": [],
    "forecasts": [],
}  # fmt: skip
HOSTILE = '"><script>alert(1)</script>'


def test_every_link_leads_to_a_file_beside_it(published):
    assert len(published.links()) > 100
    assert {(name, target) for name, target in published.links() if not (published.folder / target).is_file()} == set()


def test_the_report_needs_no_network_and_runs_nothing(delivered):
    html = (delivered.folder / "report.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in html
    assert not re.search(r"<(script|link|img|iframe|object|form)\b", html)
    assert set(re.findall(r"https?://[^\"' <]+", html)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"url\(|@import", html)


def test_the_report_adds_up_to_the_source(delivered):
    html = (delivered.folder / "report.html").read_text(encoding="utf-8")
    drawn = Counter()
    for name in ("conversations", "parts"):
        [label] = re.findall(rf'aria-label="{name} by month: ([\d,]+) ', html)
        drawn[name] = int(label.replace(",", ""))
    of_months = Counter(row["object"] for row in delivered.rows("record_fates") if row["month"])
    assert drawn == {name: of_months[name] for name in drawn}
    assert drawn["conversations"] == delivered.count("ticket")
    bars = [int(number.replace(",", "")) for number in re.findall(r"<title>\d{4}-\d\d: ([\d,]+)</title>", html)]
    files = sum(row["object"] == "attachments" and row["month"] != "" for row in delivered.rows("record_fates"))
    assert sum(bars) == drawn.total() + files


def test_the_report_counts_exceptions_as_the_list_of_them_does(published):
    told = json.loads((published.folder / "report.json").read_text(encoding="utf-8"))["exceptions"]
    listed = Counter((row["object"], row["reason_code"]) for row in published.rows("exceptions"))
    counted = Counter()
    for name, reason, _, number, _ in told:
        counted[name, reason] += number
    assert counted.total() > 10
    assert counted == Counter({key: number for key, number in listed.items() if key in counted})


def test_the_report_scores_the_forecast_of_each_run_that_sent_something(published, real):
    told = json.loads((published.folder / "report.json").read_text(encoding="utf-8"))["forecasts"]
    sent = Counter(row["run_no"] for row in published.rows("operations") if row["state"] == "applied")
    made = Counter()
    for row in published.rows("requests"):
        made[row["run_no"]] += int(row["number"])
    assert {str(score["forecast"]["run_no"]): (score["operations"], score["requests"]) for score in told} == {
        run: (sent[run], made[run]) for run in sent
    }
    uses = [row for row in published.rows("attachment_files") if row["disposition"] == "send"]
    assert sum(score["bytes"] for score in told) == sum(4 * -(-int(row["size_bytes"]) // 3) for row in uses)
    assert "Nothing was sent yet." in (real.folder / "report.html").read_text(encoding="utf-8")


def test_the_report_says_what_was_read_back(published, real):
    assert "Everything that was sent is there as it was meant" in (published.folder / "report.html").read_text()
    assert "Nothing was read back from this target yet" in (real.folder / "report.html").read_text()


@pytest.mark.parametrize("key", ["migration", "description", "target"])
def test_a_hostile_text_stays_text(key):
    assert "<script" not in page(FACTS | {key: HOSTILE})


def test_a_hostile_reason_stays_text_in_chart_and_table():
    told = FACTS | {"exceptions": [["parts", HOSTILE, True, 3, HOSTILE]]}
    assert "<script" not in page(told)
    assert page(told).count("alert(1)") >= 3


CERTIFICATE = {"verdict": "equal", "compared": 1200, "differing": 0, "reasons": [],
               "compared_at": "2024-02-01T09:00:00Z", "months": "all", "sha256": "0" * 64}  # fmt: skip


@pytest.mark.parametrize(
    ("certificate", "since", "mark", "sentence"),
    [
        ({}, 0, "equal", "Everything that was sent is there as it was meant: 1,200 records"),
        ({"verdict": "differences", "differing": 2, "reasons": ["2 differ"]}, 0, "differs", "There are differences"),
        ({}, 3, "open", "3 writes were made after the last read-back"),
    ],
)
def test_the_verdict_is_that_of_the_read_back_and_of_nothing_later(certificate, since, mark, sentence):
    told = page(FACTS | {"certificate": CERTIFICATE | certificate, "written_since": since})
    assert f'class="verdict {mark}"' in told
    assert sentence in told
    assert all(reason in told for reason in certificate.get("reasons", []))


def test_the_report_names_who_approved_and_decided_unless_names_are_left_out():
    told = FACTS | {
        "approvals": [{"what": "mapping", "by": "Rosa Diaz", "at": "2024-02-01 09:00 UTC", "digest": "0" * 12}],
        "decisions": [{"record": "desk-user-1", "reason": "no_email", "decision": "accept", "by": "Rosa Diaz",
                       "at": "2024-02-01 09:00 UTC"}],
    }  # fmt: skip
    assert page(told).count("Rosa Diaz") == 2
    assert "Rosa" not in page(without_names(told))


@pytest.fixture(scope="module")
def redacted(published, tmp_path_factory) -> Delivered:
    folder = tmp_path_factory.mktemp("redacted")
    copy_without_personal_data(published.folder, folder)
    return Delivered(folder, published.dump)


def people(delivered: Delivered) -> set[str]:
    """Names and addresses of everybody in the source, and the subjects people wrote."""
    source = delivered.source
    found = {row["address"] for row in source["user_email"]} | {row["name"] for row in source["user"]}
    found |= {row["email"] for row in source["staff"]} | {row["lastname"] for row in source["staff"]}
    found |= {row["poster"] for row in source["thread_entry"]}
    subjects = {row["id"] for row in source["form_field"] if row["name"] == "subject"}
    found |= {row["value"] for row in source["form_entry_values"] if row["field_id"] in subjects}
    # words as short as a syllable occur by chance
    return {text for text in found if text and len(text) > 6}


def test_the_second_variant_names_nobody_and_keeps_every_row(published, redacted):
    texts = {path.name: path.read_text(encoding="utf-8").lower() for path in redacted.folder.iterdir()}
    known = {text.lower() for text in people(published)}
    assert len(known) > 50
    assert {(name, word) for name, text in texts.items() for word in known if word in text} == set()
    assert set(redacted.manifest) == set(published.manifest)
    assert {(page, file) for page, file in redacted.links() if not (redacted.folder / file).is_file()} == set()
    for entry in published.manifest.values():
        for name, sheet in entry["sheets"].items():
            assert len(redacted.rows(name)) == sheet["rows"], name


def test_the_first_variant_does_name_people(published):
    told = (published.folder / "agent_queue.csv").read_text(encoding="utf-8-sig")
    assert all(row["email"].lower() in told for row in published.source["staff"] if row["email"])


def test_writes_and_rollbacks_after_the_read_back_are_counted():
    with duckdb.connect() as connection:
        connection.execute("create schema publish")
        for table, columns in LEDGER.items():
            connection.execute(f"create table publish.{table} ({columns})")
        connection.execute(
            "insert into publish.operations by name select 'a' as key, '2024-02-01 09:00:00.7' as applied_at"
            " union all select 'b', '2024-02-01 10:00'"
        )
        connection.execute(
            "insert into publish.runs values (1, 'all', '2024-02-01 08:00', null, 'publish'),"
            " (2, 'undo', '2024-02-02 08:00', null, 'rollback')"
        )
        connection.execute(
            "insert into publish.requests values (1, 'POST', '/tags', '200', 9),"
            " (2, 'DELETE', '/contacts/{id}', '200', 3),"
            " (2, 'GET', '/contacts/{id}', '404', 5), (2, 'POST', '/contacts/search', '200', 7)"
        )
        assert written_since(connection, CERTIFICATE) == 4
        assert written_since(connection, None) == 0

"""The scope document: its numbers summed again, from the account of the installation and from its own CSV files."""

import csv
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from hd_assets.deliver.redact import copy_without_personal_data
from hd_assets.deliver.scope import scope, source_scope
from hd_assets.deliver.scope_page import write_scope
from hd_assets.errors import BlockedError, HdError
from hd_assets.warehouse import Warehouse
from hd_assets_tests.discover.conftest import SQL, Found

_LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")


class Page:
    """The files of one scope document; `table(title)` gives the rows below a heading of the Markdown page."""

    def __init__(self, found: Found, folder: Path) -> None:
        with found.warehouse.get_connection() as connection:
            write_scope(folder, scope(connection, found.migration, SQL), found.migration.name)
        self.folder = folder
        self.markdown = (folder / "scope.md").read_text("utf-8")
        self.html = (folder / "scope.html").read_text("utf-8")

    def table(self, title: str) -> list[list[str]]:
        part = self.markdown.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
        lines = [line for line in part.splitlines() if line.startswith("|")][2:]
        return [[_LINK.sub(r"\1", cell.strip()) for cell in line.strip("|").split(" | ")] for line in lines]

    def sheet(self, name: str) -> list[dict[str, str]]:
        with (self.folder / f"scope_{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def page(real, tmp_path_factory) -> Page:
    return Page(real, tmp_path_factory.mktemp("scope"))


def test_counts_are_those_of_the_installation(page, truth):
    counts = {(row[0], row[1]): int(row[2]) for row in page.table("How much there is")}
    assert sum(n for (name, _), n in counts.items() if name == "Tickets") == truth["counts"]["ticket"]
    assert (
        sum(n for (name, word), n in counts.items() if name == "Messages and notes" and word != "task")
        == (truth["counts"]["thread_entry"])
    )
    assert counts["Contacts", "user"] == truth["counts"]["user"]
    assert counts["Attachments", "attachment"] == truth["breakdown"]["attachments_by_object_type"]["H"]


def test_years_add_up_to_the_tickets_of_each_year(page, truth):
    years = {row[0]: int(row[1]) for row in page.table("By month and year") if row[1] != "0"}
    assert years == truth["breakdown"]["tickets_by_created_year_local"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Tickets by status", "tickets_by_status"),
        ("Tickets by priority", "tickets_by_priority"),
        ("Tickets by source", "tickets_by_source"),
    ],
)
def test_values_have_the_tickets_they_had(page, truth, title, expected):
    assert {row[0]: int(row[1]) for row in page.table(title) if row[1] != "0"} == truth["breakdown"][expected]


def test_tickets_without_a_topic_are_told(page, truth):
    without = truth["breakdown"]["tickets_by_help_topic_id"]["0"]
    assert f"{without} of {truth['counts']['ticket']} tickets have none." in page.markdown


def test_each_plan_filter_and_connection_is_counted(page, truth):
    kinds = {row[0]: int(row[1]) for row in page.table("Automations, plans and templates")}
    assert (kinds["SLA plan"], kinds["filter"]) == (truth["counts"]["sla"], truth["counts"]["filter"])
    stopping = {row[0]: int(row[1]) for row in page.table("What will stop")}
    assert stopping["API key"] == truth["counts"]["api_key"]


def test_every_number_leads_to_a_file_whose_rows_add_up_to_it(page):
    volumes = page.sheet("volume")
    for _, word, number, *_ in page.table("How much there is"):
        assert int(number) == sum(
            int(row["rows"]) for row in volumes if row["source_type"].replace("_", " ") == word
        ), word
    by_label = {(row["field_group"], row["label"]): row for row in page.sheet("field")}
    for group, label, *_, filled, records, _rate, _marks in page.table("Fields of the forms"):
        row = by_label[group, label]
        assert (filled, records) == (row["filled"], row["rows"])
    assert sum(int(row[1]) for row in page.table("Attachments by size")) == sum(
        int(row["files"]) for row in page.sheet("file_size")
    )
    linked = {file for _, file in _LINK.findall(page.markdown)}
    assert len(linked) > 6
    assert not [file for file in linked if not (page.folder / file).is_file()]


def test_the_risks_with_intercom_and_the_promises_of_the_source_are_repeated(page):
    for words in ("transcripts", "cannot be promoted", "Fin is paid", "two years", "quota is shared"):
        assert words in page.markdown
        assert words in page.html
    assert len(page.table("What moves, and how")) == 11
    assert "50 threads" in page.markdown


def test_the_size_is_held_against_what_was_promised(page):
    assert "Fewer than 15,000 tickets" in page.markdown


class _Reader(HTMLParser):
    """Text, tags and everything a browser would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.headings: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        values = dict(attrs)
        self.loaded += [values[name] for name in ("src", "srcset", "data", "action") if values.get(name)]
        if tag == "a":
            self.links.append(values["href"])

    def handle_data(self, data):
        if self.tags and self.tags[-1] == "h2" and data.strip():
            self.headings.append(data.strip())


def test_the_page_needs_no_network_and_no_script(page):
    read = _Reader(page.html)
    assert not {"script", "link", "iframe", "img", "object", "embed", "form"} & set(read.tags)
    assert read.loaded == []
    assert not re.search(r"@import|url\(", page.html)
    outside = [link for link in read.links if not link.startswith("#") and not (page.folder / link).is_file()]
    assert outside == []


def test_the_page_tells_the_same_sections_with_charts_for_dark_and_light_and_print(page):
    titles = re.findall(r"^## (.+)$", page.markdown, re.M)
    assert _Reader(page.html).headings == titles
    assert page.html.count("<svg") > 10
    assert "prefers-color-scheme: dark" in page.html
    assert "@media print" in page.html


def test_a_name_from_the_installation_cannot_become_markup(small, tmp_path):
    with small.warehouse.get_connection() as connection:
        label = "<img src=x onerror=alert(1)> | =1+1"
        connection.begin()
        connection.execute("update discovery.field set label = $label where field = 'region'", {"label": label})
        document = scope(connection, small.migration, SQL)
        connection.rollback()
    write_scope(tmp_path, document, "desk")
    assert "<img" not in (tmp_path / "scope.html").read_text("utf-8")
    line = next(line for line in (tmp_path / "scope.md").read_text("utf-8").splitlines() if "onerror" in line)
    assert "<img" not in line
    assert line.count(" | ") == 7


def test_the_variant_without_personal_data_names_no_mailbox(page, tmp_path):
    copy_without_personal_data(page.folder, tmp_path / "plain")
    written = "".join(path.read_text("utf-8") for path in (tmp_path / "plain").iterdir())
    assert "support@northwind.example" in page.markdown
    assert "support@northwind.example" not in written
    assert "API key" in written


def test_an_installation_without_anything_has_a_document_too(tmp_path):
    from hd_assets_tests.extract.osticket.small import write_dump

    found = Found(tmp_path / "store", {"OSTICKET_DUMP": str(write_dump(tmp_path / "empty.sql"))})
    assert "There are none." in Page(found, tmp_path / "out").markdown


def test_without_discovery_the_message_says_what_to_run(small, tmp_path):
    with (
        Warehouse.of(tmp_path / "w.duckdb").get_connection() as connection,
        pytest.raises(BlockedError, match="--until discover"),
    ):
        scope(connection, small.migration, SQL)


def test_a_source_without_scope_lines_is_refused(tmp_path):
    with pytest.raises(HdError, match="scope of source 'nowhere'"):
        source_scope(tmp_path, "nowhere")

"""A customer nobody prepared for: from nothing to a published workspace, with the commands a new user types."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hd_assets.samples.itop import write as write_itop
from hd_assets.samples.jitbit.desk import PASSWORD as JITBIT_PASSWORD
from hd_assets.samples.jitbit.desk import READER
from hd_assets.samples.osticket import SampleOptions, write
from hd_assets.standin.jitbit import JitbitStandin
from hd_assets.standin.registry import standing_in
from hd_assets.standin.serving import serving
from hd_assets_tests.cli.desk import TOKEN, CommandLine, first_month, workspace
from hd_assets_tests.extract.osticket.shared_sample import DUMP, unpack_files
from hd_assets_tests.jitbit import of_one_month
from hd_assets_tests.shared import SHARED, shared_path

ADMIN = "migration@clinic.example"
# six whole runs in one fixture
pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Customer:
    """`months`: options of a publish; `tickets`: conversations of those months; `status`: one of the source's words;
    `reads_late`: for production the source is read only once its guide is approved."""

    source: str
    variables: dict[str, str]
    time_zone: str
    months: tuple[str, ...]
    tickets: int
    status: str
    reads_late: bool = False


@contextmanager
def osticket(root: Path) -> Iterator[Customer]:
    """The real installation where it lies beside the project, three of its months; else a generated French clinic."""
    if SHARED.exists():
        variables = {"OSTICKET_DUMP": str(shared_path(DUMP)), "OSTICKET_FILES": str(unpack_files(root))}
        months = ("--from", "2026-08", "--to", "2026-10")
        yield Customer("osticket", variables, "UTC", months, 16, "Duplicate")
    else:
        options = SampleOptions(
            variant=102, first_month=f"{first_month():%Y-%m}", months=1, prefix="clq_", oddities=False
        )
        report = write(root, tickets=5, seed=4, options=options)
        yield Customer("osticket", report.variables, "UTC", (), 5, "Doublon")


@contextmanager
def itop(root: Path) -> Iterator[Customer]:
    report = write_itop(root, tickets=12, seed=4)
    with standing_in("itop", root) as address:
        variables = {**report.variables, **address}
        yield Customer("itop", variables, report.time_zone, ("--from", "2024-03", "--to", "2024-06"), 3, "pending")


@contextmanager
def jitbit(root: Path) -> Iterator[Customer]:
    """Through the web service, all tickets of one month, and only that one is published. Nothing is written there."""
    del root
    month = f"{first_month():%Y-%m}"
    server = JitbitStandin(of_one_month(first_month()))
    with serving(server) as url:
        variables = {"JITBIT_URL": url, "JITBIT_USER": READER, "JITBIT_PASSWORD": JITBIT_PASSWORD}
        yield Customer("jitbit", variables, "UTC", ("--from", month, "--to", month), 8, "Closed", reads_late=True)
    assert server.writes == 0


@pytest.fixture(scope="module", params=[osticket, itop, jitbit], ids=lambda customer: customer.__name__)
def published(request, tmp_path_factory):
    """A customer without a mapping, moved into a test workspace and then into production."""
    root: Path = tmp_path_factory.mktemp("customer")
    (root / "mappings").mkdir()
    secrets = {"INTERCOM_TOKEN": TOKEN, "INTERCOM_TEST_TOKEN": TOKEN}
    with (
        workspace() as (test, test_url),
        workspace() as (production, production_url),
        request.param(root / "source") as comes,
    ):
        hd = CommandLine(root / "home", root / "mappings", test_url, {**comes.variables, **secrets})
        told = {}

        def type_(*words: str, **variables: str) -> None:
            told[words] = answer = hd(*words, **variables)
            assert answer.code == 0, (words, answer.text)

        type_("init", "clinic", "--source", comes.source)
        type_("run", "clinic", "--until", "discover")
        type_("mapping", "propose", "clinic")
        type_("mapping", "decide", "clinic", f"migration_admin.email={ADMIN}", f"time_zone={comes.time_zone}")
        for name, url in (("test", test_url), ("production", production_url)):
            aim = f"targets.{name}"
            type_("mapping", "decide", "clinic", f"{aim}.region=us", f"{aim}.plan=advanced", f"{aim}.base_url={url}")
        type_("mapping", "check", "clinic")
        type_("mapping", "confirm", "clinic", "--by", "Ada Example")
        type_("run", "clinic", "--until", "stage", *comes.months)
        for url in (test_url, production_url):
            type_("simulator", "provision", "clinic", HD_SIMULATOR_URL=url)
        type_("doctor", "clinic", "--target", "test")
        type_("run", "clinic", "--target", "test", "--execute", *comes.months)
        if comes.reads_late:
            early = hd("run", "clinic", "--target", "production", "--execute", *comes.months)
            assert early.code == 3
            assert "the source was not read for production" in early.text
            assert "hd-assets approve guide clinic" in early.text
        for what in ("scope", "guide", "sample", "cutover"):
            type_("approve", what, "clinic", "--by", "Ada Example")
        type_("run", "clinic", "--target", "production", "--execute", *comes.months)
        yield hd, test, production, told, comes


def test_both_workspaces_hold_the_same_and_the_certificate_says_so(published):
    _, test, production, told, comes = published
    assert test.counts() == production.counts()
    assert test.counts()["conversations"] == comes.tickets
    for target in ("test", "production"):
        assert ", 0 differing" in told["run", "clinic", "--target", target, "--execute", *comes.months].text


# the mapping is the same to the command whatever source it is of
@pytest.mark.parametrize("published", [osticket], indirect=True, ids=lambda customer: customer.__name__)
def test_one_changed_character_stops_the_next_run_and_is_named(published):
    hd, _, production, _, comes = published
    before = production.summary()["writes"]
    assert hd("mapping", "decide", "clinic", f"values.status.{comes.status}=open").code == 0
    refused = hd("run", "clinic", "--target", "production", "--execute", *comes.months)
    assert refused.code == 3
    assert f"values.status.{comes.status} changed" in refused.text
    assert production.summary()["writes"] == before

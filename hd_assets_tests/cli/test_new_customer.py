"""A customer nobody prepared for: from nothing to a published workspace, with the commands a new user types."""

from pathlib import Path

import pytest

from hd_assets.samples.osticket import SampleOptions, write
from hd_assets_tests.cli.desk import TOKEN, CommandLine, first_month, workspace

ADMIN = "migration@clinic.example"
# six whole runs in one fixture
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The French clinic of the samples, moved into a test workspace and then into production."""
    root: Path = tmp_path_factory.mktemp("customer")
    (root / "mappings").mkdir()
    options = SampleOptions(variant=102, first_month=f"{first_month():%Y-%m}", months=1, prefix="clq_", oddities=False)
    report = write(root / "sample", tickets=5, seed=4, options=options)
    secrets = {"INTERCOM_TOKEN": TOKEN, "INTERCOM_TEST_TOKEN": TOKEN}
    with workspace() as (test, test_url), workspace() as (production, production_url):
        hd = CommandLine(root / "home", root / "mappings", test_url, {**report.variables, **secrets})
        told = {}

        def type_(*words: str, **variables: str) -> None:
            told[words] = answer = hd(*words, **variables)
            assert answer.code == 0, (words, answer.text)

        type_("init", "clinic", "--source", "osticket")
        type_("run", "clinic", "--until", "discover")
        type_("mapping", "propose", "clinic")
        type_("mapping", "decide", "clinic", f"migration_admin.email={ADMIN}", "time_zone=UTC")
        for name, url in (("test", test_url), ("production", production_url)):
            aim = f"targets.{name}"
            type_("mapping", "decide", "clinic", f"{aim}.region=us", f"{aim}.plan=advanced", f"{aim}.base_url={url}")
        type_("mapping", "check", "clinic")
        type_("mapping", "confirm", "clinic", "--by", "Ada Example")
        type_("run", "clinic", "--until", "stage")
        for url in (test_url, production_url):
            type_("simulator", "provision", "clinic", HD_SIMULATOR_URL=url)
        type_("doctor", "clinic", "--target", "test")
        type_("run", "clinic", "--target", "test", "--execute")
        for what in ("scope", "guide", "sample", "cutover"):
            type_("approve", what, "clinic", "--by", "Ada Example")
        type_("run", "clinic", "--target", "production", "--execute")
        yield hd, test, production, told


def test_both_workspaces_hold_the_same_and_the_certificate_says_so(published):
    _, test, production, told = published
    assert test.counts() == production.counts()
    assert test.counts()["conversations"] == 5
    for target in ("test", "production"):
        assert ", 0 differing" in told["run", "clinic", "--target", target, "--execute"].text


def test_one_changed_character_stops_the_next_run_and_is_named(published):
    hd, _, production, _ = published
    before = production.summary()["writes"]
    assert hd("mapping", "decide", "clinic", "values.status.Doublon=open").code == 0
    refused = hd("run", "clinic", "--target", "production", "--execute")
    assert refused.code == 3
    assert "values.status.Doublon changed" in refused.text
    assert production.summary()["writes"] == before

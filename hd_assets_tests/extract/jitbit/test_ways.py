"""Which of the three ways in is taken, and what belongs to which."""

import pytest

from hd_assets.errors import UsageError
from hd_assets.extract.jitbit.extractor import JitbitExtractor
from hd_assets.extract.jitbit.sqlserver_changes import SqlServerExtractor
from hd_assets.extract.jitbit.tables_extractor import TablesExtractor
from hd_assets.extract.registry import open_extractor, variables

API = {"JITBIT_URL": "https://desk.example/helpdesk", "JITBIT_TOKEN": "t"}
DATABASE = {"JITBIT_SQLSERVER_URL": "mssql://reader:secret@db.example:1433/JitbitHelpDesk"}
EXPORT = {"JITBIT_EXPORT": "/nowhere"}


@pytest.mark.parametrize(
    ("env", "kind"), [(API, JitbitExtractor), (DATABASE, SqlServerExtractor), (EXPORT, TablesExtractor)]
)
def test_the_way_in_is_the_one_whose_variable_is_set(env, kind):
    assert type(open_extractor("jitbit", env)) is kind


@pytest.mark.parametrize("env", [API, DATABASE, EXPORT])
def test_one_mapping_serves_every_way_so_each_takes_its_own_options(env):
    assert open_extractor("jitbit", env, {"calls_per_minute": 30, "instance": 1, "rule_ids": None})


@pytest.mark.parametrize(
    ("env", "what"),
    [({}, "no Jitbit is given"), ({**API, **EXPORT}, "JITBIT_URL and JITBIT_EXPORT are set at once")],
)
def test_no_way_or_two_of_them(env, what):
    with pytest.raises(UsageError) as caught:
        open_extractor("jitbit", env)
    assert caught.value.what == what
    assert all(name in caught.value.mend for name in ("JITBIT_URL", "JITBIT_SQLSERVER_URL", "JITBIT_EXPORT"))


@pytest.mark.parametrize(
    "options", [{"pace": 1}, {"calls_per_minute": "fast"}, {"rule_ids": True}, {"calls_per_minute": -1},
                {"page_rows": 0}, {"dates_without_zone": "Mars"}],
)  # fmt: skip
def test_an_option_that_cannot_be_used(options):
    [name] = options
    with pytest.raises(UsageError, match=name):
        open_extractor("jitbit", API, options)


def test_the_ways_in_are_alternatives():
    told = [one.name for one in variables("jitbit") if one.choice]
    assert told == ["JITBIT_URL", "JITBIT_SQLSERVER_URL", "JITBIT_EXPORT"]

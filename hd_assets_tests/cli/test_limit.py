"""How many records may stay behind before a run counts as different."""

import pytest

from hd_assets.cli.run import Course, _beyond_limit
from hd_assets.mapping import load
from hd_assets.settings import Settings


@pytest.mark.parametrize(("limit", "exceptions", "code"), [(None, 5000, 0), (0, 0, 0), (0, 1, 1), (3, 3, 0), (3, 4, 1)])
def test_a_run_ends_with_1_above_the_limit_of_exceptions(limit, exceptions, code, capsys):
    settings = Settings.from_environment({})
    migration = load(settings.mappings, "osticket")
    mapping = migration.mapping.model_copy(update={"exceptions_limit": limit})
    course = Course(settings, migration.model_copy(update={"mapping": mapping}), "simulator", None, execute=False)
    assert _beyond_limit(course, exceptions) == code
    assert ("hd-assets status osticket" in capsys.readouterr().err) == bool(code)

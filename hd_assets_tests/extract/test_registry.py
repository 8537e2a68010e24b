"""Sources are found by name; secrets come from variables or files."""

import pytest

from hd_assets.errors import UsageError
from hd_assets.extract.environment import read_variable
from hd_assets.extract.registry import open_extractor, sources


def test_every_source_package_is_found():
    assert "osticket" in sources()
    assert "formats" not in sources()


def test_an_unknown_source_names_the_known_ones():
    with pytest.raises(UsageError, match=r"nosuch.*(?s:.)*osticket"):
        open_extractor("nosuch", {})


def test_a_value_may_come_from_a_file(tmp_path):
    path = tmp_path / "secret"
    path.write_text("s3cret \n")
    assert read_variable({"X_FILE": str(path)}, "X") == "s3cret "
    assert read_variable({"X": "a"}, "X") == "a"
    assert read_variable({"X": ""}, "X") is None
    with pytest.raises(UsageError, match="both set"):
        read_variable({"X": "a", "X_FILE": str(path)}, "X")
    with pytest.raises(UsageError, match="X_FILE"):
        read_variable({"X_FILE": str(tmp_path / "none")}, "X")

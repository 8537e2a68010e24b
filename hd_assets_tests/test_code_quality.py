"""The tools that judge the code itself run with the tests, so that one command judges everything."""

import subprocess
import sys
from pathlib import Path

import pytest

from hd_assets.mapping import EVERY_SOURCE

TOP = Path(__file__).resolve().parents[1]
# what is alike for all sources is no source
SOURCES = {path.name for path in (TOP / "sql").iterdir() if path.is_dir()} - {EVERY_SOURCE}


@pytest.mark.parametrize(
    "tool",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        # a folder each, so that several processes share what takes longest
        *(["sqlfluff", "lint", f"sql/{path.name}"] for path in sorted((TOP / "sql").iterdir()) if path.is_dir()),
    ],
    ids=lambda tool: " ".join(tool),
)
def test_the_tool_finds_nothing(tool):
    run = subprocess.run([sys.executable, "-m", *tool], cwd=TOP, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]


def test_no_file_outside_a_source_package_names_a_source():
    """The command line may: `demo` has a default source."""
    assert SOURCES, "sql/ holds one folder a source"
    of_a_source = {"extract", "standin", "samples"}
    findings = []
    for path in sorted((TOP / "hd_assets").rglob("*.py")):
        parts = path.relative_to(TOP / "hd_assets").parts
        if parts[0] == "cli" or (parts[0] in of_a_source and len(parts) > 2 and parts[1] in SOURCES):
            continue
        text = path.read_text(encoding="utf-8").lower()
        findings += [f"{path.relative_to(TOP)}: {name}" for name in sorted(SOURCES) if name in text]
    assert findings == []


def test_every_source_has_its_extractor_sql_mapping_and_samples():
    for source in SOURCES:
        assert (TOP / "hd_assets" / "extract" / source / "__init__.py").exists()
        assert (TOP / "hd_assets" / "samples" / source / "__init__.py").exists()
        assert (TOP / "mappings" / f"{source}.yaml").exists()


def test_no_module_outgrows_one_subject():
    long = {
        str(path.relative_to(TOP)): lines
        for path in (TOP / "hd_assets").rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}

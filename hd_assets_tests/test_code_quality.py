"""The tools that judge the code itself run with the tests, so that one command judges everything."""

import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    "tool",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        ["sqlfluff", "lint", "sql"],
    ],
    ids=lambda tool: " ".join(tool),
)
def test_the_tool_finds_nothing(tool):
    run = subprocess.run([sys.executable, "-m", *tool], cwd=TOP, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]


def test_no_file_outside_a_source_package_names_a_source():
    """The command line may: `demo` has a default source."""
    sources = {path.name for path in (TOP / "sql").iterdir() if path.is_dir()}
    assert sources, "sql/ holds one folder a source"
    of_a_source = {"extract", "standin", "samples"}
    findings = []
    for path in sorted((TOP / "hd_assets").rglob("*.py")):
        parts = path.relative_to(TOP / "hd_assets").parts
        if parts[0] == "cli" or (parts[0] in of_a_source and len(parts) > 2 and parts[1] in sources):
            continue
        text = path.read_text(encoding="utf-8").lower()
        findings += [f"{path.relative_to(TOP)}: {name}" for name in sorted(sources) if name in text]
    assert findings == []


def test_every_source_has_its_extractor_sql_mapping_and_samples():
    for folder in (TOP / "sql").iterdir():
        if folder.is_dir():
            assert (TOP / "hd_assets" / "extract" / folder.name / "__init__.py").exists()
            assert (TOP / "hd_assets" / "samples" / folder.name / "__init__.py").exists()
            assert (TOP / "mappings" / f"{folder.name}.yaml").exists()


def test_no_module_outgrows_one_subject():
    long = {
        str(path.relative_to(TOP)): lines
        for path in (TOP / "hd_assets").rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}

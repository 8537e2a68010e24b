"""JSON Schema of a mapping file, so that editors complete keys and mark mistakes while somebody types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hd_assets.mapping.model import Mapping

FILE = "mapping.schema.json"
SCHEMA_LINE = f"# yaml-language-server: $schema=./{FILE}"
"""First line of a mapping; editors with a YAML language server follow it."""


def schema() -> dict[str, Any]:
    """The schema of one mapping file, in the words of the file."""
    document = Mapping.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Mapping of a migration"} | document


def write_schema(folder: Path) -> Path:
    """Write the schema beside the mappings, replacing an older one."""
    path = folder / FILE
    text = json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return path

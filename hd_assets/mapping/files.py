"""Reading a mapping file, and the digest that a confirmation signs."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from hd_assets.errors import MappingError
from hd_assets.mapping.model import NAME, Attribute, Mapping, Strict

FOLDERS = ("deliver", "discovery", "links")
"""Folders of a source's SQL beside the files that stage its objects."""
EVERY_SOURCE = "every_source"
"""Folder beside those of the sources, of what is alike for all of them."""


class Migration(Strict):
    """A loaded mapping under its name, with its digest and SQL overrides."""

    name: str
    mapping: Mapping
    path: Path
    digest: str = Field(description="sha256 over what the mapping file says and the overriding SQL files.")
    overrides: dict[str, Path] = Field(
        default_factory=dict, description="Object, or folder/name (deliver/row_counts) → overriding SQL file."
    )

    def sql_files(self, shipped: Path, folder: str = "") -> dict[str, Path]:
        """Object → SQL file of this migration: its own, else the shipped one of its source, else every source's.

        `folder`: one of FOLDERS, whose files are named after something else than objects.
        """
        places = (shipped / name / folder for name in (EVERY_SOURCE, self.mapping.source))
        files = {path.stem: path for place in places for path in sorted(place.glob("*.sql"))}
        return files | self.overriding(folder)

    def overriding(self, folder: str = "") -> dict[str, Path]:
        """Name → this migration's own SQL file, of those that stage objects or of a folder beside them."""
        named = {name.rpartition("/"): path for name, path in self.overrides.items()}
        return {name: path for (place, _, name), path in named.items() if place == folder}


def migration_names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.yaml"))


def load(folder: Path, name: str) -> Migration:
    """Parse `<folder>/<name>.yaml`. Raises MappingError listing every problem with its place in the file."""
    path = folder / f"{name}.yaml"
    if not NAME.fullmatch(name):
        raise MappingError(
            f"{name!r} is no migration name",
            where="the command line or the file's name",
            mend="use a lower-case word: letters, digits, underscore; it begins every external id",
        )
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as fault:
        known = ", ".join(migration_names(folder)) or "none"
        raise MappingError(
            f"there is no migration {name!r}",
            where=str(path),
            mend=f"use one of the mappings in that folder ({known}), or set HD_MAPPINGS to another folder",
        ) from fault
    mapping = check_text(text, path)
    overrides = _overrides(folder / name / "sql")
    digest = _digest(mapping, overrides)
    return Migration(name=name, mapping=_with_own_mark(mapping, name), path=path, digest=digest, overrides=overrides)


def _overrides(folder: Path) -> dict[str, Path]:
    found = {path.relative_to(folder).with_suffix("").as_posix(): path for path in sorted(folder.rglob("*.sql"))}
    strange = [name for name in found if name.rpartition("/")[0] not in ("", *FOLDERS)]
    if strange:
        raise MappingError(
            f"SQL that overrides nothing: {', '.join(f'{name}.sql' for name in strange)}",
            where=str(folder),
            mend=f"put what stages an object there, anything else below {', '.join(FOLDERS)}",
        )
    return found


def check_text(text: str, path: Path) -> Mapping:
    """The mapping a text says; `path` is where it stands or will. Raises MappingError listing every problem."""
    try:
        parsed = parse(text)
    except yaml.YAMLError as fault:
        raise MappingError(f"the mapping is not YAML: {fault}", where=str(path), mend="correct that line") from fault
    try:
        return Mapping.model_validate(parsed)
    except ValidationError as fault:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'top level'}: {e['msg']}" for e in fault.errors())
        raise MappingError(
            f"{fault.error_count()} problem(s) in the mapping: {problems}",
            where=str(path),
            mend="correct the named keys; `hd-assets mapping check` reads the file again",
        ) from fault


def parse(text: str) -> Any:
    """The document as it stands, unchecked. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader that also refuses doubled keys


def _with_own_mark(mapping: Mapping, name: str) -> Mapping:
    """Declare `<migration>_source_id`, by which a migration knows its conversations, so that nobody has to write it."""
    mark = Attribute(type="string", description="External id in the source; marks what the migration owns")
    declared = dict(mapping.attributes.get("conversation", {}))
    declared.setdefault(f"{name}_source_id", mark)
    return mapping.model_copy(update={"attributes": {**mapping.attributes, "conversation": declared}})


def _digest(mapping: Mapping, overrides: dict[str, Path]) -> str:
    # only what the file says: a key the product learns later must not undo a confirmation nobody has changed
    seed = json.dumps(mapping.model_dump(mode="json", by_alias=True, exclude_unset=True), sort_keys=True)
    digest = hashlib.sha256(seed.encode())
    for name, path in sorted(overrides.items()):
        digest.update(f"\0{name}\0".encode() + path.read_bytes())
    return digest.hexdigest()


class _UniqueKeys(yaml.SafeLoader):
    """YAML keeps the last of two equal keys, which would drop a signed decision in silence.

    Plain scalars that YAML 1.1 reads as booleans ("No", "On") stay text when they are keys: they are source values.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key.value!r} stands twice", key.start_mark
                    )
                seen.add(key.value)
                key.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep=deep)

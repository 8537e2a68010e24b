"""Where things lie: read from the environment once, at the start of a command or a code location."""

from __future__ import annotations

import os
from collections.abc import Mapping as Environment
from dataclasses import dataclass
from pathlib import Path

from hd_assets.errors import UsageError

SIMULATOR_URL = "http://127.0.0.1:8765"
PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Settings:
    """Folders and addresses of this installation; all paths absolute.

    `home` holds the stores, `mappings` the files the customer signs, `sql` the shipped models.
    """

    home: Path
    mappings: Path
    sql: Path
    simulator_url: str

    @classmethod
    def from_environment(cls, environment: Environment[str, str] | None = None) -> Settings:
        env = os.environ if environment is None else environment
        shipped = shipped_folder()
        mappings = Path(env["HD_MAPPINGS"]).expanduser() if env.get("HD_MAPPINGS") else shipped / "mappings"
        if env.get("HD_HOME"):
            home = Path(env["HD_HOME"]).expanduser()
        elif (mappings.parent / "pyproject.toml").exists():
            home = mappings.parent / ".hd"
        else:
            home = Path(env.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "hd_assets"
        if not mappings.is_dir():
            raise UsageError(
                "the mappings folder does not exist",
                where=f"HD_MAPPINGS={mappings}",
                mend="set HD_MAPPINGS to the folder that holds <migration>.yaml, or unset it for the shipped mappings",
            )
        return cls(
            home=home.absolute(),
            mappings=mappings.absolute(),
            sql=shipped / "sql",
            simulator_url=env.get("HD_SIMULATOR_URL") or SIMULATOR_URL,
        )

    def stores(self, migration: str) -> Stores:
        return Stores(root=self.home / migration)

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"


@dataclass(frozen=True)
class Stores:
    """The folder of one migration under `$HD_HOME`."""

    root: Path

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def files(self) -> Path:
        return self.root / "files"

    @property
    def deliverables(self) -> Path:
        return self.root / "deliverables"

    def ledger(self, target: str) -> Path:
        return self.root / target / "ledger.sqlite"


def shipped_folder() -> Path:
    """Folder that holds `sql/` and `mappings/`: inside the wheel, or the top of a clone."""
    inside = PACKAGE / "_shipped"
    return inside if inside.is_dir() else PACKAGE.parent


def secret(environment: Environment[str, str], name: str) -> str | None:
    """Value of a credential variable, or the content of the file its `<NAME>_FILE` twin names; None if neither.

    Raises UsageError when the file cannot be read. The value itself never enters a message.
    """
    if environment.get(name):
        return environment[name]
    file = environment.get(f"{name}_FILE")
    if not file:
        return None
    try:
        return Path(file).expanduser().read_text(encoding="utf-8").strip()
    except OSError as fault:
        raise UsageError(
            f"the file named by {name}_FILE cannot be read ({fault.strerror})",
            where=f"{name}_FILE={file}",
            mend=f"correct the path, or set {name} itself",
        ) from fault

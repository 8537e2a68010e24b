"""Reading variables that may hold secrets: `NAME`, or `NAME_FILE` with the path of a file that holds the value."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hd_assets.errors import UsageError


def read_variable(env: Mapping[str, str], name: str) -> str | None:
    """The value of a variable, None when neither it nor `<name>_FILE` is set. UsageError when both are, or unreadable.

    Trailing line ends of the file are not part of the value.
    """
    value = env.get(name) or None
    file_name = env.get(f"{name}_FILE") or None
    if value and file_name:
        raise UsageError(
            f"{name} and {name}_FILE are both set",
            where="environment",
            mend=f"unset one of them; {name}_FILE keeps the value out of process listings",
        )
    if not file_name:
        return value
    try:
        return Path(file_name).expanduser().read_text(encoding="utf-8").rstrip("\r\n") or None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"the file of {name}_FILE cannot be read ({type(error).__name__})",
            where=f"{name}_FILE={file_name}",
            mend="give the path of a readable UTF-8 text file that holds only the value",
        ) from None

"""What identifies people, companies and files: addresses, domains, file names, short names."""

from __future__ import annotations

import hashlib
import re
import unicodedata

_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"\\]+@[^\s@<>()\[\],;:\"\\/]+\.[^\s@<>()\[\],;:\"\\/.]{2,}")
_DOMAIN = re.compile(r"(?:[^\s@<>()\[\],;:\"\\/.]+\.)+[^\s@<>()\[\],;:\"\\/.]{2,}")
_ANGLED = re.compile(r"<([^<>]*)>\s*$")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
MAX_FILENAME_BYTES = 200


def normal_email(text: str) -> str | None:
    """Lower-cased address, out of `Name <address>` or `mailto:` too; None for what is no address."""
    angled = _ANGLED.search(text)
    address = (angled[1] if angled else text).strip().strip("'\"").lower().removeprefix("mailto:")
    address = unicodedata.normalize("NFC", address)
    wrong = len(address) > 254 or ".." in address or address.startswith(".") or ".@" in address or "@." in address
    return address if _ADDRESS.fullmatch(address) and not wrong else None


def email_domain(text: str) -> str | None:
    """Lower-cased domain of an address, or of a domain written bare, as `@domain` or as `.domain`."""
    address = normal_email(text)
    domain = address.rpartition("@")[2] if address else text.strip().lower().lstrip("@.").rstrip(".")
    return domain if _DOMAIN.fullmatch(domain) else None


def safe_filename(text: str) -> str:
    """File name without path, control or direction characters, at most 200 bytes, its extension kept."""
    name = re.split(r"[\\/]", text.strip().rstrip("\\/"))[-1]
    name = _UNSAFE.sub("_", re.sub(r"\s+", " ", unicodedata.normalize("NFC", name))).strip(" .")
    if not name or set(name) == {"_"}:
        return "file"
    if _RESERVED.match(name):
        name = f"_{name}"
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > 20:
        return _cut(name, MAX_FILENAME_BYTES)
    return _cut(stem, MAX_FILENAME_BYTES - len(extension.encode()) - 1) + dot + extension


def slug(text: str) -> str:
    """Short ASCII name `[a-z0-9_]`; text of other scripts becomes a stable digest rather than nothing."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return name or f"x{hashlib.sha256(text.encode()).hexdigest()[:8]}"


_MOJIBAKE = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013\u2014"
    "\u2018-\u201a\u201c-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]+"
)


def looks_double_encoded(text: str) -> bool:
    """Whether UTF-8 was once read as a Western code page (`MÃ¼ller`): some run of it decodes back to UTF-8."""
    return any(_decodes(match[0]) for match in _MOJIBAKE.finditer(text))


def _decodes(run: str) -> bool:
    octets = b"".join(_octet(character) for character in run)
    for end in range(2, min(len(octets), 4) + 1):
        try:
            octets[:end].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return True
    return False


def _octet(character: str) -> bytes:
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1", "replace")


def _cut(text: str, limit: int) -> str:
    return text.encode()[:limit].decode("utf-8", "ignore").rstrip(" .") or "file"

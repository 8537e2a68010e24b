"""What the installation says about itself: version, classes, attributes, and whether the account sees everything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from hd_assets.errors import SourceError
from hd_assets.extract.base import SourceFacts
from hd_assets.extract.itop.client import FAILED, ItopClient, RefusedError
from hd_assets.extract.itop.standard import STANDARD_CLASSES
from hd_assets.extract.itop.windows import read_class

PRODUCT = "iTop"
_LISTED = re.compile(r"expecting \{([^}]*)\}")
_UNSTABLE = re.compile(r"alpha|beta|rc\d*|dev", re.IGNORECASE)
_NUMBER = re.compile(r"(\d+)\.(\d+)")
_OLDEST, _NEWEST = (2, 7), (3, 2)
_OWN_MODULE = re.compile(r"itop-|combodo-|authent-|iTop$|datamodel$")
_NOBODY = "NoSuchClass"
_NOTHING = "nosuchfield"


@dataclass(frozen=True)
class Module:
    name: str
    version: str
    installed: str


class Installation:
    """Asked once each, kept for the whole reading."""

    def __init__(self, client: ItopClient, user: str) -> None:
        self._client, self._user = client, user
        self._codes: dict[str, tuple[str, ...]] = {}

    def check_account(self) -> None:
        """SourceError when the account may not read accounts (no Administrator) or is limited to some organizations.

        Such an account gets fewer rows without a word, so nothing may be counted before.
        """
        login = self._user.replace("\\", "\\\\").replace("'", "\\'")
        rows = self._client.get("User", f"SELECT User WHERE login = '{login}'", ("login", "allowed_org_list")).objects
        if len(rows) != 1:
            raise SourceError(
                f"{len(rows)} accounts have the login given, so nobody can tell what the account may see",
                where=f"{self._client.place}, class User",
                mend="set ITOP_USER to the exact login of the account that reads, with a token, too; one limited to"
                " some organizations may not even see itself",
            )
        if limited := rows[0].fields.get("allowed_org_list"):
            raise SourceError(
                f"the account is limited to {len(limited)} organizations and would get a part of the rows as if it were"
                " all",
                where=f"{self._client.place}, allowed organizations of the account",
                mend="empty its list of allowed organizations, or use an account without one",
            )

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """Newest installation of each module."""
        newest: dict[str, Module] = {}
        for window in read_class(self._client, "ModuleInstallation", ("name", "version", "installed")):
            for row in window:
                module = Module(*(str(row.fields.get(key) or "") for key in ("name", "version", "installed")))
                if module.name not in newest or newest[module.name].installed <= module.installed:
                    newest[module.name] = module
        return tuple(sorted(newest.values(), key=lambda module: module.name))

    @cached_property
    def version(self) -> str:
        for module in self.modules:
            if module.name == PRODUCT:
                return module.version
        raise SourceError(
            "the installation does not name its version",
            where=f"{self._client.place}, class ModuleInstallation",
            mend="check that ITOP_URL leads to iTop",
        )

    @property
    def is_unstable(self) -> bool:
        return _UNSTABLE.search(self.version) is not None

    @property
    def own_modules(self) -> tuple[Module, ...]:
        return tuple(module for module in self.modules if not _OWN_MODULE.match(module.name))

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Every class of the installation; iTop lists them when it is asked for one that does not exist."""
        return self._listed("Organization", f"SELECT {_NOBODY}")

    @property
    def custom_classes(self) -> tuple[str, ...]:
        return tuple(name for name in self.classes if name not in STANDARD_CLASSES)

    def codes(self, name: str) -> tuple[str, ...]:
        """Attribute codes of a class, link sets left out; iTop lists them when it is asked for one it lacks."""
        if name not in self._codes:
            self._codes[name] = self._listed(name, f"SELECT {name} WHERE {_NOTHING} = 1")
        return self._codes[name]

    def _listed(self, name: str, oql: str) -> tuple[str, ...]:
        try:
            self._client.count(name, oql)
        except RefusedError as refused:
            listed = _LISTED.search(refused.message)
            if refused.code == FAILED and listed:
                return tuple(part.strip() for part in listed[1].split(",") if part.strip())
            if refused.code != FAILED:
                raise
        raise SourceError(
            "iTop does not list its classes or attributes as it usually does",
            where=f"{self._client.place}, {oql}",
            mend="check the version: 2.7 to 3.2 are known to list them in the message about an unknown name",
        )

    def facts(self, row_counts: dict[str, int] | None = None) -> SourceFacts:
        warnings = []
        if self.is_unstable:
            warnings.append(
                f"version {self.version} is no stable release: a high risk, and log entries may have been lost in the"
                " source that nobody can restore"
            )
        number = _NUMBER.match(self.version)
        if not number or not _OLDEST <= (int(number[1]), int(number[2])) <= _NEWEST:
            warnings.append(f"version {self.version} was never tried; 2.7 to 3.2 are expected to work")
        warnings += [f"class {name} is the installation's own" for name in self.custom_classes]
        return SourceFacts(
            product=PRODUCT, version=self.version, kind="api", warnings=tuple(warnings), row_counts=row_counts or {}
        )

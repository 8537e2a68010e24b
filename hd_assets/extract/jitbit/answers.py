"""From the JSON of an answer to raw rows, whatever way a version spells its keys."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hd_assets.errors import SourceError
from hd_assets.extract.jitbit.entities import ENTITIES

COLUMNS = {entity.name: entity.columns for entity in ENTITIES}
KEYS = {entity.name: entity.key for entity in ENTITIES}
_MILLISECONDS = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?([+-]\d{2}:\d{2})?")

# Other words for a column than its own without underscores, first come first served. Evidenced by models of public
# clients where not marked.
_WORDS: dict[str, dict[str, str]] = {
    "ticket": {
        "ticket_id": "TicketID IssueID", "status_name": "Status", "status_stops_time": "StatusStopTimeSpent",
        "category_name": "Category CategoryName", "time_spent_seconds": "TimeSpentInSeconds",
    },
    "comment": {"comment_id": "CommentID Id", "ticket_id": "IssueID TicketID"},
    "user": {"is_admin": "IsAdmin IsAdministrator", "department_name": "DepartmentName Department"},
    "company": {"company_id": "CompanyID Id"},
    "category": {"category_id": "CategoryID Id", "section_name": "Section SectionName"},
    "attachment": {"ticket_id": "IssueID TicketID", "file_id": "FileID Id", "url": "Url UrlRelative"},
    "custom_field": {"field_id": "FieldID CustomFieldID", "name": "FieldName Name"},  # CustomFieldID: guess
    "custom_field_option": {"option_id": "OptionID Id Value", "text": "Text Name OptionText"},  # all guesses
    "ticket_custom_field_value": {"value": "Value ValueWithOption"},
    "user_custom_field_value": {"value": "Value ValueWithOption"},
    "company_custom_field_value": {"value": "Value ValueWithOption"},
    "comment_template": {  # all guesses
        "template_id": "TemplateID CommentTemplateID Id", "name": "Name Title Subject", "body": "Body Text",
        "category_name": "CategoryName Category",
    },
    "automation_rule": {"rule_id": "RuleID Id", "enabled": "Enabled IsEnabled"},  # all guesses
    "article_category": {"category_id": "CategoryID Id", "parent_id": "ParentID ParentCategoryID"},
    "article": {"article_id": "ArticleId Id"},
    "article_attachment": {"url": "Url UrlRelative", "file_id": "FileID Id"},
    "asset": {"item_id": "ItemID Id", "company_name": "CompanyName Company"},
    "time_entry": {  # all guesses
        "entry_id": "LogEntryID TimeSpentLogID Id", "ticket_id": "IssueID TicketID",
        "seconds": "TimeSpentInSeconds TimeSpent Seconds", "created": "Created CreatedDate Date",
    },
    "tag": {}, "ticket_tag": {}, "subscriber": {}, "asset_field_value": {},
}  # fmt: skip
_CARRIED: dict[str, str] = {
    "ticket": "Tags Attachments CustomFields SubmitterUserInfo AssigneeUserInfo",
    "comment": "Attachments",
    "custom_field": "SelectionComboOptions Options",
    "article": "Attachments TagString",
    "asset": "Fields AssignedUsers Tickets",
}
"""Keys that become rows of other tables."""
_NUMBER = re.compile(r"-?[0-9]+")
_SECRET = frozenset({"password", "pushtoken", "filedata"})


class Fields:
    """One JSON object, its keys read whatever their capitals. SourceError when it is none."""

    def __init__(self, told: Any, about: str) -> None:
        if not isinstance(told, Mapping):
            raise SourceError(
                f"the answer of {about} is not of the form expected",
                where=about,
                mend="check the version of the installation; the call answers with something else there",
            )
        self.about = about
        self._held = {str(key).lower(): (str(key), value) for key, value in told.items()}

    def get(self, *names: str) -> Any:
        """The value of the first of these keys that is there and not null."""
        for name in names:
            _, value = self._held.get(name.lower(), ("", None))
            if value is not None:
                return value
        return None

    def has(self, name: str) -> bool:
        return name.lower() in self._held

    def id(self, *names: str) -> str:
        """An id as text. SourceError when there is none, or it is no number as every id of Jitbit is."""
        value = self.get(*names)
        if isinstance(value, bool) or not _NUMBER.fullmatch(str(value)):
            raise self.lacking(f"{names[0]} that is a number")
        return str(value)

    def lacking(self, what: str) -> SourceError:
        return SourceError(
            f"an answer of {self.about} has no {what}",
            where=self.about,
            mend="check the version of the installation; without what tells rows apart nothing can be read",
        )

    def many(self, *names: str) -> list[Fields]:
        """The objects of a list; none when there is no list. SourceError when it holds something else."""
        held = self.get(*names)
        return [Fields(one, self.about) for one in held] if isinstance(held, list) else []

    def over(self, other: Fields) -> Fields:
        """These keys, and those of the other that are lacking here."""
        merged = Fields({}, self.about)
        merged._held = other._held | self._held
        return merged

    def plain(self) -> dict[str, Any]:
        return {name: value for key, (name, value) in self._held.items() if key not in _SECRET}


def listed(answer: Any, about: str) -> list[Fields]:
    """The objects of an answer that is a list; null is an empty one."""
    if answer is None:
        return []
    if not isinstance(answer, list):
        Fields(None, about)
    return [Fields(one, about) for one in answer]


def words(entity: str, column: str) -> tuple[str, ...]:
    special = _WORDS.get(entity, {}).get(column)
    return tuple(special.split()) if special else (column.replace("_", ""),)


def unknown_keys(entity: str, told: Fields) -> set[str]:
    """Keys with a value that no column of the raw table takes, as the source spells them."""
    known = {word.lower() for column in COLUMNS[entity] for word in words(entity, column)}
    known |= {word.lower() for word in _CARRIED.get(entity, "").split()} | _SECRET
    return {name for key, (name, value) in told._held.items() if key not in known and value not in (None, "", [], {})}


class Shaper:
    """Makes rows of the raw tables. `local` leaves dates without a zone as they are, for the mapping's zone."""

    def __init__(self, dates_without_zone: str = "utc") -> None:
        self._is_local = dates_without_zone == "local"

    def row(self, entity: str, told: Fields, **given: str | None) -> tuple[str | None, ...]:
        """`given` are columns the caller knows better; SourceError when a key column stays empty."""
        values = [
            given[column] if column in given else self.text(told.get(*words(entity, column)))
            for column in COLUMNS[entity]
        ]
        for column, value in zip(COLUMNS[entity], values, strict=True):
            if value is None and column in KEYS[entity]:
                raise told.lacking(words(entity, column)[0])
        return tuple(values)

    def text(self, value: Any) -> str | None:
        """Flags as true and false, dates with their Z, structures as JSON; empty stays empty, null stays null."""
        if value is None:
            return None
        if isinstance(value, bool):
            return "true" if value else "false"
        if not isinstance(value, str):
            return json_text(value) if isinstance(value, dict | list) else str(value)
        if found := _MILLISECONDS.fullmatch(value):
            return _from_milliseconds(int(found[1]))
        if found := _MOMENT.fullmatch(value):
            if found[2]:
                return _utc(datetime.fromisoformat(value))
            return value if self._is_local else f"{value}Z"
        return value


def plain_row(entity: str, **values: str | None) -> tuple[str | None, ...]:
    return tuple(values.get(column) for column in COLUMNS[entity])


def json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _from_milliseconds(value: int) -> str:
    return _utc(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value))


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"

"""Fields of forms: which attribute of which type, from declared type, answers and name."""

from __future__ import annotations

from dataclasses import dataclass

from hd_assets.mapping.model import AttributeObject, DataType
from hd_assets.propose.found import FoundField
from hd_assets.propose.words import field_words

MOST_OPTIONS = 100
_VALUE_LENGTH = 255
_SAFE_DIGITS = 15
_UNFILLED = 0.85
_REPEATED = 0.8


@dataclass(frozen=True)
class FieldDraft:
    """`type` None: leave the field out for `reason`."""

    type: DataType | None
    sure: float
    reason: str
    options: tuple[str, ...] = ()


def field_draft(field: FoundField, holder: AttributeObject) -> FieldDraft:
    """The draft for a custom field that an object of ours can hold."""
    if field.kind == "nothing":
        return FieldDraft(None, 0.97, "holds no answer: it only structures the form")
    if not field.is_active and not field.filled:
        return FieldDraft(None, 0.93, "is switched off, and no record has an answer")
    draft = _typed(field, holder)
    sure, reason = draft.sure, draft.reason
    if not field.filled:
        sure, reason = min(sure, _UNFILLED), f"{reason}; no record has an answer yet"
    if field.forms > 1:
        sure, reason = min(sure, _REPEATED), f"{reason}; {field.forms} forms have a field of this name"
    return FieldDraft(draft.type, sure, reason, draft.options)


def _typed(field: FoundField, holder: AttributeObject) -> FieldDraft:
    if field.kind == "boolean":
        return _counted(field, field.flags, "boolean", "yes or no")
    if field.kind in ("date", "datetime"):
        kind: DataType = "date" if field.kind == "date" else "datetime"
        return _counted(field, field.dates, kind, "dates")
    if field.kind in ("integer", "decimal"):
        return _figure(field, "integer" if field.kind == "integer" else "decimal", declared=True)
    if field.kind == "choice":
        return _choice(field, holder)
    if field.kind == "multichoice":
        return FieldDraft("string", 0.95, "several choices at once; lists of the target take one, so labels in a row")
    if field.kind == "file":
        return FieldDraft("string", 0.93, "names of its files; the files themselves travel as attachments")
    if field.kind == "reference":
        return FieldDraft("string", 0.92, "the name of what it points to")
    if field.kind in ("phone", "email", "url"):
        return FieldDraft("string", 0.95, f"declared as {field.kind}")
    return _text(field, holder)


def _counted(field: FoundField, fitting: int, kind: DataType, what: str) -> FieldDraft:
    """A declared type, judged by how many answers look like it."""
    if fitting == field.filled:
        return FieldDraft(kind, 0.95, f"declared so, and all {field.filled} answers are {what}")
    if fitting >= 0.9 * field.filled:
        return FieldDraft(
            kind, 0.8, f"{field.filled - fitting} of {field.filled} answers are no {what}; notes keep them"
        )
    return FieldDraft(
        "string", 0.55, f"declared as {kind}, but {field.filled - fitting} of {field.filled} are no {what}"
    )


def _figure(field: FoundField, kind: DataType, *, declared: bool) -> FieldDraft:
    words = field_words(field.label, field.name)
    if field.max_length > _SAFE_DIGITS:
        return FieldDraft("string", 0.9, f"figures of {field.max_length} digits would be rounded")
    if field.numeric < field.filled:
        return FieldDraft("string", 0.85, f"{field.filled - field.numeric} of {field.filled} answers are no figure")
    if "quantity" in words:
        sure = 0.93 if declared and "identifier" not in words else 0.8
        return FieldDraft(kind, sure, "its name says an amount, and all answers are figures")
    if words & {"identifier", "phone"}:
        return FieldDraft("string", 0.88, "figures that name something: nobody adds them up, and zeros in front count")
    return FieldDraft(kind, 0.8, "all answers are figures")


def _choice(field: FoundField, holder: AttributeObject) -> FieldDraft:
    labels = tuple(dict.fromkeys(label.strip() for label in field.options if label.strip()))
    if len(labels) < 2:
        return FieldDraft("string", 0.85, "a list needs two options")
    if len({label.casefold() for label in labels}) < len(labels):
        return FieldDraft("string", 0.7, "options differ in upper and lower case only")
    if len(labels) > MOST_OPTIONS:
        return FieldDraft("string", 0.85, f"{len(labels)} options are too many for a list")
    if holder == "conversation" and any("," in label for label in labels):
        return FieldDraft("string", 0.9, "an option holds a comma, which separates options of ticket lists")
    if any(len(label) > _VALUE_LENGTH for label in labels):
        return FieldDraft("string", 0.85, "an option is too long for a list")
    if field.distinct > len(labels):
        return FieldDraft("string", 0.7, f"{field.distinct} different answers, but {len(labels)} options")
    return FieldDraft("list", 0.95, f"one choice of {len(labels)}", labels)


def _text(field: FoundField, holder: AttributeObject) -> FieldDraft:
    words = field_words(field.label, field.name)
    if field.filled >= 3 and field.numeric == field.filled and "quantity" in words and "identifier" not in words:
        return _figure(field, "integer", declared=False)
    if field.kind == "long_text" and holder == "conversation":
        return FieldDraft("text", 0.93, "text of several lines; a note keeps what is longer than 255 characters")
    if field.max_length > _VALUE_LENGTH and holder == "conversation":
        return FieldDraft("text", 0.85, f"up to {field.max_length} characters; a note keeps what is longer than 255")
    if field.max_length > _VALUE_LENGTH:
        return FieldDraft(
            "string", 0.85, f"up to {field.max_length} characters; the inventory keeps what is cut at 255"
        )
    if field.filled and (field.dates == field.filled or field.flags == field.filled):
        looks = "dates" if field.dates == field.filled else "yes or no"
        return FieldDraft("string", 0.75, f"free text; its {field.filled} answers all look like {looks}")
    return FieldDraft("string", 0.95, "free text")

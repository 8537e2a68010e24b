"""Forms as people filled them in: entries, values and the caches beside them."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from hd_assets.samples import people, text
from hd_assets.samples.files import pdf
from hd_assets.samples.osticket.catalogue import Field
from hd_assets.samples.osticket.desk import Desk, escaped, to_json

SUBJECT, PRIORITY = 20, 22
USER_PHONE, USER_NOTES = 3, 4
ORG_ADDRESS, ORG_PHONE, ORG_WEBSITE, ORG_NOTES = 28, 29, 30, 31
TASK_TITLE = 32
SILENT = ("break", "info")


@dataclass(frozen=True)
class Answer:
    """`value` as in form_entry_values, `cached` as in the cache table (keys instead of labels)."""

    value: str | None
    cached: str | None = ""
    value_id: int | None = None


def write_entry(
    desk: Desk, form: int, kind: str, object_id: int, at: datetime, answers: Mapping[int, Answer], sort: int = 1
) -> int:
    """One filled-in form with its values; returns the entry's id."""
    entry = desk.dump.add(
        "form_entry", form_id=form, object_id=object_id, object_type=kind, sort=sort, created=at, updated=at
    )
    for field, answer in answers.items():
        desk.dump.add("form_entry_values", entry_id=entry, field_id=field, value=answer.value, value_id=answer.value_id)
    return entry


def ticket_form(
    desk: Desk, rng: Random, ticket: int, at: datetime, subject: str, priority: int, fields: Sequence[Field]
) -> None:
    """The ticket form with all custom fields, filled in as carelessly as people do, and its cache row."""
    answers = {
        SUBJECT: Answer(subject, subject),
        PRIORITY: Answer(desk.catalogue.priorities[priority - 1], str(priority), priority),
    }
    custom = {field.id: invent(desk, rng, field, at) for field in fields if field.kind not in SILENT}
    write_entry(desk, 2, "T", ticket, at, answers | custom)
    cache = {field.column: custom[field.id].cached for field in fields if field.id in custom}
    desk.dump.add("ticket__cdata", ticket_id=ticket, subject=subject, priority=str(priority), **cache)


def second_form(desk: Desk, rng: Random, ticket: int, at: datetime) -> int:
    """The form one help topic adds, with an uploaded file; returns the entry's id."""
    fields = [field for field in desk.catalogue.second_form if field.kind not in SILENT]
    answers = {field.id: invent(desk, rng, field, at, always=True) for field in fields if field.kind != "files"}
    upload = next(field for field in fields if field.kind == "files")
    file = desk.files.add(f"order {ticket}.pdf", "application/pdf", pdf(f"Purchase order {ticket}"), at)
    answers[upload.id] = Answer(to_json({str(file.id): file.name}))
    entry = write_entry(desk, 7, "T", ticket, at, answers, sort=2)
    desk.files.attach("E", zlib.crc32(f"E{upload.id}{entry}".encode()), file)
    return entry


def invent(desk: Desk, rng: Random, field: Field, at: datetime, *, always: bool = False) -> Answer:
    """A believable answer; often none, except for yes-no questions, which are always stored."""
    if field.kind == "bool":
        yes = "1" if rng.random() < 0.2 else "0"
        return Answer(yes, yes)
    if not always and rng.random() < 0.55:
        return Answer(None, "0" if field.kind in ("date", "datetime") else "")
    if field.kind == "choices":
        picked = rng.sample(field.choices, rng.randint(1, min(3, len(field.choices))) if field.multiple else 1)
        return Answer(to_json(dict(picked)), ", ".join(key for key, _ in picked))
    if field.kind == "list-2":
        items = list(enumerate(desk.catalogue.list_items, start=1))
        chosen = rng.sample(items, 2 if field.multiple else 1)
        return Answer(to_json({str(key): label for key, label in chosen}), ", ".join(str(key) for key, _ in chosen))
    if field.kind in ("date", "datetime"):
        return _moment(desk, rng, field, at)
    if field.kind == "department":
        value = str(rng.randint(1, len(desk.catalogue.departments)))
        return Answer(value, value)
    value = _words(rng, field)
    return Answer(value, value)


def _moment(desk: Desk, rng: Random, field: Field, at: datetime) -> Answer:
    moment = desk.dump.local(at - timedelta(minutes=rng.randrange(60, 600_000)))
    clock = "00:00:00" if field.kind == "date" else f"{moment:%H:%M}:00"
    value = f"{moment:%Y-%m-%d} {clock} {desk.zone_name(moment)}"
    return Answer(value, value)


def _words(rng: Random, field: Field) -> str:
    if field.kind == "phone":
        return people.phone(rng, extension=rng.random() < 0.4)
    if field.kind == "number":
        return str(rng.randrange(1, 900))
    if field.kind == "memo":
        steps = (text.long_paragraph(rng, "en", 40), "Wait <5 s>", "Open the site page")
        return "".join(f"<p>{place}. {escaped(step)}</p>" for place, step in enumerate(steps, start=1))
    return f"{rng.choice(('TX', 'QR', 'MM'))}-{rng.randrange(1000, 9999)}-{rng.choice('ABC')}"

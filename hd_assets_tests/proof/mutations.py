"""Damage to a finished workspace, to show that the checker sees each kind of it. Each draws its victim by the dice."""

import json
import random
import re
import sqlite3
from collections.abc import Callable
from typing import Any

from hd_assets_tests.proof.source import SOURCE_ID

Doc = dict[str, Any]
Damage = Callable[["Image"], None]


class Image:
    """A snapshot opened for damage. `known`: ids that were there before the migration."""

    def __init__(self, content: bytes, known: set[str], dice: random.Random) -> None:
        self._head, _, image = content.partition(b"\n")
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        self.db.deserialize(image)
        self.known, self.dice = known, dice

    def bytes(self) -> bytes:
        return self._head + b"\n" + self.db.serialize()

    def docs(self, kind: str, *, theirs: bool = False) -> list[Doc]:
        rows = self.db.execute("select doc from objects where kind = ? order by seq", (kind,)).fetchall()
        return [doc for doc in (json.loads(row[0]) for row in rows) if (doc["id"] in self.known) is theirs]

    def any(self, kind: str, fits: Callable[[Doc], object] = bool, *, theirs: bool = False) -> Doc:
        return self.dice.choice([doc for doc in self.docs(kind, theirs=theirs) if fits(doc)])

    def save(self, kind: str, doc: Doc) -> None:
        self.db.execute("update objects set doc = ? where kind = ? and id = ?", (json.dumps(doc), kind, doc["id"]))

    def add(self, kind: str, doc: Doc) -> None:
        doc = {**doc, "id": f"{doc['id']}0"}
        sql = "insert into objects (kind, id, created, visible_at, doc) values (?, ?, 0, 0, ?)"
        self.db.execute(sql, (kind, doc["id"], json.dumps(doc)))

    def drop(self, kind: str, doc: Doc) -> None:
        self.db.execute("delete from objects where kind = ? and id = ?", (kind, doc["id"]))

    def parts(self, fits: Callable[[Doc], object] = bool, *, theirs: bool = False) -> list[tuple[str, Doc]]:
        rows = self.db.execute("select conversation, doc from parts order by id").fetchall()
        return [
            (conversation, doc)
            for conversation, doc in ((row[0], json.loads(row[1])) for row in rows)
            if doc["part_type"] in ("comment", "note") and (conversation in self.known) is theirs and fits(doc)
        ]

    def part(self, fits: Callable[[Doc], object] = bool, *, theirs: bool = False) -> tuple[str, Doc]:
        return self.dice.choice(self.parts(fits, theirs=theirs))

    def save_part(self, doc: Doc) -> None:
        self.db.execute("update parts set doc = ? where id = ?", (json.dumps(doc), int(doc["id"])))

    def repeat_part(self, conversation: str, doc: Doc) -> None:
        key = self.db.execute("select max(id) + 1 from parts").fetchone()[0]
        values = (key, conversation, doc["created_at"], doc["part_type"], json.dumps({**doc, "id": str(key)}))
        self.db.execute("insert into parts (id, conversation, created, type, doc) values (?, ?, ?, ?, ?)", values)


def _drop(kind: str, *, theirs: bool = False) -> Damage:
    return lambda image: image.drop(kind, image.any(kind, theirs=theirs))


def _repeat(kind: str) -> Damage:
    return lambda image: image.add(kind, image.any(kind))


def _change(kind: str, fits: Callable[[Doc], object], *, theirs: bool = False, **values: object) -> Damage:
    def damage(image: Image) -> None:
        doc = image.any(
            kind, lambda doc: fits(doc) and any(doc[name] != values[name] for name in values), theirs=theirs
        )
        image.save(kind, {**doc, **values})

    return damage


def _change_part(*, theirs: bool = False, fits: Callable[[Doc], object] = bool, **values: object) -> Damage:
    def damage(image: Image) -> None:
        _, doc = image.part(fits, theirs=theirs)
        given = {name: value(doc) if callable(value) else value for name, value in values.items()}
        image.save_part({**doc, **given})

    return damage


def _of_list(kind: str, name: str, change: Callable[[list], list]) -> Damage:
    def damage(image: Image) -> None:
        doc = image.any(kind, lambda doc: doc[name])
        image.save(kind, {**doc, name: change(list(doc[name]))})

    return damage


def _refer(kind: str, change: Callable[[list], list]) -> Damage:
    """Change a list of references to custom objects."""

    def referring(doc: Doc) -> list[str]:
        return [name for name, value in sorted(doc["custom_attributes"].items()) if isinstance(value, list)]

    def damage(image: Image) -> None:
        doc = image.any(kind, referring)
        name = image.dice.choice(referring(doc))
        changed = change(list(doc["custom_attributes"][name]))
        image.save(kind, {**doc, "custom_attributes": {**doc["custom_attributes"], name: changed}})

    return damage


def _redirected(image: Image) -> None:
    doc = image.any("redirect")
    other = image.any("article", lambda article: article["id"] != doc["target_id"])
    image.save("redirect", {**doc, "target_id": other["id"]})


def _drop_part(image: Image) -> None:
    image.db.execute("delete from parts where id = ?", (int(image.part()[1]["id"]),))


def _drop_last_part(image: Image) -> None:
    conversation, _ = image.part()
    last = [doc for key, doc in image.parts() if key == conversation][-1]
    image.db.execute("delete from parts where id = ?", (int(last["id"]),))


def _repeat_conversation(image: Image) -> None:
    image.add("conversation", image.any("conversation"))


def _repeat_empty_conversation(image: Image) -> None:
    doc = image.any("conversation")
    image.add("conversation", {**doc, "custom_attributes": {}, "title": None, "tags": [], "ticket": None})


def _swap_parts(image: Image) -> None:
    threads: dict[str, list[Doc]] = {}
    for conversation, doc in image.parts():
        threads.setdefault(conversation, []).append(doc)
    one, two = image.dice.sample(image.dice.choice([docs for docs in threads.values() if len(docs) > 1]), 2)
    image.save_part({**one, "id": two["id"]})
    image.save_part({**two, "id": one["id"]})


def _flip_byte(image: Image) -> None:
    sha256, content = image.dice.choice(image.db.execute("select sha256, content from blobs").fetchall())
    at = image.dice.randrange(len(content))
    changed = content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
    image.db.execute("update blobs set content = ? where sha256 = ?", (changed, sha256))


def _change_value(kind: str, *, drop: bool = False) -> Damage:
    def damage(image: Image) -> None:
        doc = image.any(kind, lambda doc: doc["custom_attributes"])
        values = dict(doc["custom_attributes"])
        name = image.dice.choice(sorted(values))
        if drop:
            del values[name]
        else:
            values[name] = "another"
        image.save(kind, {**doc, "custom_attributes": values})

    return damage


def _rename_source_id(image: Image) -> None:
    doc = image.any("conversation")
    image.save("conversation", {**doc, "custom_attributes": {**doc["custom_attributes"], SOURCE_ID: "desk-ticket-999"}})


def _ticket(**values: object) -> Damage:
    def damage(image: Image) -> None:
        doc = image.any("conversation", lambda doc: doc["ticket"])
        image.save("conversation", {**doc, "ticket": {**doc["ticket"], **values} if values else None})

    return damage


def _ticket_state(image: Image) -> None:
    doc = image.any("conversation", lambda doc: doc["ticket"])
    states = [row[0] for row in image.db.execute("select id from objects where kind = 'ticket_state'").fetchall()]
    other = image.dice.choice([key for key in states if key != doc["ticket"]["state_id"]])
    image.save("conversation", {**doc, "ticket": {**doc["ticket"], "state_id": other}})


def _notified(image: Image) -> None:
    image.db.execute("insert or replace into counters values ('notified:admin_comment', 1)")


_FIRST = {"id": "1"}
LOST: dict[str, Damage] = {
    "a part": _drop_part,
    "the last part": _drop_last_part,
    "a conversation": _drop("conversation"),
    "a contact": _drop("contact"),
    "a company": _drop("company"),
    "an article": _drop("article"),
    "a tag": _drop("tag"),
    "an attribute of people": _drop("data_attribute"),
    "an attribute of conversations": _drop("conversation_attribute"),
    "a collection": _drop("collection"),
    "a link": _of_list("contact", "companies", lambda keys: keys[1:]),
    "a custom object": _drop("custom_object"),
    "a reference of a contact": _refer("contact", lambda keys: keys[1:]),
    "a reference of a conversation": _refer("conversation", lambda keys: keys[:-1]),
    "a redirect": _drop("redirect"),
    "a foreign redirect": _drop("redirect", theirs=True),
    "a foreign custom object": lambda image: image.drop(
        "custom_object", image.any("custom_object", lambda doc: doc["external_id"] == "other-1", theirs=True)
    ),
    "a participant": _of_list("conversation", "contacts", lambda keys: keys[:-1]),
    "a tag on a conversation": _of_list("conversation", "tags", lambda keys: keys[1:]),
    "a foreign conversation": _drop("conversation", theirs=True),
    "a foreign contact": lambda image: image.drop(
        "contact", image.any("contact", lambda doc: doc["external_id"] == "other-9", theirs=True)
    ),
}
DOUBLED: dict[str, Damage] = {
    "a part": lambda image: image.repeat_part(*image.part()),
    "a conversation": _repeat_conversation,
    "an empty conversation": _repeat_empty_conversation,
    "a contact": _repeat("contact"),
    "a contact without its id": lambda image: image.add("contact", {**image.any("contact"), "external_id": None}),
    "a company": _repeat("company"),
    "an article": _repeat("article"),
    "a collection": _repeat("collection"),
    "an attribute of conversations": _repeat("conversation_attribute"),
    "a ticket type": lambda image: image.add(
        "ticket_type", image.any("ticket_type", lambda doc: "Migr" in doc["name"])
    ),
    "a link": _of_list("contact", "companies", lambda keys: [*keys, keys[0]]),
    "a custom object": _repeat("custom_object"),
    "a reference of a contact": _refer("contact", lambda keys: [*keys, keys[0]]),
    "a reference of a conversation": _refer("conversation", lambda keys: [*keys, keys[0]]),
    "a redirect": _repeat("redirect"),
    "a tag on a conversation": _of_list("conversation", "tags", lambda entries: [*entries, entries[0]]),
}
REORDERED: dict[str, Damage] = {"two parts": _swap_parts}
ALTERED: dict[str, Damage] = {
    "a byte of a file": _flip_byte,
    "a file is gone": _change_part(fits=lambda doc: doc["attachments"], attachments=lambda doc: doc["attachments"][1:]),
    "a file is there twice": _change_part(
        fits=lambda doc: doc["attachments"], attachments=lambda doc: [*doc["attachments"], doc["attachments"][0]]
    ),
    "the words of a part": _change_part(body="<p>other words</p>"),
    "a word of a part": _change_part(body=lambda doc: f"{doc['body']} more"),
    "the time of a part": _change_part(created_at=lambda doc: doc["created_at"] + 1),
    "a note is public": _change_part(fits=lambda doc: doc["part_type"] == "note", part_type="comment"),
    "the author of a part": _change_part(author=_FIRST),
    "where a link leads": _change_part(
        fits=lambda doc: 'href="http://simulator' in doc["body"],
        body=lambda doc: re.sub(r'(href="http://simulator[^"]*/)\d+', r"\g<1>3000", doc["body"]),
    ),
    "a link is gone": _change_part(
        fits=lambda doc: "href=" in doc["body"], body=lambda doc: re.sub(r"</?a\b[^>]*>", "", doc["body"])
    ),
    "a part of a stranger": _change_part(theirs=True, body="<p>other words</p>"),
    "a title": _change("conversation", bool, title="Another"),
    "a state": _change("conversation", bool, state="snoozed"),
    "an assignee": _change("conversation", bool, admin_assignee_id="99"),
    "a team": _change("conversation", bool, team_assignee_id="99"),
    "a company of a conversation": _change("conversation", bool, company_id="99"),
    "the words of an opening": _change("conversation", bool, body="<p>other words</p>"),
    "the time of an opening": _change("conversation", bool, created_at=1),
    "the time of a snooze": _change("conversation", lambda doc: doc["state"] == "snoozed", snoozed_until=1),
    "an id": _rename_source_id,
    "a value of a conversation": _change_value("conversation"),
    "a value of a conversation is gone": _change_value("conversation", drop=True),
    "a value of a contact": _change_value("contact"),
    "a value of a company": _change_value("company"),
    "an address": _change("contact", bool, email="someone@else.example"),
    "a name": _change("contact", bool, name="Someone Else"),
    "a website": _change("company", bool, website=None),
    "a contact is archived": _change("contact", bool, archived=True),
    "no ticket": _ticket(),
    "values of a ticket": _ticket(attributes={}),
    "the state of a ticket": _ticket_state,
    "a value of a custom object": _change_value("custom_object"),
    "a value of an adopted custom object": _change(
        "custom_object",
        lambda doc: doc["external_id"] == "desk-change-2",
        theirs=True,
        custom_attributes={"risk": "low"},
    ),
    "the time of a custom object": _change("custom_object", bool, external_updated_at=1),
    "a foreign custom object": _change(
        "custom_object", lambda doc: doc["external_id"] == "other-1", theirs=True, custom_attributes={}
    ),
    "a reference to another": _refer("contact", lambda keys: [*keys[1:], "9"]),
    "the target of a redirect": _redirected,
    "the address of a redirect": _change("redirect", bool, from_url="https://intercom.help/simulator/other"),
    "the locale of a redirect": _change("redirect", bool, locale="de"),
    "an article": _change("article", bool, body="<p>other words</p>"),
    "an article is public": _change("article", lambda doc: doc["state"] == "draft", state="published"),
    "a foreign conversation": _change("conversation", bool, theirs=True, state="closed"),
    "a foreign company": _change("company", lambda doc: doc["company_id"] == "other-1", theirs=True, name="Ours"),
    "a notification": _notified,
}

"""The whole workspace under names that do not depend on the run, for comparing two runs word by word.

Left out is what tells when something was written and nothing else: ids, times of writing, statistics, and the parts
by which a workspace notes events. How often each event was noted is told apart from the rest.
"""

from collections import Counter
from typing import Any

from hd_assets_tests.proof.links import Leads, body_of, one_word
from hd_assets_tests.proof.source import SOURCE_ID
from hd_assets_tests.proof.store import Doc, Store, paths_of

MESSAGES = ("comment", "note")
_VOLATILE = {"id", "message_id", "updated_at", "statistics", "last_seen_at", "waiting_since", "read"}
# these get their time from the clock, conversations from the source
_CLOCKED = {"created_at", "snoozed_at", "applied_at"}


def canon(content: bytes) -> dict[str, Any]:
    """Kind → the sorted documents, conversations with their messages."""
    store = Store(content)
    names = _Names(store)
    found: dict[str, Any] = {}
    for kind in ("contact", "company", "tag", "article", "collection", "redirect", "custom_object", "data_attribute"):
        found[kind] = sorted(repr(names.record(doc)) for doc in store.all(kind).values())
    for kind in ("conversation_attribute", "ticket_type"):
        found[kind] = sorted(repr((doc["name"], _labels(doc))) for doc in store.all(kind).values())
    found["conversation"] = sorted(repr(names.thread(doc)) for doc in store.all("conversation").values())
    return found


def events(content: bytes) -> Counter:
    """(conversation, kind of event) → how often it was noted."""
    store = Store(content)
    names = _Names(store)
    return Counter(
        (names.known.get(("conversation", key)), part["part_type"])
        for key, parts in store.parts.items()
        for part in parts
        if part["part_type"] not in MESSAGES
    )


def unlike(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Where two workspaces differ, one line for each document."""
    said = []
    for kind in one:
        here, there = Counter(one[kind]), Counter(other[kind])
        said += [f"{kind} only here: {text[:300]}" for text in here - there]
        said += [f"{kind} only there: {text[:300]}" for text in there - here]
    return said


def _labels(doc: Doc) -> list[str]:
    inner = [repr((entry["name"], entry["data_type"], _labels(entry))) for entry in doc.get("attributes", [])]
    options = [
        str(option.get("label", option)) if isinstance(option, dict) else str(option) for option in _options(doc)
    ]
    return sorted(inner) + sorted(options)


def _options(doc: Doc) -> list[Any]:
    inputs = doc.get("input_options") or {}
    return inputs.get("list_options") or doc.get("options") or []


class _Names:
    """(kind, id) → name."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # what a link could be led to hangs on when its message was sent
        self._leads = Leads(store, one_word(store))
        paths = paths_of(store)
        self.known: dict[tuple[str, str], Any] = {}
        for kind, key in (("admin", "email"), ("team", "name"), ("tag", "name"), ("company", "company_id")):
            self.known |= {(kind, doc["id"]): doc[key] for doc in store.all(kind).values()}
        for doc in store.all("contact").values():
            self.known["contact", doc["id"]] = doc["external_id"] or doc["email"] or doc["name"]
        for doc in store.all("conversation").values():
            self.known["conversation", doc["id"]] = doc["custom_attributes"].get(SOURCE_ID) or doc["body"]
        for doc in store.all("custom_object").values():
            self.known["custom_object", doc["id"]] = doc["type"], doc["external_id"]
        for doc in store.all("article").values():
            self.known["article", doc["id"]] = doc["title"], doc["body"]
        for key, path in paths.items():
            self.known["collection", str(key)] = path
        for kind in ("ticket_type", "ticket_state"):
            for doc in store.all(kind).values():
                self.known[kind, doc["id"]] = doc.get("name") or doc.get("category")
        for kind in store.all("ticket_type").values():
            for attribute in kind["attributes"]:
                for option in _options(attribute):
                    if isinstance(option, dict):
                        self.known["option", str(option.get("id"))] = option.get("label") or option.get("name")

    def of(self, kind: str, key: Any) -> Any:
        return self.known.get((kind, str(key)), key)

    def record(self, doc: Doc) -> Any:
        kept = {name: value for name, value in doc.items() if name not in _VOLATILE | _CLOCKED}
        for name, kind in (("companies", "company"), ("tags", "tag")):
            if name in kept:
                kept[name] = sorted(str(self.of(kind, _key(entry))) for entry in kept[name])
        for name, kind in (("author_id", "admin"), ("parent_id", "collection"), ("target_id", "article")):
            if name in kept:
                kept[name] = self.of(kind, kept[name])
        if "custom_attributes" in kept:
            kept["custom_attributes"] = self._values(kept["custom_attributes"])
        return sorted((name, repr(value)) for name, value in kept.items())

    def _values(self, values: Doc) -> Any:
        """Lists are references to custom objects."""
        return sorted(
            (name, repr([self.of("custom_object", key) for key in value] if isinstance(value, list) else value))
            for name, value in values.items()
        )

    def thread(self, doc: Doc) -> Any:
        kept = {name: value for name, value in doc.items() if name not in _VOLATILE}
        kept["author"] = self._author(doc["author"])
        kept["contacts"] = sorted(str(self.of("contact", key)) for key in doc["contacts"])
        kept["tags"] = sorted(str(self.of("tag", _key(entry))) for entry in doc["tags"])
        kept["teammates"] = sorted(str(self.of("admin", key)) for key in doc["teammates"])
        kept["admin_assignee_id"] = self.of("admin", doc["admin_assignee_id"])
        kept["team_assignee_id"] = self.of("team", doc["team_assignee_id"])
        kept["company_id"] = self.of("company", doc["company_id"])
        kept["custom_attributes"] = self._values(doc["custom_attributes"])
        if doc["ticket"]:
            kept["ticket"] = self._ticket(doc["ticket"])
        kept["attachments"] = [self._file(file) for file in doc["attachments"]]
        kept["body"] = self._leads.named(body_of(doc))
        messages = [part for part in self._store.parts.get(doc["id"], []) if part["part_type"] in MESSAGES]
        kept["messages"] = [self._message(part) for part in messages]
        return sorted((name, repr(value)) for name, value in kept.items())

    def _ticket(self, ticket: Doc) -> Any:
        kept = {name: value for name, value in ticket.items() if name != "ticket_id"}
        kept["type_id"], kept["state_id"] = (
            self.of("ticket_type", ticket["type_id"]),
            self.of("ticket_state", ticket["state_id"]),
        )
        kept["attributes"] = sorted((name, repr(self.of("option", v))) for name, v in ticket["attributes"].items())
        return sorted((name, repr(value)) for name, value in kept.items())

    def _author(self, author: Doc) -> Any:
        return author["type"], self.of("admin" if author["type"] == "admin" else "contact", author["id"])

    def _message(self, part: Doc) -> Any:
        files = [self._file(file) for file in part["attachments"]]
        return (
            part["part_type"],
            part["created_at"],
            self._author(part["author"]),
            self._leads.named(body_of(part)),
            files,
        )

    def _file(self, file: Doc) -> Any:
        name, kind, content = self._store.files.get(file.get("file"), (file["name"], file["content_type"], b""))
        return name, kind, content


def _key(entry: Any) -> Any:
    return entry["id"] if isinstance(entry, dict) else entry

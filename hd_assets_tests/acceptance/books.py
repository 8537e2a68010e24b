"""Two independent books: what the source's dump says, and what a workspace holds. Shares no code with the pipeline."""

import hashlib
import re
from collections import Counter, defaultdict
from pathlib import Path

from hd_assets_tests.acceptance.reading import Workspace, words_of_html

HIDDEN, LINKED = 0x4, 0x8
_TABLE = re.compile(r"^CREATE TABLE `(\w+)` \((.*?)^\) ENGINE", re.M | re.S)
_COLUMN = re.compile(r"^  `(\w+)` ", re.M)
_INSERT = re.compile(r"^INSERT INTO `(\w+)` VALUES\n(.*?);\n(?=INSERT|/\*!40000)", re.M | re.S)
_TOKEN = re.compile(r"'(?:[^'\\]|\\.|'')*'|[^\s,();']+|[()]", re.S)
_ESCAPE = re.compile(r"\\(.)", re.S)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "Z": "\x1a"}


def tables(dump: Path, prefix: str = "ost_") -> dict[str, list[dict]]:
    """Rows of every table of a dump; texts as str, NULL as None, hexadecimal as bytes, the rest as written."""
    source = dump.read_text(encoding="utf-8")
    columns = {name: _COLUMN.findall(body) for name, body in _TABLE.findall(source)}
    found = defaultdict(list)
    for name, body in _INSERT.findall(source):
        row = []
        for token in _TOKEN.findall(body):
            if token == "(":
                row = []
            elif token == ")":
                found[name.removeprefix(prefix)].append(dict(zip(columns[name], row, strict=True)))
            else:
                row.append(_value(token))
    return found


def _value(token: str) -> str | bytes | None:
    if token == "NULL":
        return None
    if token.startswith("0x"):
        return bytes.fromhex(token[2:])
    if token.startswith("'"):
        return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), token[1:-1].replace("''", "'"))
    return token


class SourceBook:
    """What must arrive of an osTicket dump without damage: people, companies, tickets, entries in order, files."""

    def __init__(self, dump: Path, attachments: Path):
        rows = tables(dump)
        self.companies = {f"osticket-organization-{row['id']}": row["name"] for row in rows["organization"]}
        self.contacts = {f"osticket-user-{row['id']}" for row in rows["user"]}
        self.merged = {
            row["ticket_id"] for row in rows["ticket"] if row["ticket_pid"] and not int(row["flags"]) & LINKED
        }
        self.tickets = {row["ticket_id"] for row in rows["ticket"]} - self.merged
        threads = {row["id"]: row["object_id"] for row in rows["thread"] if row["object_type"] == "T"}
        self.entries = defaultdict(list)
        for row in sorted(rows["thread_entry"], key=lambda row: (row["created"], int(row["id"]))):
            if not int(row["flags"]) & HIDDEN and threads.get(row["thread_id"]) in self.tickets:
                self.entries[threads[row["thread_id"]]].append(row)
        stored = _contents(rows, attachments)
        owner = {row["id"]: (ticket, row) for ticket, entries in self.entries.items() for row in entries}
        self.files = defaultdict(Counter)
        for row in rows["attachment"]:
            if row["type"] == "H" and row["object_id"] in owner and row["file_id"] in stored:
                ticket, entry = owner[row["object_id"]]
                content = stored[row["file_id"]]
                if entry["body"]:
                    self.files[ticket][hashlib.sha256(content).hexdigest()] += 1
                else:
                    # a body too long for its column lies in a file
                    entry["body"] = content.decode()

    def missing(self, book: dict) -> list[str]:
        """What of the source a workspace does not hold exactly once; nothing when all is well."""
        said = []
        if set(book["conversations"]) != self.tickets:
            said.append(f"tickets lost or strange: {sorted(self.tickets ^ set(book['conversations']))}")
        names = {key: doc and doc["name"] for key, doc in book["companies"].items()}
        if names != self.companies:
            said.append(f"companies {sorted(names)} instead of {sorted(self.companies)}")
        if not self.contacts <= set(book["contacts"]):
            said.append(f"contacts lost: {sorted(self.contacts - set(book['contacts']))}")
        for ticket, found in book["conversations"].items():
            said += self._thread(ticket, found)
        return said

    def _thread(self, ticket: str, found: dict):
        shown = [words_of_html(found["opening"]["body"])[0], *(words_of_html(p["body"])[0] for p in found["parts"])]
        place = 0
        for entry in self.entries.get(ticket, ()):
            wanted = _beginning(entry)
            while place < len(shown) and not _contains(shown[place], wanted):
                place += 1
            if place == len(shown):
                yield f"ticket {ticket}: entry {entry['id']} is lost or out of order"
                return
            place += 1
        there = Counter(file["sha256"] for part in found["parts"] for file in part["files"])
        # .get, or asking about a strange ticket would put it into the book
        missing = self.files.get(ticket, Counter()) - there
        if missing:
            yield f"ticket {ticket}: {missing.total()} files are lost or altered"


def _contents(rows: dict, attachments: Path) -> dict[str, bytes]:
    """File id → its bytes, for files whose bytes are there."""
    chunks = defaultdict(list)
    for row in rows["file_chunk"]:
        chunks[row["file_id"]].append((int(row["chunk_id"]), row["filedata"]))
    found = {}
    for row in rows["file"]:
        path = attachments / row["key"][0] / row["key"]
        if row["id"] in chunks:
            content = b"".join(data for _, data in sorted(chunks[row["id"]]) if data)
        elif path.is_file():
            content = path.read_bytes()
        else:
            continue
        # a file without bytes cannot be sent
        if content:
            found[row["id"]] = content
    return found


def _beginning(entry: dict) -> list[str]:
    """The first words; a picture in the text arrives as words of its own."""
    return [word for word in words_of_html(entry["body"].partition("<img")[0])[0] if word.isalnum()][:25]


def _contains(there: list[str], wanted: list[str]) -> bool:
    plain = [word for word in there if word.isalnum()]
    return any(plain[at : at + len(wanted)] == wanted for at in range(len(plain) - len(wanted) + 1))


def workspace_book(url: str, source: SourceBook) -> dict:
    """Everything a migration wrote, under names that do not depend on the run; twins stand under `doubled`."""
    space = Workspace(url)
    try:
        return _WorkspaceReader(space).read(source)
    finally:
        space.close()


class _WorkspaceReader:
    def __init__(self, space: Workspace):
        self._space, self._doubled = space, []
        self._admins = {id: email for email, id in space.admins().items()}
        self._teams = space.teams()

    def read(self, source: SourceBook) -> dict:
        # lists leave out companies that nobody belongs to
        companies = {key: self._space.company(key) for key in source.companies}
        rows = self._pages("/contacts")
        self._contacts = {row["id"]: row["external_id"] or f"? {row['id']}" for row in rows}
        contacts = self._keyed("contact", rows, "external_id")
        listed = self._space.conversations()
        full = [self._space.get(f"/conversations/{row['id']}") for row in listed]
        threads = {}
        for doc in full:
            key = doc["custom_attributes"].get("osticket_ticket_id") or f"unnamed {doc['created_at']}"
            if key in threads:
                self._doubled.append(f"conversation {key}")
            threads[key] = self._conversation(doc)
        return {
            "companies": {key: doc and self._company(doc) for key, doc in companies.items()},
            "contacts": {key: self._contact(doc) for key, doc in contacts.items()},
            "conversations": threads,
            "tags": self._named("tag", self._space.get("/tags")["data"]),
            "data attributes": self._named("attribute", self._space.get("/data_attributes")["data"], "model", "name"),
            "ticket types": self._named("ticket type", self._space.get("/ticket_types")["data"]),
            "collections": self._named("collection", self._space.get("/help_center/collections")["data"]),
            "articles": self._named("article", self._pages("/articles"), "title", "body"),
            "counts": self._space.get("/_simulator/state")["counts"],
            "doubled": self._doubled,
        }

    def _pages(self, path: str) -> list[dict]:
        found, number, cursor = [], 1, None
        while True:
            query = {"per_page": 50} | ({"starting_after": cursor} if cursor else {"page": number})
            answer = self._space.get(path, **query)
            found += answer["data"]
            following = (answer.get("pages") or {}).get("next")
            if not following:
                return found
            cursor = following.get("starting_after") if isinstance(following, dict) else None
            number += 1

    def _keyed(self, kind: str, rows: list[dict], name: str) -> dict[str, dict]:
        found = {}
        for row in rows:
            key = row[name] or f"unnamed {row['id']}"
            if key in found:
                self._doubled.append(f"{kind} {key}")
            found[key] = row
        return found

    def _named(self, kind: str, rows: list[dict], *names: str) -> list[tuple]:
        keys = sorted(tuple(str(row.get(name)) for name in names or ("name",)) for row in rows)
        self._doubled += [f"{kind} {key}" for key, count in Counter(keys).items() if count > 1]
        return keys

    def _company(self, doc: dict) -> dict:
        return {
            name: doc.get(name) for name in ("name", "website", "industry", "custom_attributes", "remote_created_at")
        }

    def _contact(self, doc: dict) -> dict:
        facts = {
            name: doc.get(name) for name in ("email", "name", "phone", "role", "custom_attributes", "signed_up_at")
        }
        return facts | {"companies": sorted(self._space.companies_of(doc["id"]))}

    def _conversation(self, doc: dict) -> dict:
        opening, parts = self._space.messages(doc)
        ticket = self._space.get(f"/tickets/{doc['id']}")
        others = Counter(
            row["part_type"]
            for row in doc["conversation_parts"]["conversation_parts"]
            if row["part_type"] not in ("comment", "note")
        )
        return {
            "title": doc["title"],
            "state": doc["state"],
            "created_at": doc["created_at"],
            "contacts": sorted(self._contacts[row["id"]] for row in doc["contacts"]["contacts"]),
            "company": (doc.get("company") or {}).get("name"),
            "tags": sorted(tag["name"] for tag in doc["tags"]["tags"]),
            "attributes": doc["custom_attributes"],
            "admin": self._admins.get(str(doc["admin_assignee_id"])),
            "team": self._teams.get(str(doc["team_assignee_id"])),
            "ticket state": ticket and ticket["ticket_state"]["category"],
            "ticket values": ticket and self._space.ticket_values(ticket),
            "opening": self._message(opening),
            "parts": [self._message(part) for part in parts],
            "other parts": dict(others),
        }

    def _message(self, message) -> dict:
        author = self._admins.get(message.author) if message.by == "admin" else self._contacts.get(message.author)
        files = [
            {"name": file["name"], "size": file["filesize"], "sha256": self._space.sha256(file["url"])}
            for file in message.files
        ]
        facts = {"kind": message.kind, "by": message.by, "author": author, "at": message.at}
        return facts | {"body": message.html, "files": files}


def differences(book: dict, reference: dict) -> list[str]:
    """Lost, doubled, reordered, altered against a run nobody disturbed: one line each."""
    said = [f"doubled: {what}" for what in book["doubled"]]
    for kind in reference:
        if isinstance(reference[kind], dict):
            said += _records(kind, book[kind], reference[kind])
        elif kind != "doubled" and book[kind] != reference[kind]:
            said.append(f"{kind}: {len(book[kind])} instead of {len(reference[kind])}")
    return said


def _records(kind: str, found: dict, wanted: dict):
    for key in sorted(set(found) | set(wanted)):
        if key not in found or key not in wanted:
            yield f"{kind} {key}: {'lost' if key in wanted else 'unexpected'}"
            continue
        if not isinstance(wanted[key], dict) or not isinstance(found[key], dict):
            if found[key] != wanted[key]:
                yield f"{kind} {key}: {found[key]} instead of {wanted[key]}"
            continue
        for name, value in wanted[key].items():
            if found[key][name] == value:
                continue
            if name == "parts":
                yield f"{kind} {key}: {_parts(found[key][name], value)}"
            else:
                yield f"{kind} {key}: {name} {found[key][name]!r} instead of {value!r}"


def _parts(found: list[dict], wanted: list[dict]) -> str:
    mine, theirs = (Counter(map(repr, parts)) for parts in (found, wanted))
    if mine == theirs:
        return "parts are reordered"
    return f"{(theirs - mine).total()} parts lost or altered, {(mine - theirs).total()} doubled or strange"

"""Judges a finished migration of the sample installation from the outside: truth.json against the workspace's API."""

import html
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from hd_assets_tests.acceptance.reading import Message, Workspace, escaped_text, says, words, words_of_html

LIMIT = 10_485_760
MIGRATION_ADMIN = "migration@northwind.example"
TICKET_STATES = {
    "Open": "submitted",
    "Waiting on Customer": "waiting_on_customer",
    "On Hold": "in_progress",
    "Awaiting Vendor": "in_progress",
    "Resolved": "resolved",
    "Closed": "resolved",
    "Duplicate": "resolved",
}
FIELDS = {
    "Product": "osticket_product",
    "Affected modules": "osticket_modules",
    "Serial number": "osticket_serial_no",
    "Steps to reproduce": "osticket_steps",
    "Business critical": "osticket_business_critical",
    "Installation date": "osticket_install_date",
    "Outage started": "osticket_outage_start",
    "Region": "osticket_region",
    "Callback number": "osticket_callback",
    "Internal severity": "osticket_internal_severity",
    "Number of units": "osticket_units",
    "Responsible department": "osticket_resp_dept",
    "Old contract no. (retired)": "osticket_old_contract",
    "Ship to regions": "osticket_ship_regions",
    "Needed by": "osticket_needed_by",
    "Floor / dock": "osticket_floor",
    "Purchase order document": "osticket_po_document",
    "Insured shipping": "osticket_insured",
}
DAYS = {"Installation date", "Needed by"}
MOMENTS = {"Outage started"}
# What a plain rendering adds to quotations, lists, tables and pictures.
MARKS = {"(", ")", "[", "]", ":", "|", ">", "-", ".", "image"} | {str(number) for number in range(1, 60)}
ROUGH_TEXT = 1500


@dataclass(frozen=True)
class Finding:
    """One thing in the workspace that is not as the truth says."""

    ticket: int | None
    what: str
    expected: object = None
    found: object = None

    def __str__(self) -> str:
        return f"ticket {self.ticket}: {self.what}: expected {self.expected!r}, found {self.found!r}"


def unix(moment: dict | None) -> int | None:
    return int(datetime.fromisoformat(moment["utc"].replace("Z", "+00:00")).timestamp()) if moment else None


class Judge:
    """`findings()` is empty when the workspace at `url` holds what `truth` says."""

    def __init__(self, truth: dict, url: str):
        self._truth, self._space, self._found = truth, Workspace(url), []
        self._ticket: int | None = None

    def findings(self) -> list[Finding]:
        self._admins, self._teams = self._space.admins(), self._space.teams()
        self._migration = self._admins.get(MIGRATION_ADMIN)
        listed = self._space.conversations()
        self._by_ticket: dict[str, list[str]] = {}
        for row in listed:
            self._by_ticket.setdefault(str(row["custom_attributes"].get("osticket_ticket_id")), []).append(row["id"])
        self._whole(listed)
        for ticket in self._truth["tickets"]:
            self._ticket = ticket["ticket_id"]
            self._one(ticket)
        self._space.close()
        return self._found

    def _same(self, what: str, expected: object, found: object) -> None:
        if expected != found:
            self._found.append(Finding(self._ticket, what, expected, found))

    def _holds(self, what: str, fact: object, found: object = None) -> None:
        if not fact:
            self._found.append(Finding(self._ticket, what, True, found))

    # the whole

    def _whole(self, listed: list[dict]) -> None:
        counts, breakdown = self._truth["counts"], self._truth["breakdown"]
        self._same("conversations", counts["ticket"] - len(breakdown["tickets_merged_children"]), len(listed))
        doubled = [ticket for ticket, ids in self._by_ticket.items() if len(ids) > 1]
        self._same("tickets with several conversations", [], doubled)
        for id, company in self._truth["dictionaries"]["organisations"].items():
            found = self._space.company(f"osticket-organization-{id}")
            self._same(f"name of organisation {id}", company["name"], (found or {}).get("name"))
        state = sum(row["state"] == "closed" for row in listed)
        merged = {str(id) for id in breakdown["tickets_merged_children"]}
        closed = breakdown["tickets_by_state"]["closed"] - len(merged)
        self._same("closed conversations", closed, state)

    # one ticket

    def _one(self, ticket: dict) -> None:
        ids = self._by_ticket.get(str(ticket["ticket_id"]), [])
        merged = ticket["ticket_id"] in self._truth["breakdown"]["tickets_merged_children"]
        self._same("conversations", 0 if merged else 1, len(ids))
        if merged:
            self._merged_child(ticket)
        elif ids:
            conversation, converted = self._space.get(f"/conversations/{ids[0]}"), self._space.get(f"/tickets/{ids[0]}")
            self._holds("is a ticket", converted)
            if conversation and converted:
                self._properties(ticket, conversation, converted)
                self._thread(ticket, conversation)

    def _merged_child(self, child: dict) -> None:
        """The parent tells about it in one note of the migration."""
        parents = self._by_ticket.get(str(child["ticket_pid"]), [])
        self._same("conversations of its parent", 1, len(parents))
        if not parents:
            return
        _, parts = self._space.messages(self._space.get(f"/conversations/{parents[0]}"))
        notes = [part for part in parts if self._is_note_of_migration(part) and self._names(part, child["number"])]
        notes = [part for part in notes if self._names(part, child["subject"])]
        self._same("notes about it in its parent", 1, len(notes))
        for note in notes:
            for fact in (child["requester"]["name"], child["status"]):
                self._holds(f"the note in its parent says {fact}", self._names(note, fact))

    def _properties(self, ticket: dict, conversation: dict, converted: dict) -> None:
        self._same("subject", html.unescape(ticket["subject"]), conversation["title"])
        self._same(
            "ticket subject", html.unescape(ticket["subject"]), converted["ticket_attributes"]["_default_title_"]
        )
        self._same("state", "closed" if ticket["state"] == "closed" else "open", conversation["state"])
        self._same("ticket state", TICKET_STATES[ticket["status"]], converted["ticket_state"]["category"])
        self._same("ticket category", "Customer", converted["category"])
        self._people(ticket, conversation)
        assignee = str(conversation["admin_assignee_id"]) if conversation["admin_assignee_id"] else None
        email = ticket["assignee_agent_email"]
        wanted = {self._admins[email]} if email in self._admins else {None, self._migration} if email else {None}
        self._holds(f"assignee is {email}", assignee in wanted, assignee)
        self._same("team", ticket["department"], self._teams.get(str(conversation["team_assignee_id"])))
        tags = {tag["name"] for tag in conversation["tags"]["tags"]}
        self._same("tags", {"migrated", *filter(None, [ticket["help_topic"]])}, tags)
        created, opened = unix(ticket["created"]), conversation["created_at"]
        first = min([unix(entry["created"]) for entry in _visible(ticket)] + [created])
        self._same("created", first if ticket["visible_entry_count"] else created, opened)
        for holder, values in (
            ("conversation", conversation["custom_attributes"]),
            ("ticket", self._space.ticket_values(converted)),
        ):
            self._attributes(ticket, holder, values)

    def _people(self, ticket: dict, conversation: dict) -> None:
        contacts = [self._space.contact(row["id"]) for row in conversation["contacts"]["contacts"]]
        known = {row.get("external_id"): row for row in contacts}
        requester = ticket["requester"]
        there = known.get(f"osticket-user-{requester['user_id']}")
        self._holds("requester takes part", there, sorted(map(str, known)))
        for person in ticket["collaborators"]:
            key = f"osticket-user-{person['user_id']}"
            self._holds(f"{key} takes part", key in known, sorted(map(str, known)))
        company = (conversation.get("company") or {}).get("name")
        self._same("company", self._company(ticket), company)
        if there:
            self._same("requester's name", requester["name"], there["name"])
            self._same("requester's e-mail", (requester["email"] or "").lower(), there["email"])
            if company:
                self._holds("requester belongs to the company", company in self._space.companies_of(there["id"]))

    def _company(self, ticket: dict) -> str | None:
        if ticket["organisation"]:
            return ticket["organisation"]
        companies = self._truth["dictionaries"]["organisations"]
        for user in self._truth["breakdown"]["unlinked_users_matching_an_organisation_domain"]:
            if user["user_id"] == ticket["requester"]["user_id"]:
                return companies[str(user["organisation_ids_with_that_domain"][0])]["name"]
        return None

    def _attributes(self, ticket: dict, holder: str, values: dict) -> None:
        facts = {
            "migrated_from": "osTicket",
            "osticket_ticket_id": str(ticket["ticket_id"]),
            "osticket_number": ticket["number"],
            "osticket_status": ticket["status"],
            "osticket_priority": ticket["priority"],
            "osticket_department": ticket["department"],
            "osticket_help_topic": ticket["help_topic"],
            "osticket_team": ticket["assignee_team"],
            "osticket_channel": ticket["source"],
            "osticket_created_at": unix(ticket["created"]),
            "osticket_closed_at": unix(ticket["closed"]),
            "sla_plan_name": ticket["sla"],
            "is_overdue": ticket["isoverdue"],
        }
        facts |= {attribute: ticket["custom_fields"].get(label) for label, attribute in FIELDS.items()}
        labels = {attribute: label for label, attribute in FIELDS.items()}
        for name, value in facts.items():
            found, label = values.get(name), labels.get(name, "")
            if label == "Steps to reproduce" and value and found:
                self._same(f"{holder} {name}", words_of_html(value)[0], words(found))
            else:
                self._same(f"{holder} {name}", _value(label, value), found)
        linked = {row for row in str(values.get("osticket_linked_to") or "").split(", ") if row}
        self._same(f"{holder} linked to", self._linked(ticket), linked)

    def _linked(self, ticket: dict) -> set[str]:
        children = self._truth["breakdown"]["tickets_linked_children"]
        numbers = {row["ticket_id"]: row["number"] for row in self._truth["tickets"]}
        linked = {numbers[child] for child in ticket["children"] if child in children}
        return linked | ({numbers[ticket["ticket_pid"]]} if ticket["ticket_id"] in children else set())

    # its thread

    def _thread(self, ticket: dict, conversation: dict) -> None:
        opening, parts = self._space.messages(conversation)
        entries = _visible(ticket)
        self._same("visible entries of the truth", ticket["visible_entry_count"], len(entries))
        first = entries[0] if entries else None
        if first and first["kind"] == "message" and first["author"] in ("user", "missing user"):
            self._entry(ticket, first, opening, is_opening=True)
            followers, place = self._until(ticket, parts, 0, entries[1:2])
            self._files(first, followers)
            self._holds(
                "after the opening come parts of its author or notes of the migration",
                all(part.author == opening.author or self._is_note_of_migration(part) for part in followers),
            )
            rest = entries[1:]
        else:
            self._holds("the opening names the ticket", self._names(opening, ticket["number"]), opening.html)
            key = f"osticket-user-{ticket['requester']['user_id']}"
            self._same("author of the opening", key, self._space.contact(opening.author).get("external_id"))
            _, place = self._until(ticket, parts, 0, entries[:1])
            rest = entries
        before = opening
        for number, entry in enumerate(rest):
            if place >= len(parts) or not self._matches(ticket, entry, parts[place]):
                self._found.append(Finding(self._ticket, f"entry {entry['entry_id']} is not at its place"))
                continue
            before = parts[place - 1] if place else opening
            self._entry(ticket, entry, parts[place], before=before)
            followers, following = self._until(ticket, parts, place + 1, rest[number + 1 : number + 2])
            self._files(entry, [parts[place], *followers])
            strange = [p for p in followers if not self._is_inserted(p, parts[place])]
            self._same(f"strangers after entry {entry['entry_id']}", [], [p.html[:80] for p in strange])
            place = following
        self._inserted(ticket, parts)

    def _until(self, ticket: dict, parts: list[Message], place: int, coming: list[dict]) -> tuple[list, int]:
        """Parts from `place` up to the one of the coming entry, and that one's place."""
        end = place
        while end < len(parts) and not (coming and self._matches(ticket, coming[0], parts[end])):
            end += 1
        return parts[place:end], end

    def _is_inserted(self, part: Message, entry: Message) -> bool:
        return self._is_note_of_migration(part) or (part.author == entry.author and bool(part.files))

    def _is_note_of_migration(self, part: Message) -> bool:
        return part.kind == "note" and part.by == "admin" and part.author == self._migration

    def _names(self, part: Message, text: str) -> bool:
        wanted, there = words(html.unescape(text)), part.words
        return any(there[at : at + len(wanted)] == wanted for at in range(len(there)))

    def _matches(self, ticket: dict, entry: dict, part: Message) -> bool:
        kind = "note" if entry["kind"] == "note" else "comment"
        return part.kind == kind and self._text(ticket, entry, part, is_opening=False)

    def _entry(
        self, ticket: dict, entry: dict, part: Message, *, is_opening: bool = False, before: Message | None = None
    ) -> None:
        name = f"entry {entry['entry_id']}"
        if is_opening:
            self._holds(f"{name}: text", self._text(ticket, entry, part, is_opening=True), part.html[:200])
        at = unix(entry["created"])
        pushed = before is not None and part.at > at and part.at == before.at + 1
        self._holds(f"{name}: time {at}", part.at == at or pushed, part.at)
        if entry["kind"] == "message" and entry["author"] in ("user", "missing user"):
            found = self._space.contact(part.author) if part.by == "contact" else {}
            self._same(f"{name}: author", f"osticket-user-{entry['user_id']}", found.get("external_id"))
        else:
            self._same(f"{name}: author", self._speaker(entry) or self._migration, part.author)

    def _speaker(self, entry: dict) -> str | None:
        """Id of the agent who wrote it, if the workspace has them."""
        agent = self._truth["dictionaries"]["agents"].get(str(entry["staff_id"]))
        return self._admins.get(agent["email"].lower()) if agent else None

    def _text(self, ticket: dict, entry: dict, part: Message, *, is_opening: bool) -> bool:
        body, allowed = entry.get("body"), set()
        if entry["format"] == "text":
            expected = escaped_text(body or "")
        elif body:
            expected, allowed = words_of_html(body)
        else:
            # long bodies are told by their beginning only
            expected = words(entry["text"])[:-1]
        allowed |= MARKS if is_opening or "<img" in (body or "") or "<t" in (body or "") else set()
        allowed |= {word for file in entry["attachments"] for word in words(file["name"])}
        title = html.unescape((entry["title"] or "").strip())
        if title and title != html.unescape(ticket["subject"]):
            expected = words(title) + expected
        if part.by == "admin" and not self._speaker(entry):
            expected = words(entry["poster"]) + expected
        is_rough = not body and entry["body_length"] > ROUGH_TEXT
        found = part.words
        if is_rough and len("".join(found)) < entry["body_length"] / 3:
            return False
        return says(found, expected or words("(empty)"), allowed, is_beginning=is_rough)

    def _files(self, entry: dict, parts: list[Message]) -> None:
        name = f"entry {entry['entry_id']}"
        there = [file for part in parts if not self._is_note_of_migration(part) for file in part.files]
        found = Counter((file["name"], file["filesize"], self._space.sha256(file["url"])) for file in there)
        sent = [file for file in entry["attachments"] if file["size"] <= LIMIT]
        self._same(f"{name}: files", Counter((file["name"], file["size"], file["sha256"]) for file in sent), found)
        notes = [part for part in parts if self._is_note_of_migration(part)]
        for file in entry["attachments"]:
            if file["size"] > LIMIT:
                told = any(self._names(note, file["name"]) for note in notes)
                self._holds(f"{name}: a note names the file {file['name']}", told)

    def _inserted(self, ticket: dict, parts: list[Message]) -> None:
        notes = [part for part in parts if self._is_note_of_migration(part)]
        for task in ticket["tasks"]:
            state = "open" if task["open"] else "completed"
            told = [note for note in notes if self._names(note, task["title"]) and self._names(note, task["number"])]
            self._same(f"notes about task {task['number']}", 1, len([n for n in told if self._names(n, "State")]))
            self._holds(f"state of task {task['number']}", any(self._names(note, state) for note in told))
        for number in self._linked(ticket):
            self._holds(f"a note names the linked ticket {number}", any(self._names(note, number) for note in notes))
        for name in ticket["custom_fields"].get("Purchase order document") or []:
            files = [file["name"] for note in notes for file in note.files]
            self._holds(f"the form's file {name} is on a note", name in files, files)
        if {entry["from_merged_child_thread"] for entry in _visible(ticket)} - {None}:
            self._holds("a note tells about the merge", any(self._names(note, "merged") for note in notes))
        if ticket["events"]:
            last = parts[-1] if parts else None
            told = last and self._is_note_of_migration(last) and self._names(last, "History")
            self._holds("the last part is the history", told, last and last.html[:80])
        times = [part.at for part in parts]
        self._holds("times increase", all(one < two for one, two in pairwise(times)), times)


def _visible(ticket: dict) -> list[dict]:
    return [entry for entry in ticket["entries"] if not entry["hidden"]]


def _value(label: str, value: object) -> object:
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, str) and label in DAYS:
        return value[:10]
    if isinstance(value, str) and label in MOMENTS:
        return int(datetime.fromisoformat(value.replace(" UTC", "+00:00")).timestamp())
    return value.strip() if isinstance(value, str) else value

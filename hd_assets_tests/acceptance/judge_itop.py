"""Judges a finished migration of the recorded iTop from the outside: truth.json against the workspace's API."""

from collections import Counter
from datetime import datetime

from hd_assets_tests.acceptance.judge import MARKS, MIGRATION_ADMIN, Finding
from hd_assets_tests.acceptance.reading import Message, Workspace, says, words, words_of_html

LIMIT = 10_485_760
ADMIN = MIGRATION_ADMIN.replace("northwind", "aurora")
STATES = {
    "new": "open",
    "assigned": "open",
    "waiting_for_approval": "open",
    "approved": "open",
    "pending": "snoozed",
    "resolved": "closed",
    "closed": "closed",
    "rejected": "closed",
}
PRIORITIES = {"1": "critical", "2": "high", "3": "medium", "4": "low"}
OWN_FIELDS = {"external_ref": "itop_external_ref", "billing_hours": "itop_billing_hours", "channel": "itop_channel"}


def unix(moment: str | None) -> int | None:
    return int(datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()) if moment else None


class Judge:
    """`findings()` is empty when the workspace at `url` holds what `truth` says."""

    def __init__(self, truth: dict, url: str):
        self._truth, self._space, self._found = truth, Workspace(url), []
        self._ticket: int | None = None

    def findings(self, *, whole: bool = True) -> list[Finding]:
        """Of the spelled-out tickets, and with `whole` of all counts, companies, articles and files."""
        self._admins, self._teams = self._space.admins(), self._space.teams()
        self._migration = self._admins[ADMIN]
        listed = self._space.conversations()
        self._by_ticket: dict[str, list[dict]] = {}
        for row in listed:
            self._by_ticket.setdefault(str(row["custom_attributes"].get("itop_ticket_id")), []).append(row)
        if whole:
            self._whole(listed)
        for ticket in self._truth["tickets"]:
            self._ticket = ticket["id"]
            rows = self._by_ticket.get(str(ticket["id"]), [])
            self._same("conversations", 1, len(rows))
            if rows:
                self._one(ticket, self._space.get(f"/conversations/{rows[0]['id']}"))
        self._space.close()
        return self._found

    def _same(self, what: str, expected: object, found: object) -> None:
        if expected != found:
            self._found.append(Finding(self._ticket, what, expected, found))

    # the whole

    def _whole(self, listed: list[dict]) -> None:
        truth = self._truth
        self._same("conversations", truth["counts"]["UserRequest"] + truth["counts"]["Incident"], len(listed))
        statuses = [row["custom_attributes"]["itop_status"] for row in listed]
        told = Counter(truth["tickets_by_status"]["UserRequest"]) + Counter(truth["tickets_by_status"]["Incident"])
        self._same("statuses", told, Counter(statuses))
        self._same("states", Counter(STATES[word] for word in statuses), Counter(row["state"] for row in listed))
        for organization in truth["organizations"]:
            found = self._space.company(f"itop-organization-{organization['id']}") or {}
            self._same(f"organization {organization['id']}", organization["name"], found.get("name"))
            values = found.get("custom_attributes") or {}
            name = f"of organization {organization['id']}"
            self._same(f"parent {name}", organization["parent"], values.get("itop_parent_organization") or "")
            self._same(f"code {name}", organization["code"], values.get("itop_organization_code") or "")
        articles = self._space.get("/articles", per_page=150)["data"]
        wanted = {faq["title"] for faq in truth["faqs"]}
        self._same("titles of FAQs", wanted, wanted & {row["title"] for row in articles})
        self._same("articles", truth["counts"]["FAQ"] + truth["counts"]["KnownError"], len(articles))
        entries, logs = Counter(), truth["log_entries"]
        files: Counter = Counter()
        for row in listed:
            opening, parts = self._space.messages(self._space.get(f"/conversations/{row['id']}"))
            kind = row["custom_attributes"]["itop_class"]
            for part in parts:
                if not self._is_note_of_migration(part):
                    entries[kind, part.kind] += 1
                files.update((file["name"], file["filesize"], self._space.sha256(file["url"])) for file in part.files)
            # the rich form of an opening stands right behind it, in the name of the same contact
            entries[kind, "comment"] -= bool(parts) and self._repeats(opening, parts[0])
        for kind in ("UserRequest", "Incident"):
            for log, part in (("public_log", "comment"), ("private_log", "note")):
                self._same(f"{part}s of {kind}", logs[f"{kind}.{log}.entries"], entries[kind, part])
        listed_files = [(row["filename"], row["size"], row["sha256"]) for row in truth["attachments"]["list"]]
        wanted_files = Counter(row for row in listed_files if 0 < row[1] <= LIMIT)
        pictures = Counter(
            ("pasted.png", ticket["inline_image"]["size"], ticket["inline_image"]["sha256"])
            for ticket in truth["tickets"]
            if ticket["inline_image"]
        )
        self._same("files", wanted_files + pictures, files)

    def _is_note_of_migration(self, part: Message) -> bool:
        """A note of the migration itself; what it says in somebody's name begins with that name."""
        heads = ("History", "Work order", "Files", "Impacted", "Further", "Pending", "Solution", "Comment", "A file")
        first = " ".join(part.words[:2])
        return part.kind == "note" and part.author == self._migration and first.startswith(heads)

    def _repeats(self, opening: Message, part: Message) -> bool:
        if part.by != "contact" or part.author != opening.author or part.at != opening.at + 1:
            return False
        marks = MARKS | words_of_html(part.html)[1]
        return bool(part.files) or says(opening.words, part.words, marks) or says(part.words, opening.words, marks)

    # one ticket

    def _one(self, ticket: dict, conversation: dict) -> None:
        values = conversation["custom_attributes"]
        title = ticket["title"]
        self._same("title", title, conversation["title"])
        self._same("ref", ticket["ref"], values["itop_ref"])
        self._same("class", ticket["class"], values["itop_class"])
        self._same("status", ticket["status"], values["itop_status"])
        self._same("state", STATES[ticket["status"]], conversation["state"])
        self._same("priority", PRIORITIES[ticket["priority"]], values["itop_priority"])
        self._same("origin", ticket["origin"], values["itop_origin"])
        self._same("service", ticket["service"] or None, values.get("service_name"))
        self._same("subcategory", ticket["service_subcategory"] or None, values.get("itop_service_subcategory"))
        by_hand = ", ".join(sorted(ticket["impacted_ci_set_by_hand"])) or None
        self._same("impacted items", by_hand, values.get("impacted_ci_name"))
        for field, attribute in OWN_FIELDS.items():
            told, found = ticket["custom_fields"].get(field), values.get(attribute)
            self._same(field, float(told) if told and field == "billing_hours" else told, found)
        self._same("created", unix(ticket["start_utc"]), conversation["created_at"])
        self._people(ticket, conversation)
        self._thread(ticket, *self._space.messages(conversation))

    def _people(self, ticket: dict, conversation: dict) -> None:
        self._same("organization", ticket["org"], (conversation.get("company") or {}).get("name"))
        contacts = [self._space.contact(row["id"]) for row in conversation["contacts"]["contacts"]]
        there = [row for row in contacts if self._is_person(row, ticket["caller"], ticket["caller_email"])]
        self._same("contacts that are the caller", 1, len(there))
        assignee = conversation["admin_assignee_id"]
        wanted = self._admins.get(ticket["agent_email"] or "")
        is_gone = bool(ticket["agent_email"]) and wanted is None
        self._same("agent", self._migration if is_gone else wanted, str(assignee) if assignee else None)
        self._same("team", ticket["team"], self._teams.get(str(conversation["team_assignee_id"])))

    def _is_person(self, contact: dict, name: str, email: str) -> bool:
        """The address decides, since several persons may share one; without an address the name does."""
        return contact["email"] == email.lower() if email else contact["name"] == name and not contact["email"]

    def _thread(self, ticket: dict, opening: Message, parts: list[Message]) -> None:
        expected, allowed = words_of_html(ticket["description"])
        picture = ticket["inline_image"]
        marks = MARKS | allowed | {"pasted", "png", "image", "https", "/", "?", "&", "=", "intra"}
        self._same("opening", True, says(opening.words, expected, marks))
        writer = self._space.contact(opening.author)
        self._same("author of the opening", True, self._is_person(writer, ticket["caller"], ticket["caller_email"]))
        rest = [part for part in parts if not self._is_note_of_migration(part)]
        if rest and self._repeats(opening, rest[0]):
            self._same("rich opening", True, bool(rest[0].files) or says(rest[0].words, expected, marks))
            rest = rest[1:]
        log = sorted(ticket["log"], key=lambda entry: entry["date_utc"])
        self._same("entries", len(log), len(rest))
        for number, (entry, part) in enumerate(zip(log, rest, strict=False)):
            self._entry(f"entry {number}", entry, part, parts[parts.index(part) - 1] if parts.index(part) else opening)
        wanted = Counter((row["filename"], row["size"], row["sha256"]) for row in ticket["attachments"])
        if picture:
            wanted[("pasted.png", picture["size"], picture["sha256"])] += 1
        kept = Counter({row: count for row, count in wanted.items() if 0 < row[1] <= LIMIT})
        there = [file for part in parts for file in part.files]
        found = Counter((file["name"], file["filesize"], self._space.sha256(file["url"])) for file in there)
        self._same("files", kept, found)
        notes = [" ".join(part.words) for part in parts if self._is_note_of_migration(part)]
        for name, *_ in wanted - kept:
            self._same(f"a note names {name}", True, any(" ".join(words(name)) in note for note in notes))

    def _entry(self, name: str, entry: dict, part: Message, before: Message) -> None:
        self._same(f"{name}: kind", "comment" if entry["visibility"] == "public" else "note", part.kind)
        expected, allowed = words_of_html(entry["html"])
        # its account is gone: the migration speaks, and says for whom
        is_unknown = "deleted" in entry["author_role"] or (part.by == "admin" and part.author == self._migration)
        if is_unknown:
            expected = words(entry["author"]) + expected
        self._same(f"{name}: text", True, says(part.words, expected, MARKS | allowed | {"pasted", "png"}))
        at = unix(entry["date_utc"])
        pushed = part.at > at and part.at == before.at + 1
        self._same(f"{name}: time", at, at if pushed else part.at)
        if entry["author_role"] == "caller":
            writer = self._space.contact(part.author) if part.by == "contact" else {"email": None, "name": None}
            self._same(f"{name}: caller", True, self._is_person(writer, entry["author"], entry["author_email"]))
        else:
            wanted = None if is_unknown else self._admins.get(entry["author_email"])
            self._same(f"{name}: agent", wanted or self._migration, part.author)

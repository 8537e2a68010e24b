"""Judges a finished migration of an invented Jitbit from the outside: the desk as it was invented against the API."""

import hashlib
from collections import Counter
from datetime import datetime
from functools import cached_property
from typing import Any

from hd_assets.samples.jitbit import Desk
from hd_assets_tests.acceptance.judge import MARKS, Finding
from hd_assets_tests.acceptance.reading import Message, Workspace, says, words, words_of_html

Row = dict[str, Any]
LIMIT = 10_485_760
ADMIN = "migration@support.example"
HTML = "<!--html-->"
STATES = {
    "New": "open",
    "In progress": "open",
    "Escalated": "open",
    "Waiting for Vendor": "snoozed",
    "Resolved": "closed",
    "Closed": "closed",
}
PRIORITIES = {-1: "Low", 0: "Normal", 1: "High", 2: "Critical"}
FIELDS = {
    "Serial number": "jitbit_serial_number",
    "Needed by": "jitbit_needed_by",
    "Impact": "jitbit_impact",
    "Contract holder": "jitbit_contract_holder",
    "Steps to repeat": "jitbit_steps_to_repeat",
    "Devices affected": "jitbit_devices_affected",
    "Delivery address": "jitbit_delivery_address",
    "Systems": "jitbit_systems",
    "Cost centre": "jitbit_cost_centre",
}
NOTES = ("History of", "Files that", "Subtickets :", "Linked tickets", "Devices affected", "A file", "Files of")
"""How the migration's own notes begin."""


def unix(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None


def shown(user: Row) -> str:
    return " ".join(filter(None, (user["first_name"], user["last_name"]))) or user["username"]


def text_of(body: str) -> tuple[list[str], set[str]]:
    """Words of a body as the product shows it: HTML behind its mark, else every character as it stands."""
    return words_of_html(body.removeprefix(HTML)) if body.startswith(HTML) else (words(body), set())


class Judge:
    """`findings()` is empty when the workspace at `url` holds the desk. Of people who share an address one stands."""

    def __init__(self, desk: Desk, url: str):
        self._rows, self._files, self._space = desk.rows, desk.files, Workspace(url)
        self._found: list[Finding] = []
        self._ticket: int | None = None

    def findings(self, only: int | None = None) -> list[Finding]:
        """Of everything, or of one ticket alone."""
        self._admins, self._teams = self._space.admins(), self._space.teams()
        self._migration = self._admins[ADMIN]
        listed = self._space.conversations()
        there: dict[str, list[Row]] = {}
        for row in listed:
            there.setdefault(str(row["custom_attributes"].get("jitbit_ticket_id")), []).append(row)
        if only is None:
            self._same("conversations", len(self._rows["ticket"]), len(listed))
            self._people()
            self._articles()
        for ticket in self._rows["ticket"] if only is None else self._of("ticket", only):
            self._ticket = ticket["ticket_id"]
            rows = there.get(str(ticket["ticket_id"]), [])
            self._same("conversations", 1, len(rows))
            if rows:
                self._one(ticket, self._space.get(f"/conversations/{rows[0]['id']}"))
        self._space.close()
        return self._found

    def _same(self, what: str, expected: object, found: object) -> None:
        if expected != found:
            self._found.append(Finding(self._ticket, what, expected, found))

    # what the desk says

    @cached_property
    def _users(self) -> dict[int, Row]:
        return {row["user_id"]: row for row in self._rows["user"]}

    @cached_property
    def _companies(self) -> dict[int, str]:
        return {row["company_id"]: row["name"] for row in self._rows["company"]}

    @cached_property
    def _inboxes(self) -> dict[int, str]:
        """Category → team: by section and name, the cleaning with the building."""
        names = {row["category_id"]: row["name_with_section"] for row in self._rows["category"]}
        return {id: "Facilities / Building" if name == "Facilities / Cleaning" else name for id, name in names.items()}

    def _of(self, table: str, ticket: int, column: str = "ticket_id") -> list[Row]:
        return [row for row in self._rows[table] if row[column] == ticket]

    def _is_agent(self, user: Row) -> bool:
        return bool(user["is_tech"] or user["is_admin"])

    # people and articles

    def _people(self) -> None:
        for company in self._rows["company"]:
            found = self._space.company(f"jitbit-company-{company['company_id']}") or {}
            name = f"of company {company['company_id']}"
            self._same(f"name {name}", company["name"], found.get("name"))
            domain = (company["email_domain"] or "").lstrip("@")
            self._same(f"website {name}", f"https://{domain}" if domain else None, found.get("website"))
        addresses: set[str] = set()
        for user in self._rows["user"]:
            address = (user["email"] or "").lower()
            if self._is_agent(user) or (address and address in addresses):
                continue
            addresses.add(address)
            found = self._contact_of(user)
            name = f"of user {user['user_id']}"
            self._same(f"name {name}", shown(user), found.get("name"))
            self._same(f"address {name}", address or None, found.get("email") or None)
            twins = [one for one in self._rows["user"] if address and (one["email"] or "").lower() == address]
            wanted = {self._companies[one["company_id"]] for one in twins or [user] if one["company_id"]}
            self._same(f"companies {name}", wanted, self._space.companies_of(found["id"]) if found else None)
            values = found.get("custom_attributes") or {}
            for field in self._of("user_custom_field_value", user["user_id"], "user_id"):
                attribute = {"Badge number": "jitbit_badge_number", "Employee since": "jitbit_employee_since"}
                held = values.get(attribute[field["field_name"]])
                told = field["value"] if isinstance(held, str) or held is None else unix(
                    datetime.fromisoformat(f"{field['value']}T00:00:00+00:00"))  # fmt: skip
                self._same(f"{field['field_name']} {name}", told, held)

    def _contact_of(self, user: Row) -> Row:
        return self._space.get(f"/contacts/find_by_external_id/jitbit-user-{user['user_id']}") or {}

    def _articles(self) -> None:
        found = {row["title"]: row for row in self._space.get("/articles", per_page=150)["data"]}
        with_files = {row["article_id"] for row in self._rows["article_attachment"]}
        self._same("titles of articles", {row["subject"] for row in self._rows["article"]}, set(found))
        for article in self._rows["article"]:
            there = found.get(article["subject"])
            if there:
                is_public = not article["for_techs_only"] and article["article_id"] not in with_files
                self._same(f"state of {article['subject']}", "published" if is_public else "draft", there["state"])

    # one ticket

    def _one(self, ticket: Row, conversation: Row) -> None:
        values = conversation["custom_attributes"]
        self._same("title", ticket["subject"], conversation["title"])
        self._same("created", unix(ticket["issue_date"]), conversation["created_at"])
        self._same("state", STATES[ticket["status_name"]], conversation["state"])
        self._same("status", ticket["status_name"], values["jitbit_status"])
        self._same("priority", PRIORITIES[ticket["priority"]], values["jitbit_priority"])
        self._same("origin", ticket["origin"], values["jitbit_origin"])
        self._same("url", ticket["url"], values["jitbit_url"])
        category = next((row for row in self._rows["category"] if row["category_id"] == ticket["category_id"]), None)
        self._same("category", category and category["name"], values.get("jitbit_category"))
        parents = [str(row["parent_id"]) for row in self._of("subticket", ticket["ticket_id"], "child_id")]
        self._same("parent", parents[0] if parents else None, values.get("jitbit_parent_ticket_id"))
        self._fields(ticket, values)
        self._tags(ticket, conversation, is_child=bool(parents))
        self._places(ticket, conversation)
        self._thread(ticket, *self._space.messages(conversation))

    def _fields(self, ticket: Row, values: Row) -> None:
        for field in self._of("ticket_custom_field_value", ticket["ticket_id"]):
            name, told = field["field_name"], field["value"]
            found = values.get(FIELDS[name])
            if name == "Contract holder":
                told = told == "✓"
            elif name == "Devices affected":
                told = None if told == "many" else float(told)
            elif name == "Needed by" and not isinstance(found, str):
                told = unix(datetime.fromisoformat(f"{told}T00:00:00+00:00"))
            self._same(name, told, found)

    def _tags(self, ticket: Row, conversation: Row, *, is_child: bool) -> None:
        names = {row["name"].strip().lower() for row in self._of("ticket_tag", ticket["ticket_id"])}
        wanted = names | {"migrated"} | ({"parent-ticket-ref"} if is_child else set())
        self._same("tags", wanted, {row["name"].lower() for row in conversation["tags"]["tags"]})

    def _places(self, ticket: Row, conversation: Row) -> None:
        user = self._users[ticket["user_id"]]
        self._same("company", self._companies.get(user["company_id"]), (conversation.get("company") or {}).get("name"))
        agent = self._users.get(ticket["assigned_to_user_id"])
        wanted = self._speaks_as(agent) if agent else None
        assignee = conversation["admin_assignee_id"]
        self._same("agent", wanted, str(assignee) if assignee else None)
        team = self._teams.get(str(conversation["team_assignee_id"]))
        self._same("team", self._inboxes.get(ticket["category_id"]), team)

    def _speaks_as(self, agent: Row) -> str:
        """Who is deactivated is never invited; the migration stands for them."""
        return self._migration if agent["disabled"] else self._admins[agent["email"].lower()]

    def _is_contact(self, id: str, user: Row) -> bool:
        found = self._space.contact(id)
        if user["email"]:
            return (found.get("email") or "") == user["email"].lower()
        return found.get("external_id") == f"jitbit-user-{user['user_id']}"

    def _thread(self, ticket: Row, opening: Message, parts: list[Message]) -> None:
        expected, allowed = text_of(ticket["body"])
        marks = MARKS | allowed | {"png", "picture"}
        self._same("opening", True, says(opening.words, expected, marks))
        self._same("author of the opening", True, self._is_contact(opening.author, self._users[ticket["user_id"]]))
        comments = [row for row in self._of("comment", ticket["ticket_id"]) if not row["is_system"]]
        comments.sort(key=lambda row: (row["comment_date"], row["comment_id"]))
        repeated = comments[:1] if comments and comments[0]["body"] == ticket["body"] else []
        comments = comments[len(repeated) :]
        own = [part for part in parts if self._is_note_of_migration(part)]
        rest = [part for part in parts if part not in own]
        carriers = {None: [rest.pop(0)] if rest and self._continues(opening, rest[0], expected, marks) else []}
        place = 0
        for comment in comments:
            if place >= len(rest):
                self._same(f"comment {comment['comment_id']}", "a part", None)
                continue
            self._entry(comment, ticket, rest[place], parts)
            carriers[comment["comment_id"]] = [rest[place]]
            place += 1
            while place < len(rest) and " ".join(rest[place].words).startswith("Further files"):
                carriers[comment["comment_id"]].append(rest[place])
                place += 1
        self._same("parts nobody wrote", 0, len(rest) - place)
        ids = {row["comment_id"] for row in repeated}
        self._hanging(ticket, ids, carriers, " ".join(word for part in own for word in part.words))
        lines = [row for row in self._of("comment", ticket["ticket_id"]) if row["is_system"]]
        history = " ".join(word for part in own if part.words[:1] == ["History"] for word in part.words)
        self._same("system lines", [], [row["body"] for row in lines if " ".join(words(row["body"])) not in history])

    def _is_note_of_migration(self, part: Message) -> bool:
        is_ours = part.kind == "note" and part.by == "admin" and part.author == self._migration
        return is_ours and " ".join(part.words[:2]).startswith(NOTES)

    def _continues(self, opening: Message, part: Message, expected: list[str], marks: set[str]) -> bool:
        """Whether the part is the rich form of the opening, or carries its files."""
        if part.by != "contact" or part.author != opening.author or part.at != opening.at + 1:
            return False
        return says(part.words, expected, marks) or " ".join(part.words).startswith("Files of the first message")

    def _entry(self, comment: Row, ticket: Row, part: Message, parts: list[Message]) -> None:
        name, user = f"comment {comment['comment_id']}", self._users[comment["user_id"]]
        self._same(f"{name}: kind", "note" if comment["for_techs_only"] else "comment", part.kind)
        expected, allowed = text_of(comment["body"])
        is_contact = not self._is_agent(user) or (user["user_id"] == ticket["user_id"] and part.kind == "comment")
        if not is_contact and user["disabled"]:
            expected = words(shown(user)) + expected
        marks = MARKS | allowed | {"png", "picture"}
        self._same(f"{name}: text", True, says(part.words, expected, marks))
        at, here = unix(comment["comment_date"]), parts.index(part)
        pushed = here > 0 and part.at == parts[here - 1].at + 1 and part.at > at
        self._same(f"{name}: time", at, at if pushed else part.at)
        if is_contact:
            self._same(f"{name}: author", (True, "contact"), (self._is_contact(part.author, user), part.by))
        else:
            self._same(f"{name}: author", self._speaks_as(user), part.author)

    def _hanging(self, ticket: Row, repeated: set[int], carriers: dict[Any, list[Message]], notes: str) -> None:
        wanted: dict[Any, Counter] = {}
        for row in self._of("attachment", ticket["ticket_id"]):
            content = self._files.get(row["file_id"])
            key = None if row["comment_id"] in repeated else row["comment_id"]
            if content is None or len(content) > LIMIT:
                self._same(f"a note names {row['file_name']}", True, " ".join(words(row["file_name"])) in notes)
            else:
                file = (row["file_name"], len(content), hashlib.sha256(content).hexdigest())
                wanted.setdefault(key, Counter())[file] += 1
        for key in {*wanted, *carriers}:
            files = [file for part in carriers.get(key, []) for file in part.files]
            found = Counter((file["name"], file["filesize"], self._space.sha256(file["url"])) for file in files)
            self._same(f"files of {f'comment {key}' if key else 'the body'}", wanted.get(key, Counter()), found)

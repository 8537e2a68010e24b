"""What the judge reads: words of HTML and text, and the workspace over HTTP. Shares no code with the pipeline."""

import hashlib
import html
import re
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser

import httpx

_HIDDEN = {"script", "style", "head", "title"}
_WORDS = re.compile(r"\w+|[^\w\s]")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00-\x08\x0b\x0c\x0e-\x1f]")


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.text, self.extra, self.hidden = [], [], 0

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in _HIDDEN
        given = dict(attrs)
        for name in ("href", "src", "alt", "title"):
            self.extra.append(given.get(name) or "")
        if tag not in ("a", "b", "strong", "i", "em", "u", "span", "font"):
            self.text.append(" ")

    def handle_endtag(self, tag):
        self.hidden -= tag in _HIDDEN and self.hidden > 0
        if tag not in ("a", "b", "strong", "i", "em", "u", "span", "font"):
            self.text.append(" ")

    def handle_data(self, data):
        if not self.hidden:
            self.text.append(data)


def words(text: str) -> list[str]:
    """Words and signs of plain text; what nobody sees is left away."""
    return _WORDS.findall(_UNSEEN.sub("", text))


def words_of_html(source: str) -> tuple[list[str], set[str]]:
    """Visible words, and words that a plain rendering may write out (addresses, descriptions of pictures)."""
    reader = _Reader()
    reader.feed(source)
    reader.close()
    return words("".join(reader.text)), set(words(" ".join(reader.extra)))


def escaped_text(source: str) -> list[str]:
    """Words of an entry that osTicket stores as escaped plain text."""
    return words(html.unescape(source))


def says(found: list[str], expected: list[str], allowed: set[str], *, is_beginning: bool = False) -> bool:
    """Whether `found` is `expected` word for word, but for words in `allowed` that may stand between.

    `is_beginning`: only the beginning of the expected text is known.
    """
    place = 0
    for word in found:
        if place < len(expected) and word == expected[place]:
            place += 1
        elif place == len(expected) and is_beginning:
            return True
        elif word not in allowed:
            return False
    return place == len(expected)


@dataclass(frozen=True)
class Message:
    """A comment or note of a conversation, or its opening."""

    kind: str
    by: str
    author: str
    at: int
    html: str
    files: list[dict]

    @property
    def words(self) -> list[str]:
        return words_of_html(self.html)[0]


def message(row: dict, at: int | None = None) -> Message:
    author = row["author"]
    by = "admin" if author["type"] == "admin" else "contact"
    kind, moment = row.get("part_type", "comment"), row.get("created_at", at)
    return Message(kind, by, str(author["id"]), moment, row.get("body") or "", row.get("attachments") or [])


class Workspace:
    """An Intercom workspace, read by its documented paths."""

    def __init__(self, url: str, token: str = "judge"):  # noqa: S107 - the simulator takes any
        headers = {"Authorization": f"Bearer {token}", "Intercom-Version": "2.16"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False)
        self.contact = cache(self._contact)

    def close(self):
        self._http.close()

    def get(self, path: str, **query) -> dict | None:
        answer = self._http.get(path, params=query or None)
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        return answer.json()

    def conversations(self) -> list[dict]:
        """All of them, without parts, newest last."""
        found, cursor = [], None
        while True:
            page = {"per_page": 150} | ({"starting_after": cursor} if cursor else {})
            body = {"query": {"field": "created_at", "operator": ">", "value": 0}, "pagination": page}
            answer = self._http.post("/conversations/search", json=body)
            answer.raise_for_status()
            data = answer.json()
            found += data["conversations"]
            cursor = (data["pages"].get("next") or {}).get("starting_after")
            if not cursor:
                return found

    def admins(self) -> dict[str, str]:
        """E-mail address → id."""
        return {row["email"].lower(): str(row["id"]) for row in self.get("/admins")["admins"]}

    def teams(self) -> dict[str, str]:
        """Id → name."""
        return {str(row["id"]): row["name"] for row in self.get("/teams")["teams"]}

    def company(self, company_id: str) -> dict | None:
        return self.get("/companies", company_id=company_id)

    def companies_of(self, contact: str) -> set[str]:
        return {row["name"] for row in self.get(f"/contacts/{contact}/companies")["data"]}

    def messages(self, conversation: dict) -> tuple[Message, list[Message]]:
        """The opening, then comments and notes in the order the workspace shows them."""
        rows = conversation["conversation_parts"]["conversation_parts"]
        shown = [message(row) for row in rows if row["part_type"] in ("comment", "note")]
        return message(conversation["source"], conversation["created_at"]), shown

    def ticket_values(self, ticket: dict) -> dict:
        """Attributes of a ticket, list items by their labels."""
        labels = {}
        for attribute in ticket["ticket_type"]["ticket_type_attributes"]["data"]:
            for option in attribute["input_options"].get("list_options") or []:
                labels[attribute["name"], option["id"]] = option["label"]
        return {name: labels.get((name, value), value) for name, value in ticket["ticket_attributes"].items()}

    def sha256(self, url: str) -> str:
        """Of the bytes behind an address, asked for without the token."""
        digest = hashlib.sha256()
        with httpx.stream("GET", url, timeout=60, trust_env=False) as answer:
            answer.raise_for_status()
            for chunk in answer.iter_bytes():
                digest.update(chunk)
        return digest.hexdigest()

    def _contact(self, key: str) -> dict:
        return self.get(f"/contacts/{key}") or {}

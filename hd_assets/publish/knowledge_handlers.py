"""How articles and redirects of the help centre are sent: one at a time."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import Any

from hd_assets.publish.ledger import record_identity
from hd_assets.publish.outcomes import RefusedError, UnknownError
from hd_assets.publish.threads_read import plain
from hd_assets.publish.work import AmbiguousError, Attempt, Done, Kind, Work

Doc = dict[str, Any]
_PER_PAGE = 250
_LINK = re.compile(r"""<a\b[^>]*?\bhref=["']([^"']*)["']""", re.IGNORECASE)


class Articles(Kind):
    """POST /articles: there is no key of ours and titles repeat."""

    def repeatable(self, attempt: Attempt) -> bool:
        return attempt.updates

    def signature(self, attempt: Attempt) -> str:
        return article_signature(attempt.work, attempt.concrete().body)

    def send(self, attempt: Attempt) -> Done:
        body = attempt.concrete().body
        if attempt.updates and attempt.row.intercom_id:
            attempt.client.send("PUT", f"/articles/{attempt.row.intercom_id}", _changes(body))
            return Done(attempt.row.intercom_id, updated=True)
        answer = attempt.client.send("POST", "/articles", body)
        key = answer.data.get("id")
        if not key:
            raise UnknownError("the answer names no article", status=answer.status)
        return Done(str(key), "created")

    def look(self, attempt: Attempt) -> Done | None:
        if not attempt.updates or not attempt.row.intercom_id:
            return self._claim(attempt, listed_articles(attempt))
        stored = attempt.client.one(f"/articles/{attempt.row.intercom_id}")
        return Done(attempt.row.intercom_id, updated=True) if _says(stored, attempt.concrete().body) else None

    def look_elsewhere(self, attempt: Attempt) -> Done | None:
        phrase = attempt.entry.request.body["title"]
        data = attempt.client.one("/articles/search", holds=("data",), phrase=phrase, state="all")["data"]
        return self._claim(attempt, data.get("articles") or [])

    def _claim(self, attempt: Attempt, found: Iterable[Doc]) -> Done | None:
        """Equal articles are interchangeable while they are new; older ones belong to somebody else."""
        work = attempt.work
        wanted = attempt.row.sent_digest or self.signature(attempt)
        with work.claiming:
            for doc in found:
                key = str(doc["id"])
                same = article_signature(work, doc) == wanted and attempt.is_fresh(doc.get("created_at"))
                known = any(identity.kind == "article" for identity in work.context.books.records_of(key))
                if same and not known and key not in work.claimed:
                    work.claimed.add(key)
                    return Done(key, "created")
        return None


def article_signature(work: Work, article: Doc) -> str:
    """Of a stored article or of a concrete body."""
    return work.signature("article", article.get("title"), article.get("author_id"), plain(article.get("body")))


def listed_articles(attempt: Attempt) -> Iterator[Doc]:
    """Every article of the workspace."""
    return _pages(attempt, "/articles")


def _pages(attempt: Attempt, path: str) -> Iterator[Doc]:
    page = 1
    while True:
        docs = attempt.client.one(path, holds=("data",), page=page, per_page=_PER_PAGE)["data"]
        yield from docs
        if len(docs) < _PER_PAGE:
            return
        page += 1


def _changes(body: Doc) -> Doc:
    # the description of the API wants a number at creation and a text here; an emptied text takes no null
    parent = {"parent_id": str(body["parent_id"])} if "parent_id" in body else {}
    return {"description": "", **body, **parent}


def _says(stored: Doc, body: Doc) -> bool:
    for name, value in body.items():
        there = stored.get(name)
        same = plain(there) == plain(value) if name in ("body", "description") else str(there) == str(value)
        # the second pass changes nothing but where links lead
        if not same or (name == "body" and _addresses(there) != _addresses(value)):
            return False
    return True


def _addresses(body: str | None) -> list[str]:
    return sorted(html.unescape(link).rstrip("/").lower() for link in _LINK.findall(body or ""))


class Redirects(Kind):
    """POST …/redirects; 409 says that the address leads somewhere already, which is well if it leads to ours."""

    def send(self, attempt: Attempt) -> Done:
        request = attempt.concrete()
        try:
            answer = attempt.client.send(request.method, request.path, request.body)
        except RefusedError as fault:
            if fault.status != 409:
                raise
            found = self.look(attempt)
            if found is None:
                raise AmbiguousError("redirect_taken") from fault
            return found
        key = answer.data.get("id")
        if not key:
            raise UnknownError("the answer names no redirect", status=answer.status)
        return self._done(attempt, str(key), "created")

    def look(self, attempt: Attempt) -> Done | None:
        request = attempt.concrete()
        names = ("from_url", "target_type", "target_id")
        for doc in _pages(attempt, request.path):
            if all(str(doc.get(name)) == str(request.body[name]) for name in names):
                lost = attempt.row.attempts > 1 or attempt.row.state == "unknown"
                origin = "created" if lost and attempt.is_fresh(doc.get("created_at")) else "adopted"
                return self._done(attempt, str(doc["id"]), origin)
        return None

    @staticmethod
    def _done(attempt: Attempt, key: str, origin: str) -> Done:
        # without its help centre a redirect cannot be deleted
        centre = attempt.concrete().path.split("/")[3]
        run_no = attempt.work.context.ledger.run_no
        named = record_identity("redirect", attempt.entry.external_id, key, origin, run_no, centre)
        return Done(key, origin, statements=[named])

"""Files of tickets, comments and articles."""

from __future__ import annotations

import hashlib
from datetime import datetime
from random import Random

from hd_assets.samples import files
from hd_assets.samples.jitbit.desk import ADDRESS, Desk, Fields

_FORMS = (
    f"{ADDRESS}/File/Get?id=%d",
    "/helpdesk/File/Get?id=%d",
    f"{ADDRESS}/api/attachment?id=%d",
)


def attach(
    desk: Desk, ticket: Fields, comment: Fields | None, user: Fields, at: datetime, name: str, content: bytes | None
) -> Fields:
    """A file of a ticket's comment, or of its body where there is none. Without content it lies in a cloud drive."""
    row = _row(desk, name, content)
    row |= {"ticket_id": ticket["ticket_id"], "user_id": user["user_id"], "comment_date": at}
    if comment is not None:
        told = {"comment_id": "comment_id", "for_techs_only": "for_techs_only", "comment_is_system": "is_system"}
        row |= {column: comment[held] for column, held in told.items()}
    return desk.add("attachment", **row)


def attach_to_article(desk: Desk, article: Fields, name: str, content: bytes) -> Fields:
    """Files of articles are rows of their own table, and of no other."""
    row = _row(desk, name, content)
    held = {column: row[column] for column in ("file_name", "url", "file_id", "file_size")}
    return desk.add("article_attachment", article_id=article["article_id"], **held)


def inline_image(
    desk: Desk, rng: Random, ticket: Fields, comment: Fields | None, user: Fields, at: datetime, form: int
) -> str:
    """The tag of a picture that stands in a text; the ways its address is written take turns."""
    row = attach(desk, ticket, comment, user, at, "image.png", files.png(rng))
    return f'<p><img src="{_FORMS[form % len(_FORMS)] % row["file_id"]}" alt="picture"></p>'


def _row(desk: Desk, name: str, content: bytes | None) -> Fields:
    id = desk.id("attachment", 501)
    if content is not None:
        desk.files[id] = content
    return {
        "file_id": id,
        "file_name": name,
        "file_size": len(content or b""),
        "file_hash": hashlib.md5(content, usedforsecurity=False).hexdigest() if content is not None else None,
        "for_techs_only": False,
        "comment_is_system": False,
        "hidden_from_kb": False,
        "hidden_from_tickets": False,
        "is_duplicate": False,
        "url": f"{ADDRESS}/File/Get?id={id}",
    }

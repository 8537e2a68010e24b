"""The reading calls of the web API, each from what was asked to its answer."""

from __future__ import annotations

import json
import mimetypes
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

from hd_assets.standin.jitbit.manners import Manners
from hd_assets.standin.jitbit.shapes import Answer, told
from hd_assets.standin.jitbit.store import Row, Store
from hd_assets.standin.serving import Reply

_USERS_AT_ONCE = 500
_DEFAULT_ROWS = 10
_NEVER = datetime(1900, 1, 1, tzinfo=UTC)


class NotFoundError(Exception):
    """404."""


class RefusedError(Exception):
    """403."""


@dataclass(frozen=True)
class Asked:
    """One call. Parameter names are in lower case; a part of the path behind the call is `id`."""

    store: Store
    manners: Manners
    account: Row
    parameters: Mapping[str, str]
    chance: random.Random

    @property
    def is_staff(self) -> bool:
        return bool(self.account["is_admin"] or self.account["is_tech"])

    def number(self, *names: str, default: int | None = None) -> int:
        for name in names:
            value = self.parameters.get(name, "")
            if value.isdigit():
                return int(value)
        if default is None:
            raise NotFoundError
        return default

    def administrators_only(self) -> None:
        if not self.account["is_admin"]:
            raise RefusedError("You must be an administrator to do this")

    def tickets(self) -> list[Row]:
        """Those the account may see: a technician all, a customer his own."""
        rows = self.store.rows("ticket")
        return [row for row in rows if self.is_staff or row["user_id"] == self.account["user_id"]]

    def ticket(self) -> Row:
        found = self.store.one("ticket", ticket_id=self.number("id", "ticketid"))
        if found is not None and not self.is_staff and found["user_id"] != self.account["user_id"]:
            found = None
        if found is None:
            raise NotFoundError
        return found


def _authorization(asked: Asked) -> Answer:
    return {**told(asked.account, "user"), "Password": None, "PushToken": None}


def _stats(asked: Asked) -> Answer:
    rows = asked.tickets()
    closed = sum(row["status_id"] == 3 for row in rows)
    new = sum(row["status_id"] == 1 for row in rows)
    unassigned = sum(row["assigned_to_user_id"] is None for row in rows)
    return {
        "TotalTickets": len(rows) + asked.manners.counted_more,
        "Closed": closed,
        "InProcess": len(rows) - closed - new,
        "NewTickets": new,
        "Unanswered": new,
        "Unassigned": unassigned,
        "Unclosed": len(rows) - closed,
    }


def _tickets(asked: Asked) -> list[Answer]:
    rows = [row for row in asked.tickets() if not asked.manners.heeds_days or _in_window(asked, row)]
    if asked.manners.is_order_stable:
        rows.sort(key=lambda row: (row["last_updated"] or _NEVER, row["ticket_id"]), reverse=True)
    else:
        asked.chance.shuffle(rows)
    count = min(asked.number("count", default=_DEFAULT_ROWS), asked.manners.page_rows)
    begin = max(asked.number("offset", default=0) - asked.manners.offset_base, 0)
    with_fields = asked.parameters.get("includecustomfields", "").lower() == "true"
    return [_summary(asked, row, with_fields) for row in rows[begin : begin + count]]


def _in_window(asked: Asked, row: Row) -> bool:
    for names, column in ((("datefrom", "dateto"), "issue_date"), (("updatedfrom", "updatedto"), "last_updated")):
        first, last = (asked.parameters.get(name) for name in names)
        at = row[column]
        if (first or last) and at is None:
            return False
        if (first and at.date() < date.fromisoformat(first)) or (last and at.date() > date.fromisoformat(last)):
            return False
    return True


def _summary(asked: Asked, row: Row, with_fields: bool) -> Answer:
    answer = told(row, "summary")
    if not asked.manners.list_tells_children:
        del answer["HasChildren"]
    if with_fields and asked.manners.list_has_custom_fields:
        answer["CustomFields"] = _values(asked.store, "ticket", row["ticket_id"])
    return answer


def _ticket(asked: Asked) -> Answer:
    row, store = asked.ticket(), asked.store
    id = row["ticket_id"]
    answer = {**told(row, "detail"), "SubmitterUserInfo": told(row, "submitter"), "ViewingTechNames": []}
    answer["Tags"] = [told(tag, "ticket_tag") for tag in store.rows("ticket_tag", ticket_id=id)]
    if asked.manners.ticket_has_attachments:
        answer["Attachments"] = [_attachment(file) for file in store.rows("attachment", ticket_id=id)]
    return answer


def _attachment(row: Row) -> Answer:
    return {**told(row, "attachment"), "FileData": None}


def _comments(asked: Asked) -> list[Answer]:
    answers = []
    for row in asked.store.rows("comment", ticket_id=asked.ticket()["ticket_id"]):
        if row["for_techs_only"] and not asked.is_staff:
            continue
        answer = told(row, "comment")
        if not asked.manners.comments_tell_visibility:
            del answer["ForTechsOnly"]
        if asked.manners.comments_have_attachments:
            files = asked.store.rows("attachment", comment_id=row["comment_id"])
            answer["Attachments"] = [_attachment(file) for file in files]
        answers.append(answer)
    return answers


def _attachments(asked: Asked) -> list[Answer]:
    rows = asked.store.rows("attachment", ticket_id=asked.ticket()["ticket_id"])
    return [_attachment(row) for row in rows] if asked.manners.attachments_answer else []


def _bytes(asked: Asked) -> Reply:
    id = asked.number("id")
    content = asked.store.files.get(id)
    row = asked.store.one("attachment", file_id=id) or asked.store.one("article_attachment", file_id=id)
    if content is None or row is None:
        raise NotFoundError
    kind = mimetypes.guess_type(row["file_name"])[0] or "application/octet-stream"
    name = f"attachment; filename*=UTF-8''{quote(row['file_name'])}"
    return Reply(content, content_type=kind, headers={"content-disposition": name})


def _values(store: Store, of: str, id: Any) -> list[Answer]:
    return [told(row, "value") for row in store.rows(f"{of}_custom_field_value", **{f"{of}_id": id})]


def _ticket_fields(asked: Asked) -> list[Answer]:
    return _values(asked.store, "ticket", asked.ticket()["ticket_id"])


def _subtickets(asked: Asked) -> list[Answer]:
    children = {row["child_id"] for row in asked.store.rows("subticket", parent_id=asked.ticket()["ticket_id"])}
    return [_summary(asked, row, False) for row in asked.tickets() if row["ticket_id"] in children] if children else []


def _linked(asked: Asked) -> list[Answer]:
    links = {row["linked_id"] for row in asked.store.rows("linked_ticket", ticket_id=asked.ticket()["ticket_id"])}
    return [_summary(asked, row, False) for row in asked.tickets() if row["ticket_id"] in links] if links else []


def _of_ticket(name: str, shape: str) -> Callable[[Asked], list[Answer]]:
    def call(asked: Asked) -> list[Answer]:
        return [told(row, shape) for row in asked.store.rows(name, ticket_id=asked.ticket()["ticket_id"])]

    return call


def _all(name: str, shape: str) -> Callable[[Asked], list[Answer]]:
    def call(asked: Asked) -> list[Answer]:
        return [told(row, shape) for row in asked.store.rows(name)]

    return call


def _users(asked: Asked) -> list[Answer]:
    asked.administrators_only()
    mode = asked.parameters.get("listmode", "all")
    keeps: dict[str, Callable[[Row], bool]] = {
        "all": lambda row: asked.manners.all_holds_disabled or not row["disabled"],
        "disabled": lambda row: row["disabled"],
        "techs": lambda row: row["is_tech"] and not row["disabled"],
        "admins": lambda row: row["is_admin"] and not row["disabled"],
        "regular": lambda row: not row["is_tech"] and not row["is_admin"] and not row["disabled"],
    }
    rows = [row for row in asked.store.rows("user") if keeps[mode](row)]
    return [told(row, "user") for row in _page(asked, rows, min(_USERS_AT_ONCE, asked.manners.page_rows))]


def _page(asked: Asked, rows: list[Row], most: int) -> Iterable[Row]:
    count = min(asked.number("count", default=most), most)
    begin = (asked.number("page", default=1) - 1) * count
    return rows[begin : begin + count]


def _user_fields(asked: Asked) -> list[Answer]:
    return _values(asked.store, "user", asked.number("userid", "id"))


def _company_fields(asked: Asked) -> list[Answer]:
    return _values(asked.store, "company", asked.number("id"))


def _technicians(asked: Asked) -> list[Answer]:
    ids = {row["user_id"] for row in asked.store.rows("category_technician", category_id=asked.number("id"))}
    return [told(row, "user") for row in asked.store.rows("user") if row["user_id"] in ids]


def _fields(asked: Asked, ids: set[Any] | None = None) -> list[Answer]:
    answers = []
    for row in asked.store.rows("custom_field"):
        if ids is None or row["field_id"] in ids:
            options = [told(one, "option") for one in asked.store.rows("custom_field_option", field_id=row["field_id"])]
            answers.append({**told(row, "field"), "SelectionComboOptions": options})
    return answers


def _fields_of_category(asked: Asked) -> list[Answer]:
    wanted = asked.number("categoryid", "id")
    return _fields(asked, {row["field_id"] for row in asked.store.rows("custom_field_category", category_id=wanted)})


def _articles(asked: Asked) -> Answer:
    rows = list(asked.store.rows("article"))
    category = asked.parameters.get("categoryid")
    if category:
        rows = [row for row in rows if str(row["category_id"]) == category]
    elif asked.manners.articles_shown is not None:
        rows = rows[: asked.manners.articles_shown]
    shown = [told(row, "article_category") for row in asked.store.rows("article_category")]
    return {"Articles": [_article_told(asked, row) for row in rows], "Categories": shown}


def _article_told(asked: Asked, row: Row) -> Answer:
    del asked
    tags = json.loads(row["tags"]) if row["tags"] else []
    return {**told(row, "article"), "Tags": tags, "TagString": ", ".join(tags)}


def _article(asked: Asked) -> Answer:
    row = asked.store.one("article", article_id=asked.number("id"))
    if row is None:
        raise NotFoundError
    files = asked.store.rows("article_attachment", article_id=row["article_id"])
    answer = {**_article_told(asked, row), "Body": row["body"]}
    return {**answer, "Attachments": [told(file, "article_attachment") for file in files]}


def _assets(asked: Asked) -> list[Answer]:
    return [told(row, "asset") for row in _page(asked, list(asked.store.rows("asset")), asked.manners.page_rows)]


def _asset(asked: Asked) -> Answer:
    store, row = asked.store, asked.store.one("asset", item_id=asked.number("id"))
    if row is None:
        raise NotFoundError
    id = row["item_id"]
    fields = store.rows("asset_field_value", item_id=id)
    users = [store.one("user", user_id=link["user_id"]) for link in store.rows("asset_user", item_id=id)]
    tickets = [{"IssueID": link["ticket_id"]} for link in store.rows("asset_ticket", item_id=id)]
    return {
        **told(row, "asset"),
        "Fields": [{"FieldID": f["field_id"], "FieldName": f["field_name"], "Value": f["value"]} for f in fields],
        "AssignedUsers": [told(user, "user") for user in users if user],
        "Tickets": tickets,
    }


def _rule(asked: Asked) -> Answer:
    row = asked.store.one("automation_rule", rule_id=asked.number("id"))
    if row is None:
        raise NotFoundError
    return {"RuleID": row["rule_id"], "Name": row["name"], "Enabled": row["enabled"], **_definition(row)}


def _definition(row: Row) -> Answer:
    held = json.loads(row["definition"]) if row["definition"] else {}
    return held if isinstance(held, dict) else {"Definition": held}


CALLS: dict[str, Callable[[Asked], Any]] = {
    "authorization": _authorization,
    "stats": _stats,
    "tickets": _tickets,
    "ticket": _ticket,
    "comments": _comments,
    "ticketcustomfields": _ticket_fields,
    "attachments": _attachments,
    "attachment": _bytes,
    "subtickets": _subtickets,
    "linkedtickets": _linked,
    "subscribers": _of_ticket("subscriber", "subscriber"),
    "timespentlog": _of_ticket("time_entry", "time_entry"),
    "users": _users,
    "usercustomfields": _user_fields,
    "companies": _all("company", "company"),
    "companycustomfields": _company_fields,
    "categories": _all("category", "category"),
    "techsforcategory": _technicians,
    "tags": _all("tag", "tag"),
    "customfields": _fields,
    "customfieldsforcategory": _fields_of_category,
    "articles": _articles,
    "article": _article,
    "assets": _assets,
    "asset": _asset,
    "commenttemplates": _all("comment_template", "template"),
    "rule": _rule,
}

"""The requests that staging gives now for what the ledger says was sent."""

from __future__ import annotations

from collections.abc import Callable

from hd_assets.model import Article, Company, Contact
from hd_assets.publish.context import PublishContext
from hd_assets.publish.desired import Desired, of_company, of_contact
from hd_assets.publish.ledger_read import Operation
from hd_assets.publish.plan import of_article, wanted_furniture, wanted_threads
from hd_assets.publish.staged import records_of, threads_of


def entries_of(context: PublishContext, operation: Operation) -> list[Desired]:
    """Every operation of the record, or of the whole conversation; none when staging has lost it."""
    if operation.conversation:
        return wanted_threads(context, threads_of(context.warehouse, [operation.conversation]))[0]
    reader = _READERS.get(operation.kind)
    if reader is None:
        return wanted_furniture(context)
    return reader(context, operation.external_id.partition("/")[0])


def _companies(context: PublishContext, key: str) -> list[Desired]:
    rows = records_of(context.warehouse, Company, [key])
    return [entry for row in rows for entry in of_company(row, context.rules)]


def _contacts(context: PublishContext, key: str) -> list[Desired]:
    rows = records_of(context.warehouse, Contact, [key])
    return [entry for row in rows for entry in of_contact(row, context.rules)]


def _articles(context: PublishContext, key: str) -> list[Desired]:
    return [entry for row in records_of(context.warehouse, Article, [key]) for entry in of_article(row)]


_READERS: dict[str, Callable[[PublishContext, str], list[Desired]]] = {
    "company": _companies,
    "contact": _contacts,
    "contact_company": _contacts,
    "article": _articles,
}

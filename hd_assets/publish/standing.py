"""The requests that staging gives now for what the ledger says was sent."""

from __future__ import annotations

from collections.abc import Callable

from hd_assets.model import Article, Company, Contact, CustomObject
from hd_assets.publish.context import PublishContext
from hd_assets.publish.desired import Desired, of_article, of_company, of_contact, of_contact_objects, of_custom_object
from hd_assets.publish.ledger_read import Operation
from hd_assets.publish.plan import wanted_furniture, wanted_threads
from hd_assets.publish.staged import contact_objects, records_of, threads_of


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
    rows = records_of(context.warehouse, Article, [key])
    return [entry for row in rows for entry in of_article(row, context.rules)]


def _objects(context: PublishContext, key: str) -> list[Desired]:
    return [entry for row in records_of(context.warehouse, CustomObject, [key]) for entry in of_custom_object(row)]


def _references(context: PublishContext, key: str) -> list[Desired]:
    found = contact_objects(context.warehouse, context.rules, key)
    return [entry for objects in found.values() for entry in of_contact_objects(key, objects, context.rules)]


_READERS: dict[str, Callable[[PublishContext, str], list[Desired]]] = {
    "company": _companies,
    "contact": _contacts,
    "contact_company": _contacts,
    "custom_object": _objects,
    "contact_object": _references,
    "article": _articles,
    "redirect": _articles,
}

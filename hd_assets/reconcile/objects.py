"""Custom objects, the references to them, redirects, and what stands twice: held against the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from hd_assets.mapping import Mapping as MigrationMapping
from hd_assets.model import Article, CustomObject
from hd_assets.publish.ledger_read import Identity, LedgerReader
from hd_assets.reconcile.normal import Compared, Sheet, extra, missing, unix
from hd_assets.reconcile.read import Reader
from hd_assets.warehouse import Warehouse

# option `reference_<type>`: the attribute that refers to instances of a type; its name is the type's otherwise
_REFERENCE = "reference_"
_UNKNOWN = "unknown to the ledger"
_OBJECTS = {"conversation": "conversations", "article": "articles"}

# Contact → attribute → external ids of the custom objects it must refer to.
References = Mapping[str, Mapping[str, list[str]]]


def attribute_of(mapping: MigrationMapping, object_type: str) -> str:
    return str(mapping.option(f"{_REFERENCE}{object_type}", object_type))


def references(warehouse: Warehouse, mapping: MigrationMapping, merged: Mapping[str, str]) -> References:
    """`merged`: external id → the contact that stands for it."""
    sql = "select unnest(contacts), object_type, external_id from staging.custom_objects order by all"
    with warehouse.get_connection() as connection:
        rows = connection.execute(sql).fetchall()
    found: dict[str, dict[str, list[str]]] = {}
    for contact, object_type, key in rows:
        standing = contact
        for _ in range(len(merged)):
            if standing not in merged:
                break
            standing = merged[standing]
        found.setdefault(standing, {}).setdefault(attribute_of(mapping, object_type), []).append(key)
    return found


def compare_references(
    sheet: Sheet, wanted: Mapping[str, list[str]], values: Mapping[str, object], ids: Mapping[str, str]
) -> None:
    """Lists of instances; what others refer to is theirs. `ids`: external → Intercom id."""
    for name, keys in sorted(wanted.items()):
        there = values.get(name)
        found = [str(entry) for entry in there] if isinstance(there, list) else []
        sheet.holds(name, [ids.get(key, _UNKNOWN) for key in keys], found)


def custom_object(row: CustomObject, identity: Identity | None, reader: Reader) -> Compared:
    path = f"/custom_object_instances/{quote(row.object_type, safe='')}"
    found = reader.one(f"{path}/{identity.intercom_id}") if identity else None
    if identity is None or found is None:
        return missing("custom_objects", row.external_id, identity.intercom_id if identity else None)
    sheet = Sheet("custom_objects", row.external_id, identity.intercom_id)
    sheet.same("external_id", row.external_id, found.get("external_id"))
    for name, moment in (("external_created_at", row.created_at), ("external_updated_at", row.updated_at)):
        if moment:
            sheet.same(name, unix(moment), found.get(name))
    values = found.get("custom_attributes") or {}
    # an adopted instance may hold more than we know of
    sheet.attributes(row.custom_attributes, values, {})
    return sheet.done()


def redirect(row: Article, identity: Identity | None, target: Identity | None, reader: Reader) -> Compared:
    """`target`: the article the old address must lead to."""
    found = None
    if identity is not None:
        found = reader.one(f"/help_center/help_centers/{identity.detail}/redirects/{identity.intercom_id}")
    if identity is None or found is None:
        return missing("redirects", row.external_id, identity.intercom_id if identity else None)
    sheet = Sheet("redirects", row.external_id, identity.intercom_id)
    sheet.same("from_url", row.old_url, found.get("from_url"))
    sheet.same("target_type", "article", found.get("target_type"))
    sheet.same("target_id", target.intercom_id if target else None, str(found.get("target_id")))
    return sheet.done()


def twins(books: LedgerReader) -> Iterator[Compared]:
    """Records that came twice and that nobody but a person may take away. Doubled parts show in their conversation."""
    sql = "select key, detail from recheck where state = 'kept' and detail is not null order by key"
    for key, detail in books.rows(sql):
        kind, _, rest = key.partition(":")
        if kind in _OBJECTS:
            for intercom_id in str(detail).split(","):
                if intercom_id.isdecimal():
                    yield extra(_OBJECTS[kind], f"{rest.rpartition(':')[0]}/{intercom_id}", intercom_id)


def count_doubts(books: LedgerReader) -> int:
    """Operations that were sent twice and took effect twice, or that something else keeps overwriting."""
    return int(books.rows("select count(*) from recheck where state in ('kept', 'doubled')")[0][0])

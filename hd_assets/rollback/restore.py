"""Requests that give adopted records their earlier values back. Sending them twice has the effect of once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hd_assets.rollback.judge import links_of, path_of
from hd_assets.rollback.scene import Scene
from hd_assets.rollback.selection import Record

Doc = dict[str, Any]
_CONTACT_FIELDS = ("external_id", "email", "name", "phone", "signed_up_at", "role")
_COMPANY_FIELDS = ("name", "website", "industry", "remote_created_at")


@dataclass(frozen=True)
class Step:
    """One request of an undoing. `may_miss`: a 404 says that it is not needed (any more)."""

    action: str
    method: str
    path: str
    body: Doc | None = None
    may_miss: bool = True


def prior_of(scene: Scene, record: Record) -> Doc | None:
    rows = scene.books.rows(
        "select document from prior_values where kind = ? and intercom_id = ?", (record.kind, record.intercom_id)
    )
    return json.loads(rows[0][0]) if rows else None


def restoring(scene: Scene, record: Record) -> list[Step] | None:
    """None when the record is not there any more."""
    prior = prior_of(scene, record) or {}
    if record.kind == "contact":
        return _contact(scene, record, prior)
    if record.kind == "custom_object":
        return _instance(scene, record, prior)
    return _company(scene, record, prior)


def _contact(scene: Scene, record: Record, prior: Doc) -> list[Step] | None:
    doc = scene.one(f"/contacts/{record.intercom_id}")
    if doc is None:
        return None
    path = f"/contacts/{record.intercom_id}"
    before = prior.get("companies")
    steps = []
    for company, row in links_of(scene, record).items() if record.external_id else ():
        added = row.origin != "adopted" if before is None else company not in before
        if added and row.attempts:
            steps.append(Step("unlink", "DELETE", f"{path}/companies/{company}"))
    changes = _changed(doc, prior, scene, "contact")
    if not _is_of_others(doc, record):
        changes |= _differing(doc, prior, _CONTACT_FIELDS)
    references = _references(scene, record)
    if references:
        changes["custom_attributes"] = {**changes.get("custom_attributes", {}), **references}
    if changes:
        steps.append(Step("restore", "PUT", path, changes, may_miss=False))
    if prior.get("archived"):
        steps.append(Step("archive", "POST", f"{path}/archive"))
    return steps


def _is_of_others(doc: Doc, record: Record) -> bool:
    """It bears the id of another source, so that nothing but attributes was ever written to it."""
    return doc.get("external_id") not in (None, "", record.external_id) and bool(record.external_id)


def _references(scene: Scene, record: Record) -> Doc:
    """Lists of custom-object instances as they were before ours were added."""
    sql = "select document from prior_values where kind = 'contact_object' and substr(intercom_id, 1, ?) = ?"
    start = f"{record.intercom_id}/"
    noted = [json.loads(row[0]) for row in scene.books.rows(sql, (len(start), start))]
    return {entry["attribute"]: entry["instances"] or None for entry in noted}


def _instance(scene: Scene, record: Record, prior: Doc) -> list[Step] | None:
    path = path_of(record)
    doc = scene.one(path) if path else None
    if doc is None or path is None:
        return None
    earlier, now = _values(prior), _values(doc)
    changes = _differing(doc, prior, ("external_created_at", "external_updated_at"))
    values = {name: earlier.get(name) for name in {*earlier, *now} if earlier.get(name) != now.get(name)}
    if values:
        changes["custom_attributes"] = dict(sorted(values.items()))
    if not changes:
        return []
    body = {"external_id": doc["external_id"], **changes}
    return [Step("restore", "POST", path.rpartition("/")[0], body, may_miss=False)]


def _company(scene: Scene, record: Record, prior: Doc) -> list[Step] | None:
    doc = scene.one(f"/companies/{record.intercom_id}")
    if doc is None:
        return None
    changes = _changed(doc, prior, scene, "company") | _differing(doc, prior, _COMPANY_FIELDS)
    if not changes:
        return []
    # only the creating call takes the time of creation; it updates by company_id
    return [Step("restore", "POST", "/companies", {"company_id": doc["company_id"], **changes}, may_miss=False)]


def _differing(doc: Doc, prior: Doc, names: tuple[str, ...]) -> Doc:
    """An absent value and an empty one are the same; null clears."""
    return {
        name: prior[name] or None
        for name in names
        if name in prior and (doc.get(name) or None) != (prior[name] or None)
    }


def _changed(doc: Doc, prior: Doc, scene: Scene, holder: str) -> Doc:
    """Attributes the migration writes; those of others are not touched."""
    if "custom_attributes" not in prior:
        return {}
    ours = scene.context.rules.types.get(holder, {})
    earlier, now = _values(prior), _values(doc)
    changes = {name: earlier.get(name) for name in ours if earlier.get(name) != now.get(name)}
    return {"custom_attributes": changes} if changes else {}


def _values(doc: Mapping[str, Any]) -> Doc:
    return dict(doc.get("custom_attributes") or {})

"""Reads a workspace through its API and holds it against staged rows; shares nothing with the publisher."""

import re
from html import unescape

from hd_assets.model import Attachment, Contact, Conversation, Part
from hd_assets.simulator.faults import FaultPlan


def bare(text):
    return re.sub(r"\s+", "", unescape(re.sub(r"<[^>]*>", " ", text or "")))


def read(desk):
    """Source id → list of conversations that bear it, with parts."""
    desk.simulator.set_faults(FaultPlan())
    found = {}
    with desk.api() as api:
        cursor, params = None, {"per_page": 150}
        while True:
            page = api.get("/conversations", params=params | ({"starting_after": cursor} if cursor else {})).json()
            for doc in page["conversations"]:
                full = api.get(f"/conversations/{doc['id']}").json()
                key = full["custom_attributes"].get("desk_source_id") or f"?{bare(full['source']['body'])}"
                found.setdefault(key, []).append(full)
            cursor = (page["pages"].get("next") or {}).get("starting_after")
            if not cursor:
                return found


def differences(desk, staged):
    """Lost, doubled, reordered, altered: one line each, nothing when all is well."""
    found = read(desk)
    said = []
    heads = [row for row in staged if isinstance(row, Conversation)]
    for head in heads:
        copies = found.pop(head.external_id, [])
        if len(copies) != 1:
            said.append(f"{head.external_id}: {len(copies)} copies")
            continue
        said += _one(copies[0], head, staged)
    said += [f"unexpected conversation {key}" for key in found]
    with desk.api() as api:
        externals = [doc["external_id"] for doc in api.get("/contacts", params={"per_page": 150}).json()["data"]]
    wanted = sorted(row.external_id for row in staged if isinstance(row, Contact) and not row.merged_into)
    if sorted(externals) != wanted:
        said.append(f"contacts {externals} instead of {wanted}")
    return said


def _one(doc, head, staged):
    parts = sorted(
        (r for r in staged if isinstance(r, Part) and r.conversation == head.external_id),
        key=lambda part: part.position,
    )
    files = [row for row in staged if isinstance(row, Attachment)]
    shown = [p for p in doc["conversation_parts"]["conversation_parts"] if p["part_type"] in ("comment", "note")]
    wanted = [part for part in parts if not part.is_opening]
    if len(shown) != len(wanted):
        yield f"{head.external_id}: {len(shown)} parts instead of {len(wanted)}"
        return
    for part, stored in zip(wanted, shown, strict=True):
        names = sorted(file.filename for file in files if file.carrier == part.external_id)
        facts = (stored["part_type"], stored["created_at"], sorted(file["name"] for file in stored["attachments"]))
        same_text = bare(part.body_html) in bare(stored["body"])
        if facts != (part.kind, int(part.sent_at.timestamp()), names) or not same_text:
            yield f"{part.external_id}: {facts}"
    if bare(doc["source"]["body"]) != bare(head.opening_text) or doc["title"] != head.title:
        yield f"{head.external_id}: opening or title"
    if doc["state"] != head.state:
        yield f"{head.external_id}: {doc['state']} instead of {head.state}"
    if bool(doc["ticket"]) != (head.target_kind == "ticket"):
        yield f"{head.external_id}: is not a {head.target_kind}"
    if len(doc["tags"]["tags"]) != len(head.tags):
        yield f"{head.external_id}: tags"

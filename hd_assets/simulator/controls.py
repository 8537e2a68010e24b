"""Controls of the simulator itself under /_simulator/: no part of the destination's API, no token needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import ValidationError

from hd_assets.simulator.faults import FaultPlan
from hd_assets.simulator.store import Store
from hd_assets.simulator.wire import Answer, ApiError, Doc, invalid, json_answer, not_found

if TYPE_CHECKING:
    from hd_assets.simulator.core import Simulator

_KINDS = {
    "admins": "admin",
    "teams": "team",
    "companies": "company",
    "contacts": "contact",
    "contact_notes": "note",
    "tags": "tag",
    "data_attributes": "data_attribute",
    "conversation_attributes": "conversation_attribute",
    "conversations": "conversation",
    "deleted_conversations": "deleted",
    "ticket_types": "ticket_type",
    "articles": "article",
    "collections": "collection",
    "redirects": "redirect",
    "custom_objects": "custom_object",
}


def counts(store: Store) -> dict[str, int]:
    """Objects by kind. `conversations` includes the `tickets`; `parts` includes comments, notes and all others."""
    parts = store.part_counts()
    return {
        **{name: store.count(kind) for name, kind in _KINDS.items()},
        "tickets": store.count_keyed("conversation", "ticket", "yes"),
        "parts": sum(parts.values()),
        "comments": parts.get("comment", 0),
        "notes": parts.get("note", 0),
        "attachments": store.file_count(),
    }


def answer(
    simulator: Simulator, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: Doc
) -> Answer:
    """Answer one control request."""
    if method == "POST" and "origin" in headers:
        # a page in somebody's browser must not steer a simulator on the same machine
        raise ApiError(403, "forbidden", "Controls are not for browsers")
    match method, path.removeprefix("/_simulator/"):
        case "GET", "state":
            return json_answer(200, simulator.summary())
        case "GET", "requests":
            after = query.get("after", "0")
            return json_answer(200, {"requests": simulator.requests(int(after) if after.isdigit() else 0)})
        case "POST", "admins":
            made = simulator.provision(admins=[body])
            return json_answer(200, {"id": next(iter(made["admins"].values()))})
        case "POST", "teams":
            made = simulator.provision(teams=[body])
            return json_answer(200, {"id": next(iter(made["teams"].values()))})
        case "POST", "provision":
            lists = [_list(body, name) for name in ("admins", "teams", "custom_object_types")]
            return json_answer(200, simulator.provision(*lists))
        case "POST", "reset":
            simulator.reset()
            return json_answer(200, {"reset": True})
        case "POST", "faults":
            try:
                plan = FaultPlan.model_validate(body)
            except ValidationError as fault:
                raise invalid(str(fault)) from fault
            simulator.set_faults(plan)
            return json_answer(200, plan.model_dump())
    raise not_found()


def _list(body: Doc, name: str) -> list[Doc]:
    value = body.get(name, [])
    if not isinstance(value, list):
        raise invalid(f"{name} must be an array", field=name)
    return value

"""The official description as a source of requests: narrowed to what is served, its ids to ones that exist."""

from __future__ import annotations

import re
from typing import Any

import httpx

from hd_assets.simulator.core import Simulator
from hd_assets.simulator.routing import Router
from hd_assets_tests.simulator.api import Api

VERBS = ("get", "post", "put", "patch", "delete")


def furnish(simulator: Simulator, transport: httpx.BaseTransport | None = None) -> dict[str, list[Any]]:
    """A workspace with two of everything; answers ids by what they are ids of."""
    made = simulator.provision(
        [{"name": name, "email": f"{name}@desk.example"} for name in ("Ann", "Bo")],
        [{"name": name, "admin_emails": ["Ann@desk.example"]} for name in ("Support", "Sales")],
        ["change"],
    )
    api = Api(simulator, transport, Authorization="Bearer t")
    admin = list(made["admins"].values())
    contacts = [api.contact(f"user-{n}", email=f"u{n}@desk.example", name="Joe", phone="+1") for n in range(3)]
    contacts.append(api("POST", "/contacts", {"role": "lead", "email": "u0@desk.example"})["id"])
    companies = [api("POST", "/companies", {"company_id": f"c-{n}", "name": "Acme"})["id"] for n in range(2)]
    for contact in contacts[:3]:
        api("POST", f"/contacts/{contact}/companies", {"id": companies[0]})
    notes = [
        api("POST", f"/{kind}/{key}/notes", {"body": "x", "admin_id": admin[0]})["id"]
        for kind, key in (("contacts", contacts[0]), ("companies", companies[0]))
    ]
    tags = [api("POST", "/tags", {"name": name})["id"] for name in ("migrated", "vip", "old")]
    api("POST", f"/contacts/{contacts[0]}/tags", {"id": tags[0]})
    data_attributes = [
        api("POST", "/data_attributes", {"name": f"{model} level", "model": model, "data_type": "string"})["id"]
        for model in ("contact", "company")
    ]
    options = {"options": [{"label": "a"}, {"label": "b"}, {"label": "c"}]}
    attribute, other = (
        api("POST", "/conversations/attributes", {"name": name, "data_type": "list", **options})
        for name in ("level", "mood")
    )
    talks = [api.conversation(contacts[n % 3], created_at=1_500_000_000 + n) for n in range(6)]
    for talk in talks[:3]:
        body = {"message_type": "comment", "type": "admin", "admin_id": admin[0], "body": "Hello"}
        api("POST", f"/conversations/{talk}/reply", body)
        api("POST", f"/conversations/{talk}/tags", {"id": tags[1], "admin_id": admin[0]})
    types = [
        api("POST", "/ticket_types", {"name": category, "category": category})["id"]
        for category in ("Customer", "Tracker", "Back-office")
    ]
    attributes = [
        api("POST", f"/ticket_types/{kind}/attributes", {"name": "x", "description": "", "data_type": "string"})["id"]
        for kind in types
    ]
    tickets = [
        api("POST", "/tickets", {"ticket_type_id": kind, "contacts": [{"id": contacts[0]}]})["id"] for kind in types
    ]
    job = api("POST", "/tickets/enqueue", {"ticket_type_id": types[0], "contacts": [{"id": contacts[0]}]})["id"]
    collections = [api("POST", "/help_center/collections", {"name": name})["id"] for name in ("A", "B")]
    articles = [
        api("POST", "/articles", {"title": "T", "author_id": int(admin[0]), "body": "x", "state": state})["id"]
        for state in ("published", "draft", "published")
    ]
    api("PUT", f"/articles/{articles[0]}/draft", {"title": "U"})
    version = api("GET", f"/articles/{articles[0]}/versions")["data"][0]["id"]
    center = api("GET", "/help_center/help_centers")["data"][0]
    target = {"locale": "en", "target_type": "article", "target_id": articles[0]}
    path = f"/help_center/help_centers/{center['id']}/redirects"
    redirect = api("POST", path, {"from_url": f"{center['url']}/old", **target})["id"]
    person = {"author_id": int(admin[0]), "owner_id": int(admin[0])}
    internal = [api("POST", "/internal_articles", {"title": "T", **person})["id"] for _ in range(2)]
    snippets = [
        api("POST", "/content_snippets", {"title": "T", "body_markdown": "x"}, status=201)["id"] for _ in range(2)
    ]
    instances = [api("POST", "/custom_object_instances/change", {"external_id": f"x-{n}"})["id"] for n in range(2)]
    return {
        "admin": admin,
        "team": list(made["teams"].values()),
        "contact": contacts,
        "company": companies,
        "note": notes,
        "tag": tags,
        "data_attribute": data_attributes,
        "conversation_attribute": [attribute["id"], other["id"]],
        "option": [option["id"] for option in attribute["options"]],
        "conversation": talks,
        "ticket_type": types,
        "ticket_state": ["8001", "8004"],
        "ticket_attribute": attributes,
        "ticket": tickets,
        "job": [job],
        "collection": collections,
        "article": articles,
        "version": [version],
        "help_center": [center["id"]],
        "redirect": [redirect],
        "internal_article": internal,
        "content_snippet": snippets,
        "custom_object_type": ["change"],
        "custom_object": instances,
        "external": ["user-0", "user-1"],
        "email": ["1"],
        "brand": [simulator.workspace_id],
    }


# Operations after which a record cannot be found any more are kept to the last one of its kind.
_ENDINGS = ("/block", "/archive", "/merge")


def _doomed(keys: list[Any]) -> list[Any]:
    return keys[-1:]


# Which ids stand in a path: the piece before the parameter decides, the longest rule first.
_PIECES = {
    "conversations/attributes": "conversation_attribute",
    "options": "option",
    "find_by_external_id": "external",
    "help_centers": "help_center",
    "redirects": "redirect",
    "collections": "collection",
    "linked_conversations": "conversation",
    "customers": "contact",
    "ticket_types": "ticket_type",
    "versions": "version",
    "custom_object_instances": "custom_object_type",
    "jobs/status": "job",
    "data_attributes": "data_attribute",
    "internal_articles": "internal_article",
    "content_snippets": "content_snippet",
    **{f"{kind}s": kind for kind in ("admin", "team", "contact", "note", "tag", "conversation", "ticket", "article")},
    "companies": "company",
    "emails": "email",
    "brands": "brand",
}
_FIELDS = {
    "admin_id": "admin",
    "assignee_id": "admin",
    "author_id": "admin",
    "owner_id": "admin",
    "intercom_user_id": "contact",
    "company_id": "company",
    "ticket_type_id": "ticket_type",
    "ticket_state_id": "ticket_state",
    "conversation_id": "conversation",
    "merge_into_conversation_id": "conversation",
    "target_id": "article",
    "from": "contact",
    "into": "contact",
}


def served(router: Router, method: str, template: str) -> bool:
    """Whether the simulator knows an operation of the description."""
    found = router.find(method.upper(), re.sub(r"\{[^}]+\}", "x", template))
    if found is None:
        return False
    return re.sub(r"\{[^}]+\}", "{}", found[0].template) == re.sub(r"\{[^}]+\}", "{}", template)


def _known(template: str, name: str) -> str | None:
    if template.startswith("/ticket_types/") and "/attributes/" in template and template.endswith(f"{{{name}}}"):
        return "ticket_attribute"
    if template.startswith("/custom_object_instances/") and template.endswith(f"}}/{{{name}}}"):
        return "custom_object"
    before = template.partition(f"{{{name}}}")[0].strip("/")
    return next((kind for piece, kind in _PIECES.items() if before.endswith(piece)), None)


def narrowed(spec: dict[str, Any], router: Router, ids: dict[str, list[Any]]) -> tuple[dict[str, Any], list[str]]:
    """The description with what is served alone and known ids in it; and what it declares that is not served."""
    left = []
    for template, operations in list(spec["paths"].items()):
        for verb in [verb for verb in VERBS if verb in operations]:
            if not served(router, verb, template):
                left.append(f"{verb.upper()} {template}")
                del operations[verb]
                continue
            for parameter in operations[verb].get("parameters", []):
                kind = _known(template, parameter["name"]) if parameter.get("in") == "path" else None
                if kind is not None:
                    parameter.pop("example", None)
                    ends = template.endswith(f"{{{parameter['name']}}}") and verb == "delete"
                    chosen = _doomed(ids[kind]) if ends or template.endswith(_ENDINGS) else ids[kind][:-1]
                    parameter["schema"] = {"type": "string", "enum": [*map(str, chosen or ids[kind]), "404404"]}
        if not any(verb in operations for verb in VERBS):
            del spec["paths"][template]
    for name, schema in spec["components"]["schemas"].items():
        if name.endswith("_request"):
            _fill(schema, ids)
    return spec, left


def _fill(node: Any, ids: dict[str, list[Any]]) -> None:
    """Let the fields of requests that name something name things that exist."""
    if isinstance(node, list):
        for entry in node:
            _fill(entry, ids)
    if not isinstance(node, dict):
        return
    for name, field in (node.get("properties") or {}).items():
        if name in _FIELDS and isinstance(field, dict) and ("type" in field or "anyOf" in field):
            if field.get("type") not in (None, "string", "integer"):
                continue
            known = ids[_FIELDS[name]]
            whole = field.get("type") == "integer"
            field.clear()
            field.update(type="integer" if whole else "string", enum=[int(key) if whole else str(key) for key in known])
    for child in node.values():
        _fill(child, ids)

"""Teammates, inboxes and definitions held against the workspace: who stands for whom, and what is in the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hd_assets.mapping import Attribute, Migration, PublicNotes, Target
from hd_assets.model import Inbox, Teammate
from hd_assets.publish.attributes import Holder, destination_type, fits
from hd_assets.publish.catalog import Catalog, fold, type_attributes
from hd_assets.publish.furniture import ticket_type_name
from hd_assets.publish.ledger import Statement, record_identity
from hd_assets.publish.payloads import STAND_IN
from hd_assets.publish.staged import Furniture

Doc = dict[str, Any]
MOST_ATTRIBUTES = 250
STATES = ("submitted", "in_progress", "waiting_on_customer", "resolved")
_MIGRATED_ATTRIBUTES = ("contact_attribute", "company_attribute")


@dataclass(frozen=True)
class Problem:
    """Something in the workspace that differs from what the migration needs. No personal data: ids and names of
    definitions only."""

    code: str
    kind: str
    name: str
    sentence: str
    mend: str
    blocking: bool = True


@dataclass
class Matches:
    """The outcome of a verification. `identities`: (kind, external id, Intercom id, origin)."""

    problems: list[Problem]
    identities: list[tuple[str, str, str, str]]

    @property
    def blocking(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.blocking]

    def statements(self, run_no: int) -> list[Statement]:
        return [record_identity(*identity, run_no) for identity in self.identities]


def match(migration: Migration, needed: Furniture, catalog: Catalog) -> Matches:
    """Reads only."""
    found = Matches([], [])
    _match_teammates(migration, needed.teammates, catalog, found)
    _match_inboxes(migration, needed.inboxes, catalog, found)
    attributes = migration.mapping.attributes
    for name, attribute in attributes.get("contact", {}).items():
        found.problems += _people_attribute(catalog, "contact", "company", name, attribute)
    for name, attribute in attributes.get("company", {}).items():
        found.problems += _people_attribute(catalog, "company", "contact", name, attribute)
    for name, attribute in attributes.get("conversation", {}).items():
        found.problems += _named(catalog.live("conversation_attribute"), "conversation", name, attribute)
    wanted = len(attributes.get("contact", {})) + len(attributes.get("company", {}))
    found.problems += _room(catalog, migration, wanted)
    if needed.needs_tickets:
        found.problems += _tickets(migration, catalog, found)
    for name in needed.object_types:
        found.problems += _object_type(catalog, migration, name)
    if needed.has_old_addresses and migration.mapping.option("help_center_url"):
        found.problems += _help_center(catalog, migration, found)
    return found


def match_plan(migration: Migration, aim: Target, needed: Furniture) -> Iterator[Problem]:
    """What the customer decided about internal notes, and what the plan of the workspace does not have."""
    notes = migration.mapping.internal_notes
    if isinstance(notes, PublicNotes):
        yield Problem(
            "notes_made_public",
            "workspace",
            "internal_notes",
            "internal notes become messages that customers can read, as the mapping says in somebody's name",
            "set internal_notes: note in the mapping, unless that is really meant",
            blocking=False,
        )
    if aim.plan != "essential":
        return
    if notes == "upgrade":
        yield Problem(
            "plan_without_notes",
            "workspace",
            "internal_notes",
            "internal notes wait for an upgrade, and the plan of the target is essential",
            "upgrade the workspace and name its new plan in the mapping, or decide internal_notes: note or leave_out",
        )
    for name in needed.object_types:
        yield Problem(
            "plan_without_custom_objects",
            "custom_object",
            name,
            "the essential plan has no custom objects",
            "upgrade the workspace and name its new plan in the mapping, or leave custom objects out",
        )


def _object_type(catalog: Catalog, migration: Migration, name: str) -> Iterator[Problem]:
    standing = catalog.object_type(name)
    if standing == "missing":
        yield Problem(
            "no_custom_object_type",
            "custom_object",
            name,
            "the workspace has no custom object of this type",
            f"create it in the workspace's settings with the identifier {name} and its attributes; types cannot be"
            f" created from outside (simulator: `hd-assets simulator provision {migration.name}`)",
        )
    elif standing == "forbidden":
        yield Problem(
            "custom_objects_forbidden",
            "custom_object",
            name,
            "the token may not write custom objects, or the workspace's plan has none",
            "give the token the permission for custom objects, or leave them out in the mapping",
        )


def _help_center(catalog: Catalog, migration: Migration, found: Matches) -> Iterator[Problem]:
    """Redirects can only be made in a help centre whose addresses the old ones had."""
    space = str(migration.mapping.option("help_center_url")).rstrip("/")
    for doc in catalog.listed("help_center"):
        domain = doc.get("custom_domain")
        spaces = [str(doc.get("url") or "").rstrip("/"), *([f"https://{domain}"] if domain else [])]
        if any(own and (space == own or space.startswith(f"{own}/")) for own in spaces):
            found.identities.append(("help_center", STAND_IN, str(doc["id"]), "matched"))
            return
    yield Problem(
        "no_help_center",
        "help_center",
        space,
        "no help centre of the workspace has this address",
        "correct options.help_center_url, or take it out: without it no redirects are made",
    )


def _match_teammates(migration: Migration, teammates: Sequence[Teammate], catalog: Catalog, found: Matches) -> None:
    mapping = migration.mapping
    by_email = {fold(str(doc.get("email") or "")): str(doc["id"]) for doc in catalog.listed("admin")}
    stand_in = by_email.get(fold(mapping.migration_admin.email))
    if stand_in is None:
        found.problems.append(
            Problem(
                "no_migration_admin",
                "admin",
                STAND_IN,
                "the migration admin of the mapping is not a teammate of the workspace",
                f"invite the address of migration_admin in {migration.path.name} and let it be accepted"
                f" (simulator: `hd-assets simulator provision {migration.name}`)",
            )
        )
        return
    found.identities.append(("admin", STAND_IN, stand_in, "matched"))
    replace_active = mapping.unmatched_agents == "migration_admin"
    for teammate in teammates:
        key = by_email.get(fold(teammate.email)) if teammate.email else None
        found.identities.append(("admin", teammate.external_id, key or stand_in, "matched" if key else "fallback"))
        if key is None:
            found.problems.append(
                Problem(
                    "unmatched_agent",
                    "admin",
                    teammate.external_id,
                    "no teammate of the workspace has this agent's e-mail address"
                    + ("" if teammate.is_active else " (inactive: the migration admin stands for them)"),
                    "invite the agent to the workspace, or set unmatched_agents: migration_admin in the mapping",
                    blocking=teammate.is_active and not replace_active,
                )
            )


def _match_inboxes(migration: Migration, inboxes: Sequence[Inbox], catalog: Catalog, found: Matches) -> None:
    teams: dict[str, list[str]] = {}
    for doc in catalog.listed("team"):
        teams.setdefault(fold(str(doc.get("name"))), []).append(str(doc["id"]))
    blocking = migration.mapping.option("unmatched_inboxes", "block") != "unassigned"
    for inbox in inboxes:
        if inbox.merged_into:
            continue
        same = teams.get(fold(inbox.name), [])
        if len(same) == 1:
            found.identities.append(("team", inbox.external_id, same[0], "matched"))
            continue
        if not blocking:
            # "0" assigns to nobody
            found.identities.append(("team", inbox.external_id, "0", "fallback"))
        found.problems.append(
            Problem(
                "unmatched_inbox" if not same else "team_name_twice",
                "team",
                inbox.external_id,
                f"{len(same)} teams of the workspace have this inbox's name",
                "create one team of exactly that name, or set options.unmatched_inboxes: unassigned",
                blocking=blocking,
            )
        )


def _people_attribute(
    catalog: Catalog, holder: Holder, other: str, name: str, attribute: Attribute
) -> Iterator[Problem]:
    docs = catalog.listed(f"{holder}_attribute")
    same = [doc for doc in docs if fold(str(doc.get("name"))) == fold(name)]
    if same and all(doc.get("archived") for doc in same):
        yield Problem(
            "attribute_archived",
            holder,
            name,
            f"the {holder} attribute exists, but is archived",
            "restore it in the workspace's settings, or give it another name in the mapping",
        )
    if any(fold(str(doc.get("name"))) == fold(name) for doc in catalog.listed(f"{other}_attribute")):
        yield Problem(
            "attribute_name_taken",
            holder,
            name,
            f"the name is taken by a {other} attribute",
            "give it another name in the mapping; contacts and companies may not share one",
        )
    yield from _named([doc for doc in same if not doc.get("archived")], holder, name, attribute)


def _named(live: Sequence[Doc], holder: Holder, name: str, attribute: Attribute) -> Iterator[Problem]:
    same = [doc for doc in live if fold(str(doc.get("name"))) == fold(name)]
    if len(same) > 1:
        yield Problem(
            "attribute_twice",
            holder,
            name,
            f"{len(same)} live {holder} attributes have this name",
            "archive all but one; values cannot be written while several live",
        )
    for doc in same[:1]:
        told = str(doc.get("data_type"))
        if not fits(attribute.type, holder, told):
            yield Problem(
                "attribute_type",
                holder,
                name,
                f"the {holder} attribute has type {told}, needed is {destination_type(attribute.type, holder)}",
                "archive it or rename it in the workspace, or change the type in the mapping",
            )
        if doc.get("name") != name:
            yield Problem(
                "attribute_case",
                holder,
                name,
                f"the {holder} attribute differs in upper and lower case",
                "write the name in the mapping exactly as in the workspace",
            )


def _room(catalog: Catalog, migration: Migration, wanted: int) -> Iterator[Problem]:
    live = Counter(fold(str(doc.get("name"))) for kind in _MIGRATED_ATTRIBUTES for doc in catalog.live(kind))
    ours = [*migration.mapping.attributes.get("contact", {}), *migration.mapping.attributes.get("company", {})]
    missing = [name for name in ours if fold(name) not in live]
    if len(live) + len(missing) > MOST_ATTRIBUTES:
        yield Problem(
            "too_many_attributes",
            "contact",
            str(wanted),
            f"{len(live)} live attributes and {len(missing)} new ones exceed {MOST_ATTRIBUTES}",
            "archive unused ones, or leave some out in the mapping",
        )


def _tickets(migration: Migration, catalog: Catalog, found: Matches) -> Iterator[Problem]:
    name = ticket_type_name(migration)
    for doc in catalog.listed("ticket_type"):
        if fold(str(doc.get("name"))) != fold(name):
            continue
        if doc.get("archived"):
            yield Problem(
                "ticket_type_archived",
                "ticket_type",
                name,
                "the ticket type is archived",
                "restore it, or name another one in options.ticket_type",
            )
        elif doc.get("category") != "Customer":
            yield Problem(
                "ticket_type_category",
                "ticket_type",
                name,
                "conversations only become Customer tickets",
                "name a type of that category, or a new one, in options.ticket_type",
            )
        for attribute, definition in migration.mapping.attributes.get("conversation", {}).items():
            live = [entry for entry in type_attributes(doc) if not entry.get("archived")]
            yield from _named(live, "ticket", attribute, definition)
    states = {str(doc["category"]): str(doc["id"]) for doc in reversed(catalog.live("ticket_state"))}
    for category in STATES:
        if category in states:
            found.identities.append(("ticket_state", category, states[category], "matched"))
        else:
            yield Problem(
                "no_ticket_state",
                "ticket_state",
                category,
                "the workspace has no ticket state of this kind",
                "add one in the workspace's ticket settings; states cannot be created from outside",
            )
    for attribute, definition in migration.mapping.attributes.get("conversation", {}).items():
        if any("," in option for option in definition.options):
            yield Problem(
                "comma_in_option",
                "ticket",
                attribute,
                "an option contains a comma",
                "reword it in the mapping: options of ticket lists are separated by commas",
            )

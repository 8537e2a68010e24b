"""What is read of iTop: entities, the classes that fill them, and every attribute those classes have by themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hd_assets.extract.base import INVENTORY_ENTITIES, Entity


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


@dataclass(frozen=True)
class ClassSpec:
    """A class whose rows fill the entity of that name. `fields` are read, `other` exist and are not.

    `custom`: attributes that neither list names go into the column `extra` as one JSON object.
    `is_optional`: the module that brings the class need not be installed.
    """

    name: str
    entity: str
    fields: tuple[str, ...]
    other: tuple[str, ...] = ()
    custom: bool = False
    is_optional: bool = False


_TICKET_OTHER = _words(
    "org_name caller_name team_name team_email agent_name operational_status escalation_flag escalation_reason"
    " cumulatedpending tto ttr tto_escalation_deadline ttr_escalation_deadline time_spent approver_email"
    " parent_request_ref parent_incident_ref parent_problem_ref parent_change_ref end_date finalclass"
    " friendlyname public_log private_log"
)
_TICKET = _words(
    "ref title description org_id caller_id caller_id_friendlyname team_id agent_id agent_id_friendlyname start_date"
    " last_update close_date status impact urgency priority origin service_id service_name servicesubcategory_id"
    " servicesubcategory_name assignment_date resolution_date last_pending_date pending_reason resolution_code"
    " solution sla_tto_passed sla_tto_over sla_ttr_passed sla_ttr_over user_satisfaction user_comment"
    " parent_incident_id parent_problem_id parent_change_id"
)
_REQUEST_ONLY = ("request_type", "approver_id", "parent_request_id")
TICKET_CLASSES = ("UserRequest", "Incident")

SPECS: tuple[ClassSpec, ...] = (
    ClassSpec(
        "Organization",
        "organization",
        ("name", "code", "status", "parent_id", "overview"),
        (
            "parent_name",
            "deliverymodel_id",
            "deliverymodel_name",
            "friendlyname",
            "obsolescence_flag",
            "obsolescence_date",
        ),
        custom=True,
    ),
    ClassSpec(
        "Person",
        "person",
        _words(
            "name first_name friendlyname status org_id email phone mobile_phone function employee_number location_id"
            " location_name manager_id notify"
        ),
        ("org_name", "manager_name", "picture", "finalclass", "obsolescence_flag", "obsolescence_date"),
        custom=True,
    ),
    ClassSpec(
        "Team",
        "team",
        ("name", "status", "org_id", "email", "phone", "function", "notify"),
        ("org_name", "friendlyname", "finalclass", "obsolescence_flag", "obsolescence_date"),
    ),
    ClassSpec(
        "User",
        "user",
        ("login", "contactid", "status", "language", "first_name", "last_name", "email", "finalclass"),
        ("org_id", "log", "reset_pwd_token", "password", "expiration", "password_renewed_date", "friendlyname"),
    ),
    ClassSpec("URP_UserProfile", "user_profile", ("userid", "profileid", "profile"), ("userlogin", "reason")),
    ClassSpec("UserRequest", "ticket", (*_TICKET, *_REQUEST_ONLY), _TICKET_OTHER, custom=True, is_optional=True),
    ClassSpec("Incident", "ticket", _TICKET, _TICKET_OTHER, custom=True, is_optional=True),
    ClassSpec(
        "lnkContactToTicket",
        "contact_to_ticket",
        ("ticket_id", "contact_id", "role_code"),
        ("ticket_ref", "contact_email", "contact_name", "role"),
    ),
    ClassSpec(
        "lnkFunctionalCIToTicket",
        "ci_to_ticket",
        ("ticket_id", "functionalci_id", "functionalci_name", "impact", "impact_code"),
        ("ticket_ref", "ticket_title"),
        is_optional=True,
    ),
    ClassSpec(
        "lnkPersonToTeam",
        "person_to_team",
        ("team_id", "person_id", "role_name"),
        ("team_name", "person_name", "role_id"),
    ),
    ClassSpec(
        "FAQ",
        "faq",
        ("title", "summary", "description", "category_id", "category_name", "error_code", "key_words"),
        ("friendlyname", "domains"),
        is_optional=True,
    ),
    ClassSpec("FAQCategory", "faq_category", ("name",), is_optional=True),
    ClassSpec(
        "KnownError",
        "known_error",
        _words("name org_id problem_id symptom root_cause workaround solution error_code domain vendor model version"),
        ("cust_name", "problem_ref"),
        is_optional=True,
    ),
)
"""Classes that are staged, each with named fields only: asking for all would expand link sets row by row."""

RECORD_ROOTS: tuple[str, ...] = _words(
    "Problem Change WorkOrder FunctionalCI Location Document ServiceFamily Service ServiceSubcategory SLA SLT"
    " lnkSLAToSLT Contract lnkCustomerContractToService DeliveryModel lnkDeliveryModelToContact Trigger Action"
    " lnkTriggerAction Query AuditRule SynchroDataSource TagSetFieldData URP_Profiles ContactType"
    " lnkErrorToFunctionalCI"
)
"""Classes (with all below them) written down for people: every scalar field, as one JSON object a row."""

HISTORY_CLASSES = ("CMDBChangeOpCreate", "CMDBChangeOpSetAttributeScalar")
HISTORY_OF = ("UserRequest", "Incident", "FAQ", "KnownError")

EXTRA = "extra"


def _typed(entity: str) -> Entity:
    specs = [spec for spec in SPECS if spec.entity == entity]
    fields = dict.fromkeys(field for spec in specs for field in spec.fields)
    columns = ("id", "class", *fields, *((EXTRA,) if any(spec.custom for spec in specs) else ()))
    return Entity(name=entity, key=("id",), columns=columns, optional=all(spec.is_optional for spec in specs))


LOG_ENTRY = Entity(
    name="log_entry",
    key=("ticket_id", "log", "position"),
    columns=("ticket_id", "log", "position", "date", "user_id", "user_login", "message", "message_html"),
)
"""One entry of a ticket's case log; `log` is public_log or private_log, `position` counts from 0 and never changes."""

_DOCUMENT = ("item_class", "item_id", "item_org_id")
ATTACHMENT = Entity(
    name="attachment",
    key=("id",),
    columns=("id", *_DOCUMENT, "creation_date", "user_id", "contact_id", "filename", "mimetype"),
)
INLINE_IMAGE = Entity(name="inline_image", key=("id",), columns=("id", *_DOCUMENT, "filename", "mimetype"))
RECORD = Entity(name="record", key=("class", "id"), columns=("class", "id", "root", "name", "is_custom", "fields"))
"""A row of a class that is not staged: `root` is the class under which it was asked for, `fields` JSON."""
CHANGE_OP = Entity(
    name="change_op",
    key=("id",),
    columns=("id", "class", "date", "userinfo", "user_id", "objclass", "objkey", "attcode", "oldvalue", "newvalue"),
)
DELETION = Entity(
    name="deletion", key=("id",), columns=("id", "date", "userinfo", "user_id", "objclass", "objkey", "fclass", "fname")
)

ENTITIES: tuple[Entity, ...] = (
    *(_typed(name) for name in dict.fromkeys(spec.entity for spec in SPECS)),
    LOG_ENTRY,
    ATTACHMENT,
    INLINE_IMAGE,
    RECORD,
    CHANGE_OP,
    DELETION,
    *INVENTORY_ENTITIES,
)

_DERIVED = re.compile(
    r".+_(friendlyname|obsolescence_flag|finalclass_recall)"
    r"|(tto|ttr|cumulatedpending)_(started|laststart|stopped|\d+_(deadline|passed|triggered|overrun))"
    r"|id"
)


def is_derived(code: str) -> bool:
    """Whether iTop computes the attribute from another one: names of references, hands of stopwatches, the id."""
    return _DERIVED.fullmatch(code) is not None


def custom_codes(spec: ClassSpec, codes: tuple[str, ...]) -> tuple[str, ...]:
    """Attributes an installation added to a standard class."""
    known = {*spec.fields, *spec.other, "friendlyname", "finalclass"}
    return tuple(code for code in codes if code not in known and not is_derived(code))

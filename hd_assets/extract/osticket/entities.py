"""Every osTicket table that is read, with the columns of all supported versions (facts: install schemas 1.14 to 1.18).

Left out on purpose, because no migration needs them: passwords (`staff.passwd`, `user_account.passwd`), the keys
themselves of `api_key`, sessions, logs, drafts, locks, the `*__cdata` caches and the full-text index. Of what only
tells which connections will stop working, the columns that name and count it are read, and no others.
"""

from __future__ import annotations

from dataclasses import dataclass

from hd_assets.extract.base import INVENTORY_ENTITIES, Entity


@dataclass(frozen=True)
class Table:
    """An entity and the columns without which the installation cannot be read at all."""

    entity: Entity
    needed: frozenset[str]


def _table(name: str, key: str, columns: str, *, needed: str = "", optional: bool = False) -> Table:
    entity = Entity(name=name, key=tuple(key.split()), columns=tuple(columns.split()), optional=optional)
    return Table(entity, frozenset(needed.split()) | frozenset(entity.key))


_PEOPLE = (
    _table(
        "user",
        "id",
        "id org_id default_email_id status name created updated",
        needed="org_id default_email_id name created",
    ),
    _table("user_email", "id", "id user_id flags address", needed="user_id address"),
    _table(
        "user_account",
        "id",
        "id user_id status timezone lang username backend extra registered",
        needed="user_id status",
    ),
    _table("organization", "id", "id name manager status domain extra created updated", needed="name domain"),
    _table(
        "staff",
        "staff_id",
        "staff_id dept_id role_id username firstname lastname backend email phone phone_ext mobile signature lang "
        "timezone locale notes isactive isadmin isvisible onvacation assigned_only show_assigned_tickets "
        "default_signature_type extra permissions created lastlogin updated",
        needed="dept_id firstname lastname email isactive",
    ),
    _table("staff_dept_access", "staff_id dept_id", "staff_id dept_id role_id flags"),
    _table("role", "id", "id flags name permissions notes created updated", needed="name"),
    _table("team", "team_id", "team_id lead_id flags name notes created updated", needed="name flags"),
    _table("team_member", "team_id staff_id", "team_id staff_id flags"),
    _table(
        "department",
        "id",
        "id pid tpl_id sla_id schedule_id email_id autoresp_email_id manager_id flags name signature ispublic "
        "group_membership ticket_auto_response message_auto_response path updated created",
        needed="pid name flags email_id",
    ),
    _table("note", "id", "id pid staff_id ext_id body status sort created updated", needed="ext_id body"),
)

_TICKETS = (
    _table(
        "ticket",
        "ticket_id",
        "ticket_id ticket_pid number user_id user_email_id status_id dept_id sla_id topic_id staff_id team_id email_id "
        "lock_id flags sort ip_address source source_extra isoverdue isanswered duedate est_duedate reopened closed "
        "lastupdate created updated",
        needed="ticket_pid number user_id status_id dept_id sla_id topic_id staff_id team_id flags source isoverdue "
        "duedate est_duedate reopened closed lastupdate created updated",
    ),
    _table("ticket_status", "id", "id name state mode flags sort properties created updated", needed="name state"),
    _table(
        "ticket_priority",
        "priority_id",
        "priority_id priority priority_desc priority_color priority_urgency ispublic",
        needed="priority priority_desc",
    ),
    _table(
        "help_topic",
        "topic_id",
        "topic_id topic_pid ispublic noautoresp flags status_id priority_id dept_id staff_id team_id sla_id page_id "
        "sequence_id sort topic number_format notes created updated",
        needed="topic_pid topic flags",
    ),
    _table("help_topic_form", "id", "id topic_id form_id sort extra", needed="topic_id form_id"),
    _table("sla", "id", "id schedule_id flags grace_period name notes created updated", needed="name grace_period"),
    _table("schedule", "id", "id flags name timezone description created updated", optional=True),
    _table(
        "schedule_entry",
        "id",
        "id schedule_id flags sort name repeats starts_on starts_at ends_on ends_at stops_on day week month created "
        "updated",
        optional=True,
    ),
    _table(
        "task",
        "id",
        "id object_id object_type number dept_id staff_id team_id lock_id flags duedate closed created updated",
        needed="object_id object_type number flags created",
    ),
)

_THREADS = (
    _table(
        "thread",
        "id",
        "id object_id object_type extra lastresponse lastmessage created",
        needed="object_id object_type extra created",
    ),
    _table(
        "thread_entry",
        "id",
        "id pid thread_id staff_id user_id type flags poster editor editor_type source title body format ip_address "
        "extra recipients created updated",
        needed="pid thread_id staff_id user_id type flags poster title body format created updated",
    ),
    _table("thread_entry_email", "id", "id thread_entry_id email_id mid", needed="thread_entry_id mid"),
    _table("thread_entry_merge", "id", "id thread_entry_id data", needed="thread_entry_id data"),
    _table(
        "thread_event",
        "id",
        "id thread_id thread_type event_id staff_id team_id dept_id topic_id data username uid uid_type annulled "
        "timestamp",
        needed="thread_id event_id data annulled timestamp",
    ),
    _table("event", "id", "id name description", needed="name"),
    _table(
        "thread_collaborator",
        "id",
        "id flags thread_id user_id role created updated",
        needed="flags thread_id user_id",
    ),
    _table(
        "thread_referral", "id", "id thread_id object_id object_type created", needed="thread_id object_id object_type"
    ),
)

_FILES_AND_FORMS = (
    _table(
        "attachment",
        "id",
        "id object_id type file_id name inline lang",
        needed="object_id type file_id inline",
    ),
    _table("file", "id", "id ft bk type size key signature name attrs created", needed="bk type size key name"),
    _table("form", "id", "id pid type flags title instructions name notes created updated", needed="type title"),
    _table(
        "form_field",
        "id",
        "id form_id flags type label name configuration sort hint created updated",
        needed="form_id flags type label name configuration",
    ),
    _table(
        "form_entry",
        "id",
        "id form_id object_id object_type sort extra created updated",
        needed="form_id object_id object_type",
    ),
    _table("form_entry_values", "entry_id field_id", "entry_id field_id value value_id", needed="value value_id"),
    _table(
        "list",
        "id",
        "id name name_plural sort_mode masks type configuration notes created updated",
        needed="name",
    ),
    _table("list_items", "id", "id list_id status value extra sort properties", needed="list_id status value"),
)

_KNOWLEDGE = (
    _table(
        "faq",
        "faq_id",
        "faq_id category_id ispublished question answer keywords notes created updated",
        needed="category_id ispublished question answer",
    ),
    _table(
        "faq_category",
        "category_id",
        "category_id category_pid ispublic name description notes created updated",
        needed="ispublic name",
    ),
    _table("faq_topic", "faq_id topic_id", "faq_id topic_id"),
    _table(
        "canned_response",
        "canned_id",
        "canned_id dept_id isenabled title response lang notes created updated",
        needed="title response",
    ),
    _table(
        "translation",
        "id",
        "id object_hash type flags revision agent_id lang text source_text updated",
        optional=True,
    ),
)

_AUTOMATION = (
    _table(
        "filter",
        "id",
        "id execorder isactive flags status match_all_rules stop_onmatch target email_id name notes created updated",
        needed="name isactive",
    ),
    _table("filter_rule", "id", "id filter_id what how val isactive notes created updated", needed="filter_id"),
    _table("filter_action", "id", "id filter_id sort type configuration updated", needed="filter_id type"),
    _table(
        "email",
        "email_id",
        "email_id noautoresp priority_id dept_id topic_id email name notes created updated",
        needed="email name",
    ),
    _table(
        "email_template_group",
        "tpl_id",
        "tpl_id isactive name lang notes created updated",
        optional=True,
    ),
    _table("email_template", "id", "id tpl_id code_name subject body notes created updated", optional=True),
    _table("content", "id", "id isactive type name body notes created updated", optional=True),
    _table("config", "id", "id namespace key value updated", needed="namespace key value"),
)

_CONNECTIONS = (
    _table("api_key", "id", "id isactive can_create_tickets can_exec_cron created updated", optional=True),
    _table(
        "email_account",
        "id",
        "id email_id type auth_bk active protocol encryption fetchfreq postfetch created updated",
        optional=True,
    ),
    _table("plugin", "id", "id name install_path isphar isactive version installed", optional=True),
    _table("plugin_instance", "id", "id plugin_id flags name created updated", optional=True),
    _table("queue", "id", "id parent_id flags staff_id sort title root created updated", optional=True),
)

TABLES = (*_PEOPLE, *_TICKETS, *_THREADS, *_FILES_AND_FORMS, *_KNOWLEDGE, *_AUTOMATION, *_CONNECTIONS)
ENTITIES = (*(table.entity for table in TABLES), *INVENTORY_ENTITIES)

CHUNKS = "file_chunk"
CHUNK_COLUMNS = ("file_id", "chunk_id", "filedata")

SAFE_CONFIG_KEYS = frozenset(
    {
        "default_dept_id",
        "default_email_id",
        "default_help_topic",
        "default_locale",
        "default_priority_id",
        "default_sla_id",
        "default_storage_bk",
        "default_ticket_status_id",
        "default_timezone",
        "enable_html_thread",
        "helpdesk_title",
        "helpdesk_url",
        "reply_separator",
        "schedule_id",
        "schema_signature",
        "secondary_langs",
        "strip_quoted_reply",
        "system_language",
        "ticket_number_format",
        "ticket_sequence_id",
    }
)


def is_safe_setting(namespace: str | None, key: str | None) -> bool:
    """Only settings known to hold no secret leave the source: some of `core`, and the folder of the file plugin."""
    if namespace == "core":
        return key in SAFE_CONFIG_KEYS
    return bool(namespace and namespace.startswith("plugin.")) and key == "uploadpath"

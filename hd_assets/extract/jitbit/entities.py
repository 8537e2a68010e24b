"""Every raw table of Jitbit Helpdesk, the same for its three ways in: the web API, SQL Server, and exported files.

Values are text as the source stores them, so the forms differ by way: a date ends in `Z` (web API, UTC) or has no zone
(database, the zone of the mapping); a flag is `true`/`false` or `1`/`0`; `ticket.origin` is a word or its code 0 to 8.
Staging reads both forms through one function each. A column that one way does not give is NULL there; names that stand
beside an id (`user_name` beside `user_id`) are what the source wrote at that place and may lack in the others.
"""

from __future__ import annotations

from hd_assets.extract.base import INVENTORY_ENTITIES, Entity


def _entity(name: str, key: str, columns: str, *, optional: bool = False) -> Entity:
    return Entity(name=name, key=tuple(key.split()), columns=tuple(columns.split()), optional=optional)


_PEOPLE = (
    _entity(
        "user",
        "user_id",
        "user_id username email first_name last_name phone location notes company_id company_name department_id "
        "department_name is_admin is_tech is_manager disabled send_email lang last_seen signature greeting avatar_url",
    ),
    _entity("company", "company_id", "company_id name email_domain notes"),
    _entity("department", "department_id", "department_id name company_id", optional=True),
)

_TICKETS = (
    _entity(
        "ticket",
        "ticket_id",
        "ticket_id subject body priority status_id status_name status_stops_time issue_date start_date resolved_date "
        "due_date last_updated category_id category_name section_id user_id user_name first_name last_name email "
        "company_id company_name assigned_to_user_id technician time_spent_seconds origin is_in_kb has_children url "
        "on_behalf_user_name updated_by_user updated_by_performer updated_for_tech_view last_updated_by_user_id "
        "times_reopened rating instance_id",
    ),
    _entity(
        "comment",
        "comment_id",
        "comment_id ticket_id user_id user_name first_name last_name email comment_date body is_system for_techs_only "
        "recipients",
    ),
    _entity("subticket", "parent_id child_id", "parent_id child_id", optional=True),
    _entity("linked_ticket", "ticket_id linked_id", "ticket_id linked_id", optional=True),
    _entity("subscriber", "ticket_id user_id", "ticket_id user_id email", optional=True),
    _entity(
        "time_entry",
        "entry_id",
        "entry_id ticket_id user_id seconds note created",
        optional=True,
    ),
    _entity("status", "status_id", "status_id name stops_time"),
    _entity("tag", "tag_id", "tag_id name tag_count"),
    _entity("ticket_tag", "ticket_id tag_id", "ticket_id tag_id name"),
    _entity(
        "attachment",
        "file_id",
        "file_id file_name file_size file_hash ticket_id comment_id article_id asset_id user_id comment_date "
        "for_techs_only comment_is_system hidden_from_kb hidden_from_tickets is_duplicate google_drive_url dropbox_url "
        "url",
    ),
)
"""An attachment of a ticket's own body hangs on a comment id too, or on none."""

_SETUP = (
    _entity("section", "section_id", "section_id name order_by_number"),
    _entity(
        "category",
        "category_id",
        "category_id name section_id section_name name_with_section for_techs_only from_address order_by_number",
    ),
    _entity("category_technician", "category_id user_id", "category_id user_id", optional=True),
    _entity(
        "custom_field",
        "field_id",
        "field_id name type usage_type mandatory for_techs_only order_by_number show_in_grid parent_option_id",
    ),
    _entity("custom_field_option", "option_id", "option_id field_id text order_by_number"),
    _entity("custom_field_category", "field_id category_id", "field_id category_id", optional=True),
    _entity(
        "ticket_custom_field_value",
        "ticket_id field_id",
        "ticket_id field_id field_name type value option_id",
    ),
    _entity("user_custom_field_value", "user_id field_id", "user_id field_id field_name type value option_id"),
    _entity("company_custom_field_value", "company_id field_id", "company_id field_id field_name type value option_id"),
    _entity("comment_template", "template_id", "template_id name body category_id category_name", optional=True),
    _entity("automation_rule", "rule_id", "rule_id name enabled definition", optional=True),
)
"""`usage_type` of a custom field: 0 ticket, 1 user, 2 asset, 3 company (a guess); `definition` of a rule is JSON."""

_KNOWLEDGE = (
    _entity("article_category", "category_id", "category_id name parent_id for_techs_only order_by_number"),
    _entity(
        "article",
        "article_id",
        "article_id subject body for_techs_only category_id category_name url_id url date_created last_updated user_id "
        "tags",
    ),
    _entity(
        "article_attachment",
        "article_id file_name url",
        "article_id file_name url file_id file_size",
        optional=True,
    ),
)
"""`article.tags` is a JSON list of names."""

_ASSETS = (
    _entity(
        "asset",
        "item_id",
        "item_id model_name manufacturer supplier type serial_number location comments quantity ticket_count "
        "company_id company_name disabled",
        optional=True,
    ),
    _entity("asset_field_value", "item_id field_id", "item_id field_id field_name value", optional=True),
    _entity("asset_user", "item_id user_id", "item_id user_id", optional=True),
    _entity("asset_ticket", "item_id ticket_id", "item_id ticket_id", optional=True),
)

_PROOF = (
    _entity("statistic", "name", "name value"),
    _entity(
        "table_conflict",
        "entity row_key column_name",
        "entity row_key column_name kept_table kept_digest other_table other_digest",
        optional=True,
    ),
)
"""`statistic`: what the source itself counts (`TotalTickets` …). `table_conflict`: a row that two tables tell
differently, one with the prefix and one without; the values stand as digests, because they may be personal."""

ENTITIES: tuple[Entity, ...] = (*_PEOPLE, *_TICKETS, *_SETUP, *_KNOWLEDGE, *_ASSETS, *_PROOF, *INVENTORY_ENTITIES)

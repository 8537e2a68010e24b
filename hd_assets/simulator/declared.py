"""Top-level body keys the description declares, for a workspace that refuses all others."""

from __future__ import annotations

from hd_assets.simulator.wire import Call, Route, invalid

_CONTACT = (
    "role external_id email email_verified phone name avatar signed_up_at last_seen_at owner_id"
    " unsubscribed_from_emails custom_attributes"
)
_REPLY = (
    "message_type type body intercom_user_id user_id email admin_id created_at attachment_urls attachment_files"
    " reply_options skip_notifications cross_post"
)
_ARTICLE = (
    "title description body body_markdown author_id state parent_id parent_type translated_content audience_ids"
    " ai_chatbot_availability ai_copilot_availability ai_sales_agent_availability scheduled_publish_at"
    " scheduled_unpublish_at tags"
)
_COLLECTION = "name description translated_content parent_id help_center_id"
_DECLARED = {
    ("POST", "/contacts"): _CONTACT,
    ("PUT", "/contacts/{id}"): _CONTACT,
    ("POST", "/contacts/{id}/companies"): "id",
    ("POST", "/tags"): "id name users companies",
    ("POST", "/conversations"): "from body created_at attachment_urls subject brand_id",
    ("PUT", "/conversations/{id}"): "read title custom_attributes company_id",
    ("POST", "/conversations/{id}/reply"): _REPLY,
    ("POST", "/conversations/{id}/parts"): "message_type type admin_id assignee_id body snoozed_until",
    ("POST", "/conversations/{id}/tags"): "id admin_id",
    ("POST", "/conversations/{id}/customers"): "admin_id customer",
    ("POST", "/conversations/{id}/convert"): "ticket_type_id ticket_state_id attributes",
    ("POST", "/tickets"): "ticket_type_id contacts company_id created_at ticket_attributes assignment"
    " conversation_to_link_id skip_notifications",
    ("POST", "/articles"): _ARTICLE,
    ("PUT", "/articles/{id}"): _ARTICLE,
    ("POST", "/help_center/collections"): _COLLECTION,
    ("PUT", "/help_center/collections/{id}"): _COLLECTION,
    ("POST", "/conversations/attributes"): "name data_type description required visible_to_team_ids multiline options"
    " reference",
    ("POST", "/data_attributes"): "name model data_type description options messenger_writable",
    ("POST", "/custom_object_instances/{type}"): "external_id external_created_at external_updated_at"
    " custom_attributes",
}
_KEYS = {route: frozenset(keys.split()) for route, keys in _DECLARED.items()}


def refuse_undeclared(route: Route, call: Call) -> None:
    """Raise ApiError for the first key the description does not declare."""
    declared = _KEYS.get((route.method, route.template))
    for name in call.body:
        if declared is not None and name not in declared:
            raise invalid(f"bad '{name}' parameter", field=name)

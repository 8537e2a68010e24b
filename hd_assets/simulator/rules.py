"""What the destination does where its description is silent or could be read two ways, as switches.

Every switch says how well its default is known: `stated` in the official OpenAPI description 2.16, `documented` in
Intercom's public pages, `reported` in a public issue, or `guessed`. A migration has to hold
with a guessed rule both ways.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hd_assets.errors import UsageError

Mark = Literal["stated", "documented", "reported", "guessed"]


def _rule(default: Any, mark: Mark, text: str, **limits: Any) -> Any:
    return Field(default, description=f"{text} ({mark})", json_schema_extra={"mark": mark}, **limits)


class Rules(BaseModel):
    """Switches of the simulated workspace; all have defaults, unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def load(cls, path: Path) -> Rules:
        """Read a JSON or YAML file `{rule: value}`; raises UsageError saying what is wrong."""
        mend = "write {<rule>: <value>, …} with the rules of hd_assets/simulator/rules.py"
        try:
            return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
        except OSError as fault:
            raise UsageError(f"cannot read the rule file: {fault.strerror}", where=str(path), mend=mend) from fault
        except (yaml.YAMLError, UnicodeDecodeError, ValidationError) as fault:
            raise UsageError(f"not a rule file: {fault}", where=str(path), mend=mend) from fault

    # transport
    requests_per_minute: int = _rule(10_000, "documented", "Requests per minute and app, spread over six windows", ge=6)
    window_seconds: int = _rule(10, "documented", "Length of one rate-limit window, aligned to the clock", ge=1)
    region: str = _rule("US", "stated", "Region told by GET /me")
    timezone: str = _rule("UTC", "stated", "Workspace time zone; contact search cuts days by it")
    max_request_bytes: int = _rule(256 * 1024 * 1024, "guessed", "Larger request bodies answer 413", ge=1)

    # finding
    search_lag_seconds: float = _rule(0.0, "stated", "A new record is missing from searches for so long", ge=0)
    list_lag_seconds: float = _rule(0.0, "guessed", "A new record is missing from lists for so long", ge=0)
    search_bounds_inclusive: bool = _rule(True, "stated", "> and < in conversation and ticket search include the value")
    company_lookup: Literal["single", "list"] = _rule(
        "single", "documented", "Shape of GET /companies by company_id or name; the description's schema says list"
    )
    company_hidden_until_attached: bool = _rule(True, "stated", "Company lists skip companies without a contact")
    company_list_cap: int = _rule(10_000, "stated", "Company lists end after so many", ge=1)
    company_scroll_seconds: float = _rule(60.0, "stated", "An idle company scroll expires after so long", ge=0)
    tickets_in_conversation_lists: bool = _rule(True, "guessed", "Conversation lists and searches show tickets too")
    archived_contacts_hidden: bool = _rule(True, "reported", "GET and search do not find archived contacts")

    merged_contact_gone: bool = _rule(True, "stated", "GET of a merged contact answers 410 and the survivor, else 404")

    # people
    user_emails_unique: bool = _rule(True, "reported", "Two users can not have the same e-mail address")
    lead_emails_unique: bool = _rule(False, "documented", "A lead can not have the e-mail address of another contact")

    # attributes
    unknown_keys_refused: bool = _rule(False, "guessed", "Undeclared top-level keys answer 400 elsewhere too")
    attribute_must_exist: bool = _rule(True, "reported", "A value for an unknown custom attribute answers 400")
    string_attribute_limit: int = _rule(255, "documented", "Longest string value of a custom attribute", ge=1)
    option_check: bool = _rule(True, "guessed", "A value outside the option list answers 400")
    attribute_cap: int = _rule(250, "documented", "Live custom attributes of people and companies together", ge=1)
    attribute_name_shared: bool = _rule(False, "stated", "One name may exist on both contact and company")
    company_unknown_keys_refused: bool = _rule(True, "stated", "Companies refuse undeclared top-level keys")
    company_archive_seconds: float = _rule(0.0, "guessed", "DELETE of a company takes effect after so long", ge=0)

    # conversations
    contact_reply_reopens: bool = _rule(True, "guessed", "A contact's reply opens a closed or snoozed conversation")
    contact_reply_needs_participant: bool = _rule(True, "guessed", "Only participants may reply as a contact")
    admin_reply_reopens: bool = _rule(False, "guessed", "A teammate's comment opens a closed or snoozed conversation")
    admin_reply_assigns: bool = _rule(False, "guessed", "A teammate's comment takes over an unassigned conversation")
    reply_before_opening_refused: bool = _rule(False, "guessed", "A reply older than its conversation answers 400")
    required_attribute_blocks_close: bool = _rule(False, "guessed", "Closing needs the required attributes filled")
    attachments_per_part: int = _rule(10, "stated", "More files on one part answer 400", ge=1)
    attachment_limit_bytes: int = _rule(100 * 1024 * 1024, "documented", "Largest file in bytes, else 400", ge=1)
    empty_file_refused: bool = _rule(True, "guessed", "A file of no bytes answers 400")
    part_html: Literal["all", "admins", "notes"] = _rule(
        "all", "guessed", "Whose part bodies keep HTML; others escaped"
    )
    inline_images: Literal["keep", "strip"] = _rule("keep", "guessed", "What becomes of public <img> in part bodies")
    parts_order: Literal["insertion", "created"] = _rule("insertion", "guessed", "Order of parts in an answer")
    parts_shown: int = _rule(500, "stated", "Parts in an answer, the most recent ones", ge=1)
    event_parts: bool = _rule(True, "stated", "Attribute, title and participant changes leave parts of their own")
    future_created_at_refused: bool = _rule(True, "guessed", "A created_at later than now answers 400")
    tag_repeat_allowed: bool = _rule(True, "guessed", "Tagging a conversation twice with one tag is harmless")
    list_page_limit: int = _rule(150, "stated", "Most conversations on one page", ge=1)
    file_url_seconds: int = _rule(1800, "documented", "File addresses in answers expire after so long", ge=1)

    # tickets
    converted_conversation_readable: bool = _rule(True, "guessed", "GET /conversations/{id} still answers a ticket")
    resolved_ticket_closes: bool = _rule(True, "guessed", "A ticket in a resolved state is closed")
    convert_needs_required: bool = _rule(True, "guessed", "Converting needs the required ticket attributes too")
    convert_opening_is_part: bool = _rule(True, "guessed", "The opening of a converted conversation is a ticket part")
    ticket_list_by_id: bool = _rule(True, "stated", "Values of ticket list attributes are list-item ids, not labels")

    # help centre
    collection_levels: int = _rule(3, "guessed", "How deep collections can be nested", ge=1)
    unreachable_image: str = _rule(
        r"^(?!https?://)|^https?://([^/]*\.)?(invalid|localhost|127\.|10\.|192\.168\.)",
        "guessed",
        "Pattern of addresses that count as not fetchable: the call that names one answers 400",
    )


def marks() -> dict[str, Mark]:
    """How well each rule is known, by name."""
    known: dict[str, Mark] = {}
    for name, field in Rules.model_fields.items():
        extra = field.json_schema_extra
        if not isinstance(extra, dict):
            raise TypeError(f"rule {name} has no mark")
        known[name] = extra["mark"]  # type: ignore[assignment]
    return known

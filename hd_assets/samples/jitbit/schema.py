"""The tables of an on-premise database as the sample writes them: physical table, its columns, and their raw columns.

Evidenced are hdIssues, hdComments, hdUsers, hdCompanies, hdCategories, hdSections, hdStatus, hdTags, hdIssueTags,
hdCustomFieldValues and Departments with the columns that public queries name. Every other table, and the columns that
mirror the web API, are guesses.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """`columns`: physical column → raw column. Two raw tables may share a physical one; the first names its columns."""

    name: str
    columns: dict[str, str]


def _table(name: str, columns: str) -> Table:
    pairs = (pair.split("=") for pair in columns.split())
    return Table(name, {physical: raw for raw, physical in pairs})


TABLES: dict[str, Table] = {
    "user": _table(
        "hdUsers",
        "user_id=UserID username=UserName email=Email first_name=FirstName last_name=LastName phone=Phone "
        "location=Location notes=Notes company_id=CompanyID department_id=DepartmentID is_admin=IsAdministrator "
        "is_tech=IsTech is_manager=IsManager disabled=Disabled send_email=SendEmail lang=Lang last_seen=LastSeen "
        "signature=Signature greeting=Greeting",
    ),
    "company": _table("hdCompanies", "company_id=CompanyID name=Name email_domain=EmailDomain notes=Notes"),
    "department": _table("Departments", "department_id=DepartmentID name=Name company_id=CompanyID"),
    "ticket": _table(
        "hdIssues",
        "ticket_id=IssueID subject=Subject body=Body priority=Priority status_id=StatusID issue_date=IssueDate "
        "start_date=StartDate resolved_date=ResolvedDate due_date=DueDate last_updated=LastUpdated "
        "category_id=CategoryID user_id=UserID assigned_to_user_id=AssignedToUserID "
        "time_spent_seconds=TimeSpentInSeconds origin=Origin is_in_kb=IsInKb updated_by_user=UpdatedByUser "
        "updated_by_performer=UpdatedByPerformer updated_for_tech_view=UpdatedForTechView "
        "last_updated_by_user_id=LastUpdatedByUserID times_reopened=TimesReopened rating=Rating "
        "instance_id=InstanceID",
    ),
    "comment": _table(
        "hdComments",
        "comment_id=CommentID ticket_id=IssueID user_id=UserID comment_date=CommentDate body=Body "
        "is_system=IsSystem for_techs_only=ForTechsOnly recipients=Recipients",
    ),
    "subticket": _table("hdSubTickets", "parent_id=ParentIssueID child_id=IssueID"),
    "linked_ticket": _table("hdIssueLinks", "ticket_id=IssueID linked_id=LinkedIssueID"),
    "subscriber": _table("hdIssueSubscribers", "ticket_id=IssueID user_id=UserID"),
    "time_entry": _table(
        "hdTimeSpentLog",
        "entry_id=LogEntryID ticket_id=IssueID user_id=UserID seconds=TimeSpentInSeconds note=Note created=CreatedDate",
    ),
    "status": _table("hdStatus", "status_id=StatusID name=Name stops_time=StopTimeSpentCounter"),
    "tag": _table("hdTags", "tag_id=TagID name=Name"),
    "ticket_tag": _table("hdIssueTags", "ticket_id=IssueID tag_id=TagID"),
    "attachment": _table(
        "hdFileAttachments",
        "file_id=FileID file_name=FileName file_size=FileSize file_hash=FileHash ticket_id=IssueID "
        "comment_id=CommentID article_id=ArticleID asset_id=AssetID user_id=UserID for_techs_only=ForTechsOnly "
        "hidden_from_kb=HiddenFromKB hidden_from_tickets=HiddenFromTickets google_drive_url=GoogleDriveUrl "
        "dropbox_url=DropboxUrl",
    ),
    "section": _table("hdSections", "section_id=SectionID name=Name order_by_number=OrderByNumber"),
    "category": _table(
        "hdCategories",
        "category_id=CategoryID name=Name section_id=SectionID for_techs_only=ForTechsOnly from_address=FromAddress "
        "order_by_number=OrderByNumber",
    ),
    "category_technician": _table("hdCategoryTechs", "category_id=CategoryID user_id=UserID"),
    "custom_field": _table(
        "hdCustomFields",
        "field_id=FieldID name=FieldName type=Type usage_type=UsageType mandatory=Mandatory "
        "for_techs_only=ForTechsOnly order_by_number=OrderByNumber show_in_grid=ShowInGrid "
        "parent_option_id=ParentOptionID",
    ),
    "custom_field_option": _table(
        "hdCustomFieldOptions", "option_id=OptionID field_id=FieldID text=OptionText order_by_number=OrderByNumber"
    ),
    "custom_field_category": _table("hdCustomFieldCategories", "field_id=FieldID category_id=CategoryID"),
    "ticket_custom_field_value": _table("hdCustomFieldValues", "ticket_id=IssueID field_id=FieldID value=Value"),
    "user_custom_field_value": _table("hdUserCustomFieldValues", "user_id=UserID field_id=FieldID value=Value"),
    "company_custom_field_value": _table(
        "hdCompanyCustomFieldValues", "company_id=CompanyID field_id=FieldID value=Value"
    ),
    "comment_template": _table(
        "hdCommentTemplates", "template_id=TemplateID name=Name body=Body category_id=CategoryID"
    ),
    "automation_rule": _table("hdAutomationRules", "rule_id=RuleID name=Name enabled=Enabled definition=Definition"),
    "article_category": _table(
        "kbCategories",
        "category_id=CategoryID name=Name parent_id=ParentID for_techs_only=ForTechsOnly order_by_number=OrderByNumber",
    ),
    "article": _table(
        "kbArticles",
        "article_id=ArticleID subject=Subject body=Body for_techs_only=ForTechsOnly category_id=CategoryID "
        "url_id=UrlId date_created=DateCreated last_updated=LastUpdated user_id=UserID tags=Tags",
    ),
    "article_attachment": _table(
        "hdFileAttachments",
        "article_id=ArticleID file_name=FileName file_id=FileID file_size=FileSize",
    ),
    "asset": _table(
        "hdAssets",
        "item_id=ItemID model_name=ModelName manufacturer=Manufacturer supplier=Supplier type=Type "
        "serial_number=SerialNumber location=Location comments=Comments quantity=Quantity company_id=CompanyID "
        "disabled=Disabled",
    ),
    "asset_field_value": _table("hdAssetFieldValues", "item_id=ItemID field_id=FieldID value=Value"),
    "asset_user": _table("hdAssetUsers", "item_id=ItemID user_id=UserID"),
    "asset_ticket": _table("hdAssetIssues", "item_id=ItemID ticket_id=IssueID"),
}

ONLY_DATABASE = frozenset({"ticket.instance_id", "ticket.times_reopened", "ticket.rating"})
"""What the web API never tells."""

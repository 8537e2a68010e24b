"""Which tables of a database may hold which raw table, and without which columns they cannot.

Two conventions live side by side in one database, names with the prefix `hd` and names without. Every table that has
one of the names and the needed columns is read; of two that tell the same row differently the earlier name wins.
The names behind the first of each line are guesses, and a mapping may put further ones before them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hd_assets.extract.base import Entity
from hd_assets.extract.jitbit.entities import ENTITIES


@dataclass(frozen=True)
class FoundTable:
    """A table of the database; `columns`: name as it is spelled there → type."""

    schema: str
    name: str
    columns: Mapping[str, str]

    @property
    def words(self) -> tuple[str, str]:
        """In lower case: its name without and with the schema."""
        return self.name.lower(), f"{self.schema}.{self.name}".lower()

    @property
    def label(self) -> str:
        return self.name if self.schema == "dbo" else f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class TableSpec:
    """`aliases` in the order of trust; those of `lenders` are tables of something else that may hold it in a column.

    `needed` are raw columns, those of the `key` among them. `joins_values`: rows of one key are values of one field.
    """

    entity: Entity
    key: tuple[str, ...]
    aliases: tuple[str, ...]
    needed: tuple[str, ...]
    lenders: tuple[str, ...] = ()
    joins_values: bool = False

    @property
    def name(self) -> str:
        return self.entity.name


_BY_NAME = {entity.name: entity for entity in ENTITIES}


def _spec(name: str, aliases: str, needed: str = "", lenders: str = "", *, joins_values: bool = False) -> TableSpec:
    entity = _BY_NAME[name]
    # the database keeps no address of a file
    key = tuple(column for column in entity.key if column != "url")
    return TableSpec(entity, key, tuple(aliases.split()), (*key, *needed.split()), tuple(lenders.split()), joins_values)


SPECS: tuple[TableSpec, ...] = (
    _spec("user", "hdUsers Users", "username email"),
    _spec("company", "hdCompanies Companies", "name"),
    _spec("department", "hdDepartments Departments", "name"),
    _spec("ticket", "hdIssues hdTickets Issues Tickets", "subject body status_id issue_date user_id"),
    _spec("comment", "hdComments Comments", "ticket_id user_id comment_date body is_system for_techs_only"),
    _spec("subticket", "hdSubTickets SubTickets hdSubIssues SubIssues", lenders="hdIssues hdTickets Issues Tickets"),
    _spec("linked_ticket", "hdIssueLinks IssueLinks hdLinkedTickets LinkedTickets hdLinkedIssues LinkedIssues"),
    _spec("subscriber", "hdIssueSubscribers IssueSubscribers hdSubscribers Subscribers hdTicketSubscribers"),
    _spec("time_entry", "hdTimeSpentLog TimeSpentLog hdTimeTracking", "ticket_id"),
    _spec("status", "hdStatus Status hdStatuses Statuses", "name"),
    _spec("tag", "hdTags Tags", "name"),
    _spec("ticket_tag", "hdIssueTags IssueTags hdTicketTags TicketTags"),
    _spec("attachment", "hdFileAttachments FileAttachments hdAttachments Attachments hdFiles", "file_name"),
    _spec("section", "hdSections Sections", "name"),
    _spec("category", "hdCategories Categories", "name"),
    _spec("category_technician", "hdCategoryTechs CategoryTechs hdCategoryTechnicians hdCategoryPermissions"),
    _spec("custom_field", "hdCustomFields CustomFields", "name type"),
    _spec("custom_field_option", "hdCustomFieldOptions CustomFieldOptions", "field_id text"),
    _spec("custom_field_category", "hdCustomFieldCategories CustomFieldCategories hdCustomFieldsCategories"),
    _spec(
        "ticket_custom_field_value",
        "hdCustomFieldValues CustomFieldValues",
        "value",
        joins_values=True,
    ),
    _spec(
        "user_custom_field_value",
        "hdUserCustomFieldValues UserCustomFieldValues hdCustomFieldValuesUsers",
        "value",
        "hdCustomFieldValues CustomFieldValues",
        joins_values=True,
    ),
    _spec(
        "company_custom_field_value",
        "hdCompanyCustomFieldValues CompanyCustomFieldValues hdCustomFieldValuesCompanies",
        "value",
        "hdCustomFieldValues CustomFieldValues",
        joins_values=True,
    ),
    _spec("comment_template", "hdCommentTemplates CommentTemplates hdCannedResponses CannedResponses", "body"),
    _spec("automation_rule", "hdAutomationRules AutomationRules hdRules Rules", "name"),
    _spec("article_category", "kbCategories hdKbCategories ArticleCategories hdArticleCategories", "name"),
    _spec("article", "kbArticles hdKbArticles hdArticles Articles KBArticles", "subject body"),
    _spec(
        "article_attachment", "hdFileAttachments FileAttachments hdAttachments Attachments hdFiles", "file_id file_name"
    ),
    _spec("asset", "hdAssets Assets hdInventory", "model_name"),
    _spec("asset_field_value", "hdAssetFieldValues AssetFieldValues hdAssetCustomFieldValues", joins_values=True),
    _spec("asset_user", "hdAssetUsers AssetUsers"),
    _spec("asset_ticket", "hdAssetIssues AssetIssues hdAssetTickets AssetTickets"),
)
MAY_BE_ABSENT = frozenset({"user_custom_field_value", "company_custom_field_value"})
"""Tables whose very existence is a guess: an installation may keep these values elsewhere, or have none."""
NEEDLESS = frozenset({"option_id"})
"""Columns nobody misses: the value of a drop-down names its option, by id or by word."""


def candidates(spec: TableSpec, tables: tuple[FoundTable, ...], own: str | None = None) -> Iterator[FoundTable]:
    """Tables that bear one of the names, in the order of trust; case does not matter, `dbo` comes first."""
    known = (*spec.aliases, *spec.lenders)
    for alias in (own, *known) if own else known:
        named = [table for table in tables if alias.lower() in table.words]
        yield from sorted(named, key=lambda table: (table.schema != "dbo", table.schema))

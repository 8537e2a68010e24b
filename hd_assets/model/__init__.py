"""One pydantic model per migration object: the staging tables' columns, types and meaning."""

from hd_assets.model.accounts import ExceptionRow, HomeWindow, LeftOut, SourceRecord
from hd_assets.model.base import StagedRow, create_table, duckdb_columns
from hd_assets.model.knowledge import Article, CustomObject, InventoryRow
from hd_assets.model.people import Company, Contact, Inbox, Teammate
from hd_assets.model.threads import Attachment, Conversation, Entry, History, Part, Tag

STAGING_MODELS: tuple[type[StagedRow], ...] = (
    HomeWindow,
    SourceRecord,
    Company,
    Contact,
    Teammate,
    Inbox,
    Tag,
    Conversation,
    Entry,
    Part,
    Attachment,
    Article,
    CustomObject,
    History,
    LeftOut,
    ExceptionRow,
    InventoryRow,
)

__all__ = [
    "STAGING_MODELS",
    "Article",
    "Attachment",
    "Company",
    "Contact",
    "Conversation",
    "CustomObject",
    "Entry",
    "ExceptionRow",
    "History",
    "HomeWindow",
    "Inbox",
    "InventoryRow",
    "LeftOut",
    "Part",
    "SourceRecord",
    "StagedRow",
    "Tag",
    "Teammate",
    "create_table",
    "duckdb_columns",
]

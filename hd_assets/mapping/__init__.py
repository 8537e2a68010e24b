"""The mapping of a migration: what the customer signs, parsed once and loaded into the warehouse's `mapping` schema."""

from hd_assets.mapping.files import EVERY_SOURCE, Migration, load, migration_names
from hd_assets.mapping.model import (
    NAME,
    UNDECIDED,
    Attribute,
    AttributeObject,
    CustomField,
    DataType,
    LeftOut,
    Mapping,
    ObjectMapping,
    Person,
    PublicNotes,
    Publishing,
    PublishingHours,
    SourceTable,
    Target,
    Value,
)
from hd_assets.mapping.tables import write_tables

__all__ = [
    "EVERY_SOURCE",
    "NAME",
    "UNDECIDED",
    "Attribute",
    "AttributeObject",
    "CustomField",
    "DataType",
    "LeftOut",
    "Mapping",
    "Migration",
    "ObjectMapping",
    "Person",
    "PublicNotes",
    "Publishing",
    "PublishingHours",
    "SourceTable",
    "Target",
    "Value",
    "load",
    "migration_names",
    "write_tables",
]

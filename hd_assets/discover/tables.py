"""Tables of schema `discovery`: one shape for all sources, each filled by `sql/<source>/discovery/<table>.sql`.

They hold names, counts and dates of the installation's set-up, never a person's name, address or text.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FIELD_TYPES = (
    "text",
    "long_text",
    "boolean",
    "date",
    "datetime",
    "integer",
    "decimal",
    "choice",
    "multichoice",
    "phone",
    "email",
    "url",
    "file",
    "reference",
    "nothing",
)
"""Types of `field.field_type`; a reference points to a record of the source, nothing holds no answer (a break)."""

MEANINGS = ("open", "waiting", "in_progress", "on_hold", "resolved", "closed", "archived", "deleted")
"""What the source itself says a status means, in `value.meaning`; null where it does not say."""

MERGED = "merged_ticket"
"""Word in `volume.source_type` of every source for tickets that became part of another one."""

NO_PARTS = ("replaced_entry", "task_entry")
"""Words in `volume.source_type` of every source for entries of threads that do not become parts of their own."""

TABLES: Mapping[str, str] = MappingProxyType(
    {
        # one row a fact: product, version, server version, zone, prefix, charset, extracted_at, first_record_at …
        "fact": "name varchar, value varchar",
        # rows per migration object, source word and UTC month; month null where a record has no date
        "volume": "object varchar, source_type varchar, month date, rows bigint",
        # custom and built-in form fields. field_group is the key below custom_fields of the mapping; role names a
        # built-in meaning (subject, message, name, email, phone, priority, website, notes …), null for custom ones;
        # rows: records that could have it, filled: that have it, numeric, dates, flags: of those, how many look like a
        # whole number or decimal, a date, a yes or no
        "field": "field_group varchar, field varchar, source_id varchar, label varchar, native_type varchar,"
        " field_type varchar, role varchar, options varchar[], is_active boolean, is_required boolean,"
        " visibility varchar, rows bigint, filled bigint, distinct_values bigint, max_length bigint,"
        " numeric bigint, dates bigint, flags bigint",
        # values that the mapping decides one by one; vocabulary is the source's word (status, priority, topic …)
        "value": "vocabulary varchar, value varchar, source_id varchar, meaning varchar, is_active boolean,"
        " position bigint, rows bigint",
        # every table and column of the installation; filled is null where it was not counted
        "column": "table_name varchar, column_name varchar, data_type varchar, table_rows bigint",
        # rules, filters, templates, schedules, SLA plans, canned answers, saved searches: kind, name, state, one line
        "automation": "kind varchar, source_id varchar, name varchar, is_active boolean, summary varchar",
        # what will stop working: API keys, webhooks, mail accounts, plugins, single sign-on; never a secret
        "integration": "kind varchar, source_id varchar, name varchar, is_active boolean, detail varchar",
        # attachments by size: bucket is the upper bound in bytes, null for the last
        "file_size": "bucket_bytes bigint, files bigint, bytes bigint, missing bigint",
        # languages as settings, contents and contacts name them; source tells which (setting, contact, article)
        "language": "source varchar, language varchar, rows bigint",
    }
)
"""Table → columns and types, in order; a source that has nothing of a kind gives no rows, never no file."""

"""The ledger's tables and the states of an operation."""

from __future__ import annotations

import sqlite3
from typing import Literal

SCHEMA_VERSION = 3

State = Literal["planned", "intended", "applied", "refused", "unknown", "quarantined", "conflict", "skipped"]
Origin = Literal["created", "adopted", "matched", "fallback"]
Purpose = Literal["publish", "rollback", "adopt", "resolve"]

# `conflict` counts as sent: the operation took effect, and the source has changed or lost its record since.
SENT = ("applied", "conflict")
# What a publish still has to do; a refused operation is tried once more by each run a person starts.
OPEN = ("planned", "intended", "unknown", "refused")

TABLES = """
create table if not exists meta (name text primary key, value text not null) without rowid;
create table if not exists runs (
  run_no integer primary key, step text not null, started_at real not null, ended_at real, pid integer not null,
  run_id text, tool_version text, rules_version integer, purpose text not null default 'publish');
create table if not exists operations (
  key text primary key,
  kind text not null,
  object text not null,
  external_id text not null,
  conversation text not null default '',
  home_window text,
  position integer not null,
  state text not null,
  source_digest text not null,
  payload_digest text not null,
  seen_digest text not null,
  rules_version integer not null,
  created_at integer,
  origin text,
  remark text,
  intercom_id text,
  attempts integer not null default 0,
  run_no integer,
  intended_at real,
  sent_at real,
  outcome_at real,
  applied_at real,
  status integer,
  error_code text,
  request_id text,
  sent_digest text,
  sent_links text
) without rowid;
create index if not exists operations_conversation on operations (conversation, position);
create index if not exists operations_open on operations (object, state) where state <> 'applied';
create index if not exists operations_payload on operations (payload_digest) where kind = 'conversation';
create index if not exists operations_sent on operations (sent_digest) where kind = 'conversation';
create table if not exists identities (
  kind text not null, external_id text not null, intercom_id text not null, origin text not null,
  run_no integer, detail text, primary key (kind, external_id)) without rowid;
create index if not exists identities_intercom on identities (intercom_id);
create table if not exists prior_values (
  kind text not null, intercom_id text not null, taken_at real not null, document text not null,
  primary key (kind, intercom_id)) without rowid;
create table if not exists evidence (
  key text not null, at real not null, reason text not null, detail text, primary key (key, at)) without rowid;
create table if not exists decisions (
  key text not null, at real not null, decided_by text not null, why text not null, outcome text not null,
  intercom_id text, primary key (key, at)) without rowid;
create table if not exists undo (
  key text primary key, run_no integer, target_kind text not null, external_id text not null, intercom_id text,
  action text not null, position integer not null, state text not null, intended_at real, sent_at real,
  outcome_at real, status integer, error_code text, detail text) without rowid;
create table if not exists recheck (
  key text primary key, due_at real not null, reason text not null, state text not null, detail text) without rowid;
create table if not exists request_counts (
  run_no integer not null, method text not null, route text not null, status text not null, number integer not null,
  primary key (run_no, method, route, status)) without rowid;
"""

COLUMNS = (
    "key",
    "kind",
    "object",
    "external_id",
    "conversation",
    "home_window",
    "position",
    "state",
    "source_digest",
    "payload_digest",
    "seen_digest",
    "rules_version",
    "created_at",
    "origin",
    "remark",
    "intercom_id",
    "attempts",
    "run_no",
    "intended_at",
    "sent_at",
    "outcome_at",
    "applied_at",
    "status",
    "error_code",
    "request_id",
    "sent_digest",
    "sent_links",
)


def connect(path: str, *, readonly: bool = False) -> sqlite3.Connection:
    """A connection with the durability the protocol stands on."""
    connection = sqlite3.connect(
        f"file:{path}?mode=ro" if readonly else f"file:{path}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=30,
    )
    if not readonly:
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
    return connection

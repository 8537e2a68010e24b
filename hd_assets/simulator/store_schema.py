"""The tables of a workspace, and what each kind of document can be found by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

Doc: TypeAlias = dict[str, Any]

SCHEMA = """
create table if not exists meta (key text primary key, value text not null) without rowid;
create table if not exists counters (name text primary key, value integer not null) without rowid;
create table if not exists objects (
  seq integer primary key autoincrement, kind text not null, id text not null,
  created integer not null, visible_at real not null, doc text not null, unique (kind, id));
create index if not exists objects_created on objects (kind, created);
create table if not exists keys (
  kind text not null, name text not null, value text not null, id text not null,
  primary key (kind, name, value, id)) without rowid;
create index if not exists keys_id on keys (kind, id);
create table if not exists parts (
  id integer primary key, conversation text not null, created integer not null, type text not null, doc text not null);
create index if not exists parts_conversation on parts (conversation, id);
create table if not exists files (
  id integer primary key, conversation text not null, sha256 text not null, name text not null,
  content_type text not null, size integer not null);
create index if not exists files_conversation on files (conversation);
create index if not exists files_sha256 on files (sha256);
create table if not exists blobs (sha256 text primary key, content blob not null);
create table if not exists earlier (
  n integer primary key, kind text not null, id text not null, way text not null, until real not null, doc text);
create index if not exists earlier_id on earlier (kind, id);
"""


def fold(value: str) -> str:
    """How names and addresses are compared."""
    return value.strip().casefold()


def _one(value: Any, *, folded: bool = False) -> list[str]:
    if value is None or value == "":
        return []
    return [fold(str(value)) if folded else str(value)]


# What each kind of document can be found by.
KEYS: dict[str, Callable[[Doc], dict[str, list[str]]]] = {
    "admin": lambda d: {"email": _one(d["email"], folded=True)},
    "team": lambda d: {"name": _one(d["name"], folded=True)},
    "company": lambda d: {"company_id": _one(d["company_id"]), "name": _one(d["name"], folded=True)},
    "contact": lambda d: {
        "external_id": _one(d["external_id"]),
        "email": _one(d["email"], folded=True),
        "company": list(d["companies"]),
        "tag": list(d["tags"]),
    },
    "tag": lambda d: {"name": _one(d["name"], folded=True)},
    "data_attribute": lambda d: {
        "name": _one(d["name"], folded=True),
        "live": [] if d["archived"] else ["yes"],
    },
    "conversation_attribute": lambda d: {"name": _one(d["name"])},
    "conversation": lambda d: {"contact": list(d["contacts"]), "ticket": ["yes"] if d["ticket"] else []},
    "article": lambda d: {"parent": _one(d["parent_id"])},
    "redirect": lambda d: {"from": [f"{d['help_center_id']} {d['from_url']}"]},
    "custom_object": lambda d: {"external_id": [f"{d['type']} {d['external_id']}"], "type": [d["type"]]},
    "merged": lambda d: {"into": [d["into"]], "external_id": _one(d["external_id"])},
    "article_version": lambda d: {"article": [d["article_id"]]},
    "note": lambda d: {"owner": [d["owner"]]},
}

"""What a rollback is to take back: the records of the ledger that fit, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hd_assets.errors import UsageError
from hd_assets.partitions import Window
from hd_assets.publish.ledger_read import LedgerReader

# The order in which records go: nothing goes before what refers to it, except that a redirect stays with its article.
STAGES = ("conversation", "contact", "custom_object", "company", "article", "redirect", "collection", "tag")
DEFINITIONS = ("ticket_attribute", "ticket_type", "conversation_attribute", "contact_attribute", "company_attribute")
OBJECTS = {
    "conversations": "conversation",
    "contacts": "contact",
    "custom_objects": "custom_object",
    "companies": "company",
    "articles": "article",
    "redirects": "redirect",
    "collections": "collection",
    "tags": "tag",
}
OBJECT_OF = {kind: name for name, kind in OBJECTS.items()} | {kind: f"{kind}s" for kind in DEFINITIONS}


@dataclass(frozen=True)
class Record:
    """One of our records in the target. `origin` created or adopted; `external_id` is empty for one that was being
    adopted when the process died, so that only its earlier values are known."""

    kind: str
    external_id: str
    intercom_id: str
    origin: str
    detail: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.intercom_id


@dataclass(frozen=True)
class Selection:
    """Everything, or what one run made, some objects, or the conversations of some months. `schema`: definitions go,
    too; `force`: records that bear something of others go, too."""

    run_no: int | None = None
    objects: frozenset[str] = frozenset()
    window: Window | None = None
    schema: bool = False
    force: bool = False

    def __post_init__(self) -> None:
        unknown = self.objects - set(OBJECTS)
        if unknown:
            raise UsageError(
                f"no object is called {', '.join(sorted(unknown))}",
                where="--object",
                mend=f"choose from {', '.join(OBJECTS)}",
            )
        if self.window is not None and self.objects - {"conversations"}:
            raise UsageError(
                "only conversations belong to a month",
                where=f"--object {', '.join(sorted(self.objects))} with --from or --to",
                mend="leave the months out, or choose --object conversations",
            )
        if self.schema and not self.is_whole:
            raise UsageError(
                "definitions can only go when everything goes",
                where="--schema",
                mend="leave --run, --object, --from and --to out, or leave --schema out",
            )

    @property
    def is_whole(self) -> bool:
        return self.run_no is None and not self.objects and self.window is None

    @property
    def judges_all_references(self) -> bool:
        """Every contact and conversation is looked at before the custom objects are."""
        return self.run_no is None and {"conversation", "contact"} <= set(self.stages)

    @property
    def stages(self) -> tuple[str, ...]:
        if self.window is not None:
            return ("conversation",)
        chosen = tuple(kind for kind in STAGES if not self.objects or OBJECT_OF[kind] in self.objects)
        return chosen + (DEFINITIONS if self.schema else ())

    def __str__(self) -> str:
        told = [f"run {self.run_no}"] if self.run_no is not None else []
        told += sorted(self.objects)
        told += [str(self.window)] if self.window is not None else []
        told += ["with definitions"] if self.schema else []
        return ", ".join(told) or "everything"


def count(books: LedgerReader, selection: Selection, kind: str) -> int:
    return sum(1 for _ in records(books, selection, kind))


def records(books: LedgerReader, selection: Selection, kind: str) -> Iterator[Record]:
    """Records of a kind, newest first: what was created later refers to what was created before."""
    where, values = ["i.kind = ?", "i.origin in ('created', 'adopted')"], list[object]([kind])
    if selection.run_no is not None:
        where.append("i.run_no = ?")
        values.append(selection.run_no)
    if selection.window is not None:
        where.append("o.home_window >= ? and o.home_window < ?")
        values += [selection.window.start.isoformat(), selection.window.end.isoformat()]
    condition = " and ".join(where)
    sql = (
        "select i.kind, i.external_id, i.intercom_id, i.origin, i.detail from identities i"
        " left join operations o on o.key = i.kind || ':' || i.external_id || ':0'"
        f" where {condition} order by coalesce(o.applied_at, 0) desc, o.position desc, i.external_id desc"
    )
    # the whole list at once: rows vanish from under it while it is worked off
    for row in books.rows(sql, values):
        yield Record(*row)
    if selection.run_no is None and kind in ("contact", "company"):
        yield from _half_adopted(books, kind)


def _half_adopted(books: LedgerReader, kind: str) -> Iterator[Record]:
    """Somebody's records that we began to write to without ever learning whether it worked."""
    sql = (
        "select p.intercom_id from prior_values p where p.kind = ? and not exists"
        " (select 1 from identities i where i.kind = p.kind and i.intercom_id = p.intercom_id)"
    )
    for (intercom_id,) in books.rows(sql, (kind,)):
        yield Record(kind, "", intercom_id, "adopted")


def unfinished(books: LedgerReader, kind: str) -> list[Record]:
    """Records an earlier rollback had begun with when it ended, whatever is selected now.

    A deletion that is applied is finished when the ledger has forgotten the record; ids never come back.
    """
    sql = (
        "select distinct u.target_kind, u.external_id, u.intercom_id, coalesce(i.origin, 'adopted'), i.detail"
        " from undo u left join identities i on i.kind = u.target_kind and i.external_id = u.external_id"
        " and i.intercom_id = u.intercom_id"
        " where u.target_kind = ? and (u.state in ('intended', 'unknown')"
        " or (u.state = 'applied' and u.action = 'delete' and i.intercom_id is not null))"
    )
    return [Record(*row) for row in books.rows(sql, (kind,))]


def updates_of_earlier(books: LedgerReader, run_no: int) -> list[tuple[str, str]]:
    """(kind, external id) of what a run wrote to records that an earlier run had created."""
    sql = (
        "select o.kind, o.external_id from operations o join identities i"
        " on i.kind = case when o.conversation <> '' then 'conversation' else o.kind end"
        " and i.external_id = case when o.conversation <> '' then o.conversation else o.external_id end"
        " where o.run_no = ? and i.run_no <> ? and o.state in ('applied', 'conflict') order by o.key"
    )
    return [(str(kind), str(key)) for kind, key in books.rows(sql, (run_no, run_no))]

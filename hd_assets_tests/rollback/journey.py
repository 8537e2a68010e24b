"""One seeded life of a migration: sent to a random progress, touched by others, taken back, sent again."""

import random
from collections import Counter
from dataclasses import dataclass, field

from hd_assets.errors import HdError
from hd_assets.partitions import EVERYTHING
from hd_assets.reconcile.compare import reconcile
from hd_assets.simulator.faults import Fault, FaultPlan
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.checker import bare
from hd_assets_tests.publish.desk import rows
from hd_assets_tests.rollback.world import Killer, calm, content, ledger_rows, undo, world

FAULTS = ("applied_then_lost", "lost_before", "status_before", "status_after", "truncated", "connect_error")
MOST_STARTS = 12


@dataclass
class Told:
    """What happened in one life, and what was wrong with its end."""

    counts: Counter = field(default_factory=Counter)
    wrong: list = field(default_factory=list)


def live(root, seed):
    dice, told = random.Random(seed), Told()
    rules = {
        "company_archive_seconds": dice.choice([0.0, 0.0, 30.0]),
        "converted_conversation_readable": dice.random() < 0.7,
        "company_lookup": dice.choice(["single", "list"]),
        "archived_contacts_hidden": dice.random() < 0.7,
    }
    staged = rows(dice.randrange(4, 9))
    made = world(root, staged, **rules)
    try:
        # one connection stays open beside the short ones, so that the file is opened once
        with made.warehouse.get_connection():
            _live(made, staged, dice, told)
    finally:
        made.simulator.close()
    return told


def _live(made, staged, dice, told):
    before = content(made)
    _migrate(made, dice, told)
    kept_on_purpose = _touch(made, dice, told)
    touched = content(made)
    force = dice.random() < 0.3
    undo(made, execute=False, force=force)
    if content(made) != touched:
        told.wrong.append("the dry run changed the workspace")
    report = _take_back(made, dice, told, force=force)
    for fate in ("removed", "restored", "left", "gone", "kept", "failed"):
        told.counts[fate] += report.total(fate)
    told.counts.update(f"kept: {left.object}, {left.reason}" for left in report.kept)
    told.wrong += [f"failed: {left}" for left in report.failed] + [f"unresolved: {key}" for key in report.unresolved]
    if force and report.kept:
        told.wrong.append(f"kept in spite of force: {report.kept}")
    taken = kept_on_purpose - {left.intercom_id for left in report.kept}
    if taken and not force:
        told.wrong.append(f"something of others is gone: {taken}")
    told.wrong += list(_unlike(before, touched, content(made), {left.intercom_id for left in report.kept}))
    made.publish()
    kept = {left.external_id for left in report.kept}
    told.wrong += list(_sent_again(made, staged, kept))


def _plan(dice, seed):
    chosen = dice.sample(FAULTS, dice.randrange(1, 4))
    return FaultPlan(seed=seed, faults=tuple(Fault(kind=kind, probability=dice.uniform(0.01, 0.06)) for kind in chosen))


def _migrate(made, dice, told):
    """Killed up to twice, with lost answers; most lives get no further."""
    made.simulator.set_faults(_plan(dice, dice.randrange(1 << 30)))
    for _ in range(dice.randrange(1, 3)):
        killer = Killer(made, dice.randrange(10, 280), dice.choice(["before", "after"]))
        try:
            if not killer.run(made.publish):
                told.counts["complete"] += 1
                break
            told.counts["killed in publishing"] += 1
        except HdError as fault:
            told.counts[f"publishing stopped: {type(fault).__name__}"] += 1
    _note_faults(made, told)


def _note_faults(made, told):
    told.counts["faults"] += sum(made.simulator.summary()["faults"].values())
    calm(made)


def _touch(made, dice, told):
    """Others use what is there; answers the ids of what they touched in a way that has to stay."""
    touched = set()
    conversations = [
        key for (key,) in ledger_rows(made, "select intercom_id from identities where kind = 'conversation'")
    ]
    contacts = [
        key
        for (key,) in ledger_rows(
            made,
            "select intercom_id from identities where kind = 'contact' and origin = 'created' order by external_id",
        )
    ]
    with made.api() as api:
        admins = [doc["id"] for doc in api.get("/admins").json()["admins"]]
        tag = api.post("/tags", json={"name": "theirs"}).json()["id"] if dice.random() < 0.5 else None
        for key in dice.sample(conversations, min(len(conversations), dice.randrange(0, 3))):
            doc = next(
                entry for entry in [api.get(f"/conversations/{key}"), api.get(f"/tickets/{key}")] if entry.is_success
            )
            person = doc.json()["contacts"]["contacts"][0]["id"]
            other = admins[1]
            actions = {
                "reply": (
                    "reply",
                    {"message_type": "comment", "type": "user", "intercom_user_id": person, "body": "Hello?"},
                ),
                "note": ("reply", {"message_type": "note", "type": "admin", "admin_id": other, "body": "Seen"}),
                "close": ("parts", {"message_type": "close", "type": "admin", "admin_id": other}),
                "assign": (
                    "parts",
                    {"message_type": "assignment", "type": "admin", "admin_id": other, "assignee_id": other},
                ),
            }
            if tag is not None:
                actions["tag"] = ("tags", {"id": tag, "admin_id": other})
            name = dice.choice(sorted(actions))
            path, body = actions[name]
            api.post(f"/conversations/{key}/{path}", json=body).raise_for_status()
            touched.add(key)
            told.counts[f"touched: {name}"] += 1
        if contacts and dice.random() < 0.3:
            key = dice.choice(contacts)
            body = {"from": {"type": "contact", "id": key}, "body": "Something new", "created_at": 1_730_000_000}
            api.post("/conversations", json=body).raise_for_status()
            touched.add(key)
            told.counts["touched: conversation of a contact"] += 1
    return touched


def _take_back(made, dice, told, *, force):
    """Killed and with lost answers, again and again until it ends; the last time in peace."""
    made.simulator.set_faults(_plan(dice, dice.randrange(1 << 30)))
    last = ""
    for number in range(MOST_STARTS):
        if number == MOST_STARTS - 2:
            _note_faults(made, told)
        reports = []
        killer = Killer(made, dice.randrange(0, 160), dice.choice(["before", "after"]))
        work = lambda reports=reports: reports.append(undo(made, force=force))  # noqa: E731
        try:
            struck = killer.run(work) if number < 3 else work()
        except HdError as fault:
            told.counts[f"rollback stopped: {type(fault).__name__}"] += 1
            last = str(fault)
            continue
        if struck:
            told.counts["killed in rolling back"] += 1
            continue
        if reports[0].complete or number == MOST_STARTS - 1:
            _note_faults(made, told)
            return reports[0]
        told.counts["rollback begun again"] += 1
    raise AssertionError(f"the rollback never came to an end: {last}")


def _unlike(before, touched, now, kept):
    """What was there before is as before, what is kept is as others left it, and there is nothing else."""
    for kind, docs in now.items():
        for key, doc in docs.items():
            if key in kept:
                if doc != touched[kind][key]:
                    yield f"{kind} {key} was kept and changed: {_differing(touched[kind][key], doc)}"
            elif key in before[kind]:
                if doc != before[kind][key]:
                    yield f"{kind} {key} is not as it was: {_differing(before[kind][key], doc)}"
            elif not _made_by_others(kind, doc):
                yield f"{kind} {key} is left"
        yield from (f"{kind} {key} is lost" for key in before[kind] if key not in docs)


def _made_by_others(kind, doc):
    return (kind == "tag" and doc["name"] == "theirs") or (kind == "conversation" and "Something new" in doc["body"])


def _differing(one, other):
    return {name: (one.get(name), other.get(name)) for name in {*one, *other} if one.get(name) != other.get(name)}


def _sent_again(made, staged, kept):
    """After the next migration everything is there once, and the read-back finds nothing but what others did."""
    now = content(made)
    copies = Counter(
        doc.get("custom_attributes", {}).get(f"{MIGRATION}_source_id") or bare(doc["body"])
        for doc in now["conversation"].values()
    )
    wanted = [row.external_id for row in staged if row.table == "conversations"]
    yield from (f"{copies[key]} copies of {key}" for key in wanted if copies[key] != 1)
    mails = Counter(doc["email"] for doc in now["contact"].values() if doc.get("email"))
    yield from (f"{number} contacts share an address" for number in mails.values() if number > 1)
    for kind, name in (("company", "company_id"), ("tag", "name")):
        named = Counter(doc[name] for doc in now[kind].values())
        yield from (f"{number} {kind} {key}" for key, number in named.items() if number > 1)
    with made.context(exclusive=False) as context:
        outcome = reconcile(context, EVERYTHING)
        rows_ = context.books.rows("select key from operations where state not in ('applied', 'skipped')")
    yield from (f"not applied: {key}" for (key,) in rows_)
    yield from (f"read back: {entry}" for entry in _found_by_reconciliation(made) if entry[1] not in kept)
    if outcome.missing:
        yield f"read back: {outcome.missing} missing"


def _found_by_reconciliation(made):
    """What differs; what others did besides is `extra` and theirs to do."""
    with made.warehouse.get_connection() as connection:
        sql = "select object, external_id, field, kind from reconcile.difference where kind <> 'extra'"
        return connection.execute(sql).fetchall()

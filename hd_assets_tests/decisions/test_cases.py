"""Agents the workspace does not know and operations that wait stand in the same file as exceptions."""

from datetime import UTC, datetime

import pytest

from hd_assets.decisions import book
from hd_assets.decisions.book import Decision
from hd_assets.decisions.cases import cases, key_of
from hd_assets.decisions.honour import honour
from hd_assets.errors import BlockedError
from hd_assets.mapping import load
from hd_assets.partitions import EVERYTHING
from hd_assets.publish.plan import plan
from hd_assets.publish.workspace import publish_workspace
from hd_assets_tests import builders
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.desk import desk, rows

STRANGER = f"{MIGRATION}-staff-3"


@pytest.fixture
def made(tmp_path):
    found = desk(tmp_path, [*rows(2), builders.teammate(3, email="stranger@desk.example")])
    yield found
    found.simulator.close()


def waiting(made):
    return cases(made.settings, load(made.root / "mappings", MIGRATION), "simulator")


def decided(made, object: str, external_id: str, action: str, value: str | None = None, **more) -> None:
    """Record a decision and let staging of the object honour it."""
    _, kind, id = external_id.split("-")
    entry = Decision(
        case=f"{object}/{external_id}/test", object=object, source_type=kind, source_id=id, external_id=external_id,
        reason_code=more.get("reason", "test"), action=action, value=value, column=more.get("column"), by="Ada",
        at=datetime(2025, 6, 1, tzinfo=UTC),
    )  # fmt: skip
    book.record(made.stores, [entry])
    with made.warehouse.transaction() as connection:
        book.load(connection, made.stores)
        for table in ("companies", "contacts", "teammates", "inboxes", "tags", "conversations"):
            honour(connection, table)


def ask(made, query: str):
    with made.warehouse.get_connection() as connection:
        return connection.execute(query).fetchall()


# agents


def test_an_agent_the_workspace_does_not_know_is_a_case_once_it_was_asked(made):
    assert waiting(made) == []
    with made.context() as context:
        plan(context, EVERYTHING)
        with pytest.raises(BlockedError, match="no teammate"):
            publish_workspace(context)
    [case] = waiting(made)
    assert (case.external_id, case.reason_code) == (STRANGER, "unmatched_agent")
    assert case.allowed == ("retry", "use VALUE", "accept")


@pytest.mark.parametrize(
    ("action", "value"), [("accept", None), ("use", "agent1@desk.example")], ids=["stand-in", "address"]
)
def test_a_decision_about_an_agent_lets_the_publish_begin(made, action, value):
    decided(made, "teammates", STRANGER, action, value, reason="unmatched_agent", column="email" if value else None)
    with made.context() as context:
        plan(context, EVERYTHING)
        publish_workspace(context)
        stands = context.books.identities("admin")[STRANGER]
    assert stands.origin == ("matched" if value else "fallback")
    assert waiting(made) == []


# operations


@pytest.mark.parametrize(
    ("state", "remark", "code", "allowed"),
    [
        ("conflict", "changed", "conflict_changed", ("accept",)),
        ("conflict", "vanished", "conflict_vanished", ("accept",)),
        ("quarantined", None, "quarantined", ("retry", "use VALUE")),
        ("refused", None, "refused", ("retry", "accept")),
    ],
)
def test_an_operation_that_waits_is_a_case(made, state, remark, code, allowed):
    with made.context() as context:
        plan(context, EVERYTHING)
        [(key,)] = context.books.rows("select key from operations where kind = 'conversation' order by key limit 1")
        context.ledger.write([("update operations set state = ?, remark = ? where key = ?", (state, remark, key))])
    [case] = waiting(made)
    assert (case.object, case.reason_code, case.allowed) == ("operation", code, allowed)
    assert key_of(case).split("@")[0] == key
    assert case.conversation == case.external_id


def test_a_change_that_was_accepted_is_not_the_next_one(made):
    with made.context() as context:
        plan(context, EVERYTHING)
        [(key,)] = context.books.rows("select key from operations where kind = 'conversation' order by key limit 1")
        seen = []
        for digest in ("a" * 64, "b" * 64):
            sql = "update operations set state = 'conflict', remark = 'changed', seen_digest = ? where key = ?"
            context.ledger.write([(sql, (digest, key))])
            seen += [case.id for case in waiting(made)]
    assert len(set(seen)) == 2


# records others refer to


def test_contacts_and_conversations_follow_a_company_that_was_joined_with_another(made):
    one, two = f"{MIGRATION}-org-1", f"{MIGRATION}-org-2"
    before = ask(made, "select source_digest from staging.conversations where company is not null")
    decided(made, "companies", one, "merge", two)
    assert ask(made, f"select count(*) from staging.contacts where list_contains(companies, '{one}')") == [(0,)]
    assert ask(made, f"select companies from staging.contacts where external_id = '{MIGRATION}-user-1'") == [([two],)]
    assert ask(made, "select distinct company from staging.conversations where company is not null") == [(two,)]
    assert ask(made, "select source_digest from staging.conversations where company is not null") != before
    # the company whose parent it was does not become its own
    assert ask(made, f"select parent from staging.companies where external_id = '{two}'") == [(None,)]


def test_nothing_refers_to_an_excluded_record(made):
    for object, key in (("companies", f"{MIGRATION}-org-1"), ("tags", f"{MIGRATION}-topic-1")):
        decided(made, object, key, "exclude")
        for table, column in (("contacts", "companies"), ("conversations", "tags")):
            assert ask(made, f"select count(*) from staging.{table} where list_contains({column}, '{key}')") == [(0,)]
    assert ask(made, "select count(*) from staging.conversations where company is not null") == [(0,)]


def test_an_inbox_that_was_joined_says_so_itself(made):
    decided(made, "inboxes", f"{MIGRATION}-dept-2", "merge", f"{MIGRATION}-dept-1")
    query = f"select merged_into from staging.inboxes where external_id = '{MIGRATION}-dept-2'"
    assert ask(made, query) == [(f"{MIGRATION}-dept-1",)]


def test_honouring_twice_changes_nothing_more(made):
    decided(made, "companies", f"{MIGRATION}-org-1", "merge", f"{MIGRATION}-org-2")
    everything = "select * from staging.contacts union all by name select * from staging.conversations order by all"
    once = ask(made, everything)
    with made.warehouse.transaction() as connection:
        for table in ("companies", "contacts", "conversations"):
            honour(connection, table)
    assert ask(made, everything) == once

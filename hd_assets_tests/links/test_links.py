"""Links into the old system: found, followed, rewritten in articles, and listed with their new target."""

import pytest
import yaml

from hd_assets.errors import MappingError
from hd_assets.links import told
from hd_assets.links.addresses import Places
from hd_assets.links.found import base_of, find_links
from hd_assets.mapping import load
from hd_assets.partitions import EVERYTHING
from hd_assets.publish.conversations import publish_conversations
from hd_assets.publish.plan import plan
from hd_assets.publish.records import publish_articles, publish_companies, publish_contacts
from hd_assets.publish.workspace import publish_workspace
from hd_assets.reconcile.compare import reconcile
from hd_assets.warehouse import Warehouse
from hd_assets_tests import builders
from hd_assets_tests.builders import MIGRATION
from hd_assets_tests.publish.desk import desk, rows
from hd_assets_tests.staging.osticket_desk import MAPPINGS, SQL

OLD = "https://help.desk.example/support"
NEW = "https://help.northwind.example/hc"
PAGES = [
    {"path": r"(?:scp/)?tickets\.php", "parameter": "id", "object": "conversations", "source_type": "ticket"},
    {"path": r"view\.php", "parameter": "t", "object": "conversations", "column": "number"},
    {"path": r"kb/faq\.php", "parameter": "id", "object": "articles", "source_type": "faq"},
]


def link(path: str, text: str = "there") -> str:
    return f'<p>See <a href="{OLD}/{path}">{text}</a>.</p>'


@pytest.fixture
def old(tmp_path):
    """Two articles that lead to each other, one to a lost one and a ticket; a ticket whose entries lead to others."""
    staged = [row for row in rows(2) if row.table not in ("articles",)]
    staged += [
        builders.article(1, body_html=link("kb/faq.php?id=2&amp;lang=en") + link("kb/faq.php?id=9")),
        builders.article(2, body_html=link("kb/faq.php?id=1") + link("tickets.php?id=1") + link("login.php")),
    ]
    bodies = iter([link("scp/tickets.php?id=2") + link("kb/faq.php?id=1"), f"<p>{OLD.upper()}/view.php?t=none.</p>"])
    for place, row in enumerate(staged):
        if row.table == "parts" and row.origin == "entry" and not row.is_opening and (body := next(bodies, None)):
            staged[place] = row.model_copy(update={"body_html": body})
    made = desk(tmp_path, staged)
    document = yaml.safe_load((tmp_path / "mappings" / f"{MIGRATION}.yaml").read_text(encoding="utf-8"))
    document["options"] = {"old_addresses": f"{OLD}/ help.desk.example/other", "help_center_url": NEW}
    made.write_mapping(yaml.safe_dump(document))
    folder = tmp_path / "sql" / document["source"] / "links"
    folder.mkdir(parents=True)
    (folder / "pages.yaml").write_text(yaml.safe_dump(PAGES), encoding="utf-8")
    with made.warehouse.transaction() as connection:
        find_links(connection, load(tmp_path / "mappings", MIGRATION), tmp_path / "sql")
    yield made
    made.simulator.close()


def states(made) -> dict[tuple[str, str], tuple]:
    with made.warehouse.get_connection() as connection:
        found = told.rows(connection, made.settings, load(made.root / "mappings", MIGRATION), "simulator")
    return {(row[1], row[3].rpartition("/")[2]): row[-3:] for row in found}


def bodies(made) -> dict[str, str]:
    with made.api() as api:
        return {doc["title"]: doc["body"] for doc in api.get("/articles").json()["data"]}


def publish(made) -> list[int]:
    """Every step in a context of its own, as in the graph; answers the number of requests the articles took."""
    told = []
    for step in (publish_workspace, publish_companies, publish_contacts, publish_articles):
        with made.context() as context:
            told.append(step(context)["requests"])
    with made.context() as context:
        publish_conversations(context, EVERYTHING)
    return told


def test_before_anything_is_sent_every_link_leads_forward_or_nowhere(old):
    found = states(old)
    assert found[f"{MIGRATION}-faq-1", "faq.php?id=2&amp;lang=en"] == (f"{MIGRATION}-faq-2", None, "forward")
    assert found[f"{MIGRATION}-faq-1", "faq.php?id=9"] == (None, None, "outside")
    assert found[f"{MIGRATION}-faq-2", "tickets.php?id=1"] == (f"{MIGRATION}-ticket-1", None, "forward")
    assert found[f"{MIGRATION}-faq-2", "login.php"] == (None, None, "outside")
    assert sum(state == "outside" for _, _, state in found.values()) == 3
    assert len(found) == 8


def test_articles_lead_to_each_other_after_one_publish_and_a_second_sends_nothing(old):
    with old.context() as context:
        plan(context, EVERYTHING)
    publish(old)
    ids = {key: identity.intercom_id for key, identity in _identities(old).items()}
    stored = bodies(old)
    assert f'href="{NEW}/articles/{ids[f"{MIGRATION}-faq-2"]}"' in stored["How to 1"]
    assert f'href="{NEW}/articles/{ids[f"{MIGRATION}-faq-1"]}"' in stored["How to 2"]
    # what has no article keeps its old address
    assert f"{OLD}/kb/faq.php?id=9" in stored["How to 1"]
    assert f"{OLD}/tickets.php?id=1" in stored["How to 2"]
    writes = len(old.transport.writes)
    with old.context() as context:
        summary = plan(context, EVERYTHING)
        assert (summary.total_operations, sum(summary.drift.values()), summary.conflicts) == (0, 0, [])
    publish(old)
    assert len(old.transport.writes) == writes
    with old.context(exclusive=False) as context:
        assert reconcile(context, EVERYTHING).differing == 0


def _identities(made):
    with made.context(exclusive=False) as context:
        return context.books.identities("article")


def test_the_list_names_the_new_target_of_every_link_that_has_one(old):
    with old.context() as context:
        plan(context, EVERYTHING)
    publish(old)
    found = states(old)
    _, address, state = found[f"{MIGRATION}-faq-1", "faq.php?id=2&amp;lang=en"]
    assert (address.startswith(f"{NEW}/articles/"), state) == (True, "rewritten")
    _, address, state = found[f"{MIGRATION}-faq-2", "tickets.php?id=1"]
    assert ("/inbox/" in address, state) == (True, "kept")
    assert {state for _, address, state in found.values() if address is None} == {"outside"}


def test_a_step_that_died_between_the_two_passes_is_finished_by_the_next_run(old):
    with old.context() as context:
        plan(context, EVERYTHING)
        publish_workspace(context)
    passes = []

    def once(request):
        passes.append(request.method)
        if request.method == "PUT" and request.url.path.startswith("/articles"):
            raise KeyboardInterrupt

    old.transport.before = once
    with pytest.raises(KeyboardInterrupt), old.context() as context:
        publish_articles(context)
    assert "PUT" in passes
    old.transport.before = None
    with old.context() as context:
        plan(context, EVERYTHING)
    publish(old)
    assert all(f"{NEW}/articles/" in body for body in bodies(old).values())
    assert len(bodies(old)) == 2


def test_without_a_help_centre_articles_stay_as_they_are(old):
    document = yaml.safe_load((old.root / "mappings" / f"{MIGRATION}.yaml").read_text(encoding="utf-8"))
    del document["options"]["help_center_url"]
    old.write_mapping(yaml.safe_dump(document))
    with old.context() as context:
        plan(context, EVERYTHING)
    publish(old)
    assert not any(NEW in body for body in bodies(old).values())
    assert {state for _, _, state in states(old).values()} <= {"kept", "forward", "rewritten", "outside"}


@pytest.mark.parametrize(
    ("addresses", "text", "found"),
    [
        ("https://help.example", "http://HELP.example/tickets.php?id=1", 1),
        ("https://help.example/", "https://help.example/", 1),
        ("https://help.example", "https://help.example.org/tickets.php?id=1", 0),
        ("https://help.example/a", "https://help.example/about", 0),
        ("help.example", "https://my.help.example/tickets.php?id=1", 0),
        ("", "https://help.example/tickets.php?id=1", 0),
    ],
)
def test_only_links_below_an_address_of_the_old_system_are_its_links(tmp_path, addresses, text, found):
    made = desk(tmp_path, [builders.article(1, body_html=f"<p>{text}</p>")])
    document = yaml.safe_load((tmp_path / "mappings" / f"{MIGRATION}.yaml").read_text(encoding="utf-8"))
    made.write_mapping(yaml.safe_dump({**document, "options": {"old_addresses": addresses}}))
    with made.warehouse.transaction() as connection:
        assert find_links(connection, load(tmp_path / "mappings", MIGRATION), tmp_path / "sql") == found
    made.simulator.close()


@pytest.mark.parametrize(
    ("page", "object", "target"),
    [
        ("scp/tickets.php?id=1", "conversations", "osticket-ticket-1"),
        ("tickets.php?a=view&amp;id=1#reply", "conversations", "osticket-ticket-1"),
        ("scp/tickets.php?id=7", "conversations", "osticket-ticket-1"),
        ("view.php?t=N1", "conversations", "osticket-ticket-1"),
        ("kb/faq.php?id=1", "articles", "osticket-faq-1"),
        ("scp/users.php?id=1", "contacts", "osticket-user-1"),
        ("scp/orgs.php?id=1", "companies", "osticket-organization-1"),
        ("scp/orgs.php?id=2", "companies", None),
        ("scp/settings.php?t=pages", None, None),
    ],
)
def test_pages_of_osticket_show_its_records(osticket, page, object, target):
    with osticket.transaction() as connection:
        connection.execute("update staging.articles set body_html = $body", {"body": f'<a href="{OLD}/{page}">x</a>'})
        assert find_links(connection, load(MAPPINGS, "osticket"), SQL) == 1
        rows = connection.execute("select target_object, target from mapping.old_link").fetchall()
    assert rows == [(object, target)]


@pytest.fixture(scope="module")
def osticket(tmp_path_factory):
    """One record of each kind, and ticket 7, which was merged into ticket 1."""
    made = Warehouse.of(tmp_path_factory.mktemp("osticket") / "warehouse.duckdb")
    named = {"conversation": "ticket", "article": "faq", "contact": "user", "company": "organization"}
    rows = [getattr(builders, kind)(1) for kind in named]
    builders.store(
        made,
        [
            row.model_copy(update={"external_id": f"osticket-{word}-1", "source_type": word})
            for row, word in zip(rows, named.values(), strict=True)
        ],
    )
    with made.transaction() as connection:
        connection.execute("update staging.conversations set number = 'N1'")
        connection.execute(
            "insert into staging.left_out values ('conversations', 'ticket', '7', 'merged', 'merged_ticket', '',"
            " 'osticket-ticket-1', 'osticket-ticket-1')"
        )
        connection.execute(
            f"create table raw.config as select 'core' as namespace, 'helpdesk_url' as key, '{OLD}/' as value"
        )
    return made


def test_a_migration_may_tell_the_addresses_by_a_query_of_its_own(osticket, tmp_path):
    own = tmp_path / "addresses.sql"
    own.write_text("select 'https://own.example' as address", encoding="utf-8")
    migration = load(MAPPINGS, "osticket").model_copy(update={"overrides": {"links/addresses": own}})
    with osticket.get_connection() as connection:
        assert base_of(connection, migration, SQL) == "https://own.example"
        strange = migration.model_copy(update={"overrides": {"links/adresses": own}})
        with pytest.raises(MappingError, match=r"nobody asks for links: adresses\.sql"):
            base_of(connection, strange, SQL)


def test_relative_links_of_an_installation_without_address_are_listed(osticket):
    """Nothing says where they lead, so that the staged text has lost them."""
    migration = load(MAPPINGS, "osticket")
    said = builders.part(builders.conversation(1), 1, source_id="5", source_type="thread_entry")
    builders.store(osticket, [said])
    with osticket.get_connection() as connection:
        connection.execute("create table raw.thread_entry (id varchar, format varchar, body varchar)")
        links = '<a href="/scp/tickets.php?id=1">x</a> <a href="#top">y</a> <a href="www.other.example/z">z</a>'
        connection.execute("insert into raw.thread_entry values ('5', 'html', $a), ('6', 'text', $a)", {"a": links})
        faq = "create table raw.faq as select '1' as faq_id, $a as answer"
        connection.execute(faq, {"a": '<a href="../kb/faq.php?id=1">x</a>'})
        connection.begin()
        connection.execute("update raw.config set value = null")
        assert base_of(connection, migration, SQL) == ""
        assert find_links(connection, migration, SQL) == 2
        rows = connection.execute("select object, link, target from mapping.old_link order by all").fetchall()
        connection.rollback()
        assert base_of(connection, migration, SQL) == OLD
    assert rows == [
        ("articles", "../kb/faq.php?id=1", "osticket-faq-1"),
        ("parts", "/scp/tickets.php?id=1", "osticket-ticket-1"),
    ]


def test_addresses_are_those_of_the_region():
    where = Places("https://app.eu.intercom.com", "abc123", is_simulator=False, help_center=None)
    assert where.url("conversations", "77") == "https://app.eu.intercom.com/a/inbox/abc123/inbox/conversation/77"
    assert where.url("articles", "5").startswith("https://app.eu.intercom.com/a/apps/abc123/articles/")
    assert Places("x", "y", is_simulator=False, help_center="https://help.example").url("articles", "5") == (
        "https://help.example/articles/5"
    )

"""The destination's own client library finds in a migrated workspace what the source's dump says."""

from pathlib import Path

import httpx
import intercom
import pytest

from hd_assets.samples.osticket import SampleOptions, write
from hd_assets.simulator.transport import SimulatorTransport
from hd_assets_tests.acceptance.books import SourceBook
from hd_assets_tests.acceptance.pipeline import osticket_into_simulator
from hd_assets_tests.acceptance.reading import words_of_html

TICKETS = 40


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """The dump as a book of its own, and the variables that lead the migration to it."""
    report = write(tmp_path_factory.mktemp("source"), tickets=TICKETS, seed=11, options=SampleOptions(months=3))
    dump, files = (Path(report.variables[name]) for name in ("OSTICKET_DUMP", "OSTICKET_FILES"))
    return SourceBook(dump, files), report.variables


@pytest.fixture(scope="module")
def client(tmp_path_factory, source):
    with osticket_into_simulator(tmp_path_factory.mktemp("home"), source[1]) as one:
        one.extract_and_stage()
        one.provision()
        one.plan()
        one.publish()
        with httpx.Client(transport=SimulatorTransport(one.simulator)) as http:
            # the library sends no version of its own accord
            version = {"Intercom-Version": "2.16"}
            yield intercom.Intercom(
                token="reader", base_url="http://simulator.invalid", headers=version, httpx_client=http
            )


@pytest.fixture(scope="module")
def book(source):
    return source[0]


@pytest.fixture(scope="module")
def threads(client):
    """Source ticket id → the conversation, read one by one."""
    found = [client.conversations.find(conversation_id=entry.id) for entry in client.conversations.list(per_page=20)]
    threads = {thread.custom_attributes["osticket_ticket_id"]: thread for thread in found}
    assert len(threads) == len(found)
    return threads


def test_it_lists_every_contact_once_and_reads_each(client, book):
    listed = list(client.contacts.list(per_page=3))
    externals = [contact.external_id for contact in listed]
    assert len(externals) == len(set(externals))
    assert book.contacts <= set(externals)
    assert len(book.contacts) > 6
    for contact in listed:
        read = client.contacts.find(contact_id=contact.id)
        assert (read.external_id, read.email, read.name) == (contact.external_id, contact.email, contact.name)
        assert client.contacts.show_contact_by_external_id(external_id=contact.external_id).id == contact.id


def test_it_searches_contacts(client, book):
    external = min(book.contacts)
    found = list(every(client.contacts.search, "external_id", "=", external))
    assert [contact.external_id for contact in found] == [external]


def test_it_lists_scrolls_and_reads_companies(client, book):
    people = (client.contacts.list_attached_companies(contact_id=one.id) for one in client.contacts.list())
    attached = {company.company_id for companies in people for company in companies}
    listed = {company.company_id: company for company in client.companies.list()}
    assert {company.company_id for company in client.companies.scroll()} == set(listed) == attached
    assert attached <= set(book.companies)
    for key, name in book.companies.items():
        assert client.companies.retrieve(company_id=key).name == name
    for company in listed.values():
        assert client.companies.find(company_id=company.id).name == company.name


def test_it_reads_every_conversation_with_its_texts_in_order(threads, book):
    assert set(threads) == book.tickets
    seen = 0
    for ticket, thread in threads.items():
        bodies = [thread.source.body, *(part.body for part in thread.conversation_parts.conversation_parts)]
        shown = [_plain(body) for body in bodies if body]
        for entry in book.entries[ticket]:
            wanted = _plain((entry["body"] or "").partition("<img")[0])[:25]
            place = next((at for at, there in enumerate(shown) if _holds(there, wanted)), None)
            assert place is not None, f"ticket {ticket}: entry {entry['id']}"
            shown = shown[place + 1 :]
            seen += 1
    assert seen > 2 * TICKETS


def test_it_finds_the_files_by_name_and_size(threads):
    parts = [part for thread in threads.values() for part in thread.conversation_parts.conversation_parts]
    files = [file for part in parts for file in part.attachments or []]
    assert files
    assert all(file.name and file.filesize > 0 for file in files)


def test_it_searches_and_reads_conversations_and_tickets(client, threads):
    wanted = {thread.id for thread in threads.values() if thread.ticket}
    assert wanted
    found = [ticket.id for ticket in every(client.tickets.search, "created_at", ">", 1)]
    assert sorted(found) == sorted(wanted)
    for thread in threads.values():
        contact = thread.contacts.contacts[0].id
        filters = [
            {"field": "contact_ids", "operator": "=", "value": contact},
            {"field": "created_at", "operator": "=", "value": str(thread.created_at)},
        ]
        hits = client.conversations.search(query={"operator": "AND", "value": filters})
        assert thread.id in [hit.id for hit in hits.items]
        if thread.id in wanted:
            ticket = client.tickets.get(ticket_id=thread.id)
            assert ticket.ticket_attributes["_default_title_"] == thread.title
            assert len(ticket.ticket_parts.ticket_parts) > 0


def test_it_reads_teammates_and_tags(client, threads):
    admins = {admin.id for admin in client.admins.list().admins}
    assignees = {str(thread.admin_assignee_id) for thread in threads.values() if thread.admin_assignee_id}
    assert assignees <= admins
    names = {tag.name for tag in client.tags.list().data}
    assert {tag.name for thread in threads.values() for tag in thread.tags.tags} <= names


def test_a_refusal_is_the_error_the_library_knows(client):
    from intercom.errors import NotFoundError

    with pytest.raises(NotFoundError):
        client.conversations.find(conversation_id="404404")


def every(search, field, operator, value):
    """All hits. The library's own pager asks for its first page for ever; cursors are handed on here."""
    cursor = None
    while True:
        page = search(
            query={"field": field, "operator": operator, "value": value},
            pagination={"per_page": 7, "starting_after": cursor},
        )
        yield from page.items
        following = page.response.pages.next
        if following is None:
            return
        cursor = following.starting_after


def _plain(body):
    return [word for word in words_of_html(body)[0] if word.isalnum()]


def _holds(there, wanted):
    return any(there[at : at + len(wanted)] == wanted for at in range(len(there) - len(wanted) + 1))

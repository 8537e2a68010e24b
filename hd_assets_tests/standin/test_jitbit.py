"""The stand-in does what is known of Jitbit's web API, its traps included."""

import httpx
import pytest

from hd_assets.samples.jitbit import write
from hd_assets.samples.jitbit.desk import PASSWORD, READER, TOKEN
from hd_assets.standin.jitbit import Manners, with_account
from hd_assets.standin.registry import standing_in
from hd_assets.standin.serving import StandinTransport
from hd_assets_tests.jitbit import ADDRESS, TICKETS, Clock, desk, standin

RIGHT, WRONG = (READER, PASSWORD), (READER, "wrong")


def client(server, auth=RIGHT) -> httpx.Client:
    return httpx.Client(transport=StandinTransport(server), base_url=f"{ADDRESS}/api/", auth=auth)


@pytest.fixture(scope="module")
def http():
    return client(standin())


def test_the_list_gives_ten_tickets_unless_asked_and_never_more_than_a_page(http):
    assert len(http.get("Tickets").json()) == 10
    assert len(http.get("tickets?count=1000").json()) == TICKETS
    assert len(client(standin(Manners(page_rows=7))).get("Tickets?count=300").json()) == 7
    assert http.get(f"Tickets?offset={TICKETS}").json() == []


def test_windows_are_whole_days(http):
    ticket = http.get("Tickets").json()[0]
    day = ticket["IssueDate"][:10]
    found = http.get(f"Tickets?dateFrom={day}&dateTo={day}&count=300").json()
    assert ticket["IssueID"] in {one["IssueID"] for one in found}
    assert all(one["IssueDate"].startswith(day) for one in found)


def test_ids_go_as_parameter_and_in_the_path(http):
    id = desk().rows["ticket"][0]["ticket_id"]
    assert http.get(f"Ticket?id={id}").json() == http.get(f"ticket/{id}").json()


def test_a_token_opens_it_too():
    server = standin()
    assert client(server, None).get("Authorization", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert client(server, None).get("Authorization", headers={"authorization": "Bearer other"}).status_code == 401


def test_three_wrong_passwords_block_even_the_right_one_for_five_minutes():
    clock = Clock()
    server = standin(clock=lambda: clock.seconds)
    told = [client(server, WRONG).get("Stats").status_code for _ in range(3)]
    assert told == [401, 401, 401]
    assert client(server).get("Stats").status_code == 403
    clock.seconds = 299
    assert client(server).get("Stats").status_code == 403
    clock.seconds = 300
    assert client(server).get("Stats").status_code == 200


def test_two_wrong_passwords_are_forgotten_after_a_right_one():
    server = standin()
    for auth in (WRONG, WRONG, RIGHT, WRONG, WRONG, RIGHT):
        told = client(server, auth).get("Stats").status_code
    assert told == 200


@pytest.mark.parametrize(
    "call", ["DeleteFile?id={file}", "DeleteTicket?id={ticket}", "SetCustomField?ticketId={ticket}"]
)
def test_a_get_can_write(call):
    server = standin()
    before = (len(server.store.files), {name: len(rows) for name, rows in server.store.tables.items()})
    file, ticket = next(iter(server.store.files)), desk().rows["ticket"][0]["ticket_id"]
    assert client(server).get(call.format(file=file, ticket=ticket)).status_code == 200
    assert server.writes == 1
    assert (len(server.store.files), {name: len(rows) for name, rows in server.store.tables.items()}) != before


def test_a_customer_sees_its_own_tickets_without_internal_comments_and_no_users():
    server = standin()
    owner = desk().rows["ticket"][0]["user_id"]
    account = server.store.accounts[READER]
    account.user_id = owner
    with_account(server.store, READER, is_admin=False, is_tech=False)
    http = client(server)
    assert {one["UserID"] for one in http.get("Tickets?count=300").json()} == {owner}
    for one in http.get("Tickets?count=300").json():
        assert not any(comment["ForTechsOnly"] for comment in http.get(f"Comments?id={one['IssueID']}").json())
    assert http.get("Users").status_code == 403


def test_a_wrong_address_leads_to_the_login_page(http):
    reply = httpx.Client(transport=StandinTransport(standin())).get("https://desk.example/api/Tickets")
    assert (reply.status_code, reply.headers["location"]) == (302, "/User/Login")
    assert http.get("NoSuchCall").status_code == 404


def test_bytes_come_with_their_name(http):
    row = next(row for row in desk().rows["attachment"] if row["file_id"] in desk().files)
    reply = http.get(f"attachment?id={row['file_id']}")
    assert reply.content == desk().files[row["file_id"]]
    assert reply.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")


def test_a_sample_is_served_on_this_machine(tmp_path):
    report = write(tmp_path, tickets=3)
    with standing_in("jitbit", tmp_path) as variables:
        auth = (report.variables["JITBIT_USER"], report.variables["JITBIT_PASSWORD"])
        reply = httpx.get(f"{variables['JITBIT_URL']}/api/Stats", auth=auth)
    assert reply.json()["TotalTickets"] == 3

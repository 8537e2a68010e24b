"""Each thing that can be wrong with the web API says what, where and how to mend it."""

from datetime import UTC, datetime

import httpx
import pytest

from hd_assets.errors import HdError, SourceError, UnreachableError, UsageError
from hd_assets.extract.jitbit.client import LoginError, RefusedError
from hd_assets.extract.jitbit.extractor import JitbitExtractor
from hd_assets.extract.jitbit.options import JitbitApiOptions, addresses, from_variables
from hd_assets.samples.jitbit.desk import PASSWORD, READER, TOKEN
from hd_assets.standin.jitbit import Manners, Store, with_account
from hd_assets_tests.jitbit import ADDRESS, Clock, Silent, desk, read, reading, standin

GIVEN = {"JITBIT_URL": ADDRESS, "JITBIT_USER": READER, "JITBIT_PASSWORD": PASSWORD}


def told(extractor: JitbitExtractor, kind: type[HdError] = SourceError) -> HdError:
    with pytest.raises(kind) as caught:
        extractor.probe()
    assert PASSWORD not in str(caught.value)
    assert TOKEN not in str(caught.value)
    return caught.value


def answering(*replies: httpx.Response) -> httpx.MockTransport:
    """The same replies again and again, in order."""
    waiting = []

    def reply(_: httpx.Request) -> httpx.Response:
        if not waiting:
            waiting.extend(replies)
        return waiting.pop(0)

    return httpx.MockTransport(reply)


# The account


def test_a_wrong_password_is_told_and_never_tried_again_because_three_block_the_machine():
    server = standin()
    error = told(reading(server, password="wrong"), LoginError)
    assert error.what == "Jitbit does not accept login and password"
    assert "three failed ones block this machine for five minutes" in error.mend
    assert len(server.requests) == 1


def test_a_wrong_token():
    error = told(reading(standin(), token="other"), LoginError)
    assert error.what == "Jitbit does not accept the token, or no longer"
    assert "JITBIT_TOKEN" in error.mend


def test_a_token_that_expires_during_the_reading_ends_it_at_once(tmp_path):
    server = standin(faults={"comments": "expired"})
    with pytest.raises(LoginError, match="the token, or no longer"):
        read(tmp_path, server, token=TOKEN)
    assert [name for _, name, _ in server.requests].count("comments") == 1


def test_a_blocked_machine_is_told_to_wait_five_minutes():
    clock = Clock()
    server = standin(clock=lambda: clock.seconds)
    for _ in range(3):
        told(reading(server, password="wrong"), LoginError)
    error = told(reading(server), LoginError)
    assert "blocked this machine after three failed logins" in error.what
    assert "wait five minutes" in error.mend
    clock.seconds = 300
    assert reading(server).probe().product == "Jitbit Helpdesk"


def test_the_account_of_a_customer_is_refused_before_its_tickets_are_taken_for_all():
    server = standin()
    with_account(server.store, READER, is_admin=False, is_tech=False)
    assert "a customer's" in told(reading(server)).what
    assert {name for _, name, _ in server.requests} == {"authorization"}


def test_the_account_of_a_technician_is_warned_of_and_cannot_read_users(tmp_path):
    server = standin()
    with_account(server.store, READER, is_admin=False)
    [warning] = reading(server).probe().warnings
    assert "no administrator" in warning
    with pytest.raises(RefusedError, match="may not call Users") as caught:
        read(tmp_path, server)
    assert "administrator" in caught.value.mend


# The address


@pytest.mark.parametrize("url", ["https://desk.example", ADDRESS, f"{ADDRESS}/", f"{ADDRESS}/api"])
@pytest.mark.parametrize("under", ["/helpdesk", ""])
def test_the_web_api_is_found_under_either_address(url, under):
    server = standin(Manners(under=under))
    if url.endswith("/api") and not under:
        assert "no address tried leads to the web API" in told(reading(server, url)).what
    else:
        assert reading(server, url).probe().row_counts == {"Tickets": len(desk().rows["ticket"])}


def test_a_login_page_in_html_instead_of_data():
    error = told(reading(answering(httpx.Response(200, html="<!DOCTYPE html><html>Sign in</html>"))))
    assert "HTML page came instead of data, most likely a login page" in error.what
    assert "JITBIT_URL" in error.mend


def test_a_login_page_in_the_middle_of_the_reading(tmp_path):
    with pytest.raises(SourceError, match="most likely a login page"):
        read(tmp_path, standin(faults={"comments": "login_page"}))


def test_a_redirect_to_a_sign_on_names_where_it_points_and_is_not_followed():
    seen = []

    def moved(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(302, headers={"location": "https://sso.example/login"})

    assert "https://sso.example/login" in told(reading(httpx.MockTransport(moved))).what
    assert set(seen) == {"desk.example"}


@pytest.mark.parametrize("url", ["desk.example", "ftp://desk.example", "https://a:b@desk.example", f"{ADDRESS}?x=1"])
def test_an_address_that_cannot_be_used(url):
    with pytest.raises(UsageError, match="JITBIT_URL cannot be used"):
        from_variables({**GIVEN, "JITBIT_URL": url})


# Too fast, broken off, in plain text


def test_a_429_without_headers_waits_a_minute_then_longer():
    clock = Clock()
    assert reading(standin(faults={1: "429", 2: "429"}), clock=clock).probe().row_counts
    assert clock.waits == [60, 120]


def test_a_429_with_a_header_waits_as_it_says():
    clock = Clock()
    reading(standin(faults={1: "429 for 7 seconds"}), clock=clock).probe()
    assert clock.waits == [7]


def test_a_429_with_a_date_waits_until_then():
    clock = Clock(now=datetime(2026, 6, 1, 12, tzinfo=UTC))
    late = httpx.Response(429, headers={"retry-after": "Mon, 01 Jun 2026 12:00:30 GMT"})
    right = httpx.Response(200, json={"UserID": 1, "IsAdmin": True})
    reading(answering(late, right, httpx.Response(200, json={"TotalTickets": 1})), clock=clock).probe()
    assert clock.waits == [30]


def test_a_server_that_never_stops_refusing_is_given_up_with_the_option_to_mend_it():
    error = told(reading(answering(httpx.Response(429))), UnreachableError)
    assert "429" in error.what
    assert "calls_per_minute" in error.mend


def test_calls_keep_the_pace_they_are_given():
    clock = Clock()
    server = standin(Manners(calls_per_minute=90), clock=lambda: clock.seconds)
    reading(server, clock=clock, calls_per_minute=90).probe()
    assert clock.waits == [pytest.approx(60 / 90)]


def test_the_default_pace_is_ninety_calls_a_minute_and_none_to_this_machine():
    assert from_variables(GIVEN).calls_per_minute == 90
    assert from_variables({**GIVEN, "JITBIT_URL": "http://127.0.0.1:8080/helpdesk"}).calls_per_minute == 0
    assert from_variables(GIVEN, calls_per_minute=20).calls_per_minute == 20


@pytest.mark.parametrize("fault", ["error_page", "cut", "empty", "not_json"])
def test_a_fault_that_passes_is_tried_again(fault):
    server = standin(faults={1: fault, 2: fault})
    assert reading(server).probe().row_counts
    assert len(server.requests) == 4


def test_an_outage_of_minutes_does_not_end_a_reading_of_hours():
    clock = Clock()
    server = standin(faults=dict.fromkeys(range(100, 115), "error_page"))
    reading(server, clock=clock).read(Silent())
    assert sum(clock.waits) > 240
    assert len(clock.waits) == 15


def test_an_error_in_plain_text_ends_it_with_its_status():
    error = told(reading(standin(faults={1: "text_error"})))
    assert "status 400" in error.what
    assert "Authorization" in error.where


def test_a_host_that_cannot_be_reached():
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    error = told(reading(httpx.MockTransport(refuse)), UnreachableError)
    assert "cannot be reached" in error.what
    assert error.exit_code == 4


def test_an_answer_of_another_form():
    right = httpx.Response(200, json={"UserID": 1, "IsAdmin": True})
    error = told(reading(answering(right, httpx.Response(200, json=["no", "statistics"]))))
    assert error.what == "the answer of Stats is not of the form expected"


# Variables


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"JITBIT_URL": ""}, "the address of the Jitbit is not given"),
        ({"JITBIT_PASSWORD": ""}, "no password and no token is given"),
        ({"JITBIT_TOKEN": "t"}, "JITBIT_PASSWORD and JITBIT_TOKEN are both set"),
        ({"JITBIT_USER": ""}, "the login of the account is not given"),
    ],
)
def test_variables_that_lack_or_contradict(change, what):
    with pytest.raises(UsageError) as caught:
        from_variables({**GIVEN, **change})
    assert caught.value.what == what


def test_secrets_stay_out_of_what_is_shown():
    shown = repr(JitbitApiOptions(addresses(ADDRESS), READER, PASSWORD, TOKEN))
    assert PASSWORD not in shown
    assert TOKEN not in shown
    assert READER not in shown


def test_a_copy_of_the_desk_is_a_copy():
    server = standin()
    server.store.delete(server.store.tables["ticket"][0]["ticket_id"])
    assert len(Store.of(desk()).tables["ticket"]) == len(server.store.tables["ticket"]) + 1

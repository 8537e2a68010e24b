"""Each thing that can be wrong with an iTop source says what, where and how to mend it."""

import httpx
import pytest

from hd_assets.errors import HdError, SourceError, UnreachableError, UsageError
from hd_assets.extract.itop import ItopExtractor, ItopOptions, open_from_environment
from hd_assets.extract.itop.client import ItopClient
from hd_assets.extract.retry import RetryBudget
from hd_assets.standin.itop import ItopStandin, StandinTransport
from hd_assets_tests.itop import ADDRESS, PASSWORD, reading, recorded

GIVEN = {"ITOP_URL": ADDRESS, "ITOP_USER": "admin", "ITOP_PASSWORD": PASSWORD}


def told(extractor, kind: type[HdError] = SourceError) -> HdError:
    with pytest.raises(kind) as caught:
        extractor.probe()
    assert PASSWORD not in str(caught.value)
    return caught.value


def test_a_wrong_password():
    error = told(reading(ItopStandin(recorded()), password="wrong"))
    assert error.what == "iTop does not accept login and password"
    assert "ITOP_PASSWORD" in error.mend


def test_a_wrong_password_is_not_tried_again():
    standin = ItopStandin(recorded())
    count = []
    transport = _Counting(StandinTransport(standin), count)
    told(ItopExtractor(ItopOptions(ADDRESS, "admin", "wrong"), transport=transport))
    assert len(count) == 1


def test_a_wrong_token():
    error = told(reading(ItopStandin(recorded()), password=None, token="other", login="token"))
    assert error.what == "iTop does not accept the token"


def test_a_disabled_account():
    assert "the account is enabled" in told(reading(ItopStandin(recorded()), "gtremblay")).mend


def test_a_missing_rest_profile():
    error = told(reading(ItopStandin(recorded()), "fmuller"))
    assert "may not use the web services" in error.what
    assert "REST Services User" in error.mend


def test_a_missing_administrator_profile():
    error = told(reading(ItopStandin(recorded()), "extractor"))
    assert error.what == "the account may not read the class User"
    assert "Administrator" in error.mend


def test_an_account_of_the_portal():
    assert "customer portal" in told(reading(ItopStandin(recorded()), "oskar.xu@dental.bluewater.example")).what


def test_an_account_limited_to_some_organizations_is_refused_before_anything_is_counted():
    standin = ItopStandin(recorded())
    standin.store.tables["UserLocal"][1]["allowed_org_list"] = [{"allowed_org_id": "4"}, {"allowed_org_id": "8"}]
    error = told(reading(standin))
    assert "limited to 2 organizations" in error.what
    assert not any(asked.get("class") in ("UserRequest", "Person") for asked in standin.requests)


def test_a_login_that_is_not_the_token_s_account_is_refused():
    error = told(reading(ItopStandin(recorded()), "nobody", password=None, token="a-token", login="token"))
    assert "0 accounts have the login given" in error.what


def test_a_host_that_cannot_be_reached():
    def refuse(request):
        raise httpx.ConnectError("refused", request=request)

    budget = RetryBudget(attempts=2, sleep=lambda _: None)
    source = ItopExtractor(
        ItopOptions(ADDRESS, "admin", PASSWORD), transport=httpx.MockTransport(refuse), budget=budget
    )
    error = told(source, UnreachableError)
    assert "cannot be reached" in error.what
    assert error.exit_code == 4


def test_a_page_instead_of_data():
    error = told(reading(ItopStandin(recorded(), faults={1: "login_page"})))
    assert "HTML page" in error.what
    assert "ITOP_URL" in error.mend


def test_remarks_of_php_before_the_answer():
    assert "display_errors" in told(reading(ItopStandin(recorded(), faults={1: "remarks"}))).mend


def test_an_address_that_leads_elsewhere():
    error = told(ItopExtractor(ItopOptions(f"{ADDRESS}/wrong/pages", "admin", PASSWORD),
                               transport=httpx.MockTransport(lambda _: httpx.Response(404))))  # fmt: skip
    assert "status 404" in error.what


def test_a_redirect_to_a_sign_on_names_where_it_points():
    moved = httpx.MockTransport(lambda _: httpx.Response(302, headers={"location": "https://sso.example/login"}))
    error = told(ItopExtractor(ItopOptions(ADDRESS, "admin", PASSWORD), transport=moved))
    assert "https://sso.example/login" in error.what


def test_an_answer_too_large_for_the_server_s_memory():
    error = told_reading(ItopStandin(recorded(), memory_rows=50))
    assert "ran out of memory" in error.what
    assert "window_rows" in error.mend


def test_a_class_that_does_not_exist():
    client = ItopClient(ItopOptions(ADDRESS, "admin", PASSWORD), transport=StandinTransport(ItopStandin(recorded())))
    with pytest.raises(SourceError, match=r"code 100.*'NoSuchClass' is not a valid class"):
        client.count("NoSuchClass", "SELECT NoSuchClass")


def test_an_installation_without_tickets():
    store = recorded()
    classes = store.classes()
    store.classes = lambda: tuple(name for name in classes if name not in ("UserRequest", "Incident"))
    assert "neither user requests nor incidents" in told(reading(ItopStandin(store))).what


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"ITOP_URL": None}, "no iTop source is given"),
        ({"ITOP_URL": "itop.example"}, "ITOP_URL cannot be used"),
        ({"ITOP_URL": "https://a:b@itop.example"}, "ITOP_URL cannot be used"),
        ({"ITOP_PASSWORD": None}, "no password and no token is given"),
        ({"ITOP_TOKEN": "t"}, "ITOP_PASSWORD and ITOP_TOKEN are both set"),
        ({"ITOP_USER": None}, "the login of the account is not given"),
    ],
)
def test_variables_that_cannot_be_used(given, what):
    env = {name: value for name, value in {**GIVEN, **given}.items() if value}
    with pytest.raises(UsageError, match=what):
        open_from_environment(env, {})


@pytest.mark.parametrize("options", [{"prefix": "x"}, {"window_rows": "many"}, {"login": "url"}])
def test_source_options_that_cannot_be_used(options):
    with pytest.raises(UsageError, match="cannot be used"):
        open_from_environment(GIVEN, options)


@pytest.mark.parametrize("ending", ["", "/", "/pages/UI.php", "/webservices/rest.php"])
def test_an_address_as_people_copy_it(ending):
    source = open_from_environment({**GIVEN, "ITOP_URL": f"{ADDRESS}/itop{ending}"}, {})
    assert source._options.endpoint == f"{ADDRESS}/itop/webservices/rest.php"


def told_reading(standin) -> HdError:
    class Sink:
        def __getattr__(self, name):
            return lambda entity, rows=(), **_: list(rows)

    with pytest.raises(SourceError) as caught:
        reading(standin).read(Sink())
    return caught.value


class _Counting(httpx.BaseTransport):
    def __init__(self, inner, count):
        self._inner, self._count = inner, count

    def handle_request(self, request):
        self._count.append(request)
        return self._inner.handle_request(request)

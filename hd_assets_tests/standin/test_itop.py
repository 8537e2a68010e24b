"""The stand-in answers what the real iTop answered when it was recorded."""

import json
from collections import Counter

import httpx
import pytest

from hd_assets.standin.itop import ItopStandin, StandinTransport, serving
from hd_assets_tests.itop import ADDRESS, PASSWORD, recorded
from hd_assets_tests.shared import SHARED, shared_path

# of these only a part of the rows was recorded, or they write, which the stand-in does not
LEFT_OUT = ("CMDBChangeOp", "create-", "stimulus-", "non-admin-create", "core_get_related", "bad-password")


def _recordings():
    path = SHARED / "data/itop/requests.json"
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    kept = [row for row in rows if row["file"].startswith(("rest/", "errors/")) and isinstance(_form(row), dict)]
    return [row for row in kept if not any(name in row["file"] for name in LEFT_OUT)]


def _form(row):
    return row["request"].get("form")


@pytest.fixture(scope="module")
def standin():
    return ItopStandin(recorded())


@pytest.fixture(scope="module")
def ask(standin):
    with httpx.Client(transport=StandinTransport(standin), base_url=ADDRESS) as client:

        def post(asked, user="admin", **form):
            told = {"version": "1.4", "json_data": json.dumps(asked), **form}
            return client.post("/webservices/rest.php", data=told, auth=(user, PASSWORD) if user else None).json()

        yield post


def _get(name, key, fields="id", **more):
    return {"operation": "core/get", "class": name, "key": key, "output_fields": fields, **more}


@pytest.mark.parametrize("row", _recordings(), ids=lambda row: row["file"])
def test_a_recorded_question_gets_its_recorded_code_total_and_number_of_objects(standin, row):
    shared_path("data/itop/requests.json")
    kind, _, user = row["request"]["auth"].partition(" as ")
    form = {**_form(row), "auth_pwd": PASSWORD} if kind == "form" else _form(row)
    login = (user, PASSWORD) if kind == "basic" else None
    with httpx.Client(transport=StandinTransport(standin), base_url=ADDRESS) as client:
        answer = client.post("/webservices/rest.php", data=form, auth=login).json()
    assert answer["code"] == row["code"]
    assert len(answer.get("objects") or {}) == row["objects"]
    if row["code"] == 0:
        assert answer["message"] == row["message"]


@pytest.mark.parametrize(
    ("key", "exception"),
    [
        ("SELECT UserRequest ORDER BY id", "OQLParserSyntaxErrorException"),
        ("SELEC UserRequest", "OQLParserSyntaxErrorException"),
        ("SELECT NoSuchClass", "UnknownClassOqlException"),
        ("SELECT UserRequest WHERE nosuchfield = 1", "OqlNormalizeException"),
    ],
)
def test_a_bad_question_is_code_100(ask, key, exception):
    answer = ask(_get("UserRequest", key))
    assert answer["code"] == 100
    assert exception in answer["message"]


def test_pages_of_namesakes_lose_and_repeat_people(ask):
    seen = Counter()
    for page in range(1, 15):
        answer = ask(_get("Person", "SELECT Person", limit=7, page=page))
        seen.update((answer["objects"] or {}).keys())
    assert sum(seen.values()) == 95
    assert len(seen) < 95


def test_page_zero_is_refused_and_a_page_past_the_end_is_empty(ask):
    assert ask(_get("UserRequest", "SELECT UserRequest", limit=50, page=0))["code"] == 13
    past = ask(_get("UserRequest", "SELECT UserRequest", limit=50, page=9))
    assert (past["code"], past["message"], past["objects"]) == (0, "Found: 120", None)


def test_a_restricted_account_gets_fewer_rows_and_no_warning(standin, ask):
    account = standin.store.tables["UserLocal"][14]
    account["allowed_org_list"] = [{"allowed_org_id": "4"}]
    try:
        tickets = ask(_get("UserRequest", "SELECT UserRequest"), "extractor")
        links = ask(_get("lnkFunctionalCIToTicket", "SELECT lnkFunctionalCIToTicket"), "extractor")
    finally:
        account["allowed_org_list"] = []
    assert tickets["code"] == 0
    assert 0 < int(tickets["message"].removeprefix("Found: ")) < 120
    assert links["message"] == "Found: 320"


def test_a_document_needs_a_login_and_a_pasted_picture_only_its_secret(standin):
    with httpx.Client(transport=StandinTransport(standin), base_url=ADDRESS) as client:
        path = "/pages/ajax.document.php?operation=download_document&class=Attachment&field=contents&id=7"
        assert client.get(path).headers["content-type"] == "text/html"
        assert client.get(path, auth=("admin", PASSWORD)).headers["content-type"] == "image/png"
        picture = "/pages/ajax.document.php?operation=download_inlineimage&id=1&s="
        assert client.get(picture + "abc123").headers["content-type"] == "image/png"
        assert client.get(picture + "wrong").status_code == 404


def test_the_csv_export_hides_obsolete_rows_that_rest_returns(standin):
    form = {"expression": "SELECT Person", "format": "csv", "fields": "id,friendlyname", "no_localize": "1"}
    with httpx.Client(transport=StandinTransport(standin), base_url=ADDRESS) as client:
        told = client.post("/webservices/export-v2.php", data=form, auth=("admin", PASSWORD)).text
    assert len(told.splitlines()) - 1 == 89


def test_it_serves_over_a_socket(standin):
    with serving(standin) as url:
        form = {"version": "1.3", "json_data": json.dumps({"operation": "list_operations"})}
        answer = httpx.post(f"{url}/webservices/rest.php", data=form, auth=("admin", PASSWORD), trust_env=False)
    assert answer.json()["message"] == "Operations: 7"

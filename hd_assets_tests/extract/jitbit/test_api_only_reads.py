"""No extraction can call anything that is not known to only read, whatever a server answers."""

import contextlib
import json

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hd_assets.errors import HdError, SourceError
from hd_assets.extract.jitbit.calls import Call, Wall
from hd_assets.standin.jitbit import WRITING
from hd_assets_tests.jitbit import ADDRESS, Silent, read, reading, standin

BASE = f"{ADDRESS}/api"
# written out once more on purpose: a name added to the extraction has to be judged here, too
READS = {
    "authorization", "stats", "tickets", "ticket", "comments", "ticketcustomfields", "attachments", "attachment",
    "subtickets", "linkedtickets", "subscribers", "timespentlog", "users", "usercustomfields", "companies",
    "companycustomfields", "categories", "techsforcategory", "customfields", "customfieldsforcategory", "tags",
    "articles", "article", "assets", "asset", "commenttemplates", "rule",
}  # fmt: skip
PARAMETERS = {
    "mode", "datefrom", "dateto", "updatedfrom", "updatedto", "includecustomfields", "count", "offset", "id",
    "ticketid", "page", "listmode", "userid", "categoryid",
}  # fmt: skip
SLOWLY = settings(max_examples=60, deadline=None, derandomize=True)


def only_reads(request: httpx.Request) -> bool:
    """Judged anew from the address: GET, below the API, one reading call and at most a number, known parameters."""
    url = request.url
    parts = url.raw_path.decode().partition("?")[0].removeprefix("/helpdesk/api/").lower().split("/")
    return (
        request.method == "GET"
        and (url.scheme, url.host) == ("https", "desk.example")
        and url.raw_path.startswith(b"/helpdesk/api/")
        and parts[0] in READS
        and (len(parts) == 1 or (len(parts) == 2 and parts[0] == "rule" and parts[1].isdigit()))
        and {key.lower() for key in url.params} <= PARAMETERS
        and not request.content
    )


class Recording(httpx.BaseTransport):
    """Keeps what got through."""

    def __init__(self, answer) -> None:
        self.passed: list[httpx.Request] = []
        self._answer = answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.passed.append(request)
        return self._answer(request)


names = st.sampled_from(
    sorted({*WRITING, *READS, "Rule/1/../../DeleteFile", "EnableRule/3", "Ticket/5", "..", "%2e%2e", ""})
)
tails = st.sampled_from(
    ["", "/", "/1", "/1/x", "/%2e%2e/DeleteFile", "?id=1", "?id=1&confirm=1", "#x", ";x", "%00", "?"]
)
bases = st.sampled_from(
    [BASE, f"{ADDRESS}/API", ADDRESS, "https://desk.example/api", "https://evil.example/helpdesk/api"]
)
methods = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "get", "OPTIONS"])


@SLOWLY
@given(
    methods,
    bases,
    names,
    st.sampled_from([str.lower, str.upper, str.title, str]),
    tails,
    st.sampled_from([None, b"x=1"]),
)
def test_nothing_else_gets_through_the_wall(method, base, name, spelled, tail, body):
    inner = Recording(lambda _: httpx.Response(200))
    with httpx.Client(transport=Wall(inner, (BASE,))) as client:
        try:
            client.request(method, f"{base}/{spelled(name)}{tail}", content=body)
        except (SourceError, httpx.InvalidURL):
            assert not inner.passed
    assert all(only_reads(request) for request in inner.passed)


@SLOWLY
@given(
    st.text(max_size=20) | names, st.dictionaries(st.sampled_from(["id", "page", "confirm", "x"]), st.text(max_size=5))
)
def test_a_call_that_does_not_only_read_cannot_even_be_written_down(name, parameters):
    if name.lower() in WRITING or not set(parameters) <= {key for key in PARAMETERS if key in ("id", "page")}:
        with pytest.raises(ValueError, match="not a call that only reads"):
            Call(name, parameters)


hostile = st.sampled_from(
    [
        "1", "2", "7", "1/../DeleteFile", "1&id=2", "5?confirm=1", "../DeleteFile", "DeleteFile", "", " ", "-1", "1#",
        f"{BASE}/DeleteFile?id=1", f"{BASE}/SetCustomField?ticketId=1&fieldId=1&value=x", "//evil.example/api/Tickets",
        "https://evil.example/helpdesk/File/Get?id=3", '<img src="/helpdesk/File/Get?id=8">', "2024-01-01T00:00:00Z",
    ]
)  # fmt: skip
scalars = hostile | st.none() | st.booleans() | st.integers(-2, 30)
keys = st.sampled_from(
    [
        "TicketID", "IssueID", "UserID", "CommentID", "CompanyID", "CategoryID", "SectionID", "FieldID",
        "OptionID", "TagID", "FileID", "ArticleId", "ItemID", "Id", "LastUpdated", "Body", "Subject", "Url",
        "Name", "Value", "StatusID", "HasChildren", "FileSize", "TotalTickets", "IsAdmin",
    ]
)  # fmt: skip
objects = st.dictionaries(keys, scalars, max_size=8)
nested = st.builds(
    lambda one, more: {**one, **more},
    objects,
    st.dictionaries(
        st.sampled_from(
            ["Attachments", "Tags", "CustomFields", "Articles", "Categories", "Fields", "SubmitterUserInfo"]
        ),
        objects | st.lists(objects, max_size=2) | st.none(),
        max_size=3,
    ),
)
answers = st.one_of(st.lists(nested, max_size=3), nested, scalars)
IDS = (
    "TicketID", "UserID", "CommentID", "CompanyID", "CategoryID", "FieldID", "OptionID", "TagID", "FileID", "ArticleId",
    "IssueID", "ItemID", "LogEntryID", "TemplateID", "RuleID",
)  # fmt: skip


@SLOWLY
@given(
    st.dictionaries(st.sampled_from(sorted(READS - {"authorization", "attachment"})), answers, max_size=3), st.data()
)
def test_no_answer_leads_an_extraction_to_another_call(told, data):
    """Ids, addresses and texts of the answers are hostile; an extraction may fail over them, with a plain error."""
    account = {"UserID": 1, "IsAdmin": True}
    usual = {"FileName": "a.txt", **dict.fromkeys(IDS, "3"), data.draw(keys): data.draw(scalars)}

    def answer(request: httpx.Request) -> httpx.Response:
        name = request.url.path.rsplit("/api/")[-1].split("/")[0].lower()
        if name == "authorization":
            return httpx.Response(200, json=account)
        if name == "attachment":
            return httpx.Response(200, content=b"bytes")
        if request.url.params.get("offset", "0") != "0" or request.url.params.get("page", "1") != "1":
            return httpx.Response(200, json=[])
        whole = {**usual, "Articles": [usual], "Categories": [usual], "Attachments": [usual], "TotalTickets": 1}
        is_one = name in ("stats", "ticket", "articles", "article", "asset", "rule")
        found = told.get(name, whole if is_one else [usual])
        return httpx.Response(200, content=json.dumps(found))

    inner = Recording(answer)
    with contextlib.suppress(HdError):
        reading(inner, rule_ids=2).read(Silent())
    assert inner.passed
    assert [request.url for request in inner.passed if not only_reads(request)] == []


def test_an_extraction_of_a_whole_desk_calls_nothing_that_writes(tmp_path):
    server = standin()
    read(tmp_path, server)
    assert server.writes == 0
    assert {name for _, name, _ in server.requests} <= READS
    assert not READS & WRITING

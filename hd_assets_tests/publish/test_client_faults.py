"""What servers, proxies and networks answer when things go wrong, and what the client makes of it."""

import gzip
import socket
import threading
from contextlib import contextmanager

import httpx
import pytest

from hd_assets.errors import BlockedError, UnreachableError, UsageError
from hd_assets.publish import client as client_module
from hd_assets.publish.client import Client
from hd_assets.publish.clock import SystemClock
from hd_assets.publish.outcomes import RefusedError, TokenRefusedError, UnknownError
from hd_assets.publish.rate import RateLimiter
from hd_assets.simulator.clock import VirtualClock

START = 1_760_000_000.0


def made(handler=None, *, url="http://desk.example", clock=None, token="tok"):  # noqa: S107 - invented
    time = clock or VirtualClock(START)
    return Client(
        url,
        token,
        variable="T",
        limiter=RateLimiter(time, headroom=0.0, cap=None),
        clock=time,
        stop=threading.Event(),
        transport=httpx.MockTransport(handler) if handler else None,
    )


class Answers:
    """Gives the same answer to everything and counts."""

    def __init__(self, **answer):
        self.answer, self.asked = answer, []

    def __call__(self, request):
        self.asked.append((request.method, str(request.url)))
        return httpx.Response(**self.answer)


# what is final


@pytest.mark.parametrize("status", [400, 404, 405, 409, 410, 413, 422])
@pytest.mark.parametrize("body", [b'{"errors": [{"code": "x"}]}', b"<html>Bad</html>", b""])
def test_a_refusal_is_never_repeated_whatever_its_body(status, body):
    server = Answers(status_code=status, content=body)
    for call in (lambda c: c.get("/x"), lambda c: c.search("/x", {}), lambda c: c.send("POST", "/x", {})):
        with pytest.raises(RefusedError):
            call(made(server))
    assert len(server.asked) == 3


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("body", [b"{}", b"<html>No</html>"])
def test_a_refused_token_is_never_tried_again(status, body):
    server = Answers(status_code=status, content=body)
    for call in (lambda c: c.get("/x"), lambda c: c.send("POST", "/x", {})):
        with pytest.raises(TokenRefusedError):
            call(made(server))
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(status):
    location = "https://elsewhere.example/x?email=ann@people.example"
    server = Answers(status_code=status, headers={"location": location})
    with pytest.raises(BlockedError, match="redirect") as told:
        made(server).get("/me")
    assert "https://elsewhere.example" in str(told.value)
    assert "people.example" not in str(told.value)
    with pytest.raises(UnknownError, match="redirect"):
        made(server).send("POST", "/contacts", {})
    assert [url for _, url in server.asked] == ["http://desk.example/me", "http://desk.example/contacts"]


@pytest.mark.parametrize("token", ["tok\nX-Evil: 1", "tok en", "töken", "tok\x00", ""])
def test_a_token_that_cannot_be_one_is_refused_before_anything_is_sent_and_not_shown(token):
    server = Answers(status_code=200, json={})
    with pytest.raises(UsageError) as told:
        made(server, token=token).send("POST", "/contacts", {})
    assert not server.asked
    assert not token or token not in str(told.value)


def test_an_untrusted_certificate_ends_the_run_at_once():
    asked = []

    def refuse(request):
        asked.append(1)
        raise httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", request=request)

    with pytest.raises(BlockedError, match="certificate"):
        made(refuse).send("POST", "/contacts", {})
    assert len(asked) == 1


# what says nothing

SAYS_NOTHING = {
    "no body": {"status_code": 200, "content": b""},
    "204": {"status_code": 204},
    "202 without body": {"status_code": 202, "content": b""},
    "a login page": {"status_code": 200, "content": b"<html>", "headers": {"content-type": "text/html"}},
    "text": {"status_code": 200, "content": b"OK", "headers": {"content-type": "text/plain"}},
    "half a document": {"status_code": 200, "content": b'{"id": "12', "headers": {"content-type": "application/json"}},
    "a list": {"status_code": 200, "content": b"[]"},
    "null": {"status_code": 200, "content": b"null"},
    "deeper than anybody reads": {"status_code": 200, "content": b"[" * 100_000},
    "bytes": {"status_code": 200, "content": b"\xff\xfe\x00\xd8"},
    "102": {"status_code": 102},
    "304": {"status_code": 304},
    "408": {"status_code": 408, "json": {}},
    "425": {"status_code": 425, "json": {}},
    "500": {"status_code": 500, "content": b"oops"},
    "599": {"status_code": 599},
}


@pytest.mark.parametrize("answer", SAYS_NOTHING.values(), ids=SAYS_NOTHING)
def test_an_answer_that_says_nothing_leaves_a_write_unknown_and_is_asked_again_by_reads(answer):
    server = Answers(**answer)
    with pytest.raises(UnknownError):
        made(server).send("POST", "/contacts", {})
    assert len(server.asked) == 1
    with pytest.raises(UnreachableError):
        made(server).get("/contacts/1")
    assert len([method for method, url in server.asked if url.endswith("/contacts/1")]) > 2


def test_a_deletion_needs_no_body():
    assert made(Answers(status_code=204)).send("DELETE", "/contacts/1", None).status == 204


def test_json_under_another_name_is_read():
    server = Answers(status_code=200, content=b'{"id": "1"}', headers={"content-type": "text/html"})
    assert made(server).send("POST", "/contacts", {}).data == {"id": "1"}


def test_a_compressed_answer_that_is_broken_is_unknown():
    broken = {"status_code": 200, "headers": {"content-encoding": "gzip"}}
    good = gzip.compress(b'{"id": "1"}')

    def answer(content):
        # a stream, because the body is unpacked as it is read
        return lambda request: httpx.Response(**broken, stream=httpx.ByteStream(content))

    assert made(answer(good)).send("POST", "/contacts", {}).data == {"id": "1"}
    for content in (b"not gzip at all", good[: len(good) // 2], good[:-6] + b"\0" * 6):
        with pytest.raises(UnknownError):
            made(answer(content)).send("POST", "/contacts", {})


class Endless(httpx.SyncByteStream):
    def __init__(self, clock, seconds):
        self.clock, self.seconds, self.given = clock, seconds, 0

    def __iter__(self):
        while True:
            self.given += 1
            self.clock.sleep(self.seconds)
            yield b"x" * 65536


@pytest.mark.parametrize(("seconds", "most"), [(0.0, 17), (59.0, 12)])
def test_an_answer_without_end_is_cut_by_size_and_by_time(monkeypatch, seconds, most):
    monkeypatch.setattr(client_module, "MOST_ANSWER_BYTES", 2**20)
    clock = VirtualClock(START)
    stream = Endless(clock, seconds)
    with pytest.raises(UnknownError, match="no end"):
        made(lambda request: httpx.Response(200, stream=stream), clock=clock).send("POST", "/contacts", {})
    assert stream.given <= most


@pytest.mark.parametrize(
    "fault", [httpx.ReadTimeout, httpx.WriteTimeout, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError]
)
def test_a_broken_connection_leaves_a_write_unknown_and_is_sent_once(fault):
    asked = []

    def fail(request):
        asked.append(1)
        raise fault("broken", request=request)

    with pytest.raises(UnknownError):
        made(fail).send("POST", "/contacts", {})
    assert len(asked) == 1


@pytest.mark.parametrize("fault", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
def test_without_a_connection_nothing_was_sent_so_it_is_tried_again(fault):
    asked = []

    def fail_twice(request):
        asked.append(1)
        if len(asked) < 3:
            raise fault("no connection", request=request)
        return httpx.Response(200, json={"id": "1"})

    assert made(fail_twice).send("POST", "/contacts", {}).data == {"id": "1"}
    assert len(asked) == 3


def test_attempts_are_counted_over_all_kinds_of_failure():
    # a read that fails to connect and is answered by 503 in turn has one budget, not one for each
    asked = []

    def fail_in_turn(request):
        if request.url.path == "/me":
            return httpx.Response(200, json={"id": "1"})
        asked.append(1)
        if len(asked) % 2:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(503)

    with pytest.raises(UnreachableError):
        made(fail_in_turn).get("/contacts/1")
    assert len(asked) == client_module.MOST_ATTEMPTS


def test_waiting_for_the_rate_limit_uses_up_no_attempt():
    asked = []

    def throttle(request):
        asked.append(1)
        if len(asked) <= 30:
            return httpx.Response(429, json={})
        return httpx.Response(200, json={"id": "1"})

    clock = VirtualClock(START)
    assert made(throttle, clock=clock).send("POST", "/contacts", {}).data == {"id": "1"}
    assert clock.now() - START > 300


# real sockets


@contextmanager
def server(*answers):
    """Accepts connections one after another; each answer is a list of byte strings for the requests of a connection,
    after which the connection is closed without another word. Yields the address and the requests received."""
    listening = socket.create_server(("127.0.0.1", 0))
    received = []

    def serve():
        for connection_answers in answers:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                for answer in connection_answers:
                    received.append(read_request(connection))
                    connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", received
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while length and len(body) < length[0]:
        body += connection.recv(65536)
    return head.split(b"\r\n")[0].decode()


GOOD = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"id": "1"}'


def test_a_kept_connection_that_closes_instead_of_answering_leaves_a_write_unknown():
    with server([GOOD, b""], [GOOD]) as (url, received):
        client = made(url=url, clock=SystemClock())
        client.get("/me")
        with pytest.raises(UnknownError, match=r"RemoteProtocolError|ReadError"):
            client.send("POST", "/contacts", {})
        client.close()
        # it reached the server once, and nobody below the client sent it again
        assert received == ["GET /me HTTP/1.1", "POST /contacts HTTP/1.1"]


def test_a_kept_connection_that_was_closed_while_idle_is_no_harm():
    with server([GOOD], [GOOD]) as (url, received):
        client = made(url=url, clock=SystemClock())
        client.get("/me")
        # a read is repeated where the pool did not notice; a write would be unknown, never doubled
        client.get("/me")
        client.close()
        assert len(received) == 2


def test_an_interim_answer_is_not_the_answer():
    with server([b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + GOOD]) as (url, _):
        client = made(url=url, clock=SystemClock())
        assert client.send("POST", "/contacts", {}).data == {"id": "1"}
        client.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"",
    ],
)
def test_half_answers_and_other_protocols_leave_a_write_unknown(answer):
    with server([answer]) as (url, received):
        client = made(url=url, clock=SystemClock())
        with pytest.raises(UnknownError):
            client.send("POST", "/contacts", {})
        client.close()
        assert received == ["POST /contacts HTTP/1.1"]


def test_the_transport_below_retries_nothing():
    client = made(url="http://127.0.0.1:9", clock=SystemClock())
    assert client._http._transport._pool._retries == 0
    assert not client._http.follow_redirects
    client.close()

"""The page at `/_routes/` over a real socket: what is open, who may send, and how a view lives and ends."""

from __future__ import annotations

import json
import threading
from contextlib import suppress

import httpx2
import pytest

from notebook_routes.inspector import channel, page_url
from notebook_routes.inspector.front_end import file_text

VIEW = "view-0001"
EVENTS = f"/_routes/inspector/events?view={VIEW}"
MESSAGES = f"/_routes/inspector/messages?view={VIEW}"


class Stream:
    """What a page reads."""

    def __init__(self, client, key, target=EVENTS):
        self.messages = []
        self._changed = threading.Condition()
        self.ended = False
        self._thread = threading.Thread(target=self._read, args=(client, key, target), daemon=True)
        self._thread.start()
        self.wait_for(lambda message: message == {"push": "beat"})

    def _read(self, client, key, target):
        # It ends when the server is stopped too, and when the test is over.
        with suppress(httpx2.TransportError, OSError), client.stream("GET", target, headers=key) as response:
            self.response = response
            for line in response.iter_lines():
                with self._changed:
                    self.messages.append(json.loads(line))
                    self._changed.notify_all()
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def wait_for(self, condition):
        def found():
            return [message for message in list(self.messages) if condition(message)]

        with self._changed:
            assert self._changed.wait_for(found, 20), self.messages
            return found()[0]

    def has_ended(self):
        with self._changed:
            return self._changed.wait_for(lambda: self.ended, 20)


@pytest.fixture
def shop(world):
    @world.route("/a")
    async def get():
        return {"a": 1}

    world.start()
    return world


def post(world, message, *, key=None, target=MESSAGES, **headers):
    content = message if isinstance(message, bytes) else json.dumps(message).encode()
    return world.client().post(target, content=content, headers={**(world.key if key is None else key), **headers})


def test_the_page_is_open_and_holds_nothing(shop):
    answer = shop.client().get("/_routes/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert shop.app.guard.page_token not in answer.text
    assert "<script>" not in answer.text
    assert shop.client().get("/_routes").headers["location"] == "/_routes/"


def test_a_foreign_host_sees_not_even_that(shop):
    assert shop.client().get("/_routes/", headers={"host": "evil.example"}).status_code == 421


def test_its_parts_are_open_and_checked_anew(shop):
    client = shop.client()
    script = client.get("/_routes/inspector/page.js")
    assert script.text == file_text("page.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert script.headers["cache-control"] == "no-cache"
    assert script.headers["x-content-type-options"] == "nosniff"
    again = client.get("/_routes/inspector/page.js", headers={"if-none-match": script.headers["etag"]})
    assert again.status_code == 304
    style = client.get("/_routes/inspector/style.css")
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    assert style.headers["etag"] != script.headers["etag"]
    assert client.get("/_routes/inspector/page.py").status_code == 403
    assert client.get("/_routes/inspector/../page.py", headers=shop.key).status_code in (308, 404)


def test_the_address_of_the_page_holds_its_key_where_no_server_sees_it(shop):
    assert page_url(shop.app.guard, "http://a") == f"http://a/_routes/#{shop.app.guard.page_token}"


@pytest.mark.parametrize("key", [{}, {"authorization": "Bearer wrong"}, {"authorization": "Basic x"}])
def test_without_the_key_nothing_is_read_and_nothing_sent(shop, key):
    assert shop.client().get(EVENTS, headers=key).status_code == 403
    assert post(shop, {"do": "open", "id": 1}, key=key).status_code == 403
    assert shop.inspector._running is None


def test_a_page_of_another_origin_may_not_send_even_with_the_key(shop):
    Stream(shop.client(), shop.key)
    assert post(shop, {"do": "open", "id": 1}, origin="http://evil.example").status_code == 403
    assert post(shop, {"do": "open", "id": 1}, **{"sec-fetch-site": "cross-site"}).status_code == 403
    assert post(shop, {"do": "open", "id": 1}, origin=shop.subject.base_url()).status_code == 202


def test_other_methods(shop):
    client = shop.client()
    refused = client.get(MESSAGES, headers=shop.key)
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    refused = client.post(EVENTS, headers=shop.key)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    assert client.head(EVENTS, headers=shop.key).status_code == 200
    assert shop.inspector._running is None


@pytest.mark.parametrize("name", ["", "short", "x" * 65, "../../etc/passwd", "a b c d e f"])
def test_a_view_has_a_name(shop, name):
    for ask in (shop.client().get, shop.client().post):
        path = "events" if ask.__name__ == "get" else "messages"
        assert ask(f"/_routes/inspector/{path}", params={"view": name}, headers=shop.key).status_code == 400


def test_a_message_before_there_is_a_stream(shop):
    assert post(shop, {"do": "open", "id": 1}).status_code == 409


def test_from_opening_to_the_end_of_a_request(shop):
    stream = Stream(shop.client(), shop.key)
    assert stream.response.headers["content-type"] == "application/x-ndjson"
    assert post(shop, {"do": "open", "id": 1, "route": None}).status_code == 202
    assert stream.wait_for(lambda message: message.get("re") == 1)["routes"][0]["path"] == "/a"
    assert stream.messages.index({"ack": 1}) < len(stream.messages) - 1
    sent = {"do": "send", "id": 2, "run": "r", "method": "GET", "path": "/a", "target": "/a", "headers": []}
    post(shop, sent)
    assert stream.wait_for(lambda message: "done" in message)["done"]["text"] == '{"a":1}'
    # The page itself is not what it looks at.
    assert [entry.target for entry in shop.app.log.entries()] == ["/a"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 1_000_000, b'"x"', b"{}", b'{"id":1,"do":"exec"}'])
def test_a_malformed_message_is_answered_and_nothing_else_happens(shop, content):
    stream = Stream(shop.client(), shop.key)
    assert post(shop, content).status_code == 202
    said = stream.wait_for(lambda message: "error" in message)
    assert said["re"] in (None, 1)
    assert len(said["error"]) < 300
    post(shop, {"do": "open", "id": 7})
    stream.wait_for(lambda message: message.get("re") == 7)


def test_a_body_of_fifty_megabytes_is_sent(shop):
    @shop.route("/upload", "POST")
    async def upload(request):
        return len(await request.bytes())

    stream = Stream(shop.client(), shop.key)
    body = {"kind": "base64", "data": "AAAA" * (50_000_000 // 3)}
    sent = {"do": "send", "id": 2, "run": "r", "method": "POST", "path": "/upload", "target": "/upload", "headers": []}
    assert post(shop, {**sent, "body": body}).status_code == 202
    done = stream.wait_for(lambda message: "done" in message)["done"]
    assert done["text"] == str(50_000_000 // 3 * 3)
    assert done["body"]["shortened"] is True


def test_a_page_that_leaves_ends_its_view(shop, wait_until):
    client = shop.client()
    with client.stream("GET", EVENTS, headers=shop.key) as response:
        lines = response.iter_lines()
        assert next(lines)
        wait_until(lambda: shop.app.log._listeners)
    wait_until(lambda: not shop.app.log._listeners)
    assert post(shop, {"do": "open", "id": 1}).status_code == 409


def test_a_page_that_comes_again_takes_the_place_of_its_former_stream(shop):
    first = Stream(shop.client(), shop.key)
    second = Stream(shop.client(), shop.key)
    assert first.has_ended()
    post(shop, {"do": "open", "id": 1})
    second.wait_for(lambda message: message.get("re") == 1)


def test_a_silent_inspector_says_that_it_is_there(shop, monkeypatch):
    monkeypatch.setattr(channel, "BEAT", 0.05)
    stream = Stream(shop.client(), shop.key)
    stream.wait_for(lambda message: stream.messages.count({"push": "beat"}) >= 3)


def test_the_end_of_the_inspector_ends_the_stream(shop):
    stream = Stream(shop.client(), shop.key)
    shop.inspector.close("Over")
    assert stream.has_ended()
    assert stream.messages[-1] == {"push": "bye", "said": "Over"}


def test_the_end_of_the_server_ends_the_view(shop, wait_until):
    client = shop.client()
    with client.stream("GET", EVENTS, headers=shop.key) as response:
        lines = response.iter_lines()
        assert next(lines)
        shop.thread.stop()
        wait_until(lambda: not shop.app.log._listeners)


def test_a_page_that_does_not_read_is_cut_off(shop, monkeypatch, wait_until):
    monkeypatch.setattr(channel, "MOST_WAITING", 100_000)

    @shop.route("/large")
    async def large():
        return "x" * 200_000

    client = shop.client()
    with client.stream("GET", EVENTS, headers=shop.key) as response:
        lines = response.iter_lines()
        assert next(lines)
        for number in range(500):
            sent = {"do": "send", "run": f"r{number}", "method": "GET", "path": "/large", "target": "/large"}
            if post(shop, {**sent, "id": number, "headers": []}).status_code == 409:
                break
        else:
            pytest.fail("it was never cut off")
        assert not shop.app.log._listeners

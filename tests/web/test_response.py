from __future__ import annotations

import asyncio
from http import HTTPStatus

import pytest

from notebook_routes.errors import BodyUsed
from notebook_routes.web import URL, Headers, ReadableStream, Response


def run(coroutine):
    return asyncio.run(coroutine)


async def pieces(*chunks):
    for chunk in chunks:
        yield chunk


def test_what_a_plain_response_is():
    response = Response("hello")
    assert (response.status, response.ok, response.status_text, response.type) == (200, True, "", "default")
    assert response.headers.raw == [("content-type", "text/plain;charset=UTF-8")]
    assert response.content == b"hello"
    assert (response.url, response.redirected) == ("", False)


def test_a_content_type_of_ones_own_wins():
    assert Response("x", headers={"Content-Type": "text/html"}).headers.raw == [("content-type", "text/html")]
    assert Response.json(1, headers={"Content-Type": "application/problem+json"}).headers.raw == [
        ("content-type", "application/problem+json")
    ]


def test_bytes_and_no_body_have_no_content_type():
    assert Response(b"x").headers.raw == []
    assert Response().headers.raw == []
    assert Response().content == b""
    assert Response("").body is not None
    assert Response().body is None


def test_the_headers_given_are_copied():
    headers = Headers({"x": "1"})
    response = Response("a", headers=headers)
    response.headers.set("x", "2")
    assert headers.raw == [("x", "1")]
    Response(headers=headers.frozen()).headers.set("x", "3")


@pytest.mark.parametrize("status", [200, 206, 299, 300, 404, 418, 599, HTTPStatus.CREATED])
def test_statuses(status):
    response = Response("x", status=status)
    assert response.status == status
    assert type(response.status) is int
    assert response.ok == (200 <= status <= 299)


@pytest.mark.parametrize("status", [0, 100, 101, 199, 600, 1000, -1])
def test_a_status_out_of_range_is_named(status):
    for make in (Response, Response.json):
        with pytest.raises(ValueError, match=rf"200 to 599, not {status}$"):
            make("x", status=status)


@pytest.mark.parametrize("status", ["404", 404.0, True, None])
def test_a_status_is_an_int(status):
    with pytest.raises(TypeError, match="int from 200 to 599"):
        Response("x", status=status)


@pytest.mark.parametrize("status", [204, 205, 304])
def test_some_statuses_have_no_body(status):
    assert Response(status=status).content == b""
    for body in ("", b"x", ReadableStream(["x"])):
        with pytest.raises(ValueError, match=f"status {status} has no body"):
            Response(body, status=status)
    with pytest.raises(ValueError, match="no body"):
        Response.json(None, status=status)


def test_a_status_text_is_one_line():
    assert Response(status=299, status_text="Odd but fine").status_text == "Odd but fine"
    assert Response.json(1, status_text="Made").status_text == "Made"
    assert Response(status_text="d\xe9j\xe0\tvu").status_text == "d\xe9j\xe0\tvu"


@pytest.mark.parametrize("text", ["a\r\nx: y", "a\tb\0", "\x7f", "\N{CHECK MARK}"])
def test_a_status_text_that_no_server_can_send_is_refused(text):
    with pytest.raises(ValueError, match="one line of Latin-1"):
        Response(status_text=text)


def test_a_dict_is_pointed_to_json():
    with pytest.raises(TypeError, match=r"Response takes .*, not dict: use Response\.json"):
        Response({"a": 1})


def test_json():
    response = Response.json({"ké": "✓", "x": float("nan")})
    assert response.content == '{"ké":"✓","x":null}'.encode()
    assert response.headers.raw == [("content-type", "application/json")]
    with pytest.raises(TypeError, match=r"\$\.a"):
        Response.json({"a": object()})


def test_a_stream_has_no_content_and_is_pulled():
    given = []

    def source():
        for chunk in ("a", b"b"):
            given.append(chunk)
            yield chunk

    response = Response(source())
    assert response.content is None
    assert given == []
    assert run(response.text()) == "ab"


def test_content_is_not_reading_but_a_read_body_cannot_be_sent():
    for response in (Response("x"), Response(pieces("x"))):
        assert response.content in (b"x", None)
        assert not response.body_used
        run(response.text())
        with pytest.raises(BodyUsed, match=r"cannot be sent; send a clone"):
            _ = response.content


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects(status):
    response = Response.redirect("/target?x=1", status)
    assert (response.status, response.content, response.body) == (status, b"", None)
    assert response.headers.raw == [("location", "/target?x=1")]


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
        ("sub/target", "sub/target"),
        ("/a b", "/a%20b"),
        ("/a%20b", "/a%20b"),
        ("/café?q=✓", "/caf%C3%A9?q=%E2%9C%93"),
        ("/x\r\nset-cookie: a=1", "/x%0D%0Aset-cookie:%20a=1"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        (URL("http://a/b c"), "http://a/b%20c"),
    ],
)
def test_a_location_is_percent_encoded_once(url, location):
    response = Response.redirect(url, headers={"x-h": "1"})
    assert response.status == 302
    assert response.headers["location"] == location
    assert response.headers["x-h"] == "1"


@pytest.mark.parametrize("status", [200, 300, 304, 400, "302"])
def test_other_statuses_do_not_redirect(status):
    with pytest.raises(ValueError, match="301, 302, 303, 307 or 308"):
        Response.redirect("/", status)


@pytest.mark.parametrize("url", [None, 5, b"/"])
def test_a_redirect_leads_to_a_url(url):
    with pytest.raises(TypeError, match="a redirect goes to a str or a URL, not"):
        Response.redirect(url)


def test_an_error_response():
    response = Response.error()
    assert (response.status, response.type, response.ok, response.body) == (0, "error", False, None)


def test_cookies_become_headers():
    response = Response.redirect("/target")
    response.cookies.set("a", "b")
    assert response.cookies is response.cookies
    assert response.headers.get_set_cookie() == ["a=b; Path=/"]
    response.headers = Headers()
    response.cookies.set("a", "c")
    assert response.headers.get_set_cookie() == ["a=c; Path=/"]


def test_clones_have_headers_of_their_own():
    response = Response("x", status=404, status_text="Gone", headers={"a": "1"})
    twin = response.clone()
    twin.headers.set("a", "2")
    twin.cookies.set("c", "1")
    assert response.headers.get("a") == "1"
    assert response.headers.get_set_cookie() == []
    assert (twin.status, twin.status_text, twin.content) == (404, "Gone", b"x")


def test_other_headers_on_the_same_body():
    response = Response(pieces("x"), status=201, headers={"a": "1"})
    changed = response.with_headers(lambda headers: headers.set("a", "2"))
    assert (response.headers["a"], changed.headers["a"], changed.status) == ("1", "2", 201)
    assert run(changed.text()) == "x"


@pytest.mark.parametrize(
    ("response", "shown"),
    [
        (Response("x" * 2000), "<Response 200 text/plain;charset=UTF-8, 2,000 bytes>"),
        (Response(status=204), "<Response 204 no body>"),
        (Response(iter("x")), "<Response 200 a stream>"),
    ],
)
def test_the_repr_says_what_it_is(response, shown):
    assert repr(response) == shown

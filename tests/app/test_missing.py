from __future__ import annotations

import json

import pytest

from notebook_routes.app.missing import method_not_allowed, not_found
from notebook_routes.routing import Route, RoutePattern, RouteTable
from notebook_routes.web import Request

HOSTILE = "/<script>alert(1)</script>"


@pytest.fixture
def routes():
    return RouteTable([Route("GET", RoutePattern.parse(text), None) for text in ("/products", "/news/[id]", "/a")])


def asked(target="/product", **headers):
    return Request.from_target(
        "GET", target, origin="http://localhost", headers=Request("http://x", headers=headers).headers
    )


def test_text_names_the_nearest(routes):
    response = not_found(asked(), routes)
    assert response.status == 404
    assert response.headers.get("content-type") == "text/plain; charset=utf-8"
    assert response.content == b"404 Not Found: no route answers /product\nRoutes that look like it: /products\n"


def test_json(routes):
    response = not_found(asked(accept="application/json"), routes)
    assert json.loads(response.content) == {
        "error": "404 Not Found: no route answers /product",
        "routes": ["/products"],
    }
    assert "routes" not in json.loads(not_found(asked("/zzzz", accept="application/json"), routes).content)


def test_html_escapes_what_was_asked(routes):
    response = not_found(asked(HOSTILE, accept="text/html,*/*;q=0.1"), routes)
    page = response.content.decode()
    assert response.headers.get("content-type") == "text/html; charset=utf-8"
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "<code>/products</code>" in not_found(asked(accept="text/html"), routes).content.decode()


def test_strangers_are_told_no_routes():
    for accept in ("text/plain", "text/html", "application/json", "image/png"):
        assert b"products" not in not_found(asked("/x", accept=accept), None).content


def test_a_405_says_what_is_allowed():
    response = method_not_allowed(Request("http://x/", method="PUT"), "GET, HEAD, OPTIONS", explain=True)
    assert (response.status, response.headers.get("allow")) == (405, "GET, HEAD, OPTIONS")
    assert response.content == b"PUT is not allowed here: GET, HEAD, OPTIONS\n"


@pytest.mark.parametrize("explain", [True, False])
def test_a_405_tells_who_teaches_or_learns_what_an_address_bar_sends(explain):
    said = method_not_allowed(Request("http://x/"), "OPTIONS, POST", explain=explain).content.decode()
    assert said.startswith("GET is not allowed here: OPTIONS, POST\n")
    assert ("The address bar of a browser sends GET" in said) is explain

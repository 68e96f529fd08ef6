from __future__ import annotations

import pytest

ORIGIN = "https://shop.example"
OPTION = f"write --cors {ORIGIN} on the route's magic line"


@pytest.fixture
def said(world):
    async def handle(request):
        return {}

    def ask(method="GET", *, headers=(), config=None, token=None):
        world.route("/a", method, **(config or {}))(handle)
        world.app.guard.token = token
        answer = world.page.ask("cors", method=method, target="/a?x=1", headers=list(headers), origin=ORIGIN)
        return answer.get("said") or answer["error"]

    return ask


def test_a_path_that_declares_nothing(said):
    assert said().startswith("The browser refuses: the path declares no other origins: ")
    assert OPTION in said()
    assert "answers a foreign POST with 403" in said("POST")


def test_a_path_that_declares_it(said):
    assert said(config={"cors": ORIGIN}) == f"A page of {ORIGIN} may send GET /a and read the answer"


def test_a_path_that_declares_another(said):
    assert OPTION in said(config={"cors": "https://other.example"})


def test_a_method_that_is_not_declared(said):
    refused = said("PUT", config={"cors": {"origins": ORIGIN, "methods": ["POST"]}})
    assert refused == "The browser refuses PUT: the path allows POST"


def test_a_header_that_is_not_declared(said):
    config = {"cors": {"origins": ORIGIN, "headers": ["x-one"]}}
    allowed = said(headers=[["X-One", "1"], ["Accept", "*/*"]], config=config)
    assert allowed.startswith("A page of")
    assert said(headers=[["X-Two", "2"]], config=config).startswith("The browser refuses the header x-two")


def test_json_is_asked_about_and_plain_text_is_not(said):
    config = {"cors": {"origins": ORIGIN, "headers": ["x-one"]}}
    assert "content-type" in said("POST", headers=[["content-type", "application/json"]], config=config)
    assert said("POST", headers=[["content-type", "text/plain"]], config=config).startswith("A page of")


def test_a_server_that_asks_for_its_token(said):
    assert said(config={"cors": ORIGIN}, token="t").endswith("the answer is 401 without it")
    assert OPTION in said(token="t")


@pytest.mark.parametrize("origin", ["https://a\r\nX: y", "https://ü€"])
def test_an_origin_that_cannot_be_sent(world, origin):
    answer = world.page.ask("cors", method="GET", target="/a", headers=[], origin=origin)
    assert "cannot be sent" in answer["error"]


def test_no_server(world):
    page = world.page
    world.thread.stop()
    answer = page.ask("cors", method="GET", target="/a", headers=[], origin=ORIGIN)
    assert answer["error"] == "The server does not run: run %routes start"

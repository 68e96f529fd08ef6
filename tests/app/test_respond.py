from __future__ import annotations

import pytest

from notebook_routes.app import Guard
from notebook_routes.web import Response


def text_of(response):
    return response.content.decode()


class TestMethods:
    @pytest.fixture
    def methods(self, desk):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):

            @desk.route("/all", method)
            async def handler(request):
                return Response(request.method, headers={"x-from": request.method})

        @desk.route("/post", "POST")
        async def post():
            return Response.json({"ok": True}, status=201)

        @desk.route("/head", "HEAD")
        async def head():
            return Response(None, status=202)

        @desk.route("/options", "OPTIONS")
        async def options():
            return Response("opts", headers={"allow": "GET,OPTIONS"})

        return desk

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
    def test_each_has_its_handler(self, methods, method):
        assert text_of(methods.ask("/all", method)) == method

    def test_head_runs_get_and_knows_that_it_is_head(self, methods):
        response = methods.ask("/all", "HEAD")
        assert (response.status, response.headers.get("x-from")) == (200, "HEAD")

    @pytest.mark.parametrize(
        ("path", "allow"),
        [
            ("/all", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"),
            ("/post", "OPTIONS, POST"),
            ("/head", "HEAD, OPTIONS"),
        ],
    )
    def test_options_is_automatic(self, methods, path, allow):
        response = methods.ask(path, "OPTIONS")
        assert (response.status, response.headers.get("allow"), response.content) == (204, allow, b"")

    def test_an_own_options_wins(self, methods):
        response = methods.ask("/options", "OPTIONS")
        assert (response.status, response.headers.get("allow"), text_of(response)) == (200, "GET,OPTIONS", "opts")

    @pytest.mark.parametrize(
        ("method", "path"),
        [("GET", "/post"), ("HEAD", "/post"), ("GET", "/head"), ("GET", "/options"), ("PROPFIND", "/all")],
    )
    def test_any_other_is_a_405_with_allow(self, methods, method, path):
        response = methods.ask(path, method)
        assert response.status == 405
        assert response.headers.get("allow") == methods.ask(path, "OPTIONS").headers.get("allow").replace(
            "GET,OPTIONS", "OPTIONS"
        )


class TestOwnPages:
    def test_without_any_it_is_a_plain_404(self, desk):
        desk.app.explain = True

        @desk.route("/[...rest]")
        async def rest(rest):
            return rest

        response = desk.ask("/_routes/log")
        assert response.status == 404
        assert "look like it" not in text_of(response)

    def test_they_ask_for_their_token(self, desk):
        desk.app.own_pages = lambda request: Response(request.path)
        assert desk.ask("/_routes/log").status == 403
        bearer = {"authorization": f"Bearer {desk.app.guard.page_token}"}
        assert text_of(desk.ask("/_routes/log", headers=bearer)) == "/_routes/log"

    def test_the_token_differs_from_guard_to_guard(self):
        tokens = {Guard().page_token for _ in range(3)}
        assert len(tokens) == 3
        assert min(len(token) for token in tokens) >= 32


def test_the_spelling_of_paths(desk):
    @desk.route("/hello")
    async def get():
        return "hello"

    response = desk.ask("/hello/?a=1")
    assert (response.status, response.headers.get("location")) == (308, "/hello?a=1")

"""DESIGN §5.9, line by line, from a raw socket: Host, Origin, CORS, tokens, our own pages."""

from __future__ import annotations

import pytest

from notebook_routes.runtime import not_found
from notebook_routes.web import Response

FOREIGN = "Origin: https://evil.example"
SHOP = "Origin: https://shop.example"
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def site(world):
    world.called = []

    def define(path, **config):
        for method in ("GET", *UNSAFE):

            @world.route(path, method, **config)
            async def handler(request):
                world.called.append(request.method)
                return request.method

    define("/closed")
    define("/open", cors=["https://shop.example"])
    define("/any", cors="*")
    return world


def ask(world, method, target, *headers, host=True):
    with world.client() as client:
        client.ask(method, target, *headers, host=host)
        return client.reply(to=method)


class TestHost:
    @pytest.mark.parametrize(
        "host", ["localhost", "localhost:8000", "127.0.0.1", "LOCALHOST:1", "[::1]", "[::1]:8000", "localhost:"]
    )
    def test_ours_are_answered(self, site, host):
        assert ask(site, "GET", "/closed", f"Host: {host}", host=False).text == "GET"

    @pytest.mark.parametrize(
        "host",
        ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.nip.io", "0.0.0.0", "localhost."],
    )
    def test_any_other_is_a_421_that_names_the_option(self, site, host):
        reply = ask(site, "GET", "/closed", f"Host: {host}", host=False)
        assert reply.status == 421
        assert f"--allow-host {host.partition(':')[0]}" in reply.text
        assert site.called == []

    @pytest.mark.parametrize(
        "host",
        ["", "localhost:80@evil.example", "a b", "localhost/x", "localhost, evil.example", "<b>", "\xe9", "[::1"],
    )
    def test_one_that_is_no_host_is_a_400(self, site, host):
        assert ask(site, "GET", "/closed", f"Host: {host}", host=False).status == 400
        assert site.called == []

    def test_none_and_several_are_a_400(self, site):
        assert ask(site, "GET", "/closed", host=False).status == 400
        assert ask(site, "GET", "/closed", "Host: localhost").status == 400
        with site.client() as client:
            client.ask("GET", "/closed", version="1.0", host=False)
            assert client.reply().status == 400
        assert site.called == []

    def test_an_absolute_target_overrides_the_header(self, site):
        assert ask(site, "GET", "http://evil.example/closed").status == 421
        assert ask(site, "GET", "http://user@evil.example/closed").status == 421
        assert ask(site, "GET", "http://localhost/closed").text == "GET"
        assert ask(site, "GET", "http://localhost/closed", "Host: evil.example", host=False).text == "GET"

    @pytest.mark.parametrize("target", ["/missing", "/closed/", "/_routes/x"])
    def test_nothing_is_told_to_a_foreign_host(self, site, target):
        assert ask(site, "GET", target, "Host: evil.example", host=False).status == 421

    def test_a_host_may_be_allowed(self, site):
        site.app.guard.allow_host("Hub.Example")
        assert ask(site, "GET", "/closed", "Host: hub.example:443", host=False).text == "GET"

    def test_without_a_list_any_host_is_answered_that_is_one(self, site):
        site.app.guard.hosts = None
        assert ask(site, "GET", "/closed", "Host: evil.example", host=False).text == "GET"
        assert ask(site, "GET", "/closed", "Host: a b", host=False).status == 400
        with site.client() as client:
            client.ask("GET", "/closed", version="1.0", host=False)
            assert client.reply().text == "GET"

    def test_a_redirect_stays_with_the_host_that_was_asked(self, site):
        @site.route("/go")
        async def go():
            return Response.redirect("/target", 307)

        headers = ["Host: localhost:1234", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https"]
        reply = ask(site, "GET", "/go", *headers, host=False)
        assert reply.get("location") == "http://localhost:1234/target"


class TestForeignPages:
    @pytest.mark.parametrize("method", UNSAFE)
    @pytest.mark.parametrize(
        "headers",
        [
            [FOREIGN],
            ["Origin: null"],
            ["Origin: http://localhost:1"],
            ["Origin: http://127.0.0.1"],
            ["Sec-Fetch-Site: cross-site"],
            ["Sec-Fetch-Site: Cross-Site"],
            [FOREIGN, "Sec-Fetch-Site: same-origin"],
        ],
    )
    def test_may_not_write(self, site, method, headers):
        reply = ask(site, method, "/closed", *headers)
        assert reply.status == 403
        assert method in reply.text
        assert site.called == []

    def test_are_told_the_option_that_lets_them(self, site):
        assert "--cors https://evil.example" in ask(site, "POST", "/closed", FOREIGN).text

    @pytest.mark.parametrize("method", UNSAFE)
    def test_our_own_pages_and_programs_may(self, site, method):
        with site.client() as client:
            client.ask(method, "/closed", f"Origin: http://{client.host}", "Sec-Fetch-Site: same-origin")
            assert client.reply().text == method
            client.ask(method, "/closed")
            assert client.reply().text == method
            client.ask(method, "/closed", "Sec-Fetch-Site: none")
            assert client.reply().text == method

    def test_may_ask_but_the_browser_will_not_show_them(self, site):
        reply = ask(site, "GET", "/closed", FOREIGN, "Sec-Fetch-Site: cross-site")
        assert reply.text == "GET"
        assert reply.get("access-control-allow-origin") is None

    def test_a_method_that_no_path_has_is_refused_too(self, site):
        assert ask(site, "PROPFIND", "/closed", FOREIGN).status == 403

    def test_where_it_is_not_checked_they_may(self, site):
        site.app.guard.check_origin = False
        assert ask(site, "POST", "/closed", FOREIGN).text == "POST"


class TestCors:
    def test_a_declared_origin_may_read_and_write(self, site):
        for method in ("GET", *UNSAFE):
            reply = ask(site, method, "/open", SHOP, "Sec-Fetch-Site: cross-site")
            assert reply.text == method
            assert reply.get("access-control-allow-origin") == "https://shop.example"
            assert reply.get("vary") == "Origin"

    def test_another_may_not(self, site):
        reply = ask(site, "POST", "/open", FOREIGN)
        assert reply.status == 403
        assert reply.get("access-control-allow-origin") is None
        reply = ask(site, "GET", "/open", FOREIGN)
        assert (reply.text, reply.get("access-control-allow-origin"), reply.get("vary")) == ("GET", None, "Origin")

    def test_any_origin(self, site):
        reply = ask(site, "POST", "/any", FOREIGN)
        assert (reply.text, reply.get("access-control-allow-origin")) == ("POST", "*")

    def test_a_preflight(self, site):
        wants = ["Access-Control-Request-Method: DELETE", "Access-Control-Request-Headers: x-a, x-b"]
        reply = ask(site, "OPTIONS", "/open", SHOP, *wants)
        assert reply.status == 204
        assert reply.get("access-control-allow-origin") == "https://shop.example"
        assert "DELETE" in reply.get("access-control-allow-methods")
        assert reply.get("access-control-allow-headers") == "x-a, x-b"
        for origin, target in [(FOREIGN, "/open"), (SHOP, "/closed")]:
            reply = ask(site, "OPTIONS", target, origin, *wants)
            assert (reply.status, reply.get("access-control-allow-origin")) == (204, None)
            assert reply.get("access-control-allow-methods") is None
        assert site.called == []

    def test_a_failure_can_be_read_too(self, site, caplog):
        @site.route("/lamp", cors=["https://shop.example"])
        async def lamp():
            not_found("no lamp")

        @site.route("/fails", cors=["https://shop.example"])
        async def fails():
            raise RuntimeError

        for target, status in [("/lamp", 404), ("/fails", 500)]:
            reply = ask(site, "GET", target, SHOP)
            assert (reply.status, reply.get("access-control-allow-origin")) == (status, "https://shop.example")


class TestToken:
    @pytest.fixture
    def locked(self, site):
        site.app.guard.token = "s3cret"
        return site

    @pytest.mark.parametrize("target", ["/closed", "/missing"])
    @pytest.mark.parametrize(
        "given", [[], ["Authorization: Bearer wrong"], ["Authorization: Basic s3cret"], ["Authorization: s3cret"]]
    )
    def test_without_it_nothing_is_told(self, locked, target, given):
        reply = ask(locked, "GET", target, *given)
        assert (reply.status, reply.get("www-authenticate")) == (401, "Bearer")
        assert "s3cret" not in reply.text
        assert locked.called == []

    def test_with_it(self, locked):
        assert ask(locked, "GET", "/closed", "Authorization: bearer  s3cret").text == "GET"
        assert ask(locked, "GET", "/missing", "Authorization: Bearer s3cret").status == 404

    def test_it_opens_no_door_to_foreign_pages(self, locked):
        assert ask(locked, "POST", "/closed", FOREIGN, "Authorization: Bearer s3cret").status == 403

    def test_a_preflight_cannot_bring_it(self, locked):
        wants = ["Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization"]
        reply = ask(locked, "OPTIONS", "/open", SHOP, *wants)
        assert (reply.status, reply.get("access-control-allow-headers")) == (204, "authorization")
        assert ask(locked, "OPTIONS", "/closed", SHOP, *wants).status == 401

    def test_a_declared_origin_can_read_that_it_is_missing(self, locked):
        reply = ask(locked, "GET", "/open", SHOP)
        assert (reply.status, reply.get("access-control-allow-origin")) == (401, "https://shop.example")


class TestOwnPages:
    @pytest.fixture
    def reserved(self, site):
        @site.route("/[...rest]")
        async def rest(rest):
            return rest

        return site

    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
    def test_where_there_are_none_it_is_a_404_whatever_a_catch_all_says(self, reserved, method):
        assert ask(reserved, method, "/_routes/log").status == 404
        assert ask(reserved, "GET", "/other").json() == ["other"]

    @pytest.mark.parametrize(
        "target", ["/_routes/log", "/x/../_routes/log", "http://localhost/_routes/log", "/./_routes/log"]
    )
    def test_without_the_token_it_is_a_403(self, reserved, target):
        reserved.app.own_pages = lambda request: Response("ours")
        assert ask(reserved, "GET", target).status == 403
        assert ask(reserved, "GET", target, "Authorization: Bearer wrong").status == 403
        token = reserved.app.guard.page_token
        assert ask(reserved, "GET", target, f"Authorization: Bearer {token}").text == "ours"

    def test_the_routes_token_is_another(self, reserved):
        reserved.app.own_pages = lambda request: Response("ours")
        reserved.app.guard.token = "s3cret"
        assert ask(reserved, "GET", "/_routes/log", "Authorization: Bearer s3cret").status == 403

    @pytest.mark.parametrize("target", ["/%5Froutes/log", "/_ROUTES/log", "/_routes"])
    def test_another_spelling_is_another_path(self, reserved, target):
        reserved.app.own_pages = lambda request: Response("ours")
        assert ask(reserved, "GET", target).text != "ours"

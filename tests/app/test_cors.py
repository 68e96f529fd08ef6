from __future__ import annotations

import asyncio

import pytest

from notebook_routes.app import App, Cors, Guard, Middleware
from notebook_routes.errors import ConfigError
from notebook_routes.routing import CorsPolicy, Route, RoutePath, RoutePattern, SegmentConfig, cors
from notebook_routes.runtime import Invoker
from notebook_routes.web import Headers, Request

PATTERN = RoutePattern.parse("/items")
PATH = RoutePath(PATTERN, {method: Route(method, PATTERN, None) for method in ("GET", "POST")})
SHOP = "https://shop.example"


def request(method="GET", **headers):
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Request.from_target(method, "/items", origin="http://localhost", headers=Headers.from_pairs(pairs))


def headers_for(policy, asked):
    headers = Headers()
    policy.add_to(headers, asked)
    return dict(headers)


def preflight(policy, **headers):
    asked = request("OPTIONS", access_control_request_method="POST", **headers)
    response = policy.preflight(asked, PATH)
    assert (response.status, response.headers.get("allow")) == (204, "GET, HEAD, OPTIONS, POST")
    return {
        name.removeprefix("access-control-"): value for name, value in response.headers.items() if name.startswith("ac")
    }


def test_who_is_allowed():
    policy = Cors(CorsPolicy.of([SHOP, "http://localhost:3000"]))
    assert policy.allows(request(origin=SHOP))
    assert policy.allows(request(origin="HTTPS://Shop.Example"))
    assert policy.allows(request(origin="http://localhost:3000"))
    for other in ("http://shop.example", "https://shop.example.evil", "https://shop.example:444", "null", ""):
        assert not policy.allows(request(origin=other))
    assert not policy.allows(request())


def test_any_means_any_that_says_so():
    policy = Cors(CorsPolicy.of("*"))
    assert policy.allows(request(origin="null"))
    assert not policy.allows(request())


def test_null_can_be_declared():
    assert Cors(CorsPolicy.of("null")).allows(request(origin="null"))


def test_an_answer_to_a_declared_origin():
    policy = Cors(CorsPolicy.of([SHOP]))
    assert headers_for(policy, request(origin=SHOP)) == {"access-control-allow-origin": SHOP, "vary": "Origin"}
    assert headers_for(policy, request(origin="https://evil.example")) == {"vary": "Origin"}
    assert headers_for(policy, request()) == {"vary": "Origin"}


def test_an_answer_to_anyone():
    assert headers_for(Cors(CorsPolicy.of("*")), request()) == {"access-control-allow-origin": "*"}


def test_what_the_handler_varies_by_stays():
    headers = Headers({"vary": "Accept"})
    Cors(CorsPolicy.of([SHOP])).add_to(headers, request(origin=SHOP))
    assert headers.get("vary") == "Accept, Origin"


def test_credentials_and_exposed_headers():
    policy = Cors(CorsPolicy.of({"origins": [SHOP], "credentials": True, "expose_headers": ["X-Total", "X-Page"]}))
    assert headers_for(policy, request(origin=SHOP)) == {
        "access-control-allow-origin": SHOP,
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "X-Total, X-Page",
        "vary": "Origin",
    }
    assert headers_for(policy, request(origin="https://evil.example")) == {"vary": "Origin"}


@pytest.mark.parametrize(
    ("method", "headers"), [("GET", {"access_control_request_method": "POST"}), ("OPTIONS", {"origin": SHOP})]
)
def test_what_is_no_preflight(method, headers):
    assert Cors(CorsPolicy.of("*")).preflight(request(method, **headers), PATH) is None


def test_a_preflight_is_told_what_the_path_has_and_what_it_asks_for():
    answer = preflight(Cors(CorsPolicy.of([SHOP])), origin=SHOP, access_control_request_headers="x-a, x-b")
    assert answer == {
        "allow-origin": SHOP,
        "allow-methods": "GET, HEAD, OPTIONS, POST",
        "allow-headers": "x-a, x-b",
    }


def test_a_preflight_is_told_what_was_declared():
    policy = {"origins": [SHOP], "methods": ["post"], "headers": ["X-A"], "max_age": 600, "credentials": True}
    answer = preflight(Cors(CorsPolicy.of(policy)), origin=SHOP, access_control_request_headers="x-a, x-b")
    assert answer == {
        "allow-origin": SHOP,
        "allow-methods": "POST",
        "allow-headers": "x-a",
        "allow-credentials": "true",
        "max-age": "600",
    }


def test_a_preflight_of_another_origin_is_told_nothing():
    assert preflight(Cors(CorsPolicy.of([SHOP])), origin="https://evil.example") == {}


def test_without_cors_a_path_says_nothing(desk):
    @desk.route("/items")
    async def get():
        return None

    asked = {"origin": SHOP, "access-control-request-method": "POST"}
    for method in ("GET", "OPTIONS"):
        response = desk.ask("/items", method, headers=asked)
        assert response.status == 204
        assert not [name for name in response.headers if name.startswith("access-control")]


def test_a_handler_may_do_it_itself(desk):
    @desk.route("/items", "OPTIONS")
    async def options(request):
        from notebook_routes.web import Response

        return Response(None, status=204, headers={"access-control-allow-origin": request.headers["origin"]})

    response = desk.ask("/items", "OPTIONS", headers={"origin": SHOP, "access-control-request-method": "POST"})
    assert response.headers.get("access-control-allow-origin") == SHOP


def test_the_declaration_is_the_paths(desk):
    @desk.route("/items", cors=[SHOP])
    async def get():
        return "get"

    @desk.route("/items", "POST")
    async def post():
        return "post"

    for method in ("GET", "POST", "PUT", "OPTIONS"):
        response = desk.ask("/items", method, headers={"origin": SHOP})
        assert response.headers.get("access-control-allow-origin") == SHOP


# For a whole app


def ask(app, target="/items", method="GET", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return asyncio.run(app.request(target, method=method, headers={"host": "localhost", **named}))


@pytest.fixture
def app():
    async def answer():
        return "open"

    def route(method, path, **config):
        pattern = RoutePattern.parse(path)
        handler = Invoker(answer, method=method, pattern=pattern)
        return Route(method, pattern, handler, SegmentConfig(**config))

    app = App(cors=cors(SHOP, max_age=60), guard=Guard())
    app.routes.replace(
        put=[route("GET", "/items"), route("POST", "/items"), route("GET", "/own", cors="https://own.example")]
    )
    return app


def test_an_app_speaks_for_paths_that_say_nothing(app):
    assert ask(app, origin=SHOP).headers.get("access-control-allow-origin") == SHOP
    assert ask(app, method="POST", origin=SHOP).status == 200
    assert ask(app, method="POST", origin="https://evil.example").status == 403
    asked = ask(app, method="OPTIONS", origin=SHOP, access_control_request_method="POST")
    assert (asked.status, asked.headers.get("access-control-max-age")) == (204, "60")


def test_a_path_speaks_for_itself(app):
    assert ask(app, "/own", origin=SHOP).headers.get("access-control-allow-origin") is None
    assert ask(app, "/own", origin="https://own.example").headers.get("access-control-allow-origin") is not None


def test_a_page_can_tell_what_is_missing(app):
    missing = ask(app, "/nowhere", origin=SHOP)
    assert (missing.status, missing.headers.get("access-control-allow-origin")) == (404, SHOP)


def test_middleware_and_failures_are_readable_too(app):
    def middleware(request):
        raise RuntimeError("broken")

    app.middleware = (Middleware(middleware),)
    failed = ask(app, origin=SHOP)
    assert (failed.status, failed.headers.get("access-control-allow-origin")) == (500, SHOP)


def test_what_browsers_would_refuse_is_refused_when_it_is_declared():
    with pytest.raises(ConfigError, match=r'cors\(\) cannot have credentials for "\*": browsers refuse that'):
        cors("*", credentials=True)
    with pytest.raises(ConfigError, match="is no origin"):
        App(cors="shop.example")


def test_a_file_may_import_the_function_and_call_its_constant_the_same():
    assert SegmentConfig.from_constants({"cors": cors}).cors is None
    assert SegmentConfig.from_constants({"cors": cors(SHOP)}).cors.origins == (SHOP,)

from __future__ import annotations

import pytest

from notebook_routes.app import Cors
from notebook_routes.routing import CorsPolicy, Route, RoutePath, RoutePattern
from notebook_routes.web import Headers, Request

PATTERN = RoutePattern.parse("/items")
PATH = RoutePath(PATTERN, {method: Route(method, PATTERN, None) for method in ("GET", "POST")})
SHOP = "https://shop.example"


def request(method="GET", **headers):
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Request.from_target(method, "/items", origin="http://localhost", headers=Headers.from_pairs(pairs))


def headers_for(cors, asked):
    headers = Headers()
    cors.add_to(headers, asked)
    return dict(headers)


def preflight(cors, **headers):
    asked = request("OPTIONS", access_control_request_method="POST", **headers)
    response = cors.preflight(asked, PATH)
    assert (response.status, response.headers.get("allow")) == (204, "GET, HEAD, OPTIONS, POST")
    return {
        name.removeprefix("access-control-"): value for name, value in response.headers.items() if name.startswith("ac")
    }


def test_who_is_allowed():
    cors = Cors(CorsPolicy.of([SHOP, "http://localhost:3000"]))
    assert cors.allows(request(origin=SHOP))
    assert cors.allows(request(origin="HTTPS://Shop.Example"))
    assert cors.allows(request(origin="http://localhost:3000"))
    for other in ("http://shop.example", "https://shop.example.evil", "https://shop.example:444", "null", ""):
        assert not cors.allows(request(origin=other))
    assert not cors.allows(request())


def test_any_means_any_that_says_so():
    cors = Cors(CorsPolicy.of("*"))
    assert cors.allows(request(origin="null"))
    assert not cors.allows(request())


def test_null_can_be_declared():
    assert Cors(CorsPolicy.of("null")).allows(request(origin="null"))


def test_an_answer_to_a_declared_origin():
    cors = Cors(CorsPolicy.of([SHOP]))
    assert headers_for(cors, request(origin=SHOP)) == {"access-control-allow-origin": SHOP, "vary": "Origin"}
    assert headers_for(cors, request(origin="https://evil.example")) == {"vary": "Origin"}
    assert headers_for(cors, request()) == {"vary": "Origin"}


def test_an_answer_to_anyone():
    assert headers_for(Cors(CorsPolicy.of("*")), request()) == {"access-control-allow-origin": "*"}


def test_what_the_handler_varies_by_stays():
    headers = Headers({"vary": "Accept"})
    Cors(CorsPolicy.of([SHOP])).add_to(headers, request(origin=SHOP))
    assert headers.get("vary") == "Accept, Origin"


def test_credentials_and_exposed_headers():
    cors = Cors(CorsPolicy.of({"origins": [SHOP], "credentials": True, "expose_headers": ["X-Total", "X-Page"]}))
    assert headers_for(cors, request(origin=SHOP)) == {
        "access-control-allow-origin": SHOP,
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "X-Total, X-Page",
        "vary": "Origin",
    }
    assert headers_for(cors, request(origin="https://evil.example")) == {"vary": "Origin"}


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

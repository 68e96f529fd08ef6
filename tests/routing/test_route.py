from __future__ import annotations

import pytest

from notebook_routes.routing import ANY, METHODS, Route, RoutePath, RoutePattern, SegmentConfig

PATTERN = RoutePattern.parse("/m/[id]")


def route(method, **options):
    return Route(method, PATTERN, None, SegmentConfig(**options))


# What OPTIONS answers in the cases of area "method", and in proxy-options-passes-through.
@pytest.mark.parametrize(
    ("methods", "allow"),
    [
        (["GET"], "GET, HEAD, OPTIONS"),
        (["HEAD", "GET"], "GET, HEAD, OPTIONS"),
        (["HEAD"], "HEAD, OPTIONS"),
        (["POST"], "OPTIONS, POST"),
        (["PUT", "POST", "GET"], "GET, HEAD, OPTIONS, POST, PUT"),
        (["OPTIONS"], "OPTIONS"),
        ([], "OPTIONS"),
        ([ANY], "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"),
    ],
)
def test_allow_lists_what_is_answered(methods, allow):
    assert RoutePath(PATTERN, {method: route(method) for method in methods}).allow() == allow


def test_a_path_keeps_its_methods_in_the_order_of_lists():
    path = RoutePath(PATTERN, {method: route(method) for method in reversed(METHODS)})
    assert tuple(path.methods) == METHODS


def test_a_path_joins_the_config_of_its_routes():
    path = RoutePath(PATTERN, {"GET": route("GET", revalidate=60), "POST": route("POST", tags=["a"])})
    assert path.config == SegmentConfig(revalidate=60, tags=("a",))


@pytest.mark.parametrize("method", ["get", "TRACE", "QUERY", ""])
def test_other_methods_are_no_routes(method):
    with pytest.raises(ValueError, match="answers one of GET, HEAD"):
        Route(method, PATTERN, None)


def test_a_route_introduces_itself():
    assert str(Route("GET", PATTERN, None, cell="cell [3]")) == "GET /m/[id] (cell [3])"
    assert str(Route("GET", PATTERN, None)) == "GET /m/[id]"
    assert repr(RoutePath(PATTERN, {"GET": route("GET")})) == "<RoutePath /m/[id]: GET>"


def test_two_runs_of_one_cell_make_two_routes():
    assert route("GET") != route("GET")


@pytest.mark.parametrize("method", [*METHODS, "PROPFIND", ANY])
def test_an_api_route_answers_every_method(method):
    api = route(ANY)
    assert (api.is_api, route("GET").is_api) == (True, False)
    assert RoutePath(PATTERN, {ANY: api}).answering(method) is api


def test_any_is_no_method_of_other_routes():
    path = RoutePath(PATTERN, {"GET": route("GET")})
    assert path.answering(ANY) is None
    assert path.answering("HEAD") is path.methods["GET"]

from __future__ import annotations

import pytest

from notebook_routes.errors import RouteConflict
from notebook_routes.routing import PAGE, Route, RoutePattern, RouteTable, SegmentConfig


def route(line, cell, **options):
    method, _, path = line.partition(" ")
    return Route(method, RoutePattern.parse(path), None, SegmentConfig(**options), cell=cell)


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        ("GET /p/[id]", "GET /p/[slug]", "two names"),
        ("GET /p/[id]", "POST /p/[slug]", "two names"),
        ("GET /p/[id]/a", "GET /p/[slug]/b", "two names"),
        ("GET /p/[id]/[...r]", "GET /p/[slug]", "two names"),
        ("GET /p/[...a]", "GET /p/[...b]", "two names"),
        ("GET /p/[[...a]]", "GET /p/[[...b]]", "two names"),
        ("GET /p/[...a]", "GET /p/[[...a]]", "answer the same paths"),
        ("GET /p/[...a]", "POST /p/[[...b]]", "answer the same paths"),
        ("GET /p", "GET /p/[[...a]]", "may be empty"),
        ("GET /p", "POST /p/[[...a]]", "may be empty"),
        ("GET /", "GET /[[...a]]", "may be empty"),
        ("GET /p/[id]", "GET /p/[id]/[[...a]]", "may be empty"),
        ("GET /(a)/x", "GET /(b)/x", "the same path, /x"),
        ("GET /(a)/x", "GET /x", "the same path, /x"),
        ("GET /(a)/x/[...r]", "GET /x/[...r]", "the same path, /x/[...r]"),
        ("GET /x%20y", "POST /x y", "the same path"),
    ],
)
def test_both_are_named_in_either_order(one, other, message):
    for first, second in [(one, other), (other, one)]:
        table = RouteTable([route(first, "cell [1]")])
        with pytest.raises(RouteConflict) as caught:
            table.put(route(second, "cell [2]"))
        text = str(caught.value)
        assert f"{second} (cell [2])" in text
        assert f"{first} (cell [1])" in text
        assert message in text
        assert [str(left) for left in table.routes()] == [f"{first} (cell [1])"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("GET /p/[id]", "GET /p/[...slug]"),
        ("GET /p/[id]", "GET /p/[[...slug]]"),
        ("GET /p", "GET /p/[...slug]"),
        ("GET /p/[id]", "GET /q/[slug]"),
        ("GET /p/[id]", "GET /p/id/[slug]"),
        ("GET /(a)/x", "GET /(b)/y"),
        ("GET /(a)/x", "POST /(a)/x"),
        ("GET /p/[id]/[...r]", "GET /p/[...r]"),
    ],
)
def test_what_may_stand_side_by_side(one, other):
    for first, second in [(one, other), (other, one)]:
        table = RouteTable([route(first, "cell [1]")])
        assert table.put(route(second, "cell [2]")) is None


def test_config_belongs_to_the_path():
    table = RouteTable([route("GET /x", "cell [1]", revalidate=60)])
    with pytest.raises(RouteConflict) as caught:
        table.put(route("POST /x", "cell [2]", revalidate=5))
    assert "POST /x (cell [2]) has revalidate = 5" in str(caught.value)
    assert "GET /x (cell [1]) has revalidate = 60" in str(caught.value)
    assert table.match("/x").route_path.config.revalidate == 60


def test_the_same_config_twice_or_another_piece_of_it_is_fine():
    table = RouteTable([route("GET /x", "cell [1]", revalidate=60)])
    table.put(route("POST /x", "cell [2]", revalidate=60, tags=["a"]))
    table.put(route("PUT /x", "cell [3]"))
    assert table.match("/x").route_path.config == SegmentConfig(revalidate=60, tags=["a"])


def test_the_config_of_a_replaced_route_does_not_count():
    table = RouteTable([route("GET /x", "cell [1]", revalidate=60)])
    table.put(route("GET /x", "cell [1]", revalidate=5))
    assert table.match("/x").route_path.config.revalidate == 5


# Pages


def page(path, cell, **options):
    return Route("GET", RoutePattern.parse(path), None, SegmentConfig(**options), cell=cell, extras={PAGE: "html"})


@pytest.mark.parametrize("line", ["GET /p/[id]", "HEAD /p/[id]"])
def test_a_page_and_a_route_that_answers_get_are_a_conflict_in_either_order(line):
    one, other = page("/p/[id]", "app/p/[id]/page.html"), route(line, "app/p/[id]/route.py")
    for first, second in [(one, other), (other, one)]:
        table = RouteTable([first])
        with pytest.raises(RouteConflict, match="a page answers GET and HEAD of its path") as caught:
            table.put(second)
        assert "(app/p/[id]/page.html)" in str(caught.value)
        assert f"{line} (app/p/[id]/route.py)" in str(caught.value)
        assert table.routes() == [first]
        with pytest.raises(RouteConflict):
            RouteTable([first, second])


def test_other_methods_stand_beside_a_page_and_share_its_config():
    table = RouteTable([page("/p", "a", revalidate=60), route("POST /p", "b"), route("OPTIONS /p", "c", tags=("x",))])
    (path,) = table.paths()
    assert list(path.methods) == ["GET", "POST", "OPTIONS"]
    assert (path.config.revalidate, path.config.tags) == (60, ("x",))
    with pytest.raises(RouteConflict, match="config belongs to the path"):
        table.put(route("DELETE /p", "d", revalidate=1))


def test_a_page_takes_the_place_of_a_page():
    first, second = page("/p", "a"), page("/p", "b")
    assert RouteTable([first]).put(second) is first


def test_a_page_takes_the_place_of_a_route_that_goes_in_the_same_change():
    old, new = route("GET /p", "a"), page("/p", "a")
    table = RouteTable([old])
    table.replace(remove=[old], put=[new])
    table.replace(remove=[new], put=[old])
    assert table.routes() == [old]


@pytest.mark.parametrize("other", ["GET /api/[id]", "POST /api/[id]", "OPTIONS /api/[id]"])
def test_an_api_route_is_alone_at_its_path(other):
    for first, second in [("ANY /api/[id]", other), (other, "ANY /api/[id]")]:
        table = RouteTable([route(first, "cell [1]")])
        with pytest.raises(RouteConflict, match="an API Route answers every method of its path") as caught:
            table.put(route(second, "cell [2]"))
        assert f"{second} (cell [2]) and {first} (cell [1])" in str(caught.value)
        assert [str(left) for left in table.routes()] == [f"{first} (cell [1])"]


def test_an_api_route_takes_the_place_of_another():
    table = RouteTable([route("ANY /api/[id]", "cell [1]"), route("GET /api/me", "cell [2]")])
    replaced = table.put(route("ANY /api/[id]", "cell [3]"))
    assert str(replaced) == "ANY /api/[id] (cell [1])"
    assert str(table.match("/api/me").route_path.answering("GET")) == "GET /api/me (cell [2])"
    assert table.match("/api/me").route_path.answering("POST") is None

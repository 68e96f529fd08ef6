"""A user's function as a middleware, and what a file declares."""

# ruff: noqa: A002, A006 - `next` is what it is called

import functools

import pytest

from notebook_routes.app import Middleware, declared_middleware
from notebook_routes.errors import CellError, ConfigError, DefinitionError
from notebook_routes.web import Request

REQUEST = Request("http://127.0.0.1/admin")
NEXT = object()


def first(request):
    pass


def second(request, next):
    pass


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (lambda: None, {}),
        (first, {"request": REQUEST}),
        (second, {"request": REQUEST, "next": NEXT}),
        (lambda req, call_next: None, {"req": REQUEST, "call_next": NEXT}),
        (lambda next: None, {"next": NEXT}),
        (lambda next, request: None, {"next": NEXT, "request": REQUEST}),
        (lambda request, query: None, {"request": REQUEST, "query": REQUEST.query}),
        (lambda request, *, limit=3: None, {"request": REQUEST}),
        (functools.partial(lambda request, limit: None, limit=3), {"request": REQUEST}),
    ],
)
def test_parameters_mean_what_they_are_called(function, arguments):
    middleware = Middleware(function)
    assert middleware.arguments(REQUEST, NEXT) == arguments
    assert middleware.takes_next is (NEXT in arguments.values())


@pytest.mark.parametrize("function", [lambda a, b, c: None, lambda *rest: None, lambda request, **more: None])
def test_a_parameter_that_cannot_be_filled_is_named(function):
    with pytest.raises(CellError, match=r"can never be filled: write def middleware\(request\)"):
        Middleware(function)


def test_a_middleware_does_not_yield():
    def stream(request):
        yield 1

    async def later(request):
        yield 1

    for function in (stream, later):
        with pytest.raises(CellError, match="yields, and a middleware gives one answer"):
            Middleware(function)


def test_declared_alone_with_its_config():
    (made,) = declared_middleware({"middleware": first, "config": {"matcher": "/admin"}}, where="middleware.py")
    assert made.matches(REQUEST)
    assert not made.matches(Request("http://127.0.0.1/"))
    assert repr(made) == "<first of middleware.py ('/admin',)>"


def test_declared_as_several_each_with_its_own_matcher():
    found = {
        "middleware": [first, (second, "/other"), (first, {"source": "/:path*"})],
        "config": {"matcher": "/admin"},
    }
    made = declared_middleware(found, where="middleware.py")
    assert [each.matcher.sources for each in made] == [("/admin",), ("/other",), ("/:path*",)]
    assert [each.label for each in made] == [f"{name} of middleware.py" for name in ("first", "second", "first")]


def test_proxy_is_another_name():
    (made,) = declared_middleware({"proxy": first}, where="proxy.py")
    assert made.matcher is None


@pytest.mark.parametrize(
    ("found", "kind", "said"),
    [
        ({}, DefinitionError, "declares no middleware"),
        ({"middleware": first, "proxy": first}, DefinitionError, "two names of one thing"),
        ({"middleware": 3}, DefinitionError, "middleware is not a function but 3"),
        ({"middleware": [first, 3]}, DefinitionError, "an item of middleware is not a function but 3"),
        ({"middleware": lambda a, b, c: None}, DefinitionError, "can never be filled"),
        ({"middleware": first, "config": 3}, ConfigError, "config is 3"),
        ({"middleware": first, "config": {"matchr": "/"}}, ConfigError, "'matchr' is no key"),
        ({"middleware": first, "config": {"matcher": "about"}}, ConfigError, 'begins with "/"'),
    ],
)
def test_what_cannot_be_declared_names_the_file(found, kind, said):
    with pytest.raises(kind) as refused:
        declared_middleware(found, where="middleware.py")
    assert said in str(refused.value)
    assert "middleware.py" in str(refused.value)

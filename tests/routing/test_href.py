"""The address of a route."""

import enum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_routes import href
from notebook_routes.errors import InvalidPattern
from notebook_routes.routing import Dynamic, OptionalCatchAll, Route, RoutePattern, RouteTable
from notebook_routes.web import URL, URLSearchParams


class Size(enum.Enum):
    SMALL = "s m"


@pytest.mark.parametrize(
    ("path", "given", "address"),
    [
        ("/", {}, "/"),
        ("/about", {}, "/about"),
        ("/products/[id]", {"id": 1}, "/products/1"),
        ("/products/[id]", {"id": "a b/ü"}, "/products/a%20b%2F%C3%BC"),
        ("/products/[size]", {"size": Size.SMALL}, "/products/s%20m"),
        ("/(shop)/products/[product-id]", {"product-id": 1}, "/products/1"),
        ("/files/[...path]", {"path": ["a", "b c"]}, "/files/a/b%20c"),
        ("/files/[...path]", {"path": (1, Size.SMALL)}, "/files/1/s%20m"),
        ("/docs/[[...slug]]", {}, "/docs"),
        ("/docs/[[...slug]]", {"slug": []}, "/docs"),
        ("/docs/[[...slug]]", {"slug": None}, "/docs"),
        ("/[hash]/[self]/[path]", {"hash": 1, "self": 2, "path": 3}, "/1/2/3"),
        ("/p", {"query": {"page": 2, "tag": ["a&b", "c"], "no": None}}, "/p?page=2&tag=a%26b&tag=c"),
        ("/p", {"query": {"ok": True}}, "/p?ok=true"),
        ("/p", {"query": {"size": Size.SMALL, "sizes": [Size.SMALL]}}, "/p?size=s+m&sizes=s+m"),
        ("/p", {"query": URLSearchParams("a=1&a=2")}, "/p?a=1&a=2"),
        ("/p", {"query": {}}, "/p"),
        ("/p", {"query": URLSearchParams()}, "/p"),
        ("/p", {"query": {"page": None}}, "/p"),
    ],
)  # fmt: skip
def test_addresses(path, given, address):
    assert href(path, **given) == address


@pytest.mark.parametrize(
    ("path", "given", "error", "message"),
    [
        ("/products/[id]", {}, TypeError, '/products/.id. needs a value for "id"'),
        ("/products/[id]", {"id": None}, TypeError, 'needs a value for "id"'),
        ("/products/[id]", {"id": 1, "page": 2}, TypeError, 'has no parameter "page"; it has: id'),
        ("/products", {"id": 1}, TypeError, 'has no parameter "id"; it has: none'),
        ("/files/[...path]", {"path": "a/b"}, TypeError, "needs a list"),
        ("/files/[...path]", {"path": []}, ValueError, "at least one value"),
        ("/products/[id]", {"id": ""}, ValueError, "no URL has such a segment"),
        ("/products/[id]", {"id": "\ud800"}, ValueError, "surrogates not allowed"),
        ("products", {}, InvalidPattern, 'write "/products"'),
        ("/products/{id}", {"id": 1}, InvalidPattern, r"write \[id\]"),
        ("/p?page=1", {}, InvalidPattern, 'write "/p"'),
        ("/p", {"query": "page=1"}, TypeError, "needs a dict for its query"),
        ("/p", {"query": {"page": object()}}, TypeError, "search parameter 'page' takes a str, a number or a bool"),
    ],
)
def test_what_is_no_address(path, given, error, message):
    with pytest.raises(error, match=message):
        href(path, **given)


WORDS = st.sampled_from(["a", "b%20c", "caf%C3%A9", "(g)", "[]"])
VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda value: value not in {".", ".."})


@settings(deadline=None)
@given(
    st.data(),
    st.lists(WORDS, max_size=4),
    st.sampled_from(["", "/[...rest]", "/[[...rest]]"]),
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), VALUES, max_size=3),
)
def test_an_address_leads_to_its_route_with_the_same_values(data, words, end, query):
    named = [f"[p{place}]" if word == "[]" else word for place, word in enumerate(words)]
    path = "/" + ("/".join(named) + end).lstrip("/")
    pattern = RoutePattern.parse(path)
    params = {}
    for name, segment in pattern.params.items():
        least = 0 if isinstance(segment, OptionalCatchAll) else 1
        several = st.lists(VALUES, min_size=least, max_size=3)
        params[name] = data.draw(VALUES if isinstance(segment, Dynamic) else several)
    # As a client sends it, with a fragment behind.
    sent = URL(href(path, query=query, **params) + "#there", base="http://shop.example")
    match = RouteTable([Route("GET", pattern, None)]).match(sent.pathname)
    assert match is not None
    assert match.params == {name: value for name, value in params.items() if value != []}
    assert dict(sent.search_params) == query

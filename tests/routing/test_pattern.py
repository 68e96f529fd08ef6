from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_routes.errors import InvalidPattern
from notebook_routes.routing import (
    CatchAll,
    Dynamic,
    OptionalCatchAll,
    Route,
    RoutePattern,
    RouteTable,
    Static,
)
from notebook_routes.routing.pattern import is_parameter_name


def test_a_pattern_knows_its_parts():
    pattern = RoutePattern.parse("/(shop)/@main/products/[product-id]/[class]/[n]/[...rest]")
    assert pattern.text == str(pattern) == "/(shop)/@main/products/[product-id]/[class]/[n]/[...rest]"
    assert pattern.path == "/products/[product-id]/[class]/[n]/[...rest]"
    assert pattern.segments == (
        Static("products"),
        Dynamic("product-id"),
        Dynamic("class"),
        Dynamic("n"),
        CatchAll("rest"),
    )
    assert pattern.names == ("product-id", "class", "n", "rest")
    assert pattern.identifier_names == ("n", "rest")
    assert pattern.params["rest"] == CatchAll("rest")
    assert not pattern.is_static


@pytest.mark.parametrize("text", ["/", "/(group)", "/@slot"])
def test_the_root_has_no_segments(text):
    pattern = RoutePattern.parse(text)
    assert (pattern.segments, pattern.path, pattern.is_static) == ((), "/", True)


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("", '"/"'),
        ("products", 'write "/products"'),
        ("/products/", 'write "/products"'),
        ("//", 'write "/"'),
        ("/a//b", "empty segment"),
        ("/a?b=1", 'write "/a"'),
        ("/a#b", 'write "/a"'),
        ("/[id]/x/[id]", 'two parameters "id"'),
        ("/[id]/[...id]", 'two parameters "id"'),
        ("/[...a]/b", "write it last"),
        ("/[[...a]]/[b]", "write it last"),
        ("/[request]", "given anyway"),
        ("/_routes/inspector", "choose another"),
        ("/%5Froutes", "choose another"),
        ("/(a)/_routes", "choose another"),
        ("/_private/x", "write %5Fprivate"),
        ("/{id}", "write [id]"),
        ("/\ud800", "half a character"),
    ],
)
def test_what_cannot_be_a_route(text, fix):
    with pytest.raises(InvalidPattern) as caught:
        RoutePattern.parse(text)
    assert fix in str(caught.value)


def test_the_name_of_our_pages_is_free_further_down():
    assert RoutePattern.parse("/a/%5Froutes").segments == (Static("a"), Static("_routes"))


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("/p/[id]", "/p/[slug]", True),
        ("/(a)/x", "/(b)/x", True),
        ("/(a)/x", "/x", True),
        ("/x%20y", "/x y", True),
        ("/p/[id]", "/p/[...id]", False),
        ("/p/[...id]", "/p/[[...id]]", False),
        ("/p/[id]", "/p/%5Bid%5D", False),
        ("/p/0", "/p/[id]", False),
        ("/a/b", "/a%2Fb", False),
    ],
)
def test_the_shape_says_which_patterns_are_at_one_place(one, other, equal):
    one_shape, other_shape = RoutePattern.parse(one).shape, RoutePattern.parse(other).shape
    assert (one_shape == other_shape) is equal
    assert (hash(one_shape) == hash(other_shape)) >= equal


def test_patterns_are_values():
    assert RoutePattern.parse("/p/[id]") == RoutePattern.parse("/p/[id]")
    assert len({RoutePattern.parse("/p/[id]"), RoutePattern.parse("/p/[id]"), RoutePattern.parse("/p/[slug]")}) == 2


@pytest.mark.parametrize(
    ("text", "params", "path"),
    [
        ("/", {}, "/"),
        ("/(shop)/products/[id]", {"id": 1}, "/products/1"),
        ("/p/[self]", {"self": 1}, "/p/1"),
        ("/p/[id]", {"id": "a b/c?é+&=:@"}, "/p/a%20b%2Fc%3F%C3%A9+&=:@"),
        ("/p/[product-id]", {"product-id": "100%"}, "/p/100%25"),
        ("/p/[...s]", {"s": ["a", "b/c"]}, "/p/a/b%2Fc"),
        ("/p/[[...s]]", {}, "/p"),
        ("/p/[[...s]]", {"s": []}, "/p"),
        ("/[[...s]]", {}, "/"),
        ("/with space/café", {}, "/with%20space/caf%C3%A9"),
    ],
)
def test_building_a_path(text, params, path):
    assert RoutePattern.parse(text).build(**params) == path


@pytest.mark.parametrize(
    ("text", "params", "error", "message"),
    [
        ("/p/[id]", {}, TypeError, 'needs a value for "id"'),
        ("/p/[id]", {"id": 1, "page": 2}, TypeError, 'no parameter "page"; it has: id'),
        ("/p/[...s]", {"s": "abc"}, TypeError, "needs a list"),
        ("/p/[...s]", {"s": []}, ValueError, "at least one"),
        ("/p/[id]", {"id": ""}, ValueError, "no URL has such a segment"),
        ("/p/[id]", {"id": ".."}, ValueError, "no URL has such a segment"),
        ("/p/[...s]", {"s": ["a", ""]}, ValueError, "no URL has such a segment"),
    ],
)
def test_what_cannot_be_built(text, params, error, message):
    with pytest.raises(error, match=message):
        RoutePattern.parse(text).build(**params)


@pytest.mark.parametrize(
    ("name", "possible"),
    [("id", True), ("größe", True), ("match", True), ("class", False), ("a-b", False), ("__debug__", False)],
)
def test_which_names_a_function_can_take(name, possible):
    assert is_parameter_name(name) is possible


VALUES = st.text(min_size=1).filter(lambda value: value not in {".", ".."})
TEXTS = st.lists(
    st.one_of(st.sampled_from(["a", "b%20c", "caf%C3%A9", "(g)", "@s"]), st.just("[]")), max_size=5
).flatmap(lambda words: st.sampled_from(["", "/[...rest]", "/[[...rest]]"]).map(lambda end: (words, end)))


@settings(deadline=None)
@given(data=st.data(), text=TEXTS)
def test_what_is_built_is_matched_with_the_same_values(data, text):
    words, end = text
    named = [f"[p{place}]" if word == "[]" else word for place, word in enumerate(words)]
    pattern = RoutePattern.parse("/" + ("/".join(named) + end).lstrip("/"))
    params: dict[str, object] = {}
    for name, segment in pattern.params.items():
        if isinstance(segment, Dynamic):
            params[name] = data.draw(VALUES)
        else:
            least = 0 if isinstance(segment, OptionalCatchAll) else 1
            params[name] = data.draw(st.lists(VALUES, min_size=least, max_size=3))
    match = RouteTable([Route("GET", pattern, None)]).match(pattern.build(**params))
    assert match is not None
    assert match.route_path.pattern == pattern
    assert match.params == {name: value for name, value in params.items() if value != []}


@settings(deadline=None)
@given(st.text().map(lambda text: f"/{text}"))
def test_any_text_is_a_pattern_or_refused(text):
    try:
        pattern = RoutePattern.parse(text)
    except InvalidPattern:
        return
    assert RoutePattern.parse(pattern.text) == pattern
    assert RoutePattern.parse(pattern.path).shape == pattern.shape

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notebook_routes.cache import answer_key, fetch_key, value_key, version_of
from notebook_routes.routing import RoutePattern

# A busy machine is no failure.
SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
DOCS = RoutePattern.parse("/docs/[...slug]")
# What a URL can hold: the parser has decoded it, so there are no halves of characters.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SLUGS = st.lists(TEXT.filter(lambda text: text not in ("", ".", "..")), min_size=1, max_size=3)
QUERIES = st.lists(st.tuples(TEXT, TEXT), max_size=3)


@SETTINGS
@given(SLUGS, QUERIES, SLUGS, QUERIES)
def test_no_two_answers_share_a_key(slug, query, other_slug, other_query):
    one = answer_key(DOCS.build(slug=slug), query, version="v")
    other = answer_key(DOCS.build(slug=other_slug), other_query, version="v")
    assert (one == other) is ((slug, query) == (other_slug, other_query))


@SETTINGS
@given(SLUGS)
def test_a_segment_cannot_be_a_query(slug):
    with_query = answer_key("/docs/a", [("x", "1")], version="v")
    assert answer_key(DOCS.build(slug=slug), (), version="v") != with_query


def test_other_code_finds_nothing():
    assert version_of("return 1") != version_of("return 2")
    assert version_of("a", "b") != version_of("ab")
    assert version_of("\ud800")
    assert answer_key("/a", (), version="1") != answer_key("/a", (), version="2")


def test_what_another_server_is_asked():
    key = fetch_key("GET", "http://a/", [("a", "1"), ("b", "2")], b"")
    assert key == fetch_key("GET", "http://a/", [("b", "2"), ("a", "1")], b"")
    others = [
        fetch_key("POST", "http://a/", [("a", "1"), ("b", "2")], b""),
        fetch_key("GET", "http://a/b", [("a", "1"), ("b", "2")], b""),
        fetch_key("GET", "http://a/", [("a", "1"), ("b", "3")], b""),
        fetch_key("GET", "http://a/", [("a", "1")], b""),
        fetch_key("GET", "http://a/", [("a", "1"), ("b", "2")], b"x"),
        fetch_key("GET", "http://a/", [("a", "1"), ("b", "2")], b"", redirect="manual"),
    ]
    assert len({key, *others}) == 7


def test_arguments_of_a_function():
    key = value_key("shop.load", "v", [None, {"a": 1, "b": [1, "x"]}])
    assert key == value_key("shop.load", "v", [None, {"b": [1, "x"], "a": 1}])
    others = [
        value_key("shop.load", "v", [None, {"a": 1.0, "b": [1, "x"]}]),
        value_key("shop.load", "v", [None, {"a": True, "b": [1, "x"]}]),
        value_key("shop.load", "v", [None, {"a": "1", "b": [1, "x"]}]),
        value_key("shop.load", "v", ["k", {"a": 1, "b": [1, "x"]}]),
        value_key("shop.load", "w", [None, {"a": 1, "b": [1, "x"]}]),
        value_key("shop.other", "v", [None, {"a": 1, "b": [1, "x"]}]),
    ]
    assert len({key, *others}) == 7

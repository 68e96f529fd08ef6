import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notebook_routes.cache import path_tags, route_tag, tag_of_path
from notebook_routes.routing import RoutePattern

# A busy machine is no failure.
SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
PATTERN = RoutePattern.parse("/shop/[id]")


def test_what_an_answer_is_marked_by():
    assert path_tags("/shop/1", "/shop/[id]") == (
        "path:/shop/1", "route:/shop/[id]", "under:/shop/[id]", "under:/", "under:/shop", "under:/shop/1",
    )  # fmt: skip
    assert path_tags("/", "/") == ("path:/", "route:/", "under:/")
    assert route_tag("/shop/[id]") == "route:/shop/[id]"


@pytest.mark.parametrize(
    ("path", "kind", "tag"),
    [
        ("/shop/1", None, "path:/shop/1"),
        ("/shop/1/", "page", "path:/shop/1"),
        ("/shop/1?x=1", None, "path:/shop/1"),
        ("/", None, "path:/"),
        ("/", "layout", "under:/"),
        ("/shop", "layout", "under:/shop"),
        ("/shop/", "layout", "under:/shop"),
        ("/shop/[id]", None, "route:/shop/[id]"),
        ("/shop/[id]", "page", "route:/shop/[id]"),
        ("/shop/[id]", "layout", "under:/shop/[id]"),
        ("/docs/[...slug]", None, "route:/docs/[...slug]"),
        ("/docs/[[...slug]]", None, "route:/docs/[[...slug]]"),
        ("/(site)/shop/[id]", None, "route:/shop/[id]"),
        ("/(site)/shop/[id]/@slot", "layout", "under:/shop/[id]"),
        ("/(site)/shop", "layout", "under:/shop"),
        ("/(site)", "layout", "under:/"),
        ("/(site)/shop", None, "path:/(site)/shop"),
        ("/users/@me", "layout", "under:/users/@me"),
        ("/café/a b", None, "path:/caf%C3%A9/a%20b"),
        ("/caf%c3%a9/a%20b", None, "path:/caf%C3%A9/a%20b"),
        ("/a%2Fb", None, "path:/a%2Fb"),
        ("/%5Bid%5D", None, "path:/%5Bid%5D"),
        ("shop/1", None, None),
        ("", None, None),
    ],
)
def test_what_revalidate_path_marks(path, kind, tag):
    assert tag_of_path(path, kind) == tag


def test_mistakes():
    with pytest.raises(ValueError, match="the second argument"):
        tag_of_path("/a", "layouts")
    with pytest.raises(ValueError, match=r"1,025 characters"):
        tag_of_path("/" + "a" * 1024)
    with pytest.raises(TypeError, match="takes a path, not int"):
        tag_of_path(1)


# Each character is up to twelve in a URL, and a path has 1,024 at most.
SEGMENTS = st.text(min_size=1, max_size=80).filter(lambda text: text not in (".", ".."))


@SETTINGS
@given(SEGMENTS)
def test_whatever_a_segment_holds_its_path_is_found(value):
    try:
        value.encode()
    except UnicodeEncodeError:
        return
    path = PATTERN.build(id=value)
    marked = tag_of_path(path)
    assert marked == f"path:{path}"
    assert marked in path_tags(path, PATTERN.path)
    assert tag_of_path(path, "layout") in path_tags(path, PATTERN.path)


@SETTINGS
@given(SEGMENTS, SEGMENTS)
def test_no_path_is_marked_by_another(one, other):
    try:
        first, second = PATTERN.build(id=one), PATTERN.build(id=other)
    except UnicodeEncodeError:
        return
    assert (f"path:{first}" in path_tags(second, PATTERN.path)) is (one == other)

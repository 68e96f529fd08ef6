from __future__ import annotations

import itertools
import threading
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_routes.errors import HTTPError, RouteConflict
from notebook_routes.routing import (
    CatchAll,
    Dynamic,
    OptionalCatchAll,
    Route,
    RoutePattern,
    RouteTable,
    SegmentConfig,
    Static,
)


def route(line, cell="", handler=None):
    method, _, path = line.partition(" ")
    return Route(method, RoutePattern.parse(path), handler, cell=cell)


def table(*paths):
    return RouteTable([route(f"GET {path}") for path in paths])


def found(routes, path):
    match = routes.match(path)
    return None if match is None else (str(match.route_path.pattern), match.params)


def test_whether_answers_are_kept_at_any_path():
    routes, kept = table("/a", "/b"), RoutePattern.parse("/c")
    assert not routes.keeps_answers
    routes.put(Route("GET", kept, None, SegmentConfig(revalidate=60)))
    assert routes.keeps_answers
    routes.remove("GET", kept)
    assert not routes.keeps_answers


# The cases of areas "routing" and "encoding" in the conformance suite, on the routes of its fixture.
R = ["/r/[id]", "/r/[id]/[sub]/deep", "/r/[id]/edit", "/r/[id]/foo", "/r/static", "/r/static/bar"]
CA = ["/ca/[...slug]", "/ca/a", "/ca/a/[x]"]
OC = ["/oc/[[...slug]]", "/oc/a"]
MIX = ["/mix/[id]/[...rest]", "/mix/[id]/one"]
DYN2 = ["/dyn2/[a]/[b]", "/dyn2/[a]/lit", "/dyn2/lit/[b]"]
ENC = ["/enc/[v]", "/encc/[...v]"]
UNI = ["/uni/café", "/uni/with space", "/uni/x%20y", "/uni/plain"]


@pytest.mark.parametrize(
    ("case", "routes", "path", "expected"),
    [
        ("routing-static-beats-dynamic", R, "/r/static", ("/r/static", {})),
        ("routing-no-subtree-lock", R, "/r/static/edit", ("/r/[id]/edit", {"id": "static"})),
        (
            "routing-no-subtree-lock-2",
            R,
            "/r/static/zz/deep",
            ("/r/[id]/[sub]/deep", {"id": "static", "sub": "zz"}),
        ),
        ("routing-nested-static-child", R, "/r/static/bar", ("/r/static/bar", {})),
        ("routing-nested-static-child-not-for-param", R, "/r/abc/bar", None),
        ("routing-case-sensitive-static", R, "/R/static", None),
        ("routing-case-sensitive-falls-to-param", R, "/r/STATIC", ("/r/[id]", {"id": "STATIC"})),
        ("routing-dir-without-route-is-404", R, "/r", None),
        ("routing-trailing-slash-308", R, "/r/static/", None),
        ("routing-trailing-slash-308-query-kept", R, "/r/abc/", None),
        ("routing-leading-double-slash-308", R, "//r/static", None),
        ("routing-catchall-needs-one", CA, "/ca", None),
        ("routing-catchall-many", CA, "/ca/b/c/d", ("/ca/[...slug]", {"slug": ["b", "c", "d"]})),
        ("routing-static-beats-catchall", CA, "/ca/a", ("/ca/a", {})),
        ("routing-dynamic-beats-catchall", CA, "/ca/a/b", ("/ca/a/[x]", {"x": "b"})),
        ("routing-catchall-takes-longer", CA, "/ca/a/b/c", ("/ca/[...slug]", {"slug": ["a", "b", "c"]})),
        ("routing-optional-catchall-one", OC, "/oc/b", ("/oc/[[...slug]]", {"slug": ["b"]})),
        ("an absent optional catch-all is an absent key", OC, "/oc", ("/oc/[[...slug]]", {})),
        ("routing-static-beats-optional-catchall", OC, "/oc/a", ("/oc/a", {})),
        (
            "routing-param-then-catchall",
            MIX,
            "/mix/1/two",
            ("/mix/[id]/[...rest]", {"id": "1", "rest": ["two"]}),
        ),
        ("routing-leftmost-static-wins", DYN2, "/dyn2/lit/lit", ("/dyn2/lit/[b]", {"b": "lit"})),
        ("routing-both-dynamic", DYN2, "/dyn2/q/w", ("/dyn2/[a]/[b]", {"a": "q", "b": "w"})),
        ("routing-group-dir-invisible", ["/(grp)/grouped"], "/grouped", ("/(grp)/grouped", {})),
        ("routing-group-dir-not-addressable", ["/(grp)/grouped"], "/(grp)/grouped", None),
        ("routing-percent5F-escapes-private", ["/%5Funder"], "/_under", ("/%5Funder", {})),
        ("routing-slot-dir-invisible", ["/par/@slot/inside"], "/par/inside", ("/par/@slot/inside", {})),
        ("routing-brackets-only-when-whole-segment", ["/pre-[id]"], "/pre-[id]", ("/pre-[id]", {})),
        ("the same, as a client may send it", ["/pre-[id]"], "/pre-%5Bid%5D", ("/pre-[id]", {})),
        ("routing-dotted-static", ["/dot.json"], "/dot.json", ("/dot.json", {})),
        ("routing-404-head", [], "/nope", None),
        ("encoding-param-space", ENC, "/enc/a%20b", ("/enc/[v]", {"v": "a b"})),
        ("encoding-param-plus-is-literal", ENC, "/enc/with+plus", ("/enc/[v]", {"v": "with+plus"})),
        ("encoding-param-utf8", ENC, "/enc/%C3%A9", ("/enc/[v]", {"v": "é"})),
        ("encoding-param-double-encoded-once-decoded", ENC, "/enc/a%252Fb", ("/enc/[v]", {"v": "a%2Fb"})),
        ("encoding-param-question", ENC, "/enc/a%3Fb", ("/enc/[v]", {"v": "a?b"})),
        ("encoding-param-percent", ENC, "/enc/a%25", ("/enc/[v]", {"v": "a%"})),
        ("encoding-param-null-byte", ENC, "/enc/a%00b", ("/enc/[v]", {"v": "a\0b"})),
        ("encoding-param-encoded-plus", ENC, "/enc/a%2Bb", ("/enc/[v]", {"v": "a+b"})),
        ("encoding-param-encoded-ascii", ENC, "/enc/%61%62", ("/enc/[v]", {"v": "ab"})),
        ("encoding-param-single-space", ENC, "/enc/%20", ("/enc/[v]", {"v": " "})),
        ("encoding-param-catchall-only-slash", ENC, "/encc/%2F", ("/encc/[...v]", {"v": ["/"]})),
        # Ours: text is compared with the decoded path.
        ("encoding-static-nonascii-dir-unreachable", UNI[:2], "/uni/caf%C3%A9", ("/uni/café", {})),
        ("encoding-static-space-dir-unreachable", UNI[:2], "/uni/with%20space", ("/uni/with space", {})),
        ("encoding-static-dir-named-encoded", UNI, "/uni/x%20y", ("/uni/x%20y", {})),
        ("encoding-static-not-normalised", UNI, "/uni/pl%61in", ("/uni/plain", {})),
        ("encoding-static-encoded-falls-to-param", R, "/r/st%61tic", ("/r/static", {})),
        # A path 3,000 characters long is fine.
        ("not in the JSON", ENC, "/enc/" + "x" * 3000, ("/enc/[v]", {"v": "x" * 3000})),
    ],
)
def test_the_observed_cases(case, routes, path, expected):
    assert found(table(*routes), path) == expected


@pytest.mark.parametrize("value", ["%ZZ", "%E0%A4%A", "%", "%FF", "a%"])
def test_a_value_that_is_no_utf8_is_a_bad_request(value):
    with pytest.raises(HTTPError) as caught:
        table(*ENC).match(f"/enc/{value}")
    assert caught.value.status == 400
    assert value in caught.value.message


@pytest.mark.parametrize("path", ["", "*", "r/static", "/nope/%ZZ", "/a//b", "/enc/", "/encc//x"])
def test_what_is_no_path_of_ours_matches_nothing(path):
    assert table(*ENC, "/r/static").match(path) is None


def test_a_plus_is_not_its_escape():
    routes = table("/enc/a+b", "/enc/[v]")
    assert found(routes, "/enc/a+b") == ("/enc/a+b", {})
    assert found(routes, "/enc/a%2Bb") == found(routes, "/enc/a%2bb") == ("/enc/[v]", {"v": "a+b"})


def test_an_encoded_slash_is_text():
    routes = table("/a/b", "/a%2Fb", "/100%25")
    assert found(routes, "/a/b") == ("/a/b", {})
    assert found(routes, "/a%2Fb") == found(routes, "/a%2fb") == ("/a%2Fb", {})
    assert found(routes, "/100%25") == ("/100%25", {})
    assert found(routes, "/100%") is None


@pytest.mark.parametrize(
    ("patterns", "path", "expected"),
    [
        (["/[a]"], "/7", ("/[a]", {"a": "7"})),
        (["/[a]"], "7", None),
        (["/[a]"], "/", None),
        (["/x/[a]"], "/x/", None),
        (["/x/[a]"], "//7", None),
        (["/x/[a]"], "/x/%37", ("/x/[a]", {"a": "7"})),
        (["/x/[a]", "/x/7"], "/x/7", ("/x/7", {})),
        (["/x/[a]", "/[b]/7"], "/x/7", ("/x/[a]", {"a": "7"})),
        (["/x/[a]", "/x/[...rest]"], "/x/7", ("/x/[a]", {"a": "7"})),
        (["/[b]/[a]", "/x/[...rest]"], "/x/7", ("/x/[...rest]", {"rest": ["7"]})),
        (["/x/[a]", "/x/7/[[...rest]]"], "/x/7", ("/x/7/[[...rest]]", {})),
        (["/[a]", "/[[...rest]]"], "/", ("/[[...rest]]", {})),
        (["/a+b/[a]"], "/a+b/7", ("/a+b/[a]", {"a": "7"})),
    ],
)
def test_a_parameter_at_the_end_of_text(patterns, path, expected):
    assert found(table(*patterns), path) == expected


def test_every_match_has_its_own_params():
    routes = table("/x")
    routes.match("/x").params["id"] = "1"
    assert routes.match("/x").params == {}


def test_putting_and_removing():
    routes = RouteTable()
    first, second, post = route("GET /x", "cell [1]"), route("GET /x", "cell [2]"), route("POST /x")
    assert routes.put(first) is None
    assert routes.put(post) is None
    assert routes.put(second) is first
    assert routes.put(second) is None
    assert dict(routes.match("/x").route_path.methods) == {"GET": second, "POST": post}
    assert routes.remove("PUT", first.pattern) is None
    assert routes.remove("GET", first.pattern) is second
    assert routes.remove("GET", first.pattern) is None
    assert routes.match("/x").route_path.allow() == "OPTIONS, POST"
    assert routes.remove("POST", first.pattern) is post
    assert routes.match("/x") is None
    assert len(routes) == 0


def test_looking_up_by_pattern():
    get = route("GET /(a)/x/[id]")
    routes = RouteTable([get])
    assert routes.find("GET", RoutePattern.parse("/x/[id]")) is get
    assert routes.find("POST", get.pattern) is None
    assert routes.find("GET", RoutePattern.parse("/x/[slug]")) is None
    assert routes.at(get.pattern).methods == {"GET": get}
    assert routes.remove("GET", RoutePattern.parse("/x/[slug]")) is None


def test_a_name_is_free_again_once_its_route_has_gone():
    routes = table("/p/[id]")
    routes.remove("GET", RoutePattern.parse("/p/[id]"))
    routes.put(route("GET /p/[slug]"))
    assert found(routes, "/p/1") == ("/p/[slug]", {"slug": "1"})


def test_a_change_is_all_or_nothing():
    old, other = route("GET /old"), route("GET /p/[id]", "cell [1]")
    routes = RouteTable([old, other])
    with pytest.raises(RouteConflict):
        routes.replace(remove=[old], put=[route("GET /new"), route("GET /p/[slug]", "cell [2]")])
    assert routes.routes() == [old, other]
    assert routes.match("/new") is None
    assert found(routes, "/old") == ("/old", {})


def test_what_is_removed_is_out_of_the_way_of_what_is_put():
    old = route("GET /p/[id]", "cell [1]")
    routes = RouteTable([old])
    new = route("GET /p/[slug]", "cell [1]")
    assert routes.replace(remove=[old], put=[new]) == []
    assert routes.routes() == [new]
    assert routes.replace(remove=[("GET", new.pattern)]) == []
    assert routes.routes() == []


def test_a_replacement_says_whose_place_was_taken():
    theirs = route("GET /x", "cell [1]")
    routes = RouteTable([theirs])
    mine = route("GET /x", "cell [2]")
    assert routes.replace(put=[mine, route("POST /x", "cell [2]")]) == [theirs]
    # The first cell withdraws what it made; that is gone, and the other cell's route stays.
    assert routes.replace(remove=[theirs]) == []
    assert routes.find("GET", mine.pattern) is mine


def test_one_change_cannot_put_two_routes_in_one_place():
    routes = RouteTable()
    with pytest.raises(RouteConflict, match="put twice"):
        routes.replace(put=[route("GET /x"), route("GET /x")])
    assert len(routes) == 0


def test_the_list_is_in_the_order_of_reading():
    lines = [
        "POST /b",
        "GET /b",
        "GET /a/[[...r]]",
        "GET /a/[id]",
        "GET /a/z",
        "GET /",
        "GET /a/z/y",
        "GET /[x]",
    ]
    expected = ["/", "/a/z", "/a/z/y", "/a/[id]", "/a/[[...r]]", "/b", "/b", "/[x]"]
    routes = RouteTable(map(route, lines))
    assert [item.pattern.text for item in routes] == expected
    assert [item.method for item in routes if item.pattern.text == "/b"] == ["GET", "POST"]
    assert repr(routes) == "<RouteTable: 8 routes at 7 paths>"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/product/1", "/products/[id]"),
        ("/products/1/review", "/products/[id]/reviews"),
        ("/Health", "/health"),
        ("/file/a/b", "/files/[...path]"),
        ("/", None),
        ("/zzzzzz", None),
    ],
)
def test_the_nearest_patterns(path, expected):
    routes = table("/products/[id]", "/products/[id]/reviews", "/health", "/files/[...path]", "/about")
    nearest = [str(pattern) for pattern in routes.nearest(path)]
    assert nearest[:1] == ([expected] if expected else [])
    assert len(nearest) <= 3
    assert len(routes.nearest(path, n=1)) <= 1


def test_readers_never_see_half_a_change():
    one, other = route("GET /p/[id]", handler=1), route("GET /p/[slug]", handler=2)
    routes = RouteTable([one])
    wrong = []
    done = threading.Event()

    def read():
        while not done.is_set():
            match = routes.match("/p/1")
            if match is None or match.params != {match.route_path.pattern.names[0]: "1"}:
                wrong.append(match)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for _ in range(300):
        routes.replace(remove=[one], put=[other])
        routes.replace(remove=[other], put=[one])
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_writers_on_many_threads_lose_nothing():
    routes = RouteTable()

    def write(name):
        for number in range(50):
            routes.put(route(f"GET /{name}/{number}"))

    writers = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(routes) == 200
    assert all(found(routes, f"/{name}/{number}") for name in "abcd" for number in range(50))


# Properties: random tables over a small alphabet, so that much of them overlaps.

SEGMENTS = st.sampled_from(["a", "b", "[x]"])
PATHS = st.builds(
    lambda words, end: "/" + "/".join([*(w.replace("x", f"x{i}") for i, w in enumerate(words)), *end]),
    st.lists(SEGMENTS, max_size=4),
    st.sampled_from([[], [], ["[...r]"], ["[[...r]]"]]),
)
ALL_URLS = ["/" + "/".join(words) for n in range(5) for words in itertools.product("abc", repeat=n)]


def reference(patterns, words, place=0):
    """Segment by segment from the left, with backtracking; the patterns agree with the words so far."""
    if place == len(words):
        ends = [p for p in patterns if len(p.segments) == place]
        return (ends or [p for p in patterns if isinstance(p.segments[place], OptionalCatchAll)] or [None])[0]
    longer = [p for p in patterns if len(p.segments) > place]
    for kind in (Static(words[place]), Dynamic):
        following = [p for p in longer if kind in (p.segments[place], type(p.segments[place]))]
        answer = reference(following, words, place + 1)
        if answer is not None:
            return answer
    rest = [p for p in longer if isinstance(p.segments[place], CatchAll | OptionalCatchAll)]
    return rest[0] if rest else None


def expected_params(pattern, words):
    params = {}
    for place, segment in enumerate(pattern.segments):
        if isinstance(segment, Dynamic):
            params[segment.name] = words[place]
        elif not isinstance(segment, Static) and words[place:]:
            params[segment.name] = words[place:]
    return params


def filled(paths):
    routes = RouteTable()
    for path in paths:
        try:
            routes.put(route(f"GET {path}"))
        except RouteConflict:
            continue
    return routes


@settings(deadline=None)
@given(st.lists(PATHS, max_size=14))
def test_a_match_is_what_trying_every_pattern_finds(paths):
    routes = filled(paths)
    patterns = [route_path.pattern for route_path in routes.paths()]
    for url in ALL_URLS:
        words = url[1:].split("/") if url != "/" else []
        pattern = reference(patterns, words)
        match = routes.match(url)
        assert (match.route_path.pattern if match else None) == pattern
        assert match is None or match.params == expected_params(pattern, words)


@settings(deadline=None)
@given(st.lists(PATHS, min_size=1, max_size=10), st.data())
def test_a_table_that_was_changed_is_as_one_made_anew(paths, data):
    routes = filled(paths)
    for gone in data.draw(st.lists(st.sampled_from(paths))):
        routes.remove("GET", RoutePattern.parse(gone))
    for again in data.draw(st.lists(st.sampled_from(paths))):
        try:
            routes.put(route(f"GET {again}"))
        except RouteConflict:
            continue
    anew = RouteTable(routes.routes())
    assert [found(routes, url) for url in ALL_URLS] == [found(anew, url) for url in ALL_URLS]


@settings(deadline=None)
@given(st.lists(PATHS, max_size=6), st.text(max_size=20) | st.text("/%2Ff.a[]é\\", max_size=20))
def test_any_path_is_matched_or_not_or_is_badly_encoded(paths, path):
    routes = filled(paths)
    if "%" in path:
        with suppress(HTTPError):
            routes.match(f"/{path}")
    else:
        routes.match(f"/{path}")

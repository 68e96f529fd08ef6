"""Which requests a middleware sees."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_routes.app import Matcher
from notebook_routes.app.matcher import path_expression
from notebook_routes.errors import ConfigError
from notebook_routes.web import Headers, Request


def asked(target, **options):
    return Request(f"http://127.0.0.1{target}", **options)


def raw(target):
    """A request whose target nothing has normalised."""
    return Request.from_target("GET", target, origin="http://127.0.0.1", headers=Headers())


@pytest.mark.parametrize(
    ("source", "seen", "unseen"),
    [
        ("/exact", ["/exact", "/exact?x=1", "/%65xact"], ["/exact/x", "/EXACT", "/"]),
        ("/", ["/"], ["/a"]),
        ("/:path*", ["/", "/a", "/a/b"], []),
        ("/px/:path*", ["/px", "/px/a", "/px/a/b"], ["/pxa", "/"]),
        ("/plus/:a+", ["/plus/1", "/plus/1/2"], ["/plus"]),
        ("/opt/:a?", ["/opt", "/opt/1"], ["/opt/1/2"]),
        ("/one/:a", ["/one/1"], ["/one", "/one/1/2"]),
        ("/:a/:b", ["/1/2"], ["/1", "/1/2/3"]),
        (r"/rx/:id(\d{1,3})", ["/rx/1", "/rx/123"], ["/rx/1234", "/rx/ab", "/rx"]),
        ("/neg/((?!skip|static).*)", ["/neg/a", "/neg/a/b"], ["/neg/skip", "/neg/skipper", "/neg"]),
        ("/((?!api|static).*)", ["/", "/a/b", "/ap"], ["/api", "/api/x", "/statics"]),
        ("/(a|b)/c", ["/a/c", "/b/c"], ["/c/c"]),
        ("/shop{/:lang}?/cart", ["/shop/cart", "/shop/de/cart"], ["/shop/de/at/cart"]),
        ("/file.:ext?", ["/file", "/file.png"], ["/filex", "/file/png"]),
        ("/file-:n(\\d+).png", ["/file-1.png"], ["/file-1xpng", "/file-a.png"]),
        ("/a\\:b", ["/a:b"], ["/ab"]),
        ("/café/:x", ["/caf%C3%A9/1"], ["/cafe/1"]),
        ("/a b/:x", ["/a%20b/1"], ["/ab/1"]),
    ],
)
def test_a_source_and_the_paths_it_sees(source, seen, unseen):
    matcher = Matcher(source)
    assert [path for path in seen if not matcher.matches(asked(path))] == []
    assert [path for path in unseen if matcher.matches(asked(path))] == []


def test_no_spelling_of_a_path_escapes():
    """A route answers `/%61dmin` and a segment that holds a slash; a middleware in front of it sees them too."""
    admin = Matcher("/admin/:path*")
    assert admin.matches(raw("/%61dmin/users"))
    assert admin.matches(raw("/admin/a%2Fb"))
    assert not admin.matches(raw("/admin%2Fusers"))
    assert not Matcher("/admin/:one").matches(raw("/admin/a/b"))
    assert Matcher("/admin/:one").matches(raw("/admin/a%2Fb"))
    # A line break is a character like any other.
    assert Matcher("/((?!public).*)").matches(raw("/x%0Ay"))
    # What is no UTF-8 stays as it is; the router refuses it.
    assert Matcher("/:any").matches(raw("/%FF"))


def test_has_and_missing():
    matcher = Matcher(
        {
            "source": "/cond/:path*",
            "has": [{"type": "header", "key": "X-Need"}, {"type": "query", "key": "q", "value": "(yes|ja)"}],
            "missing": [{"type": "cookie", "key": "no"}],
        }
    )
    need = {"x-need": "1"}
    assert matcher.matches(asked("/cond/x?q=yes", headers=need))
    assert matcher.matches(asked("/cond/x?q=no&q=ja", headers=need))  # the last one counts
    assert not matcher.matches(asked("/cond/x?q=yes"))
    assert not matcher.matches(asked("/cond/x?q=yes!", headers=need))
    assert not matcher.matches(asked("/cond/x?q=yes", headers={**need, "cookie": "no=1"}))
    assert matcher.matches(asked("/cond/x?q=yes", headers={**need, "cookie": "no="}))  # empty is not there
    assert not matcher.matches(asked("/other?q=yes", headers=need))


def test_the_host_without_its_port():
    matcher = Matcher({"source": "/:path*", "has": {"type": "host", "value": r"(.+\.)?shop\.example"}})
    assert matcher.matches(asked("/", headers={"host": "DE.shop.example:8000"}))
    assert not matcher.matches(asked("/", headers={"host": "shop.example.evil"}))


def test_several_sources_are_alternatives():
    matcher = Matcher(["/a", {"source": "/b"}])
    assert [path for path in ("/a", "/b", "/c") if matcher.matches(asked(path))] == ["/a", "/b"]
    assert matcher.sources == ("/a", "/b")
    assert repr(matcher) == "Matcher(/a, /b)"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("about", 'begins with "/"'),
        ([], "write a path such as"),
        (3, "write a path such as"),
        ([3], "neither a path"),
        ({"has": []}, "has no source"),
        ({"source": "/a", "hass": []}, "did you mean 'has'"),
        ({"source": "/a", "has": "x"}, "write a list"),
        ({"source": "/a", "has": ["x"]}, "no condition"),
        ({"source": "/a", "has": [{"type": "head", "key": "x"}]}, "header, cookie, query or host"),
        ({"source": "/a", "has": [{"type": "header"}]}, "needs a key"),
        ({"source": "/a", "has": [{"type": "host"}]}, "needs a value"),
        ({"source": "/a", "has": [{"type": "header", "key": "x", "value": 1}]}, "regular expression"),
        ({"source": "/a", "has": [{"type": "header", "key": "x", "value": "("}]}, "without its"),
        ({"source": "/a", "missing": [{"type": "query", "key": "x", "vlaue": "1"}]}, "'vlaue'"),
        ("/a(", "has no )"),
        ("/a)", "has no ("),
        ("/a/*", "write :path*"),
        ("/a/:", "has no name"),
        ("/a/()", "no regular expression"),
        ("/a{/:b", "has no }"),
        ("/a}", "has no {"),
        ("/a\\", "backslash at the end"),
        ("/a/(?<=b)c", "cannot be read"),
    ],
)
def test_what_is_no_matcher_says_why_and_where(value, said):
    with pytest.raises(ConfigError) as refused:
        Matcher(value, where="middleware.py")
    assert str(refused.value).startswith("middleware.py: ")
    assert said in str(refused.value)


_SOURCES = st.text(st.sampled_from("/ab:*+?(){}\\.|[]!=^$d0é "), max_size=25).map(lambda text: f"/{text}")


@given(_SOURCES, st.text(max_size=40))
@settings(deadline=None, max_examples=500)
def test_nothing_but_a_config_error_comes_of_any_source(source, path):
    try:
        matcher = Matcher(source)
    except ConfigError:
        return
    assert matcher.matches(raw(f"/{path}")) in (True, False)


@given(st.lists(st.sampled_from([":a*", ":b+", ":c", "(.*)", "x"]), min_size=1, max_size=6), st.integers(1, 40))
@settings(deadline=None, max_examples=50)
def test_rows_of_catch_alls_are_no_burden(parts, size):
    """Python's `re` would try every way to share the segments out among them."""
    matcher = Matcher("/" + "/".join(parts) + "/end")
    assert not matcher.matches(raw("/a" * size * 25))


@given(st.text(st.characters(blacklist_characters=":(){}*+?\\", blacklist_categories=["Cs"]), max_size=20))
def test_a_plain_text_is_itself(text):
    assert Matcher(f"/{text}").matches(raw(f"/{text}")) or "%" in text or "?" in text or "#" in text


def test_the_expression_is_path_to_regexps():
    assert path_expression("/a/:b*/(c)") == "/a(?:/(?:[^/]+))*(?:/(?:c))/?"


_ANYTHING = (
    st.none() | st.booleans() | st.text(max_size=5) | st.sampled_from(["header", "cookie", "query", "host", "/a", "x"])
)
_CONDITIONS = st.dictionaries(st.sampled_from(["type", "key", "value", "x"]), _ANYTHING, max_size=3)
_RULES = st.fixed_dictionaries(
    {"source": st.just("/:path*")},
    optional={
        "has": st.lists(_CONDITIONS, max_size=2) | _ANYTHING,
        "missing": st.lists(_CONDITIONS | _ANYTHING, max_size=2),
    },
)
_LATIN = st.text(st.characters(max_codepoint=0xFF, exclude_characters="\r\n\0"), max_size=15)


@given(_RULES | st.lists(_RULES | _ANYTHING, max_size=2) | _ANYTHING, _LATIN, _LATIN, _LATIN)
@settings(deadline=None, max_examples=300)
def test_any_value_is_a_matcher_or_a_config_error(value, host, cookie, query):
    try:
        matcher = Matcher(value)
    except ConfigError:
        return
    headers = Headers.from_pairs([("host", host), ("cookie", cookie), ("x", query)])
    asked_for = Request.from_target("GET", f"/a?{query}", origin="http://127.0.0.1", headers=headers)
    assert matcher.matches(asked_for) in (True, False)


@pytest.mark.parametrize("source", ["/:a*/:b*/end", "/((?!api|static).*)", r"/:id(\\d{1,3})", "/x{/:y}?/:z+"])
@pytest.mark.parametrize("piece", ["/a", "/", "%2F", "%", "é", "/%61", "0"])
def test_a_path_is_matched_in_linear_time(growth, source, piece):
    matcher = Matcher(source)
    assert growth(matcher.matches, lambda size: raw("/x" + piece * size), 500) < 24

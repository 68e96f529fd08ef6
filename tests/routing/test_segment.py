from __future__ import annotations

import pytest

from notebook_routes.errors import InvalidPattern
from notebook_routes.routing.segment import (
    CatchAll,
    Dynamic,
    OptionalCatchAll,
    Static,
    decode_segment,
    is_invisible,
    parse_segment,
)


@pytest.mark.parametrize(
    ("text", "segment"),
    [
        ("products", Static("products")),
        ("dot.json", Static("dot.json")),
        ("pre-[id]", Static("pre-[id]")),
        ("[a]b", Static("[a]b")),
        ("with space", Static("with space")),
        ("x%20y", Static("x y")),
        ("café", Static("café")),
        ("caf%C3%A9", Static("café")),
        ("%5Funder", Static("_under")),
        ("%40me", Static("@me")),
        ("%5Bid%5D", Static("[id]")),
        ("100%25", Static("100%")),
        ("a:b", Static("a:b")),
        ("(.)foo", Static("(.)foo")),
        ("\N{FAMILY}\N{ZERO WIDTH JOINER}x", Static("\N{FAMILY}\N{ZERO WIDTH JOINER}x")),
        ("[id]", Dynamic("id")),
        ("[product-id]", Dynamic("product-id")),
        ("[class]", Dynamic("class")),
        ("[größe]", Dynamic("größe")),
        ("[...slug]", CatchAll("slug")),
        ("[[...slug]]", OptionalCatchAll("slug")),
    ],
)
def test_a_segment_is_read(text, segment):
    assert parse_segment(text) == segment


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("{id}", "write [id]"),
        ("<id>", "write [id]"),
        (":id", "write [id]"),
        ("{}", "write [id]"),
        ("<int:id>", "write [id], with its type behind the path (id:int)"),
        ("{id:int}", "write [id], with its type behind the path (id:int)"),
        ("<path:rest>", "write [...rest]"),
        ("{rest:path}", "write [...rest]"),
        ("*", "write [...slug]"),
        ("*rest", "write [...rest]"),
        ("pre-{id}", "write [id] as a segment of its own"),
        ("[id:int]", "write [id], and id:int behind the path"),
        ("[id", "unbalanced"),
        ("id]", "unbalanced"),
        ("[[id]", "unbalanced"),
        ("]x[", "unbalanced"),
        ("[]", "write [id]"),
        ("[...]", "write [...id]"),
        ("[[id]]", "write [id], or [[...id]]"),
        ("[..id]", "write [...id]"),
        ("[…id]", "write [...id]"),
        ("[a b]", "use letters"),
        ("[a][b]", "use letters"),
        ("[query]", "write [query_id]"),
        ("[...body]", "write [body_id]"),
        ("_private", "write %5Fprivate"),
        ("%ZZ", "write %25"),
        ("%E0%A4", "write %25"),
        ("..", "never be requested"),
        ("%2e", "never be requested"),
        ("a\\b", "never be requested"),
        ("a%00b", "control character"),
        ("a\u2028b", "control character"),
        ("()", "(name)"),
        ("@", "@name"),
        ("", "empty segment"),
    ],
)
def test_what_is_refused_comes_with_a_fix(text, fix):
    with pytest.raises(InvalidPattern) as caught:
        parse_segment(text, path=f"/x/{text}")
    assert fix in str(caught.value)
    assert f'in "/x/{text}"' in str(caught.value)


@pytest.mark.parametrize(
    ("text", "invisible"),
    [("(group)", True), ("@slot", True), ("(.)foo", False), ("()", False), ("@", False), ("a@b", False)],
)
def test_groups_and_slots_are_no_part_of_the_url(text, invisible):
    assert is_invisible(text) is invisible


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("a%20b", "a b"),
        ("with+plus", "with+plus"),
        ("a%252Fb", "a%2Fb"),
        ("%2F", "/"),
        ("a%00b", "a\0b"),
        ("%ZZ", None),
        ("%", None),
        ("%E0%A4%A", None),
        ("%FF", None),
        ("%ED%A0%80", None),
    ],
)
def test_decoding_is_strict_and_done_once(raw, text):
    assert decode_segment(raw) == text


def test_segments_print_as_they_are_written():
    written = ["products", "[id]", "[...slug]", "[[...slug]]"]
    assert [str(parse_segment(text)) for text in written] == written

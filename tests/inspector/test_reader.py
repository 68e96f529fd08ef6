from __future__ import annotations

import base64
import json

import pytest

from notebook_routes.inspector.reader import LARGEST_IMAGE, LONGEST_ITEM, MOST_BYTES, MOST_TEXT, reader_of
from notebook_routes.web import Headers


def read(media, *chunks, whole=False, **others):
    headers = Headers({"content-type": media} if media else {})
    for name, value in others.items():
        headers.set(name.replace("_", "-"), value)
    if whole:
        headers.set("content-length", str(sum(map(len, chunks))))
    reader = reader_of(headers)
    items = [item for chunk in chunks for item in reader.feed(chunk)]
    return reader, [*items, *reader.end()]


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_events(size):
    text = b": hello\n\nid: 1\nevent: tick\ndata: a\ndata: b\n\ndata: {}\n\ndata: cut off"
    reader, items = read("text/event-stream", *(text[start : start + size] for start in range(0, len(text), size)))
    assert reader.kind == "events"
    assert [kind for kind, _ in items] == ["event", "event"]
    assert [json.loads(text) for _, text in items] == [
        {"id": "1", "event": "tick", "data": "a\nb"},
        {"id": None, "event": None, "data": "{}"},
    ]
    assert reader.kept() == {}


def test_an_event_of_endless_data_is_bounded():
    _, items = read("text/event-stream", *([b"data: " + b"x" * 1000 + b"\n"] * 5000), b"\n")
    ((_, text),) = items
    assert len(text) < LONGEST_ITEM + 200
    assert "more characters" in text
    _, items = read("text/event-stream", b"data: " + b"x" * 10_000_000 + b"\n\ndata: next\n\n")
    assert json.loads(items[1][1])["data"] == "next"


def test_lines():
    reader, items = read("application/x-ndjson", b'{"a":1}\n\n{"b"', b":2}\n[3]")
    assert (reader.kind, items) == ("lines", [("line", '{"a":1}'), ("line", '{"b":2}'), ("line", "[3]")])


def test_text_in_pieces():
    reader, items = read("text/plain", "gr\u00fc".encode()[:3], "\u00fc".encode()[1:] + b"n")
    assert (reader.kind, items) == ("text", [("chunk", "gr"), ("chunk", "\u00fcn")])
    assert reader.kept() == {"text": "gr\u00fcn", "cut": False}


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        ("application/json", "json"),
        ("application/problem+json; charset=utf-8", "json"),
        ("text/html; charset=utf-8", "html"),
        ("text/csv", "text"),
        ("application/xml", "text"),
        ("application/octet-stream", "binary"),
        ("application/pdf", "binary"),
        ("image/svg+xml", "image"),
    ],
)
def test_what_is_whole_has_no_items(media, kind):
    reader, items = read(media, b"<a>", b"</a>", whole=True)
    assert (reader.kind, items) == (kind, [])
    kept = reader.kept()
    assert kept["cut"] is False
    assert (kept.get("text") or base64.b64decode(kept["data"]).decode()) == "<a></a>"


def test_a_long_text_is_cut():
    reader, _ = read("text/plain", *([b"\xc3\xa4" * 50_001] * 10), whole=True)
    kept = reader.kept()
    assert kept["cut"] is True
    assert set(kept["text"]) == {"\xe4"}
    assert len(kept["text"]) == MOST_TEXT // 2
    assert reader.held == MOST_TEXT


def test_the_charset_of_the_type_counts_and_what_is_wrong_is_replaced():
    assert read("text/plain; charset=latin-1", b"\xfc", whole=True)[0].kept()["text"] == "\xfc"
    assert read("text/plain", b"a\xffb", whole=True)[0].kept()["text"] == "a\ufffdb"
    assert read("application/json", b'"\xff"', whole=True)[0].kept()["text"] == '"\ufffd"'
    assert read("text/plain; charset=nonsense", b"a", whole=True)[0].kept()["text"] == "a"


def test_bytes_in_pieces():
    reader, items = read("application/octet-stream", b"\0" * 12_345, b"\1")
    assert items == [("bytes", "12,345 bytes"), ("bytes", "1 bytes")]
    assert (reader.kind, len(base64.b64decode(reader.kept()["data"]))) == ("binary", MOST_BYTES)
    assert reader.kept()["cut"] is True


def test_an_image_up_to_a_limit():
    small, _ = read("image/png", b"x" * LARGEST_IMAGE, whole=True)
    assert (small.kind, small.kept()["cut"], small.held) == ("image", False, LARGEST_IMAGE)
    large, _ = read("image/png", b"x" * LARGEST_IMAGE, b"y", b"z", whole=True)
    assert (large.kind, large.kept()["cut"], large.held) == ("binary", True, MOST_BYTES)


@pytest.mark.parametrize(("data", "kind"), [(b"hello", "text"), (b"a\0b", "binary"), (b"\xff\xfe", "binary")])
def test_without_a_type_it_is_text_where_it_is_utf8(data, kind):
    assert read(None, data, whole=True)[0].kind == kind


def test_a_packed_body_stays_packed():
    reader, _ = read("application/json", b"\x1f\x8b", whole=True, content_encoding="gzip")
    assert reader.kind == "binary"


def test_an_item_is_short():
    _, items = read("application/x-ndjson", b"x" * 100_000 + b"\n")
    assert items[0][1].startswith("x" * LONGEST_ITEM + "\u2026 91,808 more characters")
    _, items = read("text/plain", b"x" * 1_000_000)
    assert len(items[0][1]) < LONGEST_ITEM + 100

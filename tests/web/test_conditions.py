from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_routes.web import Headers
from notebook_routes.web.conditions import asked_range, failed_condition

MODIFIED = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
SAME, BEFORE, AFTER = (f"Wed, 02 Jan 2030 03:04:0{second} GMT" for second in (5, 4, 6))
TAG = '"a-1"'


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, None),
        ({"if-none-match": TAG}, 304),
        ({"if-none-match": f'"x", W/{TAG}'}, 304),
        ({"if-none-match": "*"}, 304),
        ({"if-none-match": '"x"'}, None),
        ({"if-none-match": "a-1"}, None),
        ({"if-modified-since": SAME}, 304),
        ({"if-modified-since": AFTER}, 304),
        ({"if-modified-since": BEFORE}, None),
        ({"if-modified-since": "yesterday"}, None),
        # The tag counts where there are both.
        ({"if-none-match": '"x"', "if-modified-since": AFTER}, None),
        ({"if-match": TAG}, None),
        ({"if-match": "*"}, None),
        ({"if-match": f"W/{TAG}"}, 412),
        ({"if-match": '"x"', "if-none-match": TAG}, 412),
        ({"if-unmodified-since": SAME}, None),
        ({"if-unmodified-since": BEFORE}, 412),
        ({"if-match": TAG, "if-unmodified-since": BEFORE, "if-none-match": TAG}, 304),
    ],
)
def test_conditions(headers, status):
    assert failed_condition(Headers(headers), etag=TAG, modified=MODIFIED) == status


def test_a_weak_tag_is_good_for_304_alone():
    weak = f"W/{TAG}"
    assert failed_condition(Headers({"if-none-match": TAG}), etag=weak, modified=MODIFIED) == 304
    assert failed_condition(Headers({"if-match": weak}), etag=weak, modified=MODIFIED) == 412
    headers = Headers({"range": "bytes=0-1", "if-range": weak})
    assert asked_range(headers, etag=weak, modified=MODIFIED, size=10) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("bytes=0-0", range(1)),
        ("bytes=2-4", range(2, 5)),
        ("bytes=2-", range(2, 10)),
        ("bytes=2-99", range(2, 10)),
        ("bytes=-3", range(7, 10)),
        ("bytes=-99", range(10)),
        ("Bytes = 1-2 ", range(1, 3)),
        ("bytes=10-", range(10, 10)),
        ("bytes=99-100", range(99, 10)),
        ("bytes=-0", range(10, 10)),
        ("bytes=4-2", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("bytes=a-b", None),
        ("bytes=1-2,4-5", None),
        ("bytes=+1-2", None),
        ("bytes=١-٢", None),  # noqa: RUF001 - digits, but not HTTP's
        ("lines=1-2", None),
        ("bytes=" + "9" * 30 + "-", None),
    ],
)
def test_ranges(text, wanted):
    headers = Headers.from_pairs([("range", text)])
    found = asked_range(headers, etag=TAG, modified=MODIFIED, size=10)
    assert (found is None) is (wanted is None)
    assert found is None or list(found) == list(wanted)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [(TAG, True), (SAME, True), ('"x"', False), (f"W/{TAG}", False), (AFTER, False), (BEFORE, False), ("x", False)],
)
def test_if_range(condition, holds):
    headers = Headers({"range": "bytes=0-1", "if-range": condition})
    found = asked_range(headers, etag=TAG, modified=MODIFIED, size=10)
    assert found == (range(2) if holds else None)


@given(st.text("bytes=-,0123456789 ", max_size=30) | st.text(max_size=30), st.integers(0, 20))
def test_no_header_asks_for_what_is_not_there(text, size):
    headers = Headers.from_pairs([("range", text), ("if-range", text)])
    for pairs in (headers, Headers.from_pairs([("range", text)])):
        found = asked_range(pairs, etag=TAG, modified=MODIFIED, size=size)
        assert found is None or all(0 <= at < size for at in found)
    names = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
    for name in names:
        assert failed_condition(Headers.from_pairs([(name, text)]), etag=TAG, modified=MODIFIED) in (None, 304, 412)

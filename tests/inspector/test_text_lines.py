from __future__ import annotations

import pytest

from notebook_routes.inspector.text_lines import LONGEST_LINE, TextLines

TEXT = "\ufeffone\ntwo\r\n\r\nthree\rf\u00fcnf\n\nrest".encode()
LINES = ["one", "two", "", "three", "f\u00fcnf", "", "rest"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_lines_whatever_the_pieces(size):
    lines = TextLines()
    found = [line for start in range(0, len(TEXT), size) for line in lines.feed(TEXT[start : start + size])]
    assert [*found, lines.end()] == LINES


def test_a_line_without_end_is_bounded():
    lines = TextLines()
    for _ in range(100):
        assert lines.feed(b"x" * 100_000) == []
    (line,) = lines.feed(b"\n")
    assert len(line) == LONGEST_LINE
    assert lines.feed(b"next\n") == ["next"]


def test_what_is_no_utf8_is_replaced():
    assert TextLines().feed(b"a\xffb\n") == ["a\ufffdb"]

from __future__ import annotations

import pytest

from notebook_routes.web import Headers, WireHeaders
from notebook_routes.web.header_section import HeaderSection, header_section

CHANGES = {
    "set": lambda headers: headers.set("x-a", "2"),
    "append": lambda headers: headers.append("x-b", "2"),
    "delete": lambda headers: headers.delete("x-a"),
    "item": lambda headers: headers.__setitem__("x-a", "2"),
    "pop": lambda headers: headers.pop("x-a"),
    "update": lambda headers: headers.update({"x-b": "2"}),
    "clear": lambda headers: headers.clear(),
}


def test_what_it_has_of_its_fields():
    section = HeaderSection((("x-a", "1"), ("x-b", "caf\xe9")))
    assert section.names == {"x-a", "x-b"}
    assert section.encoded == ((b"x-a", b"1"), (b"x-b", b"caf\xe9"))
    assert section.unsendable is None


def test_a_name_that_is_there_twice_is_to_be_joined():
    section = HeaderSection((("vary", "a"), ("vary", "b")))
    assert (section.names, section.encoded) == ({"vary"}, None)


@pytest.mark.parametrize("value", ["a\x01b", "\x1b[31m", "a\x7f"])
def test_a_control_character_cannot_be_sent(value):
    assert HeaderSection((("x-a", "a\tb"), ("x-b", value))).unsendable == "x-b"


def test_those_of_the_same_fields_share_one():
    assert Headers({"x-a": "1"}).section() is Headers([("X-A", "1")]).section()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_makes_another(change):
    headers = Headers({"x-a": "1"})
    before = headers.section()
    change(headers)
    assert headers.section() is header_section(tuple(headers.raw))
    assert before.fields == (("x-a", "1"),)


def test_a_copy_changes_alone():
    section = HeaderSection((("x-a", "1"),))
    first, second = Headers.of_section(section), Headers.of_section(section)
    second.append("x-b", "2")
    first.copy().delete("x-a")
    assert (first.section(), second.section().names) == (section, {"x-a", "x-b"})


def test_a_frozen_view_follows():
    headers = Headers({"x-a": "1"})
    view = headers.frozen()
    view.section()
    headers.set("x-b", "2")
    assert view.section().names == {"x-a", "x-b"}


def test_of_a_request():
    headers = WireHeaders([(b"x-a", b" 1 ")], {b"x-a": b" 1 "})
    assert headers.section().fields == (("x-a", "1"),)
    headers.append("x-b", "2")
    assert headers.section().names == {"x-a", "x-b"}

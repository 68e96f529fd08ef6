from __future__ import annotations

import pytest

from notebook_routes.inspector.messages import MalformedMessage, read

SEND = {
    "do": "send",
    "id": 1,
    "run": "r",
    "method": "post",
    "path": "/a",
    "target": "/a?x=1",
    "headers": [],
    "body": None,
}


def test_a_message_that_is_one():
    message = read({**SEND, "headers": [["a", "b"]], "body": {"kind": "text", "text": "x"}, "other": 1})
    asked = message.asked()
    assert (message.id, asked.method, asked.target, asked.headers) == (1, "POST", "/a?x=1", (("a", "b"),))
    assert asked.body == {"kind": "text", "text": "x"}
    assert read({"do": "log", "id": 2}).fields == {"before": None, "limit": 100, "filter": None}
    assert read({"do": "open", "id": 3, "route": {"path": "/a"}}).fields["route"] == (None, "/a")


@pytest.mark.parametrize(
    ("value", "identifier", "said"),
    [
        (None, None, "an object"),
        ([], None, "an object"),
        ("send", None, "an object"),
        ({}, None, "an id"),
        ({"id": "1", "do": "open"}, None, "an id"),
        ({"id": True, "do": "open"}, None, "an id"),
        ({"id": 1}, 1, "do is one of"),
        ({"id": 1, "do": ["open"]}, 1, "do is one of"),
        ({"id": 1, "do": "exec"}, 1, "do is one of"),
        ({"id": 1, "do": "__class__"}, 1, "do is one of"),
        ({"id": 1, "do": "open", "route": 5}, 1, "route is null"),
        ({"id": 1, "do": "open", "route": {"method": 1, "path": "/"}}, 1, "route is null"),
        ({"id": 1, "do": "detail", "method": "GET"}, 1, "path is a text"),
        ({"id": 1, "do": "detail", "method": "G T", "path": "/"}, 1, "method is one word"),
        ({"id": 1, "do": "log", "limit": 501}, 1, "limit is a whole number"),
        ({"id": 1, "do": "log", "limit": -1}, 1, "limit is a whole number"),
        ({"id": 1, "do": "log", "before": 1.5}, 1, "before is a whole number"),
        ({"id": 1, "do": "log", "filter": {}}, 1, "filter is a text"),
        ({**SEND, "target": "http://evil.example/"}, 1, "begins with a slash"),
        ({**SEND, "target": "a"}, 1, "begins with a slash"),
        ({**SEND, "target": "/a\r\nX: y"}, 1, "begins with a slash"),
        ({**SEND, "target": "/" + "a" * 70_000}, 1, "at most"),
        ({**SEND, "method": "GET /x HTTP/1.1"}, 1, "method is one word"),
        ({**SEND, "method": ""}, 1, "method is one word"),
        ({**SEND, "headers": {}}, 1, "headers is a list"),
        ({**SEND, "headers": [["a"]]}, 1, "a list of pairs"),
        ({**SEND, "headers": [["a", 1]]}, 1, "a list of pairs"),
        ({**SEND, "headers": [["a", "b"]] * 1001}, 1, "at most 1,000"),
        ({**SEND, "body": "x"}, 1, "body is null"),
        ({**SEND, "body": {"kind": "text"}}, 1, "body is null"),
        ({**SEND, "body": {"kind": "form", "fields": {}}}, 1, "body is null"),
        ({**SEND, "body": {"kind": "form", "fields": [{"name": "a"}]}}, 1, "a field of a form"),
        ({**SEND, "body": {"kind": "form", "fields": [5]}}, 1, "a field of a form"),
        ({**SEND, "body": {"kind": "form", "fields": [{"name": "a", "filename": "b", "type": "c"}]}}, 1, "a field"),
        (
            {**SEND, "body": {"kind": "form", "fields": [{"name": "a", "filename": "b", "type": "c\n", "data": ""}]}},
            1,
            "the type of a file",
        ),
        ({**SEND, "run": "x" * 201}, 1, "run is a text"),
        ({"id": 1, "do": "revalidate", "what": None}, 1, "what is a text"),
    ],
)
def test_one_that_is_none_says_why(value, identifier, said):
    with pytest.raises(MalformedMessage, match=said) as raised:
        read(value)
    assert raised.value.id == identifier
    assert len(str(raised.value)) < 300

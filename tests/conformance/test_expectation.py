"""Expectations that hold, and each of them that does not."""

import pytest

from tests.conformance.client import Reply
from tests.conformance.expectation import differences, lateness
from tests.conformance.translation import translated

REPLY = Reply(
    status=200,
    headers=[("Content-Type", "text/plain; charset=utf-8"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")],
    body=b'{"route":"x","params":{},"ctor":"dict"}',
    chunks=1,
    seconds_to_head=0.2,
    seconds=0.3,
)


@pytest.mark.parametrize(
    "expect",
    [
        {},
        {"status": 200, "headers": {"content-type": "text/plain;charset=UTF-8", "x-none": None}},
        {"headers": {"set-cookie": ["a=1", "b=2"]}},
        {"headers": {"set-cookie": {"regex": "^a=1, b"}}},
        {"body": {"json": {"route": "x", "params": {}, "ctor": "Object"}}},
        {"body": {"jsonSubset": {"route": "x"}, "contains": "params", "notContains": "y", "regex": '^{"route'}},
        {"timing": {"totalAtLeastMs": 300, "chunksAtLeast": 1}},
        {"body": {"sameAs": 0}},
    ],
)
def test_what_is_as_expected(expect):
    assert differences(expect, REPLY, [REPLY]) == []


@pytest.mark.parametrize(
    "expect",
    [
        {"status": 201},
        {"headers": {"content-type": "text/html"}},
        {"headers": {"content-type": None}},
        {"headers": {"set-cookie": ["a=1"]}},
        {"headers": {"set-cookie": "a=1"}},
        {"headers": {"x-none": {"regex": "."}}},
        {"incomplete": True},
        {"body": {"json": {"route": "x"}}},
        {"body": {"jsonSubset": {"route": "y"}}},
        {"body": {"jsonSubset": {"more": None}}},
        {"body": {"empty": True}},
        {"body": {"text": "x"}},
        {"body": {"base64": "AAEC"}},
        {"body": {"regex": "^x"}},
        {"body": {"contains": "z"}},
        {"body": {"notContains": "route"}},
        {"body": {"differsFrom": 0}},
        {"timing": {"totalAtLeastMs": 301}},
        {"timing": {"chunksAtLeast": 2}},
    ],
)
def test_what_is_not(expect):
    assert len(differences(expect, REPLY, [REPLY])) == 1


def test_an_answer_cut_short_is_a_difference():
    assert differences({"status": 200}, Reply(status=200, incomplete=True)) == ["the body was cut short"]


def test_lateness_is_told_apart():
    assert lateness({"timing": {"headersWithinMs": 250}}, REPLY) == []
    assert len(lateness({"timing": {"headersWithinMs": 150}}, REPLY)) == 1


@pytest.mark.parametrize(
    ("expect", "ours"),
    [
        # The framework's pages: the status alone.
        (
            {
                "status": 404,
                "headers": {"content-type": {"regex": "^text/html"}, "x-a": "b"},
                "body": {"contains": "4"},
            },
            {"status": 404, "headers": {"x-a": "b"}},
        ),
        # An empty 500 is a line of text here.
        (
            {"status": 500, "headers": {"content-type": None}, "body": {"empty": True}},
            {"status": 500, "headers": {}, "body": {"regex": r"^[ -~]{0,80}\n?$"}},
        ),
        ({"headers": {"content-length": None, "transfer-encoding": "chunked"}}, {"headers": {}}),
        ({"headers": {"transfer-encoding": "chunked"}}, {"headers": {"transfer-encoding": "chunked"}}),
        ({"headers": {"x-powered-by": "Next.js", "x-nextjs-x": "1", "refresh": "0"}}, {"headers": {}}),
        ({"headers": {"x-powered-by": "me"}}, {"headers": {"x-powered-by": "me"}}),
        ({"headers": {"vary": "rsc, next-router-state-tree, a, b, Accept-Encoding"}}, {"headers": {"vary": "a, b"}}),
        ({"headers": {"vary": ["rsc, next-router-state-tree", "Origin"]}}, {"headers": {"vary": "Origin"}}),
        ({"headers": {"x-nextjs-cache": None}}, {"headers": {"cache-status": None}}),
        (
            {"headers": {"set-cookie": ["__prerender_bypass="]}},
            {"headers": {"set-cookie": ["__notebook_routes_draft="]}},
        ),
        (
            {"body": {"json": {"route": "a", "paramsType": "undefined"}}},
            {"headers": {}, "body": {"json": {"route": "a", "params": {}}}},
        ),
    ],
)
def test_translations(expect, ours):
    assert translated(expect) == ours

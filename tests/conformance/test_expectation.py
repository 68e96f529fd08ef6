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
        ({"headers": {"x-nextjs-cache": None, "etag": None}}, {"headers": {"cache-status": None, "etag": None}}),
        (
            {"headers": {"x-nextjs-cache": "HIT", "etag": None, "age": None, "cache-control": "s-maxage=1"}},
            {
                "headers": {
                    "cache-status": {"regex": "^notebook-routes; (hit)$"},
                    "age": {"regex": r"^\d+$"},
                    "cache-control": "s-maxage=1",
                }
            },
        ),
        (
            {"headers": {"x-nextjs-cache": "STALE"}},
            {"headers": {"cache-status": {"regex": "^notebook-routes; (hit; fwd=stale)$"}}},
        ),
        (
            {"headers": {"x-nextjs-cache": "MISS", "etag": '"mine"'}},
            {"headers": {"cache-status": {"regex": "^notebook-routes; (fwd=uri-miss; stored)$"}, "etag": '"mine"'}},
        ),
        (
            {"headers": {"x-nextjs-cache": {"regex": "^(HIT|STALE)$"}}},
            {"headers": {"cache-status": {"regex": "^notebook-routes; (hit|hit; fwd=stale)$"}}},
        ),
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


def _holds(recorded, cache_status, **options):
    expect = translated({"headers": {"x-nextjs-cache": recorded}}, **options)
    return not differences(expect, Reply(headers=[("Cache-Status", cache_status), ("Age", "0")]))


@pytest.mark.parametrize("recorded", ["HIT", {"regex": "^(HIT|STALE)$"}])
@pytest.mark.parametrize("did", ["hit", "hit; fwd=stale", "fwd=uri-miss; stored"])
def test_the_first_request_of_a_case_may_find_nothing_where_a_hit_was_recorded(recorded, did):
    assert _holds(recorded, f"notebook-routes; {did}", first=True)


@pytest.mark.parametrize(
    ("recorded", "first", "did"),
    [
        ("HIT", False, "hit; fwd=stale"),
        ("HIT", False, "fwd=uri-miss; stored"),
        ("HIT", True, "fwd=uri-miss"),
        ({"regex": "^(HIT|STALE)$"}, False, "fwd=uri-miss; stored"),
        ("STALE", True, "hit"),
        ("MISS", True, "hit"),
    ],
)
def test_and_nothing_else(recorded, first, did):
    assert not _holds(recorded, f"notebook-routes; {did}", first=first)


def test_what_is_fresh_in_the_cache_has_an_age():
    assert differences(translated({"headers": {"x-nextjs-cache": "HIT"}}), Reply(headers=[])) == [
        "cache-status: None instead of {'regex': '^notebook-routes; (hit)$'}",
        "age: None instead of {'regex': '^\\\\d+$'}",
    ]

"""`req`. What is in cases.json of area pages-api is not repeated here."""

from __future__ import annotations

import json

import pytest


def test_what_a_request_has(ask):
    seen = {}

    def handler(req, res):
        seen.update(vars(type(req)))
        assert repr(req) == "<ApiRequest PATCH /api/a%20b/c?q=1+2&id=9>"
        res.json(
            {
                "method": req.method,
                "url": req.url,
                "query": req.query,
                "headers": req.headers,
                "raw": req.raw_headers,
                "address": req.socket.remote_address,
            }
        )

    headers = [("X-A", "1"), ("x-a", "2"), ("Accept", "*/*")]
    answer = ask(handler, "/api/a%20b/c?q=1%202&id=9", pattern="/api/[id]/[...rest]", method="PATCH", headers=headers)
    assert json.loads(answer.content) == {
        "method": "PATCH",
        "url": "/api/a%20b/c?q=1+2&id=9",
        "query": {"q": "1 2", "id": "a b", "rest": ["c"]},
        "headers": {"x-a": "1, 2", "accept": "*/*"},
        "raw": ["x-a", "1", "x-a", "2", "accept", "*/*"],
        "address": None,
    }


@pytest.mark.parametrize(
    ("header", "cookies"),
    [
        ("a=1; b=%C3%A9; a=2", {"a": "1", "b": "é"}),
        ("", {}),
        ('q="x y"; bare', {"q": "x y"}),
        ("broken=%E9; a=1", {"broken": "%E9", "a": "1"}),
        (" a =  1 ;b=c=d;;=e", {"a": "1", "b": "c=d", "": "e"}),
    ],
)
def test_cookies(ask, header, cookies):
    answer = ask(lambda req, res: res.json(req.cookies), headers={"cookie": header} if header else None)
    assert json.loads(answer.content) == cookies


def test_a_wrapper_may_leave_things_on_it(ask):
    def signed_in(handler):
        def wrapped(req, res):
            req.user = "ann"
            return handler(req, res)

        return wrapped

    assert ask(signed_in(lambda req, res: res.send(req.user))).content == b"ann"

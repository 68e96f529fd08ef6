"""Draft mode and preview data, from one request to the next."""

from __future__ import annotations

import json

import pytest


def told(req, res):
    res.json([req.preview, req.preview_data, req.draft_mode])


def sent(answer):
    """The Cookie header of a browser that has had an answer."""
    return "; ".join(line.partition(";")[0] for line in answer.headers.get_set_cookie())


def test_data_comes_back(ask):
    made = ask(lambda req, res: res.set_preview_data({"é": [1]}, max_age=60, path="/api").json(1))
    first, second = made.headers.get_set_cookie()
    assert first.startswith("__notebook_routes_draft=")
    assert second.startswith("__notebook_routes_preview=")
    for line in (first, second):
        assert line.endswith("; Max-Age=60; Path=/api; HttpOnly; Secure; SameSite=None")
    assert json.loads(ask(told, headers={"cookie": sent(made)}).content) == [True, {"é": [1]}, True]
    assert json.loads(ask(told).content) == [None, False, None]


def test_draft_mode_alone(ask):
    made = ask(lambda req, res: res.set_draft_mode(enable=True).json(1))
    assert json.loads(ask(told, headers={"cookie": sent(made)}).content) == [True, {}, True]
    gone = ask(lambda req, res: res.set_draft_mode(enable=False).json(1))
    assert gone.headers.get_set_cookie() == [
        "__notebook_routes_draft=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=None"
    ]


@pytest.mark.parametrize("change", [lambda value: value[:-1], lambda value: f"e30=.{value.partition('.')[2]}"])
def test_data_that_was_made_up(ask, change):
    draft, preview = sent(ask(lambda req, res: res.set_preview_data(1).json(1))).split("; ")
    name, _, value = preview.partition("=")
    assert json.loads(ask(told, headers={"cookie": f"{draft}; {name}={change(value)}"}).content) == [True, {}, True]
    forged = f"__notebook_routes_draft=x; {preview}"
    assert json.loads(ask(told, headers={"cookie": forged}).content) == [None, False, None]


def test_cookies_of_the_handler_s_own_stay(ask):
    made = ask(lambda req, res: res.set_header("Set-Cookie", "a=1").set_draft_mode(enable=True).end())
    assert [line.partition("=")[0] for line in made.headers.get_set_cookie()] == ["a", "__notebook_routes_draft"]

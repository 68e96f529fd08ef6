"""Calling a handler: where it runs, and when its answer comes."""

from __future__ import annotations

import asyncio
import functools
import threading
from contextvars import ContextVar, copy_context

import pytest

from notebook_routes.routing import RoutePattern
from notebook_routes.runtime import after, cookies, not_found, redirect
from notebook_routes.runtime.api import ApiConfig, api_invoker

PLACE = ContextVar("place", default="outside")


def explained(ask):
    ask.app.explain = ask.app.failures.explain = True
    return ask


def test_a_timer_in_a_thread_may_answer(ask):
    def handler(req, res):
        threading.Timer(0.05, lambda: res.json({"late": True})).start()

    assert ask(handler).content == b'{"late":true}'


def test_a_task_may_answer(ask):
    kept = []

    async def handler(req, res):
        async def later():
            await asyncio.sleep(0.02)
            res.send("late")

        kept.append(asyncio.ensure_future(later()))

    assert ask(handler).content == b"late"


async def _coroutine(req, res):
    return res


def _around(handler):
    def plain(req, res):
        return handler(req, res)

    return plain


def _returning(value):
    async def on_loop(req, res):
        return value

    return [lambda req, res: value, on_loop]


@pytest.mark.parametrize("handler", [*_returning(None), _coroutine, _around(_coroutine)])
def test_an_answer_that_cannot_come_is_a_500_at_once(ask, handler):
    given = explained(ask)(handler)
    assert given.status == 500
    assert b"ANY /api/x (cell [1]): the handler has returned without an answer: end with res.json(...)" in given.content


@pytest.mark.parametrize("handler", _returning({"a": 1}))
def test_what_a_handler_returns_is_no_answer(ask, handler):
    given = explained(ask)(handler)
    assert (given.status, b"a value of type dict, which says nothing here" in given.content) == (500, True)


def test_what_it_returns_beside_its_answer_does_not_matter(ask):
    assert ask(lambda req, res: res.end("x") and {"a": 1}).content == b"x"


def test_a_handler_that_only_keeps_res_is_given_up_in_time(ask):
    kept = []
    given = ask(lambda req, res: kept.append(res), config={"max_duration": 0.05})
    assert given.status == 504


def test_a_handler_that_takes_too_long(ask):
    async def handler(req, res):
        await asyncio.sleep(20)

    assert ask(handler, config={"max_duration": 0.05}).status == 504


def test_a_wrapper_around_an_async_handler(ask):
    async def handler(req, res):
        await asyncio.sleep(0)
        res.send("done")

    @functools.wraps(handler)
    def wrapped(req, res):
        return handler(req, res)

    assert ask(wrapped).content == b"done"
    assert ask(_around(handler)).content == b"done"


def test_it_runs_in_the_context_of_its_cell(ask):
    PLACE.set("cell")
    context = copy_context()
    PLACE.set("elsewhere")
    seen = []
    for handler in (lambda req, res: seen.append(PLACE.get()) or res.end(), _noting(seen)):
        invoker = api_invoker(handler, pattern=RoutePattern.parse("/api/x"), config=ApiConfig(), context=context)
        ask(handler)
        route = ask.routes.routes()[0]
        object.__setattr__(route, "handler", invoker)
        asyncio.run(ask.app.request("/api/x"))
    assert seen == ["elsewhere", "cell"] * 2


def _noting(seen):
    async def handler(req, res):
        seen.append(PLACE.get())
        res.end()

    return handler


def test_the_functions_of_a_request_work_too(ask):
    done = []

    def handler(req, res):
        cookies().set("a", "1")
        after(lambda: done.append(True))
        if req.query.get("go"):
            redirect("/there")
        if req.query.get("none"):
            not_found()
        res.end()

    given = ask(handler)
    assert (given.status, given.headers.get_set_cookie(), done) == (200, ["a=1; Path=/"], [True])
    gone = ask(handler, "/api/x?go=1")
    assert (gone.status, gone.headers["location"]) == (307, "/there")
    assert ask(handler, "/api/x?none=1").status == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "DELETE", "PROPFIND", "ANY"])
def test_every_method(ask, method):
    given = ask(lambda req, res: res.send(req.method), method=method)
    assert (given.status, given.content) == (200, method.encode())

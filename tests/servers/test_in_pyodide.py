"""What is otherwise in a browser, as far as this machine can tell; `tests/tooling/deploy` sees the rest in one."""

import asyncio

import pytest

from notebook_routes.errors import ServerError
from notebook_routes.servers.in_pyodide import HERE, from_page, to_page, wait


def test_this_is_no_browser():
    assert not HERE
    message = {"a": [None, (1, None)]}
    assert to_page(message) is message


def test_what_a_page_calls_null_is_none():
    null = type("JsNull", (), {})()
    assert from_page({"a": [null, {"b": null}], "c": 1}) == {"a": [None, {"b": None}], "c": 1}


def test_what_needs_no_waiting_is_had_at_once():
    async def given():
        return 1

    async def failing():
        raise KeyError("lamp")

    assert wait(given()) == 1
    with pytest.raises(KeyError, match="lamp"):
        wait(failing())


def test_what_waits_is_refused_with_the_way_out():
    closed = []

    async def waiting():
        try:
            await asyncio.sleep(0)
        finally:
            closed.append(1)

    with pytest.raises(ServerError, match="press Send in the route's card"):
        wait(waiting())
    assert closed == [1]

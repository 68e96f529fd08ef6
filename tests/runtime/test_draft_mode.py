"""`draft_mode()` and `connection()`."""

import asyncio

import pytest

from notebook_routes import connection, cookies, draft_mode
from notebook_routes.app import App
from notebook_routes.errors import ScopeError
from notebook_routes.runtime import DraftCookie, Exchange, Phase, current_exchange
from notebook_routes.runtime.request_time import DRAFT_COOKIE
from notebook_routes.web import Request


def during(function, *, cookie=None, draft=None, phase=Phase.HANDLER):
    """What a function gives while a request is answered, and the Set-Cookie lines of the answer."""
    headers = None if cookie is None else {"cookie": f"{DRAFT_COOKIE}={cookie}"}
    exchange = Exchange(Request("http://h/", headers=headers), draft or DraftCookie())
    exchange.phase = phase
    token = current_exchange.set(exchange)
    try:
        given = function()
    finally:
        current_exchange.reset(token)
    return given, exchange.cookies.headers.get_set_cookie() if exchange.cookies is not None else []


def test_it_is_off_without_the_cookie():
    assert during(lambda: draft_mode().is_enabled) == (False, [])


def test_enabled_it_holds_for_this_answer_and_the_next():
    draft = DraftCookie()

    def enable():
        draft_mode().enable()
        return draft_mode().is_enabled, cookies().value(DRAFT_COOKIE)

    given, lines = during(enable, draft=draft)
    assert given == (True, draft.value)
    assert lines == [f"{DRAFT_COOKIE}={draft.value}; Path=/; Secure; HttpOnly; SameSite=none"]
    assert during(lambda: draft_mode().is_enabled, cookie=draft.value, draft=draft) == (True, [])


def test_disabled_it_is_off_at_once():
    draft = DraftCookie(secure=False)

    def disable():
        mode = draft_mode()
        mode.disable()
        return mode.is_enabled, draft_mode().is_enabled, repr(mode)

    given, lines = during(disable, cookie=draft.value, draft=draft)
    assert given == (False, False, "<draft mode, disabled>")
    assert lines == [f"{DRAFT_COOKIE}=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=lax"]


@pytest.mark.parametrize("cookie", ["wrong", "", "%C3%A4", pytest.param(DraftCookie().value, id="another's")])
def test_a_cookie_of_another_value_is_off_and_cleared(cookie):
    given, (line,) = during(lambda: draft_mode().is_enabled, cookie=cookie)
    assert given is False
    assert line.startswith(f"{DRAFT_COOKIE}=; Path=/; Expires=Thu, 01 Jan 1970")


def test_a_wrong_cookie_does_not_undo_what_the_handler_decides():
    def enable():
        draft_mode().enable()
        return draft_mode().is_enabled

    given, lines = during(enable, cookie="wrong")
    assert given
    assert len(lines) == 1


def test_after_the_answer_it_can_only_be_read():
    assert during(lambda: draft_mode().is_enabled, cookie="wrong", phase=Phase.AFTER) == (False, [])
    with pytest.raises(ScopeError):
        during(lambda: draft_mode().enable(), phase=Phase.AFTER)


def test_the_value_differs_from_server_to_server_and_cannot_be_guessed():
    values = {App().draft.value for _ in range(50)}
    assert len(values) == 50
    assert min(map(len, values)) >= 32
    assert App().draft.secure
    assert not App(explain=True).draft.secure


def test_connection_may_be_awaited():
    async def wait():
        return await connection()

    assert during(lambda: asyncio.run(wait())) == (None, [])
    during(connection)


@pytest.mark.parametrize("function", [draft_mode, connection])
def test_they_belong_to_a_request(function):
    with pytest.raises(ScopeError, match=rf"{function.__name__}\(\) belongs to a request"):
        function()

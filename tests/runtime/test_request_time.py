import asyncio
from contextvars import copy_context

import pytest

from notebook_routes.errors import ScopeError
from notebook_routes.runtime.exchange import Phase, current_exchange
from notebook_routes.runtime.request_time import after, cookies, headers


@pytest.fixture
def during(exchange_for):
    """Call something as the code of a request does; returns the outcome and the exchange."""

    def run(function, *, phase=Phase.HANDLER, cookie="a=1; b=2; a=3", exchange=None):
        exchange = exchange or exchange_for(None, headers={"cookie": cookie, "x-lamp": "on"})
        exchange.phase = phase
        context = copy_context()
        context.run(current_exchange.set, exchange)
        return context.run(function), exchange

    return run


@pytest.mark.parametrize("function", [headers, cookies, lambda: after(print)])
def test_outside_of_a_request_there_is_nothing_to_ask(function):
    with pytest.raises(ScopeError, match=r"belongs to a request: call it inside a handler, not at the top of a cell"):
        function()


def test_headers_are_read_only(during):
    found, exchange = during(headers)
    assert found.get("X-Lamp") == "on"
    with pytest.raises(TypeError):
        found.set("x-lamp", "off")
    assert exchange.request.headers.get("x-lamp") == "on"


def test_cookies_are_read(during):
    jar, _ = during(cookies)
    assert (jar.get("a").value, jar.value("b"), jar.value("c"), jar.value("c", "-")) == ("3", "2", None, "-")
    assert jar.get("c") is None
    assert ("a" in jar, "c" in jar, jar.has("b"), len(jar)) == (True, False, True, 2)
    assert [cookie.name for cookie in jar] == ["a", "b"]
    assert [cookie.value for cookie in jar.get_all("a")] == ["3"]
    assert repr(jar) == "<cookies a, b>"


def test_without_cookies_there_are_none(during):
    jar, exchange = during(cookies, cookie="")
    assert (len(jar), list(jar), repr(jar)) == (0, [], "<cookies none>")
    assert exchange.cookies is None


def test_what_is_set_is_read_back_and_goes_out(during):
    def work():
        jar = cookies().set("a", "new", max_age=60).set("c", "3", http_only=True)
        return [(cookie.name, cookie.value) for cookie in jar], cookies().value("a")

    (found, again), exchange = during(work)
    assert found == [("a", "new"), ("b", "2"), ("c", "3")]
    assert again == "new"
    lines = exchange.cookies.headers.get_set_cookie()
    assert [line.partition(";")[0] for line in lines] == ["a=new", "c=3"]
    assert exchange.request.cookies.get("a").value == "3"


def test_a_cookie_is_read_by_its_name(during):
    (value, size), _ = during(lambda: (cookies()["a"].value, cookies().size))
    assert (value, size) == ("3", 2)
    with pytest.raises(KeyError, match="missing"):
        during(lambda: cookies()["missing"])


def test_what_is_deleted_expires(during):
    def work():
        return cookies().delete("a").value("a")

    found, exchange = during(work)
    assert found == ""
    (line,) = exchange.cookies.headers.get_set_cookie()
    assert line.startswith("a=; Path=/; Expires=Thu, 01 Jan 1970")


def test_a_name_that_cannot_be_sent_is_refused(during):
    with pytest.raises(ValueError, match="a b"):
        during(lambda: cookies().set("a b", "1"))


@pytest.mark.parametrize(
    ("phase", "fix"), [(Phase.SENT, "do it before the first chunk"), (Phase.AFTER, "do it in the handler")]
)
def test_after_the_head_cookies_are_only_read(during, phase, fix):
    assert during(lambda: cookies().value("a"), phase=phase)[0] == "3"
    for change in (lambda: cookies().set("a", "1"), lambda: cookies().delete("a")):
        with pytest.raises(ScopeError, match=fix):
            during(change, phase=phase)


def test_after_keeps_functions_and_awaitables(during):
    async def later(): ...

    async def story():
        future = asyncio.get_running_loop().create_future()
        coroutine = later()
        work = [print, later, coroutine, future]
        _, exchange = during(lambda: [after(each) for each in work])
        assert exchange.callbacks == work
        coroutine.close()

    asyncio.run(story())


def test_after_takes_nothing_else(during, exchange_for):
    exchange = exchange_for(None)
    with pytest.raises(
        TypeError, match=r"after\(\) takes a function or an awaitable, not NoneType: write after\(lambda"
    ):
        during(lambda: after(None), exchange=exchange)
    assert exchange.callbacks == []


def test_they_work_in_threads_and_on_the_loop(call):
    def plain():
        cookies().set("seen", "1")
        after(print)
        return headers().get("x-lamp")

    async def later():
        await asyncio.sleep(0)
        return plain()

    def steps():
        yield plain()
        yield plain()

    async def later_steps():
        yield plain()
        await asyncio.sleep(0)
        yield plain()

    for handler, times in ((plain, 1), (later, 1), (steps, 2), (later_steps, 2)):
        answer = call(handler, headers={"x-lamp": "on"})
        assert answer.text == "on" * times
        assert answer.exchange.callbacks == [print] * times
        assert len(answer.exchange.cookies.headers.get_set_cookie()) == 1

"""Middlewares in front of routes, through `App`."""

# ruff: noqa: A002 - `next` is what it is called

import asyncio
import json
import threading
from functools import partial
from typing import Annotated

import pytest
from pydantic import Field

from notebook_routes import after, cookies, headers, not_found, redirect
from notebook_routes.app import App, Guard, Middleware
from notebook_routes.errors import ValidationFailed
from notebook_routes.runtime import Workers
from notebook_routes.web import FormData, Request, Response, URLSearchParams


@pytest.fixture(params=["on threads", "on the loop"])
def threads(request):
    return request.param == "on threads"


@pytest.fixture
def use(desk):
    """Put middleware in front of the desk's routes."""

    def use(*layers):
        desk.app.middleware = tuple(layer if isinstance(layer, Middleware) else Middleware(layer) for layer in layers)

    return use


def text(response):
    return response.content.decode()


def test_a_middleware_words_what_parameters_were_refused_for(desk, use, threads):
    @desk.route("/x")
    def GET(n: Annotated[int, Field(ge=1)], name: str):
        return n

    async def worded(request, next):
        response = await next()
        findings = ValidationFailed.findings_of(request)
        return Response.json([response.status, *findings]) if findings else response

    said = b"Input should be greater than or equal to 1"
    sent = b'{"detail":[{"loc":["query","n"],"msg":"%b","type":"greater_than_equal"}]}' % said
    assert desk.ask("/x?n=0&name=a", threads=threads).content == sent
    use(worded)
    assert json.loads(desk.ask("/x?n=0", threads=threads).content) == [
        422,
        {
            "loc": ["query", "n"],
            "msg": "Input should be greater than or equal to 1",
            "type": "greater_than_equal",
            "input": "0",
            "ctx": {"ge": 1},
        },
        {"loc": ["query", "name"], "msg": "Field required", "type": "missing", "input": None},
    ]
    assert text(desk.ask("/x?n=1&name=a", threads=threads)) == "1"
    assert desk.ask("/none", threads=threads).status == 404
    assert ValidationFailed.findings_of(Request("http://localhost/")) == ()


# Going on, and answering


def test_none_and_next_go_on_and_a_response_answers(desk, use, threads):
    @desk.route("/x")
    def GET():
        return "route"

    def nothing(request):
        return None

    async def on(request):
        return Response.next()

    def stop(request):
        if request.query.has("stop"):
            return Response("stopped", status=401)
        return None

    use(nothing, on, stop)
    assert text(desk.ask("/x", threads=threads)) == "route"
    response = desk.ask("/x?stop=1", threads=threads)
    assert (response.status, text(response)) == (401, "stopped")
    assert [entry.status for entry in desk.log] == [200, 401]


def test_they_stand_around_each_other_in_order(desk, use, threads):
    seen = []

    @desk.route("/x")
    def GET():
        seen.append("route")
        return "route"

    async def outer(request, next):
        seen.append("outer in")
        response = await next()
        seen.append("outer out")
        return response

    async def middle(request):
        seen.append("middle")

    async def inner(request, next):
        seen.append("inner in")
        response = await next(request)
        seen.append("inner out")
        return Response(text(response) + "!", headers=response.headers)

    use(outer, middle, inner)
    assert text(desk.ask("/x", threads=threads)) == "route!"
    assert seen == ["outer in", "middle", "inner in", "route", "inner out", "outer out"]


def test_a_def_gets_the_answer_without_await_on_its_own_thread(desk, use):
    where = []

    @desk.route("/x")
    def GET():
        where.append(threading.current_thread().name)
        return "route"

    def around(request, next):
        where.append(threading.current_thread().name)
        response = next()
        where.append(threading.current_thread().name)
        response.headers.set("x-around", "1")
        return response

    use(around, around)
    response = desk.ask("/x", threads=True)
    assert (text(response), response.headers["x-around"]) == ("route", "1")
    outer, inner, route, *back = where
    assert len({outer, inner, route}) == 3
    assert back == [inner, outer]


def test_a_def_where_there_are_no_threads_passes_on_what_next_gives(desk, use):
    @desk.route("/x")
    def GET():
        return "route"

    def around(request, next):
        return next()

    use(around)
    assert text(desk.ask("/x")) == "route"


def test_defs_that_wait_never_starve_those_they_wait_for(desk, use):
    """With one pool of two threads, two requests would take them both and wait for a third."""

    @desk.route("/x")
    def GET():
        return "route"

    def around(request, next):
        return next()

    use(around, around, around)

    async def story():
        desk.app.workers = workers = Workers(limit=2)
        try:
            asked = [desk.app.request("/x") for _ in range(20)]
            return await asyncio.wait_for(asyncio.gather(*asked), 20)
        finally:
            workers.stop()

    assert {text(response) for response in asyncio.run(story())} == {"route"}


def test_what_looks_at_the_answer_and_returns_nothing_leaves_it(desk, use, threads):
    @desk.route("/x")
    def GET():
        return "route"

    async def look(request, next):
        assert (await next()).status == 200

    use(look)
    assert text(desk.ask("/x", threads=threads)) == "route"


def test_a_matcher_of_its_own_each(desk, use):
    @desk.route("/[...any]")
    def GET(request):
        return request.headers.get("x-seen") or "none"

    def mark(name):
        def middleware(request):
            request.headers.append("x-seen", name)

        return middleware

    use(Middleware(mark("a"), matcher="/a/:path*"), Middleware(mark("b"), matcher=["/b", "/a/b"]))
    assert [text(desk.ask(path)) for path in ("/a", "/b", "/a/b", "/c")] == ["a", "b", "a, b", "none"]


# What a handler sees


def test_headers_and_cookies_are_seen_in_the_same_request(desk, use):
    @desk.route("/x")
    def GET(request):
        return {
            "headers": [request.headers.get("x-a"), headers().get("x-a"), headers().get("x-gone")],
            "request": request.cookies.value("a"),
            "cookies": {cookie.name: cookie.value for cookie in cookies()},
            "line": request.headers.get("cookie"),
            "state": request.state.user,
        }

    async def first(request):
        changed = request.headers.copy()
        changed.set("x-a", "1")
        changed.delete("x-gone")
        request.state.user = "me"
        return Response.next(request_headers=changed)

    async def second(request):
        response = Response.next()
        response.cookies.set("a", "ä")
        response.cookies.delete("old")
        return response

    use(first, second)
    response = desk.ask("/x", headers={"x-gone": "1", "cookie": "old=1; b=2"})
    told = asyncio.run(response.json())
    assert told["headers"] == ["1", "1", None]
    assert (told["request"], told["state"], told["line"]) == ("ä", "me", "b=2; a=%C3%A4")
    assert (told["cookies"]["a"], told["cookies"]["b"]) == ("ä", "2")
    assert [line.partition(";")[0] for line in response.headers.get_set_cookie()] == ["a=%C3%A4", "old="]


@pytest.mark.parametrize("go_on", [Response.next, partial(Response.rewrite, "/x")])
def test_headers_in_place_of_the_clients_need_no_host(desk, use, go_on):
    desk.app.guard = Guard(hosts=["localhost"])

    @desk.route("/x")
    def GET(request):
        return dict(request.headers)

    use(lambda request: go_on(request_headers={"x-a": "1"}))
    response = desk.ask("/x", headers={"host": "localhost", "x-b": "2"})
    assert asyncio.run(response.json()) == {"host": "localhost", "x-a": "1"}


def test_cookies_set_by_function_are_seen_too(desk, use, threads):
    @desk.route("/x")
    def GET(request):
        return request.cookies.value("a") or "none"

    def middleware(request):
        cookies().set("a", "1")

    use(middleware)
    response = desk.ask("/x", threads=threads)
    assert text(response) == "1"
    assert response.headers.get_set_cookie() == ["a=1; Path=/"]


def test_a_cookie_of_the_handlers_wins_and_a_header_of_the_middlewares(desk, use):
    @desk.route("/x")
    def GET():
        cookies().set("a", "handler")
        return Response("", headers={"x-both": "handler"})

    async def middleware(request):
        response = Response.next(headers={"x-both": "middleware"})
        response.cookies.set("a", "middleware")
        response.cookies.set("b", "middleware")
        return response

    use(middleware)
    response = desk.ask("/x")
    assert response.headers["x-both"] == "middleware"
    assert response.headers.get_set_cookie() == ["a=handler; Path=/", "b=middleware; Path=/"]


@pytest.mark.parametrize("read", ["json", "text", "bytes", "buffer"])
def test_a_body_that_was_read_is_there_again(desk, use, read):
    @desk.route("/x", method="POST")
    async def POST(request):
        return await request.json()

    async def middleware(request):
        await getattr(request, read)()
        await getattr(request, read)()

    async def pieces():
        yield b'{"a":'
        yield b"1}"

    use(middleware)
    for body in (b'{"a":1}', pieces()):
        assert text(desk.ask("/x", method="POST", body=body)) == '{"a":1}'


def test_a_handler_reads_its_body_once_all_the_same(desk, use):
    @desk.route("/x", method="POST")
    async def POST(request):
        return [await request.text(), request.body_used]

    async def middleware(request):
        await request.text()

    use(middleware)
    assert text(desk.ask("/x", method="POST", body="a")) == '["a",true]'


def test_a_form_that_was_read_is_there_again(desk, use):
    @desk.route("/x", method="POST")
    async def POST(request):
        return (await request.form_data()).get("a")

    async def middleware(request):
        assert (await request.form_data()).get("a") == "1"

    use(middleware)
    form = FormData()
    form.set("a", "1")
    assert text(desk.ask("/x", method="POST", body=form)) == "1"


# Rewrites


def test_a_rewrite_answers_by_another_route(desk, use):
    @desk.route("/new/[id]")
    def GET(request, id, page: int = 0):
        return {"id": id, "page": page, "url": request.url, "asked": request.original_url}

    async def middleware(request):
        return Response.rewrite("/new/7/?page=2", headers={"x-rw": "1"})

    use(Middleware(middleware, matcher="/old"))
    response = desk.ask("/old?x=1")
    assert asyncio.run(response.json()) == {
        "id": "7",
        "page": 2,
        "url": "http://localhost/new/7?page=2",
        "asked": "http://localhost/old?x=1",
    }
    assert response.headers["x-rw"] == "1"
    # The log has what was asked for, and what answered.
    assert [(entry.target, entry.route) for entry in desk.log] == [("/old?x=1", "/new/[id]")]


def test_those_behind_a_rewrite_see_the_new_path(desk, use):
    @desk.route("/b")
    def GET():
        return "b"

    async def rewrite(request):
        return Response.rewrite("/b") if request.path == "/a" else None

    async def guard(request):
        return Response("no", status=403)

    use(rewrite, Middleware(guard, matcher="/b"))
    assert desk.ask("/a").status == 403


def test_a_rewrite_to_nowhere_is_a_404_and_one_to_our_own_pages_is_refused(desk, use):
    @desk.route("/a")
    def GET():
        return "a"

    async def middleware(request):
        return Response.rewrite(request.query.get("to"))

    use(middleware)
    assert desk.ask("/a?to=/none").status == 404
    assert [entry.route for entry in desk.log] == [None]
    desk.app.own_pages = lambda request: Response("secret")
    assert desk.ask("/a?to=/_routes/log").status == 403
    assert desk.ask("/a?to=ftp://localhost/").status == 500
    assert "is written with http:// or https://" in desk.log[-1].error
    assert desk.ask("/a?to=http://").status == 500


def test_next_takes_a_rewritten_request(desk, use, threads):
    @desk.route("/b", method="POST")
    async def POST(request):
        return f"{request.path} {await request.text()}"

    async def middleware(request, next):
        return await next(request.rewritten("/b"))

    use(middleware)
    assert text(desk.ask("/a", method="POST", body="x", threads=threads)) == "/b x"


# What goes wrong


def test_a_failure_is_a_500_with_the_users_frames(desk, use, threads):
    desk.app.failures.explain = True

    def middleware(request):
        return 1 / 0

    use(middleware)
    response = desk.ask("/x", threads=threads)
    assert response.status == 500
    assert "return 1 / 0" in text(response)
    assert "notebook_routes/app" not in text(response)
    assert "ZeroDivisionError" in desk.log[0].error


def test_what_is_no_answer_is_a_500_that_names_the_middleware(desk, use):
    desk.app.failures.explain = True

    def wrong(request):
        return "text"

    use(wrong)
    response = desk.ask("/x")
    assert response.status == 500
    assert "middleware wrong returned str: return None to go on" in text(response)


def test_next_is_called_once(desk, use, threads):
    @desk.route("/x")
    def GET():
        return "route"

    async def twice(request, next):
        await next()
        return await next()

    async def again(request, next):
        await next()
        return Response.next()

    def thread(request, next):
        next()
        return next()

    async def forgotten(request, next):
        next()

    async def other(request, next):
        return await next(iter([1]))

    desk.app.failures.explain = True
    for layer, said in [
        (twice, "middleware twice called next twice: keep what the first call gave"),
        (again, "middleware again called next twice"),
        (forgotten, "called next without its await"),
        (other, "next takes a request or nothing, not list_iterator"),
    ]:
        use(layer)
        response = desk.ask("/x", threads=threads)
        assert response.status == 500
        assert said in text(response)
    use(thread)
    assert "called next twice" in text(desk.ask("/x", threads=True))


def test_next_is_too_late_once_the_middleware_has_ended(desk, use):
    kept = []

    @desk.route("/x")
    def GET():
        return "route"

    async def middleware(request, next):
        kept.append(next)
        return Response("own")

    use(middleware)
    assert text(desk.ask("/x")) == "own"
    with pytest.raises(Exception, match="called next after it had returned"):
        kept[0]()


def test_failures_behind_are_answers_to_those_in_front(desk, use, threads):
    @desk.route("/broken")
    def GET():
        return 1 / 0

    @desk.route("/missing")
    def GET():  # noqa: F811 - the method
        not_found("nothing here")

    async def around(request, next):
        response = await next()
        response.headers.set("x-status", str(response.status))
        return response

    async def added(request):
        return Response.next(headers={"x-added": "1"})

    use(around, added)
    for path, status in [("/broken", 500), ("/missing", 404), ("/none", 404)]:
        response = desk.ask(path, threads=threads)
        assert response.status == status
        assert (response.headers["x-status"], response.headers["x-added"]) == (str(status), "1")


def test_redirect_and_not_found_work_in_a_middleware(desk, use, threads):
    def middleware(request):
        if request.path == "/a":
            redirect("/b")
        not_found()

    use(middleware)
    response = desk.ask("/a", threads=threads)
    assert (response.status, response.headers["location"]) == (307, "/b")
    assert desk.ask("/b", threads=threads).status == 404


def test_next_and_rewrite_are_no_answers_of_a_handler(desk):
    desk.app.failures.explain = True

    @desk.route("/x")
    def GET():
        return Response.next()

    response = desk.ask("/x")
    assert response.status == 500
    assert "<Response.next()> is for a middleware to return" in text(response)


def test_a_request_that_is_given_up_frees_the_thread_that_waits(desk, use):
    woken = threading.Event()
    reached = threading.Event()

    @desk.route("/x")
    async def GET():
        reached.set()
        await asyncio.Event().wait()

    def middleware(request, next):
        try:
            return next()
        finally:
            woken.set()

    use(middleware)

    async def story():
        desk.app.workers = workers = Workers()
        try:
            task = asyncio.create_task(desk.app.request("/x"))
            assert await asyncio.to_thread(reached.wait, 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(woken.wait, 10)
        finally:
            workers.stop()

    asyncio.run(story())


# Beside the routes


def test_a_stream_passes_and_can_be_wrapped(desk, use, threads):
    @desk.route("/x")
    def GET():
        yield "a"
        yield "b"

    async def middleware(request, next):
        response = await next()

        async def louder():
            async for chunk in response.body:
                yield chunk.upper()

        return Response(louder(), headers=response.headers)

    use(middleware)

    async def story():
        desk.app.workers = workers = Workers() if threads else None
        try:
            response = await desk.app.request("/x")
            return await response.text()
        finally:
            if workers is not None:
                workers.stop()

    assert asyncio.run(story()) == "AB"


def test_after_runs_where_a_middleware_has_answered(desk, use, threads):
    done = []

    def middleware(request):
        after(lambda: done.append(request.path))
        return Response("own")

    use(middleware)
    desk.ask("/x", threads=threads)
    assert done == ["/x"]


def test_a_preflight_is_answered_before_a_middleware_that_would_refuse_it(desk, use):
    @desk.route("/x", method="POST", cors={"origins": ["https://a.example"]})
    def POST():
        return "posted"

    async def refuse(request):
        return Response("log in", status=401)

    use(refuse)
    origin = {"origin": "https://a.example"}
    preflight = desk.ask("/x", method="OPTIONS", headers={**origin, "access-control-request-method": "POST"})
    assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (204, "https://a.example")
    # The page may read why it was refused.
    response = desk.ask("/x", method="POST", headers=origin)
    assert (response.status, response.headers["access-control-allow-origin"]) == (401, "https://a.example")
    assert response.headers["vary"] == "Origin"


def test_cors_headers_are_there_once(desk, use):
    @desk.route("/x", cors={"origins": ["https://a.example"]})
    def GET():
        return "x"

    async def on(request):
        return Response.next()

    use(on)
    for origin in ("https://a.example", "https://b.example"):
        assert desk.ask("/x", headers={"origin": origin}).headers["vary"] == "Origin"


def test_what_the_guard_refuses_no_middleware_sees(desk, use):
    seen = []
    desk.app.middleware = (Middleware(lambda request: seen.append(request.path)),)
    desk.app.guard = Guard(hosts=["localhost"], token="t")
    assert desk.ask("/x", headers={"host": "evil.example"}).status == 421
    assert desk.ask("/x", headers={"host": "localhost"}).status == 401
    allowed = {"host": "localhost", "authorization": "Bearer t"}
    foreign = {**allowed, "origin": "https://evil.example"}
    assert desk.ask("/x", method="POST", headers=foreign).status == 403
    assert seen == []
    assert desk.ask("/x", headers=allowed).status == 404
    assert seen == ["/x"]


def test_another_spelling_of_a_path_is_redirected_first(desk, use):
    seen = []
    use(lambda request: seen.append(request.path))
    assert desk.ask("/x/").status == 308
    assert seen == []


def test_an_app_takes_functions():
    async def middleware(request):
        return Response("own")

    app = App(middleware=[middleware])
    assert text(asyncio.run(app.request("/x"))) == "own"


UPWARDS = ["../admin", "x/../../admin", "%2e%2e/admin", ".%2E/admin", "..\\admin", ".\t./admin", "a/.."]


@pytest.mark.parametrize("path", UPWARDS)
@pytest.mark.parametrize("form", ["rewrite", "next"])
def test_a_path_that_leads_out_of_where_a_rewrite_puts_it_is_refused(desk, use, path, form):
    """The guard in front has let pass what was asked for, not where it would lead."""

    @desk.route("/admin")
    def admin():
        return "secret"

    @desk.route("/files/[...path]")
    def files(path):
        return path

    async def guard(request):
        return Response("no", status=403) if request.path.startswith("/admin") else None

    async def returning(request):
        return Response.rewrite(f"/files/{request.query['path']}")

    async def going_on(request, next):
        return await next(request.rewritten(f"/files/{request.query['path']}"))

    use(guard, returning if form == "rewrite" else going_on)
    response = desk.ask(f"/x?{URLSearchParams({'path': path})}")
    assert response.status == 400
    assert b'has ".." in it' in response.content
    assert desk.ask("/x?path=a..b/...").content == b'["a..b","..."]'
    assert desk.ask("/x?path=..%252fadmin").content == b'["../admin"]'

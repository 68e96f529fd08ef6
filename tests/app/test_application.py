from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import pytest

from notebook_routes.app import App
from notebook_routes.errors import HTTPError, RedirectError, ScopeError
from notebook_routes.runtime import (
    after,
    cookies,
    forbidden,
    headers,
    not_found,
    permanent_redirect,
    redirect,
    unauthorized,
)
from notebook_routes.web import FileResponse, Request, Response

FORM = {"content-type": "application/x-www-form-urlencoded"}


def text_of(response):
    return response.content.decode()


def test_a_request_without_a_socket(desk):
    @desk.route("/products/[id]")
    async def get(id: int, page: int = 1):  # noqa: A002 - the segment's name
        return {"id": id, "page": page}

    response = desk.ask("/products/3?page=2")
    assert (response.status, response.content) == (200, b'{"id":3,"page":2}')


def test_def_handlers_run_in_a_thread_where_there_are_threads(desk):
    seen = []

    @desk.route("/")
    def get():
        seen.append(threading.current_thread() is threading.main_thread())

    desk.ask("/")
    desk.ask("/", threads=True)
    assert seen == [True, False]


def test_method_and_body(desk):
    @desk.route("/items", "POST")
    async def post(request):
        return Response.json({"got": await request.json()}, status=201)

    response = desk.ask("/items", "POST", body='{"a":1}', headers={"content-type": "application/json"})
    assert (response.status, text_of(response)) == (201, '{"got":{"a":1}}')


def test_a_value_is_sent_as_json(desk):
    @desk.route("/items", "POST")
    async def post(body):
        return {"got": body}

    assert text_of(asyncio.run(desk.app.request("/items", method="POST", json=[1, None]))) == '{"got":[1,null]}'


@pytest.mark.parametrize("target", ["items", "", "http://localhost/items"])
def test_a_target_is_a_path(desk, target):
    with pytest.raises(ValueError, match="takes a path that begins with /"):
        asyncio.run(desk.app.request(target))


def test_middleware_is_a_list():
    with pytest.raises(TypeError, match=r"write middleware=\[\.\.\.\]"):
        App(middleware=lambda request: None)


def test_bad_values_are_a_422_that_names_each_field(desk):
    @desk.route("/items/[id]")
    async def get(id: int, page: int):  # noqa: A002 - the segment's name
        return None

    response = desk.ask("/items/x?page=y")
    assert response.status == 422
    assert '"id"' in text_of(response)
    assert '"page"' in text_of(response)
    assert desk.ask("/items/%FF?page=1").status == 400


class TestRedirects:
    @pytest.fixture
    def moved(self, desk):
        for method in ("GET", "POST", "PUT"):

            @desk.route("/plain", method)
            async def plain():
                redirect("/target?x=1")

            @desk.route("/permanent", method)
            async def permanent():
                permanent_redirect("/target")

            @desk.route("/response", method)
            async def response():
                return Response.redirect("/target", 307)

        return desk

    @pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
    def test_the_method_stays(self, moved, method):
        response = moved.ask("/plain", method)
        assert (response.status, response.headers.get("location")) == (307, "/target?x=1")
        assert moved.ask("/permanent", method).status == 308
        assert response.content == b""

    @pytest.mark.parametrize(
        "kind",
        [
            "application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded; charset=utf-8",
            "multipart/form-data; boundary=x",
            "Multipart/Form-Data",
        ],
    )
    def test_after_a_form_it_becomes_get(self, moved, kind):
        for path in ("/plain", "/permanent"):
            assert moved.ask(path, "POST", headers={"content-type": kind}, body="a=1").status == 303
        assert moved.ask("/plain", "PUT", headers={"content-type": kind}, body="a=1").status == 307

    def test_a_response_keeps_its_own_status(self, moved):
        response = moved.ask("/response", "POST", headers=FORM, body="a=1")
        assert (response.status, response.headers.get("location")) == (307, "http://localhost/target")

    @pytest.mark.parametrize(
        ("given", "location"),
        [
            ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
            ("sub/target", "sub/target"),
            ("/a b", "/a%20b"),
            ("/café?q=✓", "/caf%C3%A9?q=%E2%9C%93"),
            ("/a%20b", "/a%20b"),
            ("/a\r\nSet-Cookie: x=1", "/a%0D%0ASet-Cookie:%20x=1"),
        ],
    )
    def test_the_location(self, desk, given, location):
        @desk.route("/go")
        async def go():
            redirect(given)

        assert desk.ask("/go").headers.get("location") == location

    @pytest.mark.parametrize(
        ("given", "location"),
        [
            ("/target", "http://localhost/target"),
            ("sub?x=1", "http://localhost/deep/sub?x=1"),
            ("https://example.com/", "https://example.com/"),
        ],
    )
    def test_a_returned_redirect_is_made_absolute(self, desk, given, location):
        shared = Response.redirect(given)

        @desk.route("/deep/go")
        async def go():
            return shared

        for _ in range(2):
            response = desk.ask("/deep/go")
            assert (response.status, response.headers.get("location")) == (302, location)
        assert shared.headers.get("location") == given

    def test_a_location_that_was_written_by_hand_stays(self, desk):
        @desk.route("/deep/go")
        async def go():
            return Response(None, status=302, headers={"location": "../target"})

        assert desk.ask("/deep/go").headers.get("location") == "../target"

    def test_it_can_be_caught(self, desk):
        @desk.route("/go")
        async def go(again: bool = False):  # noqa: FBT001, FBT002 - a query parameter
            try:
                redirect("/target")
            except RedirectError as error:
                if again:
                    raise
                return error.location

        assert text_of(desk.ask("/go")) == "/target"
        assert desk.ask("/go?again=1").status == 307


class TestRefusals:
    @pytest.mark.parametrize(("raising", "status"), [(not_found, 404), (forbidden, 403), (unauthorized, 401)])
    def test_from_anywhere(self, desk, raising, status):
        @desk.route("/")
        async def get():
            def deep():
                raising("no\n")

            deep()

        response = desk.ask("/")
        assert (response.status, text_of(response)) == (status, "no\n")
        assert response.headers.get("content-type") == "text/plain; charset=utf-8"
        assert desk.log[0].error is None

    def test_without_a_message_the_body_is_empty(self, desk):
        @desk.route("/")
        async def get():
            not_found()

        assert desk.ask("/").content == b""

    def test_with_headers(self, desk):
        @desk.route("/")
        async def get():
            raise HTTPError(429, "later", headers={"retry-after": "3"})

        assert desk.ask("/").headers.get("retry-after") == "3"

    def test_with_a_header_that_cannot_be_sent(self, desk, caplog):
        @desk.route("/")
        async def get():
            raise HTTPError(429, "later", headers={"x-l": "✓"})

        response = desk.ask("/")
        assert response.status == 500

    def test_one_can_be_caught(self, desk):
        @desk.route("/")
        async def get():
            try:
                not_found()
            except HTTPError as error:
                return error.status

        assert text_of(desk.ask("/")) == "404"


class TestCookies:
    def test_what_is_set_goes_out_and_is_read_back(self, desk):
        @desk.route("/")
        async def get(request):
            jar = cookies()
            jar.set("a", "new")
            return {
                "a": jar.value("a"),
                "z": jar.value("z"),
                "request": request.cookies.value("a"),
                "all": [cookie.name for cookie in jar],
            }

        response = desk.ask("/", headers={"cookie": "a=orig; z=9"})
        assert text_of(response) == '{"a":"new","z":"9","request":"orig","all":["a","z"]}'
        assert response.headers.get_set_cookie() == ["a=new; Path=/"]

    def test_the_last_set_wins_and_paths_are_told_apart(self, desk):
        @desk.route("/")
        async def get():
            cookies().set("a", "1").set("a", "2").set("a", "3", path="/x").delete("b")

        assert desk.ask("/").headers.get_set_cookie() == [
            "a=2; Path=/",
            "a=3; Path=/x",
            "b=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        ]

    @pytest.mark.parametrize("leave", [lambda: redirect("/"), not_found, forbidden])
    def test_they_are_kept_on_the_way_out(self, desk, leave):
        @desk.route("/go")
        async def get():
            cookies().set("flash", "hi")
            leave()

        assert desk.ask("/go").headers.get_set_cookie() == ["flash=hi; Path=/"]

    @pytest.mark.parametrize("crash", [lambda: 1 / 0, object, lambda: ("text", 404)])
    def test_they_are_lost_in_a_crash(self, desk, caplog, crash):
        @desk.route("/")
        async def get():
            cookies().set("flash", "hi")
            return crash()

        response = desk.ask("/")
        assert (response.status, response.headers.get_set_cookie()) == (500, [])

    def test_those_of_the_response_itself_win(self, desk):
        @desk.route("/")
        async def get():
            cookies().set("a", "1").set("b", "2")
            response = Response("x")
            response.cookies.set("a", "own", path="/zzz")
            return response

        assert desk.ask("/").headers.get_set_cookie() == ["a=own; Path=/zzz", "b=2; Path=/"]

    def test_a_response_that_is_used_again_does_not_collect_them(self, desk):
        shared = Response("x")

        @desk.route("/")
        async def get(request):
            cookies().set("n", request.query.get("n"))
            return shared

        desk.ask("/?n=1")
        assert desk.ask("/?n=2").headers.get_set_cookie() == ["n=2; Path=/"]
        assert shared.headers.get_set_cookie() == []

    def test_an_illegal_name_is_a_500(self, desk, caplog):
        @desk.route("/")
        async def get():
            cookies().set("na me", "x")

        assert desk.ask("/").status == 500
        assert "na me" in desk.log[0].error

    def test_from_a_thread(self, desk):
        @desk.route("/")
        def get():
            cookies().set("a", "1")

        assert desk.ask("/", threads=True).headers.get_set_cookie() == ["a=1; Path=/"]

    def test_outside_of_a_request(self):
        for function in (cookies, headers):
            with pytest.raises(ScopeError, match=function.__name__):
                function()
        with pytest.raises(ScopeError, match="after"):
            after(print)


def test_headers_are_read_only(desk):
    @desk.route("/")
    async def get():
        found = headers()
        try:
            found.set("x", "1")
        except TypeError as error:
            return [found.get("x-a"), str(error)]

    assert '["1","these headers are read-only' in text_of(desk.ask("/", headers={"x-a": "1"}))


class TestAfter:
    @pytest.fixture
    def events(self):
        return []

    def test_it_runs_after_the_handler(self, desk, events):
        @desk.route("/")
        async def get():
            after(lambda: events.append("after"))
            events.append("handler")

        desk.ask("/")
        assert events == ["handler", "after"]

    def test_several_start_together(self, desk, events):
        @desk.route("/")
        async def get():
            second = asyncio.Event()

            async def one():
                events.append("1")
                await second.wait()
                events.append("1b")

            def two():
                events.append("2")
                second.set()

            after(one)
            after(two)

        desk.ask("/")
        assert events == ["1", "2", "1b"]

    def test_one_may_ask_for_another(self, desk, events):
        @desk.route("/")
        async def get():
            def outer():
                events.append("outer")
                after(lambda: events.append("inner"))

            after(outer)

        desk.ask("/")
        assert events == ["outer", "inner"]

    def test_it_takes_a_coroutine(self, desk, events):
        async def work():
            events.append("coroutine")

        @desk.route("/")
        async def get():
            after(work())
            after(asyncio.ensure_future(work()))

        desk.ask("/")
        assert events == ["coroutine", "coroutine"]

    @pytest.mark.parametrize("error", [RuntimeError, SystemExit, asyncio.CancelledError])
    @pytest.mark.parametrize("threads", [False, True])
    def test_one_that_fails_stops_no_other_and_is_logged(self, desk, events, caplog, error, threads):
        @desk.route("/")
        async def get():
            def fails():
                raise error("boom")

            after(fails)
            after(lambda: events.append("second"))
            return "ok"

        assert desk.ask("/", threads=threads).status == 200
        assert events == ["second"]
        assert "after() failed" in desk.log[0].error
        assert error.__name__ in desk.log[0].error

    @pytest.mark.parametrize("leave", [lambda: 1 / 0, lambda: redirect("/"), not_found])
    def test_it_runs_whatever_becomes_of_the_handler(self, desk, events, caplog, leave):
        @desk.route("/go")
        async def get():
            after(lambda: events.append("after"))
            leave()

        desk.ask("/go")
        assert events == ["after"]

    @pytest.mark.parametrize("threads", [False, True])
    def test_it_can_read_and_not_set_cookies(self, desk, events, threads):
        @desk.route("/")
        async def get():
            def work():
                events.append((cookies().value("a"), headers().get("x-a")))
                try:
                    cookies().set("b", "1")
                except ScopeError as error:
                    events.append("in after()" in str(error))

            after(work)

        response = desk.ask("/", headers={"cookie": "a=ck", "x-a": "1"}, threads=threads)
        assert events == [("ck", "1"), True]
        assert response.headers.get_set_cookie() == []

    def test_a_bad_argument(self, desk):
        @desk.route("/")
        async def get():
            try:
                after(5)
            except TypeError as error:
                return str(error)

        assert "not int" in text_of(desk.ask("/"))


class TestAnswers:
    @pytest.mark.parametrize(
        ("value", "kind", "content"),
        [
            ({"a": float("nan")}, "application/json", b'{"a":null}'),
            ([1, "é"], "application/json", '[1,"é"]'.encode()),
            ((1, 2), "application/json", b"[1,2]"),
            (5, "application/json", b"5"),
            (True, "application/json", b"true"),
            ("text", "text/plain; charset=utf-8", b"text"),
            ("", "text/plain; charset=utf-8", b""),
            (b"\0\xff", "application/octet-stream", b"\0\xff"),
        ],
    )
    def test_values(self, desk, value, kind, content):
        @desk.route("/")
        async def get():
            return value

        response = desk.ask("/")
        assert (response.status, response.headers.get("content-type"), response.content) == (200, kind, content)

    def test_none(self, desk):
        @desk.route("/")
        async def get():
            return None

        response = desk.ask("/")
        assert (response.status, response.headers.get("content-type"), response.content) == (204, None, b"")

    @pytest.mark.parametrize(
        "make",
        [
            Response.error,
            lambda: Response("x", status=204),
            lambda: Response("x", status=1000),
            lambda: Response("x", headers={"x-l": "✓"}),
            lambda: Response.redirect("/x", 200),
            lambda: Response,
        ],
    )
    def test_what_cannot_be_sent_is_a_500(self, desk, caplog, make):
        @desk.route("/")
        async def get():
            return make()

        response = desk.ask("/")
        assert (response.status, text_of(response)) == (500, "Internal Server Error\n")
        assert desk.log[0].error

    def test_a_response_whose_body_was_read_is_a_500(self, desk, caplog):
        @desk.route("/")
        async def get():
            response = Response("x")
            await response.text()
            return response

        assert desk.ask("/").status == 500
        assert "clone()" in desk.log[0].error


def test_a_cancelled_request_is_no_answer(desk):
    @desk.route("/")
    async def get():
        await asyncio.get_running_loop().create_future()

    async def story():
        task = asyncio.create_task(desk.app.fetch(Request("http://localhost/")))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())


def test_an_adapter_has_the_answer_at_once_where_nothing_is_waited_for(desk):
    @desk.route("/now")
    async def now():
        return {"at": "once"}

    @desk.route("/broken")
    async def broken():
        raise ValueError

    @desk.route("/sent")
    async def sent(body):
        return body

    @desk.route("/later")
    async def later():
        await asyncio.sleep(0)
        return "later"

    async def story():
        begin = desk.app.begin
        here = "http://localhost"
        for path, status in (("/now", 200), ("/broken", 500), ("/sent", 204), ("/none", 404), ("/now/", 308)):
            answer = begin(Request(here + path))
            assert isinstance(answer, Response)
            assert answer.status == status
        answer = begin(Request(f"{here}/later"))
        assert not isinstance(answer, Response)
        assert (await answer).content == b"later"

    asyncio.run(story())


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, asyncio.CancelledError, StopIteration, GeneratorExit])
@pytest.mark.parametrize("threads", [False, True])
def test_whatever_a_handler_raises_is_a_500(desk, caplog, error, threads):
    @desk.route("/async")
    async def in_loop():
        raise error

    @desk.route("/def")
    def in_thread():
        raise error

    if error is not asyncio.CancelledError:
        # On a worker it would be the abandoning of the job.
        assert desk.ask("/def", threads=threads).status == 500
    assert desk.ask("/async", threads=threads).status == 500


def test_a_handler_that_withdraws_its_own_route_and_fails(desk, caplog):
    @desk.route("/", cors="*")
    async def get():
        for route in desk.app.routes.routes():
            desk.app.routes.remove(route.method, route.pattern)
        raise RuntimeError

    assert desk.ask("/").status == 500
    assert desk.ask("/").status == 404


def test_an_app_alone_lets_anyone_ask():
    app = App()
    assert asyncio.run(app.request("/", method="POST", headers={"origin": "https://x.example"})).status == 404


class TestFiles:
    @pytest.fixture
    def files(self, desk, tmp_path):
        (tmp_path / "a.txt").write_text("0123456789")

        @desk.route("/files/[...path]")
        def get(path):
            response = FileResponse("/".join(path), root=tmp_path)
            response.cookies.set("seen", "1")
            return response

        @desk.route("/async")
        async def get_async():
            return FileResponse("a.txt", root=tmp_path)

        return desk

    @pytest.mark.parametrize("threads", [False, True])
    def test_whole_in_part_or_not_at_all(self, files, threads):
        for target in ("/files/a.txt", "/async"):
            whole = files.ask(target, threads=threads)
            assert (whole.status, whole.headers["content-length"]) == (200, "10")
            part = files.ask(target, headers={"range": "bytes=-2"}, threads=threads)
            assert (part.status, part.headers["content-range"]) == (206, "bytes 8-9/10")
            again = files.ask(target, headers={"if-none-match": whole.headers["etag"]}, threads=threads)
            assert (again.status, again.content) == (304, b"")
            assert again.headers.has("set-cookie") is target.startswith("/files")

    def test_never_out_of_the_folder(self, files):
        for path in ("%2e%2e/a", "..%2fa.txt", "%2Fetc/passwd", "a.txt%00", "no"):
            assert files.ask(f"/files/{path}").status in (308, 404), path


@pytest.mark.parametrize("later", [False, True])
def test_an_answered_request_leaves_nothing_to_the_collector(desk, later):
    """What points at itself would be found by the garbage collector only, which stops everything while it looks."""

    class Mark:
        pass

    marks = []

    @desk.route("/x", "POST")
    async def post(request, body):
        mark = Mark()
        marks.append(weakref.ref(mark))
        request.state.mark = mark
        if later:
            after(lambda: None)
        return {}

    async def ask():
        await desk.app.request("/x", method="POST", body="text")

    gc.collect()
    gc.disable()
    try:
        asyncio.run(ask())
        assert [mark() for mark in marks] == [None]
    finally:
        gc.enable()

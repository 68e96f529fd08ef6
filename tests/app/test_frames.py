"""What the notebook's own frames may ask, and nobody else."""

from __future__ import annotations

import pytest

from notebook_routes.app import LOOPBACK_HOSTS, FramePass, Guard
from notebook_routes.web import Response


@pytest.fixture
def frames(desk):
    desk.app.guard = Guard(hosts=LOOPBACK_HOSTS)
    desk.app.frames = FramePass()
    desk.called = []

    @desk.route("/lamps")
    async def read(request):
        desk.called.append((request.url, request.headers.get("host"), request.headers.get("origin")))
        return ["Lamp"]

    @desk.route("/lamps", "POST")
    async def write():
        return "written"

    return desk.app.frames


def host(frames):
    return frames.url("http://localhost:8000").removeprefix("http://")


def test_the_address_is_a_name_of_this_machine_that_nobody_can_guess(frames):
    assert frames.url("http://localhost:8000").startswith("http://frame-")
    assert frames.url("http://localhost:8000").endswith(".localhost:8000")
    assert frames.url("http://127.0.0.1") == f"http://{host(frames).partition(':')[0]}"
    assert host(FramePass()) != host(frames)


@pytest.mark.parametrize(
    "url", ["https://hub.example/user/x/proxy/8000", "http://localhost:8888/proxy/8000", "http://192.168.0.2:8000", ""]
)
def test_behind_a_proxy_there_is_none(frames, url):
    assert frames.url(url) is None


def test_a_script_in_the_frame_may_read_and_write(desk, frames):
    own = {"host": host(frames), "origin": "null", "sec-fetch-site": "cross-site"}
    answer = desk.ask("/lamps?q=1", headers=own)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "null")
    assert answer.headers["vary"] == "Origin"
    # The name does not reach the route.
    assert desk.called == [("http://localhost:8000/lamps?q=1", "localhost:8000", "http://localhost:8000")]
    assert desk.ask("/lamps", "POST", headers=own, body="x").content == b"written"
    assert desk.ask("/nope", headers=own).headers["access-control-allow-origin"] == "null"


def test_a_preflight_is_answered_before_middleware(desk, frames):
    from notebook_routes.app import Middleware

    desk.app.middleware = (Middleware(lambda request: Response("no", status=401)),)
    asked = {"host": host(frames), "origin": "null", "access-control-request-method": "PUT"}
    answer = desk.ask("/lamps", "OPTIONS", headers=asked)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, "null")
    assert answer.headers["access-control-allow-methods"] == "*"
    assert desk.log[-1].status == 204
    assert desk.ask("/lamps", headers=asked).status == 401


@pytest.mark.parametrize("name", ["localhost:8000", "127.0.0.1:8000"])
def test_the_usual_name_lets_no_other_origin_read_or_write(desk, frames, name):
    for origin in ("null", "http://evil.example"):
        asked = {"host": name, "origin": origin}
        assert not desk.ask("/lamps", headers=asked).headers.has("access-control-allow-origin")
        assert desk.ask("/lamps", "POST", headers=asked, body="x").status == 403


@pytest.mark.parametrize("name", ["frame-0.localhost:8000", "frame-.localhost", "x.localhost:8000", "localhost.evil"])
def test_a_name_that_is_made_up_is_answered_with_421(desk, frames, name):
    assert desk.ask("/lamps", headers={"host": name, "origin": "null"}).status == 421


def test_nor_does_the_frame_s_name_help_a_page_with_another_origin(desk, frames):
    asked = {"host": host(frames), "origin": "http://evil.example", "sec-fetch-site": "cross-site"}
    assert not desk.ask("/lamps", headers=asked).headers.has("access-control-allow-origin")
    assert desk.ask("/lamps", "POST", headers=asked, body="x").status == 403
    preflight = desk.ask("/lamps", "OPTIONS", headers={**asked, "access-control-request-method": "POST"})
    assert [name for name, _ in preflight.headers.raw if name.startswith("access-control")] == []


def test_the_frame_in_a_window_of_its_own_is_its_own_origin(desk, frames):
    name = host(frames)
    answer = desk.ask("/lamps", "POST", headers={"host": name, "origin": f"http://{name}"}, body="x")
    assert answer.content == b"written"
    assert not answer.headers.has("access-control-allow-origin")
    assert answer.headers["referrer-policy"] == "same-origin"


def test_a_redirect_stays_in_the_frame(desk, frames):
    @desk.route("/old")
    async def old(request):
        return Response.redirect(request.next_url.clone().href.replace("/old", "/lamps"), 303)

    @desk.route("/away")
    async def away():
        return Response.redirect("http://localhost:80001.example/", 303)

    assert desk.ask("/old", headers={"host": host(frames)}).headers["location"] == f"http://{host(frames)}/lamps"
    assert desk.ask("/away", headers={"host": host(frames)}).headers["location"] == "http://localhost:80001.example/"


def test_what_a_route_declares_of_other_origins_stays(desk, frames):
    @desk.route("/open", cors="*")
    async def get():
        return 1

    answer = desk.ask("/open", headers={"host": host(frames), "origin": "null"})
    assert answer.headers["access-control-allow-origin"] == "null"


def test_without_a_notebook_there_is_no_such_name(desk, frames):
    name = host(frames)
    desk.app.frames = None
    assert desk.ask("/lamps", headers={"host": name, "origin": "null"}).status == 421

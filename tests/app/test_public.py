"""Files of a folder, at their own names."""

from __future__ import annotations

import os

import pytest

from notebook_routes.app import PublicFiles
from notebook_routes.errors import ConfigError, RouteConflict
from notebook_routes.web import Response


@pytest.fixture
def public(desk, tmp_path):
    """The folder; `desk.app` serves it."""
    root = tmp_path / "public"
    (root / "img").mkdir(parents=True)
    (root / "robots.txt").write_text("User-agent: *\n")
    (root / "img" / "lamp one.svg").write_text("<svg/>")
    (root / ".env").write_text("SECRET")
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("SECRET")
    (tmp_path / "secret.txt").write_text("SECRET")
    desk.app.public = PublicFiles(root)
    return root


def test_a_file_is_at_its_name(desk, public):
    answer = desk.ask("/robots.txt", threads=True)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert answer.headers["cache-control"] == "public, max-age=0"
    assert desk.ask("/img/lamp%20one.svg").headers["content-type"] == "image/svg+xml"
    assert desk.ask("/robots.txt", "HEAD").headers["content-length"] == "14"


def test_a_file_that_the_client_has_is_not_sent_again(desk, public):
    etag = desk.ask("/robots.txt").headers["etag"]
    again = desk.ask("/robots.txt", headers={"if-none-match": etag})
    assert (again.status, again.content) == (304, b"")
    part = desk.ask("/robots.txt", headers={"range": "bytes=0-3"})
    assert (part.status, part.headers["content-range"]) == (206, "bytes 0-3/14")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_file_is_read_only(desk, public, method):
    answer = desk.ask("/robots.txt", method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert desk.ask("/robots.txt", "OPTIONS").status == 204


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/img",
        "/nope.txt",
        "/.env",
        "/%2eenv",
        "/.git/config",
        "/img/.",
        "/..",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/%2E%2E%2Fsecret.txt",
        "/..%2fsecret.txt",
        "/..%5csecret.txt",
        "/img/../../secret.txt",
        "/img%2flamp%20one.svg",
        "/img/%2e%2e/%2e%2e/secret.txt",
        "/robots.txt%00",
        "/%00",
        "/robots.txt%2f",
        "/%ff",
        "/%",
        "/robots.txt%20",
        f"/{'a' * 5000}",
    ],
)
def test_nothing_else_is_there(desk, public, path):
    assert desk.app.public.find(path) is None
    answer = desk.ask(path)
    assert answer.status in (404, 308)
    assert b"SECRET" not in answer.content


def test_a_link_out_of_the_folder_is_not_followed(desk, public, tmp_path):
    (public / "out.txt").symlink_to(tmp_path / "secret.txt")
    (public / "up").symlink_to(tmp_path)
    (public / "in.txt").symlink_to(public / "robots.txt")
    for path in ("/out.txt", "/up/secret.txt"):
        answer = desk.ask(path)
        assert (answer.status, b"SECRET" in answer.content) == (404, False)
    assert desk.ask("/in.txt").status == 200


def test_pipes_and_devices_are_no_files(desk, public):
    os.mkfifo(public / "pipe")
    assert desk.ask("/pipe").status == 404


def test_a_file_stands_before_dynamic_routes_and_behind_the_others(desk, public):
    @desk.route("/[...path]")
    async def anything(path):
        return "/".join(path)

    @desk.route("/fixed")
    async def fixed():
        return "route"

    assert desk.ask("/robots.txt").headers["content-type"].startswith("text/plain")
    assert desk.log[-1].route is None
    assert desk.ask("/humans.txt").content == b"humans.txt"
    (public / "humans.txt").write_text("file")
    assert desk.ask("/humans.txt").content is None  # a stream
    (public / "fixed").write_text("file")
    assert desk.ask("/fixed").content == b"route"


def test_middleware_sees_it(desk, public):
    from notebook_routes.app import Middleware

    async def middleware(request):
        if request.path == "/robots.txt":
            return Response("no robots", status=403)
        if request.path == "/old.svg":
            return Response.rewrite("/img/lamp%20one.svg")
        return None

    desk.app.middleware = (Middleware(middleware),)
    assert desk.ask("/robots.txt").status == 403
    assert desk.ask("/old.svg").headers["content-type"] == "image/svg+xml"


def test_it_asks_for_the_token_too(desk, public):
    desk.app.guard.token = "s3cret"
    assert desk.ask("/robots.txt").status == 401
    assert desk.ask("/robots.txt", headers={"authorization": "Bearer s3cret"}).status == 200


@pytest.mark.parametrize(
    ("path", "file"),
    [("/robots.txt", "robots.txt"), ("/img/lamp one.svg", "img/lamp one.svg"), ("/(g)/robots.txt", "")],
)
def test_a_route_at_the_path_of_a_file_is_a_conflict(desk, public, path, file):
    @desk.route(path)
    async def get():
        return None

    with pytest.raises(RouteConflict) as refused:
        desk.app.public.check(desk.app.routes)
    assert f"public/{file or 'robots.txt'} are at one path" in str(refused.value)
    assert f"GET {path}" in str(refused.value)


def test_an_optional_rest_is_at_the_path_above_it(desk, public):
    @desk.route("/robots.txt/[[...rest]]")
    async def get():
        return None

    with pytest.raises(RouteConflict):
        desk.app.public.check(desk.app.routes)


def test_other_routes_are_none(desk, public):
    for path in ("/", "/img", "/[slug]", "/robots", "/robots.txt/[id]"):
        desk.route(path)(lambda: None)
    desk.app.public.check(desk.app.routes)


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="nope is no folder"):
        PublicFiles(tmp_path / "nope")

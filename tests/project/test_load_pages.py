"""Pages, public files and a trusted proxy of a project on disk."""

from __future__ import annotations

import asyncio
import sys

import pytest

from notebook_routes.errors import ConfigError, DefinitionError, RouteConflict
from notebook_routes.project.load import load_tree
from notebook_routes.project.openapi import openapi_document


def ask(app, target, **options):
    return asyncio.run(app.request(target, **options))


GET = "def GET():\n    return 'route'\n"
POST = "revalidate = 60\n\ndef POST():\n    return 'posted'\n"


def test_a_page_answers_like_any_get_route(project):
    app = load_tree(project({"app/lamps/page.html": "<h1>{{ Lamps }}</h1>\n", "app/lamps/route.py": POST}))
    answer = ask(app, "/lamps")
    assert (answer.content, answer.headers["content-type"]) == (b"<h1>{{ Lamps }}</h1>\n", "text/html; charset=utf-8")
    assert ask(app, "/lamps", method="HEAD").status == 200
    assert ask(app, "/lamps", method="POST").content == b"posted"
    assert ask(app, "/lamps", method="PUT").headers["allow"] == "GET, HEAD, OPTIONS, POST"
    (path,) = app.routes.paths()
    assert path.config.revalidate == 60
    page = path.methods["GET"]
    assert (page.cell, page.extras, page.source) == (
        "app/lamps/page.html",
        {"page": "html"},
        "<h1>{{ Lamps }}</h1>\n",
    )


def test_a_template_has_its_segments(project):
    app = load_tree(project({"app/lamps/[id]/page.html.jinja": "\ufeff<h1>{{ id }}</h1>"}))
    assert ask(app, "/lamps/%3C7%3E").content == b"<h1>&lt;7&gt;</h1>"
    assert app.routes.routes()[0].extras == {"page": "jinja"}


def test_a_project_may_have_pages_alone(project, caplog):
    load_tree(project({"app/page.html": "<p>", "middleware.py": "def middleware(request):\n    return None\n"}))
    assert caplog.messages == []


def test_middleware_stands_before_pages_too(project):
    middleware = "from notebook_routes import not_found\n\ndef middleware(request):\n    not_found()\n"
    assert ask(load_tree(project({"app/page.html": "<p>", "middleware.py": middleware})), "/").status == 404


@pytest.mark.parametrize("page", ["page.html", "page.html.jinja"])
@pytest.mark.parametrize("source", [GET, "def HEAD():\n    return None\n", f"{GET}{POST}"])
def test_a_page_beside_a_route_that_answers_get_is_a_conflict(project, page, source):
    with pytest.raises(RouteConflict) as refused:
        load_tree(project({f"app/x/{page}": "<p>", "app/x/route.py": source}), strict=True)
    assert f"app/x/{page}" in str(refused.value)
    assert "app/x/route.py" in str(refused.value)


def test_pages_of_two_groups_at_one_path_are_a_conflict(project):
    with pytest.raises(RouteConflict) as refused:
        load_tree(project({"app/(a)/x/page.html": "a", "app/(b)/x/page.html": "b"}), strict=True)
    assert "app/(a)/x/page.html" in str(refused.value)
    assert "app/(b)/x/page.html" in str(refused.value)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("page.html", b"\x89PNG\r\n\x1a\n\0", "app/x/page.html: byte 1 is no UTF-8"),
        ("page.html", b"<p>caf\xe9", "app/x/page.html: byte 7 is no UTF-8"),
        ("page.html", b"", "app/x/page.html: the page is empty"),
        ("page.html.jinja", b"<p>\n{{ 1 +", "app/x/page.html.jinja: line 2: {{ 1 +\nJinja2:"),
        ("page.html.jinja", b"\xff", "app/x/page.html.jinja: byte 1 is no UTF-8"),
        (
            "page.html.jinja",
            b"\n\n<p>{{ missing }}",
            "app/x/page.html.jinja: line 3: <p>{{ missing }}\n`missing` is not",
        ),
    ],
)
def test_a_page_that_is_none_is_named(project, file, content, message):
    with pytest.raises(DefinitionError) as refused:
        load_tree(project({f"app/x/{file}": content}), strict=True)
    assert message in str(refused.value)


def test_a_folder_that_is_called_page_is_none(project):
    app = load_tree(project({"app/page.html/route.py": GET}))
    assert ask(app, "/page.html").content == b"route"
    assert ask(app, "/").status == 404


def test_without_jinja2_it_says_what_to_install(project, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    root = project({"app/x/page.html.jinja": "<p>"})
    with pytest.raises(DefinitionError, match=r"app/x/page.html.jinja: .*pip install jinja2"):
        load_tree(root, strict=True)
    (root / "app/x/page.html.jinja").rename(root / "app/x/page.html")
    assert ask(load_tree(root), "/x").content == b"<p>"


def test_a_failing_template_shows_its_file_and_line(project):
    root = project({"app/page.html.jinja": "<p>\n{{ query.nope }}"})
    said = ask(load_tree(root, explain=True), "/").content.decode()
    assert f'File "{root}/app/page.html.jinja", line 2' in said
    assert "    {{ query.nope }}\n" in said


def test_a_large_page_is_sent_whole(project):
    content = b"<p>" + b"x" * 20_000_000
    answer = ask(load_tree(project({"app/page.html": content})), "/")
    assert answer.content == content


def test_pages_are_no_part_of_the_api(project):
    app = load_tree(project({"app/page.html": "<p>", "app/x/page.html": "<p>", "app/x/route.py": POST}))
    document = openapi_document(app.routes)
    assert {path: list(item) for path, item in document["paths"].items()} == {"/x": ["post"]}


# public/


def test_the_files_of_public_are_served(project):
    root = project({"app/[slug]/route.py": GET, "public/robots.txt": "none", "public/img/a.svg": "<svg/>"})
    app = load_tree(root)
    assert ask(app, "/robots.txt").headers["cache-control"] == "public, max-age=0"
    assert ask(app, "/img/a.svg").status == 200
    assert ask(app, "/other").content == b"route"


def test_without_public_nothing_is_looked_for(project):
    assert load_tree(project({"app/route.py": GET, "public": "a file"})).public is None


@pytest.mark.parametrize(("route", "source"), [("route.py", GET), ("route.py", POST), ("page.html", "<p>")])
def test_a_file_at_the_path_of_a_route_is_a_conflict(project, route, source):
    with pytest.raises(RouteConflict) as refused:
        load_tree(project({f"app/(g)/about/{route}": source, "public/about": "file"}), strict=True)
    assert f"app/(g)/about/{route}" in str(refused.value)
    assert "public/about" in str(refused.value)


# The proxy


COUNTRY = "def GET(request):\n    return request.geo.country\n"


def test_a_declared_proxy_tells_where_a_client_is(project, monkeypatch):
    root = project({"app/route.py": COUNTRY, "app/page/page.html.jinja": "{{ request.geo.country }}"})
    told = {"headers": {"x-vercel-ip-country": "DE"}}
    assert ask(load_tree(root), "/", **told).status == 204
    app = load_tree(root, geo="vercel")
    assert ask(app, "/", **told).content == b"DE"
    assert ask(app, "/page", **told).content == b"DE"
    with pytest.raises(ConfigError):
        load_tree(root, geo="akamai")

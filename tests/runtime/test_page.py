"""Pages: HTML as it is, and templates."""

from __future__ import annotations

import asyncio
import linecache
import sys

import pytest

from notebook_routes.app import App
from notebook_routes.errors import CellError
from notebook_routes.routing import PAGE, Route, RoutePattern
from notebook_routes.runtime import Invoker, Page


def served(page, path):
    pattern = RoutePattern.parse(path)
    app = App(explain=True)
    invoker = Invoker(page.handler, method="GET", pattern=pattern)
    app.routes.put(Route("GET", pattern, invoker, extras={PAGE: "html"}))
    return app


def template(text, path="/lamps/[id]", **options):
    return Page.template(text, RoutePattern.parse(path), **{"filename": "<page>", **options})


def ask(page, target, path="/lamps/[id]", **options):
    return asyncio.run(served(page, path).request(target, **options))


def text(page, target, path="/lamps/[id]", **options):
    return ask(page, target, path, **options).content.decode()


# As it is


def test_a_page_is_sent_as_it_is():
    content = "\ufeff<h1>{{ Grüße }}</h1>\r\n".encode()
    answer = ask(Page.plain(content), "/", "/")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.content == content


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n", b"<h1>\xfc</h1>", "<h1>".encode("utf-16")])
def test_what_is_no_text_is_refused(content):
    with pytest.raises(CellError, match=r"byte [0-9]+ is no UTF-8, so that this is no page"):
        Page.plain(content)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf \r\n\t"])
def test_an_empty_page_is_refused(content):
    with pytest.raises(CellError, match="the page is empty"):
        Page.plain(content)
    with pytest.raises(CellError, match="the page is empty"):
        template(content.decode())


# Templates


def test_a_template_is_given_what_a_handler_is():
    page = template("{{ id }} {{ params.id }} {{ query.get('q') }} {{ cookies.value('a') }} {{ request.path }}\n")
    assert text(page, "/lamps/7?q=1", headers={"cookie": "a=b"}) == "7 7 1 b /lamps/7\n"


def test_values_are_escaped():
    assert text(template("{{ id }}"), "/lamps/%3Cscript%3E") == "&lt;script&gt;"


def test_an_optional_rest_that_is_not_there_is_none():
    page = template("{{ rest is none }} {{ rest }}", "/docs/[[...rest]]")
    assert text(page, "/docs", "/docs/[[...rest]]") == "True None"
    assert text(page, "/docs/a/b", "/docs/[[...rest]]") == "False [&#39;a&#39;, &#39;b&#39;]"


def test_a_segment_that_is_no_name_is_in_params():
    assert text(template('{{ params["lamp-id"] }}', "/[lamp-id]"), "/7", "/[lamp-id]") == "7"


def test_nothing_is_read_that_the_template_does_not_use():
    def names(source):
        return [given.name for given in inspected(source).inputs]

    def inspected(source):
        return Invoker(template(source).handler, method="GET", pattern=RoutePattern.parse("/lamps/[id]"))

    assert names("no names") == []
    assert names("{{ id }}") == ["id"]


def test_names_of_its_own_and_of_jinja_are_fine():
    assert text(template("{% for n in range(2) %}{% set m = n %}{{ m }}{% endfor %}"), "/lamps/1") == "01"


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        (
            "<h1>\n{{ missing }}",
            4,
            "`missing` is not defined: a template is given request, params, query, cookies, id, and",
        ),
        ("{{ id }}\n\n{{ products[id] }}{{ other }}", 5, "`products` is not defined"),
        ("{% if user is defined %}{% endif %}", 3, "`user` is not defined"),
        ("{{ id", 3, "Jinja2: unexpected end of template"),
        ("a\n{% for x in %}", 4, "Jinja2: Expected an expression"),
        ("a\r\n{{ id|nofilter }}", 4, "Jinja2: No filter named 'nofilter'"),
        ("{% extends 'base.html' %}", 3, "a page is one file"),
        ("\n{% include 'part.html' %}", 4, "a page is one file"),
    ],
)
def test_a_template_that_is_none_is_refused_with_its_line(source, line, message):
    with pytest.raises(CellError) as refused:
        template(source, first_line=3)
    assert refused.value.line == line
    assert message in refused.value.message
    assert refused.value.text in source


@pytest.mark.parametrize("source", ["{{" * 5000, "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}"])
def test_a_template_without_end_is_refused(source):
    with pytest.raises(CellError):
        template(source)


def test_a_segment_may_not_hide_the_cookies():
    with pytest.raises(CellError, match="call the segment otherwise"):
        template("{{ cookies }}", "/[cookies]")


def test_a_failure_shows_the_template_s_lines():
    cell = "# above\n%%page /lamps/[id] --jinja\n<h1>\n{{ request.nope }}</h1>"
    page = template("<h1>\n{{ request.nope }}</h1>", first_line=3, filename="<cell 1 page>", listing=cell)
    answer = ask(page, "/lamps/1")
    assert answer.status == 500
    said = answer.content.decode()
    assert 'File "<cell 1 page>", line 4' in said
    assert "    {{ request.nope }}</h1>\n" in said
    assert "has no attribute 'nope'" in said
    assert said.count("File ") == 1
    page.close()
    assert "<cell 1 page>" not in linecache.cache


def test_without_jinja2_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(CellError, match="pip install jinja2"):
        template("{{ id }}")

"""The line of a page."""

from __future__ import annotations

import pytest

from notebook_routes.errors import DefinitionError
from notebook_routes.routing import parse_page_directive


@pytest.mark.parametrize(
    ("line", "path", "jinja", "height", "options"),
    [
        ("/", "/", False, None, {}),
        ("/lamps/[id] --jinja", "/lamps/[id]", True, None, {}),
        ("--height 400 /lamps", "/lamps", False, 400, {}),
        ("/lamps --height=1 --jinja", "/lamps", True, 1, {}),
        ("/lamps --revalidate 60 --tag a --tag=b", "/lamps", False, None, {"revalidate": 60, "tags": ("a", "b")}),
        ('/lamps --tag "a  b" --jinja', "/lamps", True, None, {"tags": ("a  b",)}),
        ("/lamps --cors https://shop.example", "/lamps", False, None, {"cors": {"origins": ["https://shop.example"]}}),
    ],
)
def test_a_line(line, path, jinja, height, options):
    wanted = parse_page_directive(line)
    assert (str(wanted.pattern), wanted.jinja, wanted.height) == (path, jinja, height)
    assert (wanted.directive.method, wanted.directive.options) == (None, options)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "The line has no path: write %%page /path"),
        ("  --jinja", "The line has no path: write %%page /path"),
        ("--revalidate 60", "The line has no path"),
        ("lamps", '"lamps" is no path'),
        ("GET /lamps", '"GET" is a method, and a page answers GET: write %%page /lamps'),
        ("post /lamps", '"post" is a method'),
        ("/lamps page:int=1", '"page:int=1" is a parameter, and a page has none'),
        ("/lamps page", 'query.get("page")'),
        ("/lamps /other", '"/other" is a second path'),
        ("/lamps -jinja", "options have two, write --jinja"),
        ("/lamps --jinja=yes", "--jinja has no value, write --jinja alone"),
        ("/lamps --jinja2", '"--jinja2" is no option: write --jinja'),
        ("/lamps --hight 3", '"--hight" is no option: write --height'),
        ("/lamps --revalidat 3", "write --revalidate (the options are --revalidate"),
        ("/lamps --height", "write whole pixels up to 10000, such as 400"),
        ("/lamps --height tall", "--height tall: write whole pixels"),
        ("/lamps --height 0", "--height 0: write whole pixels"),
        ("/lamps --height -3", "--height -3: write whole pixels"),
        ("/lamps --height ²", "--height ²: write whole pixels"),
        ("/lamps --height 10001", "--height 10001: write whole pixels"),
        (f"/lamps --height {'1' * 5000}", "write whole pixels"),
        ("/lamps --height 1 --height 2", "is a second --height: write it once"),
        ("/lamps --revalidate soon", "--revalidate soon"),
        ("/lamps/{id}", "write [id]"),
        ("/lamps # mine", "write it on a line above the magic"),
    ],
)
def test_what_is_no_line_is_refused_with_the_fix(line, message):
    with pytest.raises(DefinitionError) as refused:
        parse_page_directive(line)
    assert message in str(refused.value)

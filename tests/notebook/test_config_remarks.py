"""What a cell seems to say about keeping its answers, and does not."""

from __future__ import annotations

import pytest

from notebook_routes.notebook.config_remarks import config_remarks
from notebook_routes.routing import Route, RoutePath, SegmentConfig, parse_directive

VARIABLE = "`{}` is an ordinary variable in a handler's body: to declare it, write {} on the line"
TAG = "A tag keeps nothing by itself: {} keeps the answers for a minute"


def remarks(line, body="1", *, beside=(), **said):
    """Those of a cell, beside other routes at its path: pairs of a method and its config."""
    directive = parse_directive(line)
    routes = {
        method: Route(method, directive.pattern, print, SegmentConfig.from_constants(config))
        for method, config in (*beside, (directive.method or "GET", {**directive.options, **said}))
    }
    route = routes[directive.method or "GET"]
    return config_remarks(directive, body, route, RoutePath(directive.pattern, routes))


@pytest.mark.parametrize(
    "line",
    [
        "GET /x",
        "POST /x",
        "GET /x --revalidate 60",
        "GET /x --revalidate 0",
        "GET /x --revalidate 60 --tag a",
        "GET /x --dynamic force-static --tag a",
        "GET /x --dynamic force-dynamic",
    ],
)
def test_most_cells_need_none(line):
    assert remarks(line) == []


@pytest.mark.parametrize(
    ("body", "name", "fix"),
    [
        ("revalidate = 5\n1", "revalidate", "--revalidate 5"),
        ("revalidate = False\n1", "revalidate", "--revalidate false"),
        ("revalidate = long\n1", "revalidate", "--revalidate 60"),
        ("dynamic = 'error'\nawait x()", "dynamic", "--dynamic error"),
        ("x = tags = ['a']\nreturn x", "tags", "--tag products"),
        ("dynamic_params = False\nyield 1", "dynamic_params", "the cell as a module, without a method"),
    ],
)
def test_config_in_the_body_of_a_handler_is_a_variable(body, name, fix):
    assert remarks("GET /x", body) == [VARIABLE.format(name, fix)]


@pytest.mark.parametrize(
    "body",
    [
        "tags = ['a']\ntags",
        "global revalidate\nrevalidate = 60",
        "def inner():\n    revalidate = 60\ninner()",
        "name = 'revalidate = 60'\nname",
        "tags.x = 1",
    ],
)
def test_a_variable_that_is_one_is_none_of_our_business(body):
    assert remarks("GET /x", body) == []


def test_a_doubtful_escape_is_said_once_by_the_compiler():
    assert remarks("GET /x", "'\\d'") == []


def test_a_tag_alone():
    assert remarks("GET /x --tag a") == [TAG.format("--revalidate 60 on the line")]
    assert remarks("/x", "tags = ['a']\ndef GET(): return 1", tags=["a"]) == [TAG.format("revalidate = 60")]
    assert remarks("GET /x --tag a --dynamic force-dynamic") == [TAG.format("--revalidate 60 on the line")]


def test_what_another_cell_of_the_path_says_counts():
    assert remarks("GET /x --tag a", beside=[("POST", {"revalidate": 60})]) == []


def test_only_get_is_kept():
    expected = ["Only answers to GET are kept, and there is no GET /x yet"]
    assert remarks("POST /x --revalidate 60") == expected
    assert remarks("POST /x --revalidate 60", beside=[("GET", {})]) == []

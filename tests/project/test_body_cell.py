"""A handler as the cell that expands to it."""

import ast

import pytest

from notebook_routes.project.body_cell import body_cell, middleware_cell
from notebook_routes.routing import RoutePattern, parse_directive
from notebook_routes.runtime import expand_body


def made(source, path="/a/[id]", **constants):
    return body_cell(source, ast.parse(source).body[-1], RoutePattern.parse(path), constants)


@pytest.mark.parametrize(
    ("line", "body", "constants"),
    [
        ("GET /a/[id]", "id", {}),
        ("GET /a/[id]", "# a comment\n\nx = id\n\n# another\nx  # behind", {}),
        ("GET /a/[id] id:int page:int=1", "[id, page]", {}),
        ("GET /a/[id] q: str | None = None", "q", {}),
        ("POST /a/[id] --revalidate 60 --tag a --tag b", "body", {"revalidate": 60, "tags": ["a", "b"]}),
        ("GET /a --revalidate false --max-duration 1.5", "1", {"revalidate": False, "max_duration": 1.5}),
        (
            "GET /a --dynamic force-static --cors https://a.example",
            "1",
            {"dynamic": "force-static", "cors": {"origins": ["https://a.example"]}},
        ),
        ("GET /a", 'text = """\nas it\n  stands"""\ntext', {}),
        ("GET /a", "for x in 'ab':\n    yield x", {}),
        ("GET /a", "import asyncio\nawait asyncio.sleep(0)\n1", {}),
        ("GET /a", "if request:\n    return 1\nreturn 2", {}),
        ("GET /a", "global counter\ncounter += 1\n{\n    'n': counter,\n}", {}),
        ("GET /a", "x = 1\nx = 2", {}),
    ],
)
def test_what_a_cell_expands_to_becomes_the_cell(line, body, constants):
    directive = parse_directive(line)
    source = expand_body(f"{body}\n", directive).source
    cell = made(source, directive.pattern.text, **constants)
    head, _, rest = cell.partition("\n")
    again = parse_directive(head.removeprefix("%%route "))
    assert expand_body(rest, again).source == source


@pytest.mark.parametrize(
    "source",
    [
        "def GET(id) -> dict:\n    return id\n",
        "@cached\ndef GET(id):\n    return id\n",
        "def GET(*, id):\n    return id\n",
        "def GET(**rest):\n    return rest\n",
        "def GET(other):\n    return other\n",
        # The cell would not have it.
        "def GET(id):\n    return 1\n",
        "def GET(id): return id\n",
        "def GET(id):\n  return id\n",
        "def GET(page=1):\n    return page\n",
        "async def GET(id):\n    return id\n",
        "def GET(id):\n    return\n",
        "def GET(id):\n    if id:\n        return 1\n",
    ],
)
def test_any_other_function_is_none(source):
    cell = made(source)
    if cell is not None:
        head, _, rest = cell.partition("\n")
        expanded = expand_body(rest, parse_directive(head.removeprefix("%%route "))).source
        assert ast.dump(ast.parse(expanded)) == ast.dump(ast.parse(source))
    else:
        assert cell is None


def test_constants_that_no_option_says():
    source = "def GET(id):\n    return id\n"
    assert made(source, fetch_cache="auto") is None
    assert made(source, cors={"origins": ["https://a.example"], "credentials": True}) is None
    assert made(source, tags=[]) is None


def test_a_middleware():
    source = "def middleware(request, next):\n    # passes\n    request.headers.set('a', '1')\n    return next()\n"
    function = ast.parse(source).body[0]
    expected = "%%middleware /a/:path* /b\n# passes\nrequest.headers.set('a', '1')\nnext()\n"
    assert middleware_cell(source, function, ["/a/:path*", "/b"]) == expected
    assert middleware_cell(source, function, ["/a b"]) is None
    source = "def middleware(request, next):\n    return None\n"
    assert middleware_cell(source, ast.parse(source).body[0], []) is None

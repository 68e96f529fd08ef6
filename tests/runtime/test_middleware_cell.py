"""A `%%middleware` cell, compiled."""

import textwrap

import pytest

from notebook_routes.errors import CellError
from notebook_routes.runtime import compile_middleware


@pytest.fixture
def compiled():
    """Compile a cell; modules are closed at the end."""
    made = []

    def compiled(cell, *matchers, namespace=None):
        module, found = compile_middleware(
            textwrap.dedent(cell).strip("\n"),
            matchers,
            namespace={} if namespace is None else namespace,
            label="cell 1 middleware",
        )
        made.append(module)
        return module, found

    yield compiled
    for module in made:
        module.close()


def test_a_body_takes_what_it_uses(compiled):
    module, found = compiled("request.state.user = users[0]", "/admin/:path*", namespace={"users": ["me"]})
    assert module.source == (
        'config = {"matcher": "/admin/:path*"}\n\n\ndef middleware(request):\n    request.state.user = users[0]\n'
    )
    assert found["config"] == {"matcher": "/admin/:path*"}
    assert callable(found["middleware"])


def test_a_body_that_awaits_is_async_and_its_last_expression_is_returned(compiled):
    module, found = compiled("response = await next()\nresponse", "/a", "/b")
    assert module.source == (
        'config = {"matcher": ["/a", "/b"]}\n\n\nasync def middleware(next):\n'
        "    response = await next()\n    return response\n"
    )
    assert found["config"] == {"matcher": ["/a", "/b"]}


def test_a_cell_that_defines_it_is_a_module(compiled):
    cell = """
        import json

        config = {"matcher": "/a"}

        async def proxy(request):
            return json.dumps(shared)
        """
    module, found = compiled(cell, namespace={"shared": 1})
    assert sorted(found) == ["config", "proxy"]
    assert found["config"] == {"matcher": "/a"}
    assert module.handlers == {"proxy": found["proxy"]}


def test_matchers_of_the_line_stand_in_the_module(compiled):
    module, found = compiled("import json\ndef middleware(request): ...", "/a")
    assert module.source == 'import json\n\nconfig = {"matcher": "/a"}\n\ndef middleware(request): ...\n'
    assert found["config"] == {"matcher": "/a"}


def test_a_list_of_several_is_a_module(compiled):
    _, found = compiled("def a(request): ...\nmiddleware = [a, (a, '/x')]")
    assert len(found["middleware"]) == 2


@pytest.mark.parametrize(
    ("cell", "matchers", "said"),
    [
        ("# nothing", (), "the cell has no code"),
        ("yield 1", (), "cannot yield"),
        ("x = 1\nconfig = {'matcher': '/x'}\nNone", (), "config is read where the cell defines a function"),
        ("config: dict = {'matcher': '/x'}\nNone", ("/x",), "or the paths on the magic line"),
        ("def middleware(request): ...\nreturn 1", (), '"return" stands outside'),
        ("config = {}\ndef middleware(request): ...", ("/a",), "keep one of the two"),
        ("counter += 1", (), 'write "global counter"'),
        ("global next\nnext = 1", (), "cannot be global"),
        ("if True:\n    Response.json(1)", (), "would be dropped"),
        ("!ls", (), "plain Python"),
        ("def check(request): ...", (), "check is defined here and never called: "),
    ],
)
def test_what_is_refused_says_why(compiled, cell, matchers, said):
    with pytest.raises(CellError) as refused:
        compiled(cell, *matchers, namespace={"counter": 0})
    assert said in str(refused.value)

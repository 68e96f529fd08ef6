import ast
import asyncio
import inspect
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_routes.errors import CellError
from notebook_routes.routing import parse_directive
from notebook_routes.runtime.expand import expand_body


def expand(cell, line="GET /products/[id]", **options):
    return expand_body(textwrap.dedent(cell), parse_directive(line), **options)


def handler(cell, line="GET /products/[id]", **namespace):
    found: dict[str, object] = {}
    exec(expand(cell, line, namespace=namespace).source, namespace, found)
    return found[line.split()[0]]


def test_the_source_is_a_module_that_a_person_would_write():
    expansion = expand(
        '''
        """Products."""
        from __future__ import annotations  # hoisted

        # find it
        found = products.get(id)

        found or not_found()

        ''',
        "GET /products/[id] id:int page:int=1 --revalidate 60 --tag a",
    )
    assert expansion.source == (
        "from __future__ import annotations  # hoisted\n"
        "\n"
        "revalidate = 60\n"
        'tags = ["a"]\n'
        "\n"
        "\n"
        "def GET(id: int):\n"
        '    """Products."""\n'
        "\n"
        "    # find it\n"
        "    found = products.get(id)\n"
        "\n"
        "    return found or not_found()\n"
    )
    assert expansion.parameters == ("id",)
    lines = [None if origin is None else origin[0] for origin in expansion.origins]
    assert lines == [4, None, None, None, None, None, None, 3, 5, 6, 7, 8, 9]


def test_without_options_the_function_comes_first():
    assert expand("1", "GET /").source == "def GET():\n    return 1\n"


@pytest.mark.parametrize(
    ("line", "body", "signature"),
    [
        ("GET /[b]/[a]", "body, params, query, context, request, a, b", "b, a, request, context, params, query, body"),
        ("GET /[id] id:int page:int=1 q:str n=5", "id, page, q, n", "id: int, q: str, page: int = 1, n: int = 5"),
        ("GET /[id] page:int=1", "request, page", "request, page: int = 1"),
        ("GET /[id] page:int=1", "1", ""),
        ("GET /[...path] path:list[int]", "path", "path: list[int]"),
        ("GET /[product-id]", "params['product-id']", "params"),
        ("POST /x", "body", "body"),
        ("GET /[id]", "id += 1; id", "id"),
        ("GET /[id]", "[id for _ in '']", "id"),
        ("GET /[id]", "lambda: id", "id"),
        ("GET /[id]", "def f():\n  nonlocal id\n  id = 1\nid = 2\nf()", "id"),
        ("GET /[id]", "[id for id in '']", ""),
        ("GET /[id]", "lambda id: id", ""),
        ("POST /x", "body = await request.json()\nbody", "request"),
        ("GET /x", "query = 'SELECT'\nquery", ""),
        ("GET /x", "for query in []: f(query)\nquery", ""),
        ("GET /x", "import json as body\nbody", ""),
        ("GET /x", "if late: query = 1\nquery", "query"),
        ("GET /x", "try:\n  body = await request.json()\nexcept ValueError:\n  body = {}\nbody", "request"),
        ("GET /x", "query = query['q']\nquery", "query"),
        ("GET /x", "page: int = 1\npage", ""),
    ],
)
def test_the_arguments_are_what_the_body_uses(line, body, signature):
    last = expand(body, line).source
    assert f"def {line.split()[0]}({signature}):\n" in last


def test_a_long_signature_has_one_argument_a_line():
    names = [f"argument_number_{number}" for number in range(5)]
    expansion = expand(", ".join(names), "GET / " + " ".join(f"{name}:int" for name in names))
    assert expansion.source.startswith("def GET(\n    argument_number_0: int,\n")
    ast.parse(expansion.source)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("1", 1),
        ("a = 1; a + 1", 2),
        ("a = 1; \\\na + 1;", 2),
        ("(\n  1 +\n  2\n)", 3),
        ("x = '''é\n'''; (x, 'é')", ("é\n", "é")),
        ("'é'; 'b'", "b"),
        ("'only a string'", "only a string"),
        ("1, *[2]", (1, 2)),
        ("if True:\n\treturn 1\n2", 1),
        ("if True:\n  f = 1", None),
        ("f'''\n{\n1}\n  {2}'''", "\n1\n  2"),
        ("x = 1 # ?\n# end", None),
        ("class A:\n  x = 1\nA.x", 1),
        ("x = 'a\\\n  b'\nx", "a  b"),
        ("\fx = 1\n\fx", 1),
        ("1 \\\n\n", 1),
        ("if 1:\n  f = 1 \\\n\n\n", None),
    ],
)
def test_the_answer_is_the_last_expression(body, value):
    assert handler(body, "GET /")() == value


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("1", inspect.isfunction),
        ("await f()", inspect.iscoroutinefunction),
        ("async def g(): await f()\ng()", lambda it: not inspect.iscoroutinefunction(it)),
        ("[x async for x in f()]", inspect.iscoroutinefunction),
        ("(x async for x in f())", lambda it: not inspect.iscoroutinefunction(it)),
        ("yield 1\n2", inspect.isgeneratorfunction),
        ("await f()\nyield 1", inspect.isasyncgenfunction),
        ("g = lambda: (yield)\n1", lambda it: not inspect.isgeneratorfunction(it)),
    ],
)
def test_the_kind_of_function(body, kind):
    assert kind(handler(body, "GET /", f=None))


def test_a_stream_has_no_last_expression():
    assert "return" not in expand("yield 1\nx", "GET /").source
    assert list(handler("for n in range(3):\n  yield n\n'end'", "GET /")()) == [0, 1, 2]


def test_await_runs():
    async def load():
        return 1

    assert asyncio.run(handler("await load()", "GET /", load=load)()) == 1


def test_global_is_the_notebooks():
    namespace = {"counter": 1}
    directive = parse_directive("GET /")
    expansion = expand_body("global counter\ncounter += 1\ncounter", directive, namespace=namespace)
    found: dict[str, object] = {}
    exec(expansion.source, namespace, found)
    assert (found["GET"](), namespace["counter"]) == (2, 2)


def test_a_docstring_stays_one():
    assert handler("'''Says one.'''\n1", "GET /").__doc__ == "Says one."


def test_future_imports_change_the_whole_function():
    function = handler("from __future__ import annotations\nid", "GET /[id] id:int")
    assert function.__annotations__ == {"id": "int"}


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("x = 1\nfrom __future__ import annotations", 3),
        ("from __future__ import annotations; 1", 2),
        ("1\nfrom __future__ import nothing_like_it", 3),
        ("from __future__ import nothing_like_it\n1", 2),
    ],
)
def test_future_imports_out_of_place(body, line):
    with pytest.raises(CellError, match=r"future") as caught:
        expand(body, "GET /")
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("body", "line", "text"),
    [
        ("x = 1\nbreak", 3, "break"),
        ("x = 1\nglobal x", 3, "global x"),
        ("yield 1\nawait f()\ndef g():\n  return (yield)\nasync def h():\n  yield\n  return 1", 8, "  return 1"),
        ("def f(a, a): pass", 2, "def f(a, a): pass"),
    ],
)
def test_what_the_compiler_finds_is_told_in_the_lines_of_the_cell(body, line, text):
    with pytest.raises(CellError, match="Python: ") as caught:
        expand(body, "GET /")
    assert (caught.value.line, caught.value.text) == (line, text)


def test_lines_are_counted_from_where_the_body_begins():
    with pytest.raises(CellError) as caught:
        expand("x = 1\nbreak", "GET /", first_line=5)
    assert caught.value.line == 6


def test_locate_leads_back_to_the_cell():
    expansion = expand("a = 1; (id)", first_line=3)
    assert expansion.source == "def GET(id):\n    a = 1; return (id)\n"
    assert expansion.locate(1, 4) == (2, None)
    assert expansion.locate(2, 4) == (3, 0)
    assert expansion.locate(2, 11) == (3, 7)
    assert expansion.locate(2, 18) == (3, 7)
    assert expansion.locate(2, 19) == (3, 8)


def test_a_whole_module_is_no_body():
    with pytest.raises(ValueError, match="whole module"):
        expand_body("1", parse_directive("/x"))


# -- any text survives

_TEXT = st.text(alphabet="ab é\n\t #'\\{}é\u2028\x0c!?%", max_size=12)
_EXPRESSION = st.one_of(
    _TEXT.map(repr),
    _TEXT.map(lambda text: "'''" + text.replace("\\", "\\\\").replace("'", "\\'") + "'''"),
    _TEXT.map(lambda text: 'r"""' + text.replace("\\", "") + ' """'),
    _TEXT.map(
        lambda text: "f'''" + text.replace("\\", "").replace("'", "").replace("{", "{{").replace("}", "}}") + "{1\n}'''"
    ),
    st.just("(1 +\n\n  # inside\n2)"),
    st.just("1 + \\\n 2"),
    st.just("'a\\\n b'"),
)
_STATEMENT = st.one_of(
    _EXPRESSION.map(lambda text: f"x = {text}"),
    _EXPRESSION.map(lambda text: f"{text}; y = {text}"),
    _EXPRESSION.map(lambda text: f"if x:\n\ty = [{text},\n{text}]\n\tz = 1"),
    _EXPRESSION.map(lambda text: f"def f():\n  {text}\n  return 1"),
    st.sampled_from(["# comment", "", "   ", "\t# tab", "\f"]),
)


@given(st.lists(_STATEMENT, max_size=5), _EXPRESSION, st.sampled_from(["", ";", "  # end", "\n\n", "\n# end"]))
def test_every_text_keeps_its_meaning(statements, last, end):
    cell = "\n".join([*statements, f"x = 0; {last}{end}"])
    expected = ast.parse(cell).body
    (function,) = ast.parse(expand_body(cell, parse_directive("GET /")).source).body
    assert isinstance(function, ast.FunctionDef)
    *before, answer = function.body
    assert isinstance(answer, ast.Return)
    assert [ast.dump(statement) for statement in before] == [ast.dump(statement) for statement in expected[:-1]]
    assert ast.dump(answer.value) == ast.dump(expected[-1].value)


@given(st.lists(_STATEMENT, max_size=5), _EXPRESSION)
def test_every_line_knows_where_it_came_from(statements, last):
    cell = "\n".join([*statements, last])
    lines = cell.split("\n")
    expansion = expand_body(cell, parse_directive("GET / --revalidate 1"))
    written = expansion.source.split("\n")
    if expansion.answer is not None:
        number, column = expansion.answer
        line = written[number - 1].encode()
        assert line[column:].startswith(b"return ")
        written[number - 1] = (line[:column] + line[column + 7 :]).decode()
    for line, origin in zip(written, expansion.origins, strict=False):
        if origin is not None:
            number, added = origin
            assert line.replace(" " * added, "", 1) == lines[number - 2]

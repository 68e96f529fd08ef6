"""Notebooks of every kind, as far as a few sentences make them: the files answer as the cells did."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import notebook_routes
from notebook_routes.app import App
from notebook_routes.project.compose import compose
from notebook_routes.project.load import load_tree
from notebook_routes.project.notebook_source import NotebookSource, SourceCell
from notebook_routes.project.tree_writer import write_files
from notebook_routes.routing import Route, parse_directive
from notebook_routes.runtime import Invoker, RouteModule

VARIABLES, HELPERS = ("a", "b", "c"), ("f", "g")

variable = st.sampled_from(VARIABLES)
number = st.integers(0, 9)
statement = st.one_of(
    st.builds("{} = [{}]".format, variable, number),
    st.builds("{} = [{}, {}]  # a comment".format, variable, number, number),
    st.builds("{}.append({})".format, variable, number),
    st.builds("{}[0] = {}".format, variable, number),
    st.builds("{} += [len({})]".format, variable, variable),
    st.builds("{} = {}".format, variable, variable),
    st.builds("{} = [*{}, {}]".format, variable, variable, number),
    st.builds("{} = [len({})]".format, variable, variable),
    st.builds("for n in range(2):\n    {}.append(n)".format, variable),
    st.builds("for n in {}:\n    print(n)".format, variable),
    st.builds("if len({}) > 1:\n    {} = [{}]".format, variable, variable, number),
    st.builds("print({})".format, variable),
    st.builds("{}".format, variable),
    st.sampled_from(["f()", "g()", "f(), g()"]),
    st.builds("{} = {}()".format, variable, st.sampled_from(HELPERS)),
    st.builds("import math\n{} = [math.floor({}.5)]".format, variable, number),
)
body = st.one_of(
    st.builds("{}.append({})\n{}".format, variable, number, variable),
    st.builds("global {0}\n{0} = [*{0}, {1}]\n{0}".format, variable, number),
    st.builds("[{}, {}]".format, variable, variable),
    st.builds("[n for n in {} if n in {}]".format, variable, variable),
    st.builds("[(lambda: {})(), f()]".format, variable),
    st.just("[f(), g()]"),
)


def _indented(text, *, answer):
    *lines, last = text.split("\n")
    return "".join(f"    {line}\n" for line in [*lines, f"return {last}" if answer else last])


@st.composite
def notebooks(draw):
    """Plain cells, then routes between further ones; every name has a value at the start."""
    cells = ["a = [1]\nb = [2]\nc = [3]"]
    cells += [
        f"def {name}():\n{_indented(draw(body.filter(lambda text: '()' not in text)), answer=True)}" for name in HELPERS
    ]
    for _ in range(draw(st.integers(0, 5))):
        cells.append("\n".join(draw(st.lists(statement, min_size=1, max_size=3))))
    for place in range(draw(st.integers(1, 3))):
        cells.append(f"%%route GET /r{place}\n{draw(body)}")
        if draw(st.booleans()):
            cells.append(draw(statement))
    if draw(st.booleans()):
        cells.append(
            f"%%route /module\nown = [7]\n\ndef GET():\n{_indented(draw(body), answer=True)}\n\n"
            "def PUT():\n    own.append(1)\n    return own"
        )
    return cells


def run(cells):
    """The app of a notebook that ran from top to bottom."""
    namespace = dict(notebook_routes.public_names())
    app = App()
    for label, text in enumerate(cells):
        if not text.startswith("%%"):
            exec(text, namespace)
            continue
        line, _, code = text.partition("\n")
        directive = parse_directive(line.removeprefix("%%route "))
        make = RouteModule.from_body if directive.method else RouteModule.from_source
        module = make(code, directive, namespace=namespace, label=f"cell {label}")
        app.routes.replace(
            put=[
                Route(method, directive.pattern, Invoker(function, method=method, pattern=directive.pattern))
                for method, function in module.handlers.items()
            ]
        )
    return app


async def answers(app, asked):
    found = []
    for method, path in asked:
        response = await app.request(path, method=method)
        found.append((method, path, response.status, response.content))
    return found


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    notebooks(),
    st.lists(
        st.sampled_from([("GET", f"/r{n}") for n in range(3)] + [("GET", "/module"), ("PUT", "/module")]), max_size=8
    ),
)
def test_the_files_answer_as_the_cells(cells, asked):
    try:
        kernel = run(cells)
    except (IndexError, NameError):
        # It fails by itself.
        return
    folder = Path(tempfile.mkdtemp())
    try:
        source = NotebookSource("any.ipynb", tuple(SourceCell(text, f"cell {n}") for n, text in enumerate(cells)))
        files = compose(source).files
        write_files(folder, {path: text.encode() for path, text in files.items()})
        tree = load_tree(folder, strict=True)
        assert asyncio.run(answers(tree, asked)) == asyncio.run(answers(kernel, asked))
    finally:
        shutil.rmtree(folder)

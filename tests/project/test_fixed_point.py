"""Notebook -> tree -> notebook -> tree: the second tree is the first one, file by file."""

import difflib
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notebook_routes.errors import DefinitionError
from notebook_routes.project.compose import compose
from notebook_routes.project.export import export_tree
from notebook_routes.project.import_tree import import_tree
from notebook_routes.project.manifest import MANIFEST_FILE
from notebook_routes.project.notebook_source import NotebookSource, SourceCell, read_notebook

ROOT = Path(__file__).parents[2]
NOTEBOOKS = [*sorted((ROOT / "notebooks").glob("*.ipynb")), ROOT / "notebook_routes/tooling/quickstart.ipynb"]
FOUND = ("a", "b", "c", "numbers")


def exported(source, root):
    export_tree(source, root, replay=False)
    files = (path for path in root.rglob("*") if path.is_file() and path.name != MANIFEST_FILE)
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def there_and_back(source, folder):
    """The tree of a notebook, and that of the notebook which that tree makes."""
    first = exported(source, folder / "first")
    import_tree(folder / "first", folder / source.name)
    return first, exported(read_notebook(folder / source.name), folder / "second")


def differences(first, second):
    """What a person would want to see."""
    found = [f"only in one: {path}" for path in sorted(first.keys() ^ second.keys())]
    for path in sorted(first.keys() & second.keys()):
        texts = [tree[path].decode().splitlines() for tree in (first, second)]
        found += difflib.unified_diff(*texts, path, path, lineterm="")
    return "\n".join(found)


def notebook_of(*cells):
    return NotebookSource("any.ipynb", tuple(SourceCell(text, f"cell {n}") for n, text in enumerate(cells)))


def same(*cells):
    """That a notebook comes back; its tree."""
    with tempfile.TemporaryDirectory() as folder:
        first, second = there_and_back(notebook_of(*cells), Path(folder))
    assert not differences(first, second), differences(first, second)
    return {path: text.decode() for path, text in first.items()}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_comes_back(notebook, tmp_path):
    first, second = there_and_back(read_notebook(notebook), tmp_path)
    assert len(first) > 4
    assert differences(first, second) == ""


name = st.sampled_from(FOUND[:3])
helper = st.sampled_from(("f", "g", "h"))
number = st.integers(0, 9)
words = st.sampled_from(("GET", "POST", "DELETE"))
path = st.sampled_from(("/", "/a", "/a/[id]", "/b/[...rest]", "/files/[[...name]]", "/c-d"))
expression = st.one_of(
    st.builds("{}".format, name),
    st.builds("[{}, len({})]".format, name, name),
    st.builds("{}()".format, helper),
    st.builds("json.dumps({})".format, name),
    st.builds("math.floor({}.5)".format, number),
    st.builds("sorted({})".format, name),
    st.builds("Response.json({}, status=20{})".format, name, st.integers(0, 2)),
    st.builds("[n for n in {} if n in {}]".format, name, name),
    st.just("Path('.').name"),
    st.just("OrderedDict(a=1)"),
)
plain = st.one_of(
    st.builds("{} = [{}]".format, name, number),
    st.builds("{} = [{}]  # a comment".format, name, number),
    st.builds("# above\n{}.append({})".format, name, number),
    st.builds("{}\n\n\n{} += [1]".format, expression, name),
    st.builds("for numbers in range(2):\n    {}.append(numbers)".format, name),
    st.builds("if len({}) > 1:\n    {} = [{}]".format, name, name, number),
    st.builds("print({})".format, name),
    st.builds("import math, json\nimport os.path as where\n{} = [math.pi]".format, name),
    st.just("from collections import OrderedDict, defaultdict\nfrom pathlib import Path"),
    st.just("class Box:\n    '''A box.'''\n\n    size = 3\n"),
    st.builds("def {}():\n    # why\n    return {}".format, helper, expression),
    st.builds(
        'def {}():\n    """Of it."""\n    global {}\n    {} = [{}]\n    return {}'.format,
        helper,
        name,
        name,
        number,
        name,
    ),
)
body = st.one_of(
    expression,
    st.builds("{}.append({})\n{}".format, name, number, expression),
    st.builds("global {0}\n{0} = [*{0}, {1}]\n{0}".format, name, number),
    st.builds("# first\nif len({}) > {}:\n    return {}\n\n{}".format, name, number, expression, expression),
    st.builds('text = """\n  {}\n"""\ntext, {}'.format, number, expression),
    st.builds("yield str({})".format, expression),
    st.builds("await request.text()\n{}".format, expression),
    st.builds("def own():\n    return {}\n\nown()".format, expression),
)
options = st.sampled_from(
    ("", "", " --revalidate 60", " --tag a --tag 'b c'", " --dynamic force-dynamic", " --cors https://shop.example")
)


def _indented(text):
    *lines, last = text.split("\n")
    return "".join(f"    {line}\n" for line in [*lines, f"return {last}"])


@st.composite
def routes(draw):
    """A cell in body form, or one in module form with what it brings along."""
    where = draw(path)
    if draw(st.booleans()):
        stated = draw(st.sampled_from(("", "", " page:int=1", " q:str limit:int=3")))
        return f"%%route {draw(words)} {where}{stated}{draw(options)}\n{draw(body)}"
    above = draw(
        st.lists(
            st.one_of(
                st.builds("own = [{}]".format, number),
                st.builds("{} = [{}]".format, name, number),
                st.builds("import {}".format, st.sampled_from(("math", "json", "re"))),
                st.builds("# imports\nimport {}".format, st.sampled_from(("math", "json", "re"))),
                st.builds("def {}():\n{}".format, helper, expression.map(_indented)),
                st.builds("def sum(numbers):\n{}".format, expression.map(_indented)),
                st.just("revalidate = 60"),
            ),
            max_size=3,
        )
    )
    handlers = draw(st.lists(st.sampled_from(("GET", "POST", "PUT")), min_size=1, max_size=2, unique=True))
    made = [
        draw(st.sampled_from(("def {}():\n{}", "async def {}(request):\n{}"))).format(
            method, _indented(draw(expression))
        )
        for method in handlers
    ]
    return f"%%route {where}\n" + "\n\n".join([*above, *made])


@st.composite
def requests(draw):
    """A cell with one or several requests."""
    named = draw(st.sampled_from(("", "", " as answer")))
    made = []
    for place in range(draw(st.integers(1, 3))):
        title = draw(st.sampled_from(("", "", " a title")))
        mark = f"###{title}\n" if place or title else ""
        text = draw(
            st.sampled_from(
                (
                    "GET /a\n?? status < 600",
                    "GET /a?x=1\nAccept: text/plain",
                    'POST /a\n\n{"a": 1}\n\n?? status == 200\n?? len(a) > 0',
                    "POST /a\n\n\\# no comment\n\\?? nothing",
                    "DELETE /a/{{a[0]}}",
                )
            )
        )
        made.append(mark + text)
    if len(made) == 1 and not made[0].startswith("#"):
        line, _, rest = made[0].partition("\n")
        return f"%%request {line}{named}\n{rest}"
    return f"%%request{named}\n" + "\n".join(made)


others = st.one_of(
    st.sampled_from(
        (
            "%%page /page\n<h1>{{ 1 }}</h1>",
            "%%page /page/[id] --jinja\n<h1>{{ 1 }}</h1>",
            "%%middleware /a/:path*\nif len(a) > 9:\n    return Response('no', status=403)",
            "%%middleware\nanswer = await next(request)\nanswer.headers.set('x-a', json.dumps(a))\nreturn answer",
            "%%middleware\ndef helper():\n    return 1\n\ndef middleware(request):\n    helper()",
        )
    )
)


@st.composite
def notebooks(draw):
    """Every name has a value at the start; then cells of all kinds."""
    start = [
        "import json\nimport math\nfrom collections import OrderedDict\nfrom pathlib import Path",
        "a = [1]\nb = [2]\nc = [3]",
        *(f"def {each}():\n    return {draw(name)}" for each in ("f", "g", "h")),
    ]
    cells = draw(st.lists(st.one_of(plain, routes(), routes(), routes(), requests(), others), min_size=1, max_size=9))
    return [*start, *cells, "%%route GET /last\na"]


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(notebooks())
def test_any_notebook_comes_back(cells):
    try:
        compose(notebook_of(*cells))
    except DefinitionError:
        # Two cells exclude each other, say: there is no tree.
        return
    try:
        same(*cells)
    except DefinitionError as refused:
        # A file that has cells of both forms may have a name twice, its own and a shared one: no notebook can say that.
        assert "is shared, and the file has another" in str(refused)  # noqa: PT017 - any other refusal is a failure


def test_answers_keep_their_names_and_requests_their_cells():
    found = same(
        "%%route GET /a\n1",
        "%%request GET /a as first",
        "%%request as second\nGET /a\n### with a title\nGET /a\nX-A: {{first.text}}\n?? first.text == text",
        "%%request GET /a\nX-A: {{second.text}}",
    )
    assert found["requests.http"] == (
        "# From any.ipynb.\n\n# @name first\nGET /a\n\n######\nGET /a\n\n### with a title\n# @name second\n"
        "GET /a\nX-A: {{first.text}}\n?? first.text == text\n\n######\nGET /a\nX-A: {{second.text}}\n"
    )
    assert found["tests/test_requests.py"].count("def test_") == 3


def test_what_two_modules_define_alike_stays_in_both():
    module = "own = []\n\n\ndef GET():\n    own.append(1)\n    return own\n"
    found = same(f"%%route /a\n{module}", f"%%route /b\n{module}")
    assert "own = []" in found["app/a/route.py"]
    assert "own = []" in found["app/b/route.py"]
    assert "app/_shared.py" not in found


def test_a_module_may_have_a_built_in_name():
    found = same("%%route /a\ndef sum(n):\n    return 0\n\ndef GET():\n    return sum([1])", "%%route GET /b\nsum([1])")
    assert "def sum" not in found["app/b/route.py"]
    assert "app/_shared.py" not in found


def test_imports_are_sorted_and_merged_however_they_were_written():
    found = same(
        "from pathlib import Path\nimport math, json",
        "import json\nfrom pathlib import PurePath",
        "%%route GET /a\njson.dumps(math.pi), Path, PurePath",
        "%%route /b\nimport re\n\ndef GET():\n    return json, re, not_found",
        "%%route /c\nimport os\n\ndef GET():\n    return json",
    )
    assert "\nimport json\nimport math\nfrom pathlib import Path, PurePath\n\n\n" in found["app/a/route.py"]
    assert "\nimport json\nimport re\n\nfrom notebook_routes import not_found\n" in found["app/b/route.py"]
    # A module's own import is not taken for needless: it may do something.
    assert "\nimport json\nimport os\n" in found["app/c/route.py"]


def test_annotations_are_texts_where_they_were():
    found = same(
        "from __future__ import annotations\nclass Node:\n    next: Node",
        "%%route GET /a\nNode()",
        "%%route GET /b\nNode()",
        "def f(node: Node): return 1",
        "%%route GET /c\nf(Node())",
        "%%route /d\ndef g(n: int): return n\ndef GET(): return g(1)",
        "%%middleware /d\ndef h(n: int): return n\nh(await next(request))",
    )
    has_it = {path for path, text in found.items() if "from __future__" in text}
    assert has_it == {"app/_shared.py", "app/c/route.py"}


def test_quoted_annotations_come_back():
    found = same(
        "class A:\n    def me(self) -> 'A': return self\nclass B: pass",
        'def f(a: "A", b: "dict[str, A | B]" = {}) -> "A": return a',
        "%%route GET /a\nf(A(), B())",
        "%%route /b\ndef f(a: 'A | None'): return a\ndef GET(): return f(B())",
    )
    assert "def me(self) -> 'A':" in found["app/_shared.py"].replace('"', "'")
    assert "def f(a: '_shared.A', b: 'dict[str, _shared.A | _shared.B]' = {}) -> '_shared.A':" in found[
        "app/a/route.py"
    ].replace('"', "'")


def test_names_of_an_import_by_star_are_said():
    found = same("from math import *", "%%route GET /a\nfloor(pi), pow(2, 3)", "%%route GET /b\nabs(cos(0))")
    assert "from math import floor, pi, pow\n" in found["app/a/route.py"]
    assert "from math import cos\n" in found["app/b/route.py"]


def test_names_of_other_scopes_come_back():
    same(
        "items = {}\ndef label(items): return [items for items in items]\nclass Box:\n    items = items",
        "%%route POST /a\nitems[1] = 2",
        "%%route GET /a\nlabel(items), Box",
    )


def test_api_routes_come_back():
    found = same(
        "import math\nlimit = 3\nseen = []",
        "%%api /api/x/[id]\nconfig = {'api': {'body_parser': False}}\n\n"
        "def handler(req, res):\n    seen.append(limit)\n    not_found() if math.pi > limit else res.end()",
        "%%api /api\nasync def default(req, res):\n    res.json(len(seen))",
        "%%route GET /seen\nseen",
        "%%request GET /api\n?? json == 0",
    )
    assert {"pages/api/index.py", "pages/api/x/[id].py", "app/seen/route.py", "app/_shared.py"} <= found.keys()


def test_what_only_requests_need_comes_back():
    tree = same(
        "import re\nstock = {'lamp': 3}",
        "# who asks\ntoken = 'abc'\nmost = max(stock.values())\n\ndef bearer(text):\n    return f'Bearer {text}'",
        "%%route GET /stock\nstock.setdefault('desk', 1)\nstock",
        "%%request GET /stock\nauthorization: {{bearer(token)}}\n\n?? json['lamp'] == most\n?? re.match('.', text)",
    )
    assert "# who asks\ntoken = " in tree["tests/test_requests.py"]

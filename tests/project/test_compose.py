"""The files of an exported tree: what of a notebook goes where."""

import ast
import textwrap
from pathlib import PurePosixPath

import pytest

from notebook_routes.errors import DefinitionError, ExportError
from notebook_routes.project.compose import compose
from notebook_routes.project.notebook_source import NotebookSource, SourceCell
from notebook_routes.routing import RoutePattern
from notebook_routes.routing.filesystem import api_pattern_of


def exported(*texts, tags=()):
    cells = [
        SourceCell(textwrap.dedent(text).strip("\n"), f"cell {number}", frozenset(tags if number == 1 else ()))
        for number, text in enumerate(texts, 1)
    ]
    return compose(NotebookSource("shop.ipynb", tuple(cells)))


def files(*texts, **how):
    return exported(*texts, **how).files


def refused(*texts):
    with pytest.raises(DefinitionError) as error:
        exported(*texts)
    return str(error.value)


def body(text):
    """Without the header."""
    assert text.startswith("# From shop.ipynb")
    return text.partition("\n\n")[2]


def same(text, expected):
    return ast.dump(ast.parse(text)) == ast.dump(ast.parse(textwrap.dedent(expected)))


HELLO = "%%route GET /hello\n'hello'"


def test_a_cell_alone_is_a_file_alone():
    found = files(HELLO)
    assert set(found) == {"app/hello/route.py", "requirements.txt"}
    assert found["app/hello/route.py"] == "# From shop.ipynb.\n\n\ndef GET():\n    return 'hello'\n"


def test_only_what_is_needed_is_taken():
    found = files(
        """
        %matplotlib inline
        import json, math
        import pandas as pd  # not needed
        """,
        """
        # the price of everything
        price = 30   # euros
        df = pd.DataFrame({"a": [price]})
        df.head()
        print(price)
        """,
        """
        def double(n):
            return n * 2
        double(3)
        """,
        "%%route GET /price\njson.dumps(double(price))",
    )
    assert body(found["app/price/route.py"]) == textwrap.dedent(
        """\
        import json

        # the price of everything
        price = 30   # euros


        def double(n):
            return n * 2


        def GET():
            return json.dumps(double(price))
        """
    )
    assert "app/_shared.py" not in found


def test_what_fills_a_value_comes_along_in_order_and_once_for_all():
    found = files(
        "import sqlite3\nstate = []",
        "db = sqlite3.connect(':memory:', check_same_thread=False)\ncursor = db.cursor()",
        "cursor.execute('create table t (n)')\nstate.append(1)\nfor n in range(3):\n    db.execute('insert', (n,))",
        "other = [1]\nother.append(2)",
        "%%route GET /rows\nstate.append(len(db.execute('select n from t').fetchall()))\nstate",
    )
    assert same(
        found["app/_shared.py"],
        """
        import sqlite3
        state = []
        db = sqlite3.connect(':memory:', check_same_thread=False)
        cursor = db.cursor()
        cursor.execute('create table t (n)')
        state.append(1)
        for n in range(3):
            db.execute('insert', (n,))
        """,
    )
    assert same(
        found["app/rows/route.py"],
        """
        from app import _shared
        def GET():
            _shared.state.append(len(_shared.db.execute('select n from t').fetchall()))
            return _shared.state
        """,
    )


def test_what_two_routes_use_is_there_once_and_imports_are_repeated():
    found = files(
        "import math\nrate = 1.19",
        "def gross(net):\n    return math.ceil(net * rate)",
        "%%route GET /a/[n] n:int\ngross(n), math.pi",
        "%%route GET /b/[n] n:int\ngross(n)",
    )
    assert same(
        found["app/_shared.py"],
        "import math\nrate = 1.19\ndef gross(net):\n    return math.ceil(net * rate)",
    )
    assert same(
        found["app/a/[n]/route.py"],
        "import math\nfrom app import _shared\ndef GET(n: int):\n    return _shared.gross(n), math.pi",
    )
    assert same(
        found["app/b/[n]/route.py"],
        "from app import _shared\ndef GET(n: int):\n    return _shared.gross(n)",
    )


def test_a_helper_that_rebinds_is_rewritten_too():
    found = files(
        "count = 0",
        "def bump():\n    global count\n    count += 1  # one more\n    return count",
        "%%route GET /count\nbump()",
    )
    assert "def bump():\n    _shared.count += 1  # one more\n    return _shared.count" in found["app/count/route.py"]
    assert body(found["app/_shared.py"]) == "count = 0\n"


def test_what_is_made_of_shared_things_is_made_where_they_are_filled():
    found = files(
        "products = {'1': 1}",
        "at_first = len(products)",
        "products['2'] = 2",
        "%%route GET /n\nat_first, len(products)",
    )
    assert same(found["app/_shared.py"], "products = {'1': 1}\nat_first = len(products)\nproducts['2'] = 2")


def test_what_a_function_made_of_shared_things_is_made_before_they_change():
    found = files(
        "vat = 19",
        "def label():\n    return f'{vat} %'",
        "at_first = label()",
        "vat = 7",
        "%%route GET /a\nat_first",
        "%%route GET /b\nvat",
        "%%route GET /c\nvat",
    )
    assert "at_first" not in found["app/a/route.py"].replace("_shared.at_first", "")
    assert body(found["app/_shared.py"]).endswith("at_first = label()\n\nvat = 7\n")


def test_subclasses_come_along_where_a_class_is_asked_for_them():
    found = files(
        "class Shape: ...\nclass Square(Shape): ...\nclass Flat(Square): ...",
        "%%route GET /shapes\n[each.__name__ for each in Shape.__subclasses__()]",
    )
    assert "class Flat(Square)" in found["app/_shared.py"]
    found = files("class Shape: ...\nclass Square(Shape): ...", "%%route GET /shape\nShape.__name__")
    assert "Square" not in found["app/shape/route.py"]


def test_a_function_that_fills_counts_as_filling():
    found = files(
        "db = {}\nlog = []",
        "def seed():\n    db['1'] = 'Lamp'\n    log.append('seeded')",
        "seed()",
        "%%route GET /db\ndb",
    )
    assert same(
        found["app/_shared.py"],
        "db = {}\nlog = []\ndef seed():\n    db['1'] = 'Lamp'\n    log.append('seeded')\nseed()",
    )


def test_methods_of_a_path_are_one_file_in_the_notebooks_order():
    found = files(
        "%%route POST /a/[id] --tag a\nid",
        "%%route /a/[id]\nimport json\n\n# the rest\ndef DELETE(id):\n    return json.dumps(id)",
        "%%route GET /a/[id] --revalidate 60 --tag a\nfrom __future__ import annotations\nnot_found()",
    )
    assert body(found["app/a/[id]/route.py"]) == textwrap.dedent(
        """\
        from __future__ import annotations

        import json

        from notebook_routes import not_found

        tags = ["a"]
        revalidate = 60


        def POST(id):
            return id


        # the rest
        def DELETE(id):
            return json.dumps(id)


        def GET():
            return not_found()
        """
    )


def test_a_later_cell_replaces_an_earlier_one():
    found = files(
        "%%route /a\nx = 1\n\n# the old one\ndef GET():\n    return 1\n\ndef PUT():\n    return x",
        "%%route GET /a\n2",
        "%%route GET /b\n1",
        "%%route GET /b\n2",
    )
    assert same(found["app/a/route.py"], "x = 1\ndef PUT():\n    return x\ndef GET():\n    return 2")
    assert same(found["app/b/route.py"], "def GET():\n    return 2")


def test_a_module_forms_names_are_its_own():
    found = files(
        "notes = ['the notebook']\nsize = 3\ncount = 0",
        "%%route /notes\nnotes = []\n\ndef GET():\n    global count\n    count += size\n    return notes, count",
        "%%route GET /other\nnotes",
    )
    assert same(
        found["app/notes/route.py"],
        """
        from app import _shared
        size = 3
        notes = []
        def GET():
            _shared.count += size
            return notes, _shared.count
        """,
    )
    assert same(found["app/other/route.py"], "notes = ['the notebook']\ndef GET():\n    return notes")


def test_names_that_a_route_file_has_are_reached_elsewhere():
    found = files(
        "tags = ['new']\nhelper = 1",
        "%%route GET /a\ntags, helper",
        "%%route /a\ndef helper():\n    return 2\n\ndef PUT():\n    return helper()",
    )
    assert same(found["app/_shared.py"], "tags = ['new']\nhelper = 1")
    assert "return _shared.tags, _shared.helper" in found["app/a/route.py"]
    assert "return helper()" in found["app/a/route.py"]


def test_two_modules_of_one_path_may_say_the_same_and_not_different_things():
    found = files(
        "%%route /a\nimport json\n\ndef GET():\n    return json",
        "%%route /a\nimport json\n\ndef PUT():\n    return json",
    )
    assert found["app/a/route.py"].count("import json") == 1
    said = refused(
        "%%route /a\ndef fmt(x):\n    return 1\n\ndef GET():\n    return fmt(1)",
        "%%route /a\ndef fmt(x):\n    return 2\n\ndef PUT():\n    return fmt(1)",
    )
    assert "cell 1" in said
    assert "cell 2" in said
    assert "fmt" in said
    assert "both define seen" in refused(
        "%%route /a\nseen = []\n\ndef GET():\n    return seen", "%%route /a\nseen = []\n\ndef PUT():\n    return seen"
    )


def test_two_modules_of_one_path_may_import_the_same_in_different_company():
    found = files(
        "%%route /a\nimport json, os.path\n\ndef GET():\n    return json.dumps(os.sep)",
        "%%route /a\nimport json, os, math\n\ndef POST():\n    return json.dumps(math.pi) + os.sep",
    )
    assert "import json\nimport math\nimport os\nimport os.path\n" in found["app/a/route.py"]
    said = refused(
        "%%route /a\nfrom json import dumps\n\ndef GET():\n    return dumps(1)",
        "%%route /a\nfrom pickle import dumps\n\ndef POST():\n    return dumps(1)",
    )
    assert "cell 1 (GET /a) and cell 2 (POST /a) are one file, and both define dumps" in said


def test_a_route_below_a_magic_that_only_watches():
    assert files("%%time\n# how long?\n%%route GET /hello\n'hello'") == files(HELLO)


def test_what_a_kernel_has_run_within_a_cell_counts_once():
    cells = [("cell [1]", "a = []"), ("cell [2]", "a.append(1)"), ("cell [2]", "%%capture\na.append(1)")]
    made = [SourceCell(text, label) for label, text in [*cells, ("cell [3]", "%%route GET /a\na")]]
    assert compose(NotebookSource("shop.ipynb", tuple(made))).files["app/_shared.py"].count("append") == 1


def test_requests_that_need_the_answer_to_one_that_is_left_out():
    found = exported(
        HELLO,
        "%%request GET /hello as first",
        "size = len(first.text)",
        "%%request GET /hello?size={{size}} as second\n?? status == 200",
        "%%request GET /hello\n?? text == second.text",
    )
    assert "cell 5 (%%request) uses second, the answer to cell 4, which is not among the tests" in found.remarks[1]
    assert [cell.label for cell in found.replay.cells] == ["cell 2"]


def test_middleware_alone_and_in_company():
    one = files("seen = []", "%%middleware /hello\nseen.append(1)", HELLO)
    assert body(one["middleware.py"]) == textwrap.dedent(
        """\
        from app import _shared

        config = {"matcher": "/hello"}


        def middleware():
            return _shared.seen.append(1)
        """
    )
    several = files(
        "%%middleware /a /b\nreturn None",
        "%%middleware\nconfig = {'matcher': '/c'}\n\ndef middleware(request):\n    return None",
        "%%middleware\ndef first(request):\n    return None\n\nmiddleware = [first, (first, '/d')]",
        "%%middleware\nreturn None",
        HELLO,
    )
    namespace = {}
    exec(several["middleware.py"], namespace)
    found = namespace["middleware"]
    assert [each[1] if isinstance(each, tuple) else None for each in found] == [["/a", "/b"], "/c", None, "/d", None]
    assert "one matcher" in refused(
        "%%middleware /a\nmiddleware = [print]",
        "%%middleware\nreturn None",
        HELLO,
    )


def test_pages():
    found = files("%%page /\n<h1>Hi</h1>\n", "%%page /p/[id] --jinja\n<p>{{ id }}</p>", "%%route POST /p/[id]\nid")
    assert found["app/page.html"] == "<h1>Hi</h1>\n"
    assert found["app/p/[id]/page.html.jinja"] == "<p>{{ id }}</p>\n"
    assert "jinja2" in found["requirements.txt"]
    assert "cell 1: the options of a page have no place in page.html" in refused("%%page / --revalidate 60\n<p>")
    assert "a page answers GET" in refused("%%page /hello\n<h1>Hi</h1>", HELLO)


def test_comments_for_the_export_overrule():
    found = files(
        """
        import logging
        logging.basicConfig()  # routes: keep
        # routes: skip
        rows = []
        rows = [1]
        rows.append(2)  # routes: skip
        """,
        "# routes: skip\n%%route GET /hidden\n1",
        "# routes: skip\n\nrows = [3]",
        "%%route GET /rows\nrows",
    )
    assert "app/hidden/route.py" not in found
    assert same(found["app/_shared.py"], "import logging\nlogging.basicConfig()")
    assert same(found["app/rows/route.py"], "from app import _shared\nrows = [1]\ndef GET():\n    return rows")
    assert "routes:" not in found["app/_shared.py"] + found["app/rows/route.py"]
    assert 'cell 1: "# routes: drop" means nothing' in refused("x = 1  # routes: drop", "%%route GET /\nx")


def test_a_tagged_cell_is_left_out():
    assert set(files("%%route GET /a\n1", HELLO, tags=["raises-exception"])) == set(files(HELLO))
    assert set(files("%%route GET /a\n1", HELLO, tags=["skip"])) == set(files(HELLO))
    assert "app/_shared.py" in files("import json\njson.loads('1')", HELLO, tags=["keep"])


def test_what_only_a_string_mentions_is_kept_where_it_is_mentioned():
    found = files(
        "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2]})\nlimit = 1  # routes: keep",
        "%%route GET /a\ndf.query('a > @limit')",
    )
    assert "limit = 1" in found["app/a/route.py"]


@pytest.mark.parametrize(
    ("texts", "parts"),
    [
        (["%%route GET /a\nnobody + 1", "%%route GET /b\nno_one"], ["cell 1", "nobody", "cell 2", "no_one", "GET /b"]),
        (["x = !ls", "%%route GET /a\nx"], ["cell 1, line 1", "!ls", "x", "subprocess"]),
        (["%time x = 1", "%%route GET /a\nx"], ["cell 1, line 1", "%time x = 1"]),
        (["import asyncio\n\nx = await asyncio.sleep(0)", "%%route GET /a\nx"], ["cell 1, line 3", "asyncio.run"]),
        (["x = (", "%%route GET /a\nx"], ["cell 1, line 1", "never closed"]),
        (["%%route GET /a\nx = ("], ["cell 1, line 2"]),
        (["%%route GET /a\ncounter += 1", "counter = 0"], ["cell 1, line 2", "global counter"]),
        (["y = x + 1", "x = 1", "%%route GET /a\ny"], ["cell 1, line 1", "x", "cell 2, line 1", "top to bottom"]),
        (["%%route GET /a\nget_ipython()"], ["get_ipython", "IPython's"]),
        (["%%route GET /a\ndisplay(1)"], ["display", "from IPython.display import display"]),
        (["%%request GET /a as lamp", "x = lamp.json()", "%%route GET /a\nx"], ["lamp", "%%request"]),
        (["%%route GET /a/[id]\n1", "%%route GET /a/[slug]\n1"], ["cell 1", "cell 2", "[slug]"]),
        (["%%route GET /a --revalidate 1\n1", "%%route PUT /a --revalidate 2\n1"], ["cell 1", "cell 2", "revalidate"]),
        (["%%route GET /con\n1"], ["/con", "Windows"]),
        (["%%route GET /a/LPT1.txt\n1"], ["LPT1.txt", "Windows"]),
        (["%%route GET /Shop/a\n1", "%%route GET /shop/b\n1"], ["/Shop", "/shop", "capitals"]),
        (["%%route GET /a/../b\n1"], ["cell 1", ".."]),
        (["%%route /a\nGET = 1"], []),
        (["x = 1"], ["shop.ipynb has no route"]),
        (["_shared = 1", "%%route GET /a\n_shared"], ["_shared", "cell 1, line 1"]),
        (["x = 1", "%%route GET /a\nglobal x\nx += 1\nf'{x=}'"], ["cell 2", "x = {x}"]),
        (["f = 1", "%%route GET /a\nglobal f\ndef f(): pass\nf"], ["cell 2", "def f"]),
        (["from not_installed import *", "%%route GET /a\nsqrt(4)"], ["sqrt", "cell 1, line 1 imports it by *"]),
        (
            ["class A: pass", "%%route GET /a\ndef f(x: '' 'A'): pass\nA, f", "%%route GET /b\nA"],
            ["cell 2", "A is shared", "without quotes"],
        ),
        (["x = 1\ndel x", "%%route GET /a\nx"], ["x", "no cell defines"]),
        (["%%route GET /a\nx", "x = 1  # routes: skip"], ["x", "skipped", "cell 2"]),
        (["%%bash\nls", "%%nonsense\nx = 1", "%%route GET /a\nx"], ["x", "no cell defines"]),
    ],
)
def test_what_cannot_be_exported_is_named(texts, parts):
    if not parts:
        exported(*texts)
        return
    said = refused(*texts)
    for part in parts:
        assert part in said


def test_all_missing_names_are_said_at_once():
    with pytest.raises(ExportError) as error:
        exported("%%route GET /a\none + two", "%%route GET /b\none")
    assert len(str(error.value).splitlines()) == 3


def test_paths_become_folders():
    found = files(
        "%%route GET /%5Fadmin/(group)/[...rest]\n1",
        "%%route GET /a:b\n1",
        "%%route GET /caf%C3%A9/[[...x]]\n1",
        "%%route GET /route.py\n1",
        "%%route GET /v1.\n1",
        "%%route GET /\n1",
    )
    assert [path for path in found if path.endswith("route.py")] == [
        "app/%5Fadmin/(group)/[...rest]/route.py",
        "app/a%3Ab/route.py",
        "app/caf%C3%A9/[[...x]]/route.py",
        "app/route%2Epy/route.py",
        "app/route.py",
        "app/v1%2E/route.py",
    ]


def test_quoted_annotations_and_those_of_locals():
    found = files(
        "from typing import Literal\nclass A: pass",
        "class B:\n    kind: \"Literal['x']\"\n    a: 'A'",
        "%%route GET /a\nx: Undefined = B()\nx",
    )
    assert same(
        found["app/a/route.py"],
        """
        from typing import Literal
        class A: pass
        class B:
            kind: "Literal['x']"
            a: 'A'
        def GET():
            x: Undefined = B()
            return x
        """,
    )


def test_a_magic_elsewhere_does_not_matter():
    found = files(
        "%load_ext notebook_routes\n%pip install x\n!ls\nvalue = '''\n%not a magic\n'''\n"
        "if value:\n    %timeit 1\n    y = 2\nprint?",
        "%%time\nz = 3",
        "%%route GET /a\nvalue, y, z",
    )
    assert "value = '''\n%not a magic\n'''" in found["app/a/route.py"]
    assert "z = 3" in found["app/a/route.py"]


def test_strings_and_continuations_survive():
    found = files(
        'text = """a\n  # routes: skip is text here\n"""; more = 1 + \\\n    2\n',
        "%%route GET /a\nx = f'''{text}\n  {more}'''\nx",
        "%%route GET /b\ntext",
    )
    assert 'text = """a\n  # routes: skip is text here\n"""; more = 1 + \\\n    2' in found["app/_shared.py"]
    assert "f'''{_shared.text}\n  {_shared.more}'''" in found["app/a/route.py"]


API = """
%%api /api/{path}
config = {{"api": {{"body_parser": False}}}}

def GET(): ...

def handler(req, res):
    res.json([limit, settings])
"""


def test_an_api_route_is_a_file_below_pages():
    found = files("limit = 3\nsettings = {}", API.format(path="users/[id]"), "%%route GET /a\nlimit")
    assert set(found) == {"app/_shared.py", "app/a/route.py", "pages/api/users/[id].py", "requirements.txt"}
    assert same(
        found["pages/api/users/[id].py"],
        """
        from app import _shared

        settings = {}

        config = {"api": {"body_parser": False}}

        def GET(): ...

        def handler(req, res):
            res.json([_shared.limit, settings])
        """,
    )


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("/api", "pages/api/index.py"),
        ("/api/x", "pages/api/x.py"),
        ("/api/index", "pages/api/index/index.py"),
        ("/api/[[...slug]]", "pages/api/[[...slug]].py"),
        ("/api/v1.0", "pages/api/v1.0.py"),
        ("/api/%5Fx", "pages/api/%5Fx.py"),
        ("/api/a:b", "pages/api/a%3Ab.py"),
    ],
)
def test_the_file_of_an_api_route_is_read_as_its_path(path, file):
    (found,) = set(files(f"%%api {path}\ndef handler(req, res): ...")) - {"requirements.txt"}
    assert found == file
    assert api_pattern_of(PurePosixPath(file).relative_to("pages/api")).segments == RoutePattern.parse(path).segments


def test_names_that_mean_something_in_an_api_route_are_not_put_there():
    found = files(
        "config = {1: 2}\ndef default(): ...\nrevalidate = 5",
        "%%api /api/x\ndef handler(req, res):\n    res.json([config, default(), revalidate])",
    )
    assert "config = {1: 2}" in found["app/_shared.py"]
    assert "def default()" in found["app/_shared.py"]
    assert "res.json([_shared.config, _shared.default(), revalidate])" in found["pages/api/x.py"]


def test_of_two_api_cells_with_one_path_the_later_one_is_exported():
    cells = [f"%%api /api/x\ndef handler(req, res):\n    res.send('{word}')" for word in ("old", "new")]
    found = files(*cells)
    assert "'new'" in found["pages/api/x.py"]
    assert "'old'" not in found["pages/api/x.py"]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["%%api /api/x\nx = 1"], "cell 1, an API Route is a module with a handler"),
        (["%%api /x\ndef handler(req, res): ..."], 'cell 1: "/x" is not below /api'),
        (["%%api /api/x\ndef handler(req, res): ...", "%%route GET /api/x\n1"], "keep one of the two"),
        (
            ["%%api /api/x\ndef handler(req, res): ...", "%%api /api/X\ndef handler(req, res): ..."],
            "tell capitals apart",
        ),
        (["%%api /api/con\ndef handler(req, res): ..."], "Windows has no folder called con"),
        (["%%api /api/x\ndef handler(req, res)\n    pass"], "cell 1, line 2"),
    ],
)
def test_an_api_route_that_cannot_be_exported(cells, message):
    assert message in refused(*cells)


def test_what_is_imported_from_the_future_holds_for_all_cells_after_it():
    found = files(
        "from __future__ import annotations",
        """
        class Node:
            def next(self) -> Node: ...

        limit = 3
        """,
        "def total(node: Node) -> int: return limit",
        "%%route GET /a\ntotal(Node())",
        "%%route GET /b\nNode(), limit",
        "%%route GET /c\nlimit",
    )
    future = "\n\nfrom __future__ import annotations\n\n"
    assert future in found["app/_shared.py"]
    assert future in found["app/a/route.py"]
    assert future not in found["app/b/route.py"]
    assert future not in found["app/c/route.py"]


def test_names_that_are_given_one_value_are_filled_together():
    found = files("a = b = c = []\nb.append(1)\nx, y = z = [[], 1]\nz[0].append(2)", "%%route GET /a\nlen(a), x")
    assert "b.append(1)" in found["app/_shared.py"]
    assert "z[0].append(2)" in found["app/_shared.py"]


def test_tables_that_are_written_into_what_a_route_reads():
    found = files(
        "import io\nimport sqlite3\nimport pandas as pd",
        "db = sqlite3.connect('shop.db')\ntext = io.StringIO()\ndf = pd.DataFrame()",
        "df.to_sql('lamps', db)\ndf.to_csv(text)\ndf.to_csv('seen.csv')",
        "%%route GET /a\ndb.execute('select 1').fetchall(), text.getvalue()",
    )
    assert "df.to_sql('lamps', db)" in found["app/_shared.py"]
    assert "df.to_csv(text)" in found["app/_shared.py"]
    assert "seen.csv" not in found["app/_shared.py"]


@pytest.mark.parametrize(
    "handler",
    [
        "%%route GET /a\nimport os\nos.environ['SHOP']",
        "%%route GET /a\nfrom os import environ\nenviron['SHOP']",
        "%%route /a\nimport os as system\ndef GET():\n    return system.environ['SHOP']",
        "%%route GET /a\nread()",
        "%%route GET /a\nenviron['SHOP']",
    ],
)
def test_what_a_handler_imports_itself_is_as_the_notebook_made_it(handler):
    found = files(
        "import os\nos.environ['SHOP'] = 'lamps'\nos.getcwd()\nimport random\nrandom.seed(0)",
        "from os import environ\ndef read():\n    import os.path\n    return os.environ['SHOP']",
        handler,
    )
    text = found["app/a/route.py"]
    assert text.index("import os\n") < text.index("os.environ['SHOP'] = 'lamps'") < text.index("def GET")
    assert "random" not in text
    assert "getcwd" not in text


def test_handlers_that_import_the_same_share_how_it_is_set_up():
    cells = [f"%%route GET /{name}\nimport os\nos.environ['SHOP']" for name in "ab"]
    found = files("import os; os.environ['SHOP'] = 'lamps'", *cells)
    assert "os.environ['SHOP'] = 'lamps'" in found["app/_shared.py"]
    assert "import app._shared" in found["app/a/route.py"] or "from app import _shared" in found["app/b/route.py"]
    assert "lamps" not in found["app/a/route.py"]


def test_a_handler_that_imports_nothing_has_no_setups():
    assert "os" not in files("import os\nos.environ['X'] = '1'", "%%route GET /a\n1")["app/a/route.py"].split()


def test_quoted_parts_of_annotations_are_needed():
    found = files(
        "from typing import Optional\nclass Item: ...\nclass Other: ...",
        "def find(name: str) -> Optional['Item']: ...\ndef rest() -> list['Other']: ...",
        "%%route GET /a\nfind('x')",
        "%%route GET /b\nfind('x'), rest()",
    )
    assert "class Item" in found["app/_shared.py"]
    assert "class Other" in found["app/b/route.py"]
    assert "Optional['Item']" in found["app/_shared.py"]


@pytest.mark.parametrize(
    "cell",
    [
        "items['{0}'] = helper(1)",
        "def get_{0}():\n    return items['x']\nitems['{0}'] = get_{0}()",
        "@register\ndef shown_{0}():\n    return items['x']",
        "cursor = db.cursor()\ncursor.execute('insert {0}')",
        "def bump_{0}():\n    global items\n    items = items | {{1: 2}}\nbump_{0}()",
    ],
)
def test_many_routes_that_share_what_many_cells_fill(growth, cell):
    head = (
        "def helper(x):\n    return x",
        "import sqlite3\ndb = sqlite3.connect('x')\nitems = {}",
        "def register(f):\n    items[f.__name__] = f\n    return f",
    )

    def make(size):
        cells = [cell.format(number) for number in range(size)]
        return [*head, *cells, *(f"%%route GET /{number}\nlen(items), db" for number in range(size))]

    # Each route asks for what all cells fill: quadratic at worst, with a small factor.
    assert growth(lambda cells: exported(*cells), make, 8) < 64

"""Bad input to `%%route`: a short message with the line and the fix, and everything stays as it was."""

from __future__ import annotations

import pytest

#: A cell, and what its message must have: the line, and what to write instead.
REFUSALS = {
    # The magic line
    "no path": ("%%route GET\n1", ["write GET /path"]),
    "nothing at all": ("%%route", ["write GET /path"]),
    "no leading slash": ("%%route GET x\n1", ['"x" is no path', "write /x"]),
    "a whole address": ("%%route GET https://shop.example/x\n1", ["write /x"]),
    "an unknown method": ("%%route FETCH /x\n1", ['"FETCH" is no method', "GET HEAD POST"]),
    "a small method": ("%%route get /x\n1", ["write GET"]),
    "two paths": ("%%route GET /x /y\n1", ['"/y" is a second path']),
    "an unknown option": ("%%route GET /x --revalidat 60\n1", ['"--revalidat"', "write --revalidate"]),
    "an option without value": ("%%route GET /x --tag\n1", ['"--tag" has no value', "write --tag products"]),
    "a bad value": ("%%route GET /x --revalidate often\n1", ["--revalidate often", "whole seconds"]),
    "one dash": ("%%route GET /x -tag a\n1", ["write --tag"]),
    "a comment on the line": ("%%route GET /x # mine\n1", ["write it on a line above the magic"]),
    "a parameter without type": ("%%route GET /x page\npage", ["write page:str"]),
    "a parameter with a bad type": ("%%route GET /x page:(\npage", ["has no closing )"]),
    "a parameter of an unknown type": (
        "%%route GET /x q:Nope\nq",
        ["line 1: %%route GET /x q:Nope", "run the cell that"],
    ),
    "a type of typing": (
        '%%route GET /x sort:Literal["up","down"]="up"\nsort',
        ["line 1", "Literal is not defined: run from typing import Literal in a cell above"],
    ),
    "a parameter that cannot be filled": ("%%route GET /x q:object\nq", ["line 1", "`q` can never be filled"]),
    "a context of another path": (
        '%%route /desks/[id]\ndef GET(context: RouteContext["/lamps/[id]"]): ...',
        ["its type is for /lamps/[id]", 'write `RouteContext["/desks/[id]"]`'],
    ),
    "a reserved parameter": ("%%route GET /x body:int\nbody", ['"body" is given to every handler anyway']),
    "parameters without method": ("%%route /x page:int\ndef GET(): pass", ["write GET /x page:int"]),
    "edge": (
        "%%route GET /x --runtime edge\nimport os\nopen('a').read() + os.popen('ls').read()",
        ["line 3: open('a')", "EDGE003 open(...)", "await fetch(...)", "EDGE005 os.popen(...)"],
    ),
    # The path
    "braces": ("%%route GET /{id}\n1", ["write [id]"]),
    "angle brackets": ("%%route GET /<id>\n1", ["write [id]"]),
    "a colon": ("%%route GET /:id\n1", ["write [id]"]),
    "an open bracket": ("%%route GET /[id\n1", ["[id"]),
    "a trailing slash": ("%%route GET /x/\n1", ["/x"]),
    "a reserved segment": ("%%route GET /[request]\n1", ["request"]),
    "a repeated segment": ("%%route GET /[a]/[a]\n1", ["[a]"]),
    "a catch-all in the middle": ("%%route GET /[...a]/b\n1", ["[...a]"]),
    "our own pages": ("%%route GET /_routes/x\n1", ["_routes"]),
    "a conflict": ("%%route GET /old/[slug]\n1", ["/old/[slug]", "/old/[id]", "(cell [", "use [id] in both"]),
    "a conflict of config": ("%%route POST /old/[id] --revalidate 60\n1", ["revalidate = 60", "revalidate = 5"]),
    # The body
    "no body": ("%%route GET /x", ["the cell has no code", 'such as {"ok": True}']),
    "only comments": ("%%route GET /x\n# nothing\n\n", ["the cell has no code"]),
    "a syntax error": ("%%route GET /x\nx = 1\nif x\n    2", ["line 3: if x", "expected ':'"]),
    "bad indentation": ("%%route GET /x\nx = 1\n  y = 2", ["line 3: y = 2", "unexpected indent"]),
    "break outside a loop": ("%%route GET /x\nx = 1\nbreak", ["line 3: break"]),
    "an assignment without global": (
        "%%route GET /x\nx = 1\ncounter += 1\ncounter",
        ["line 3: counter += 1", 'write "global counter"'],
    ),
    "a stream that returns a value": (
        "%%route GET /x\nyield 1\nreturn 2",
        ["line 3: return 2", "yield the value instead"],
    ),
    "a value that would be dropped": ("%%route GET /x\nif True:\n    1", ["line 3: 1", 'write "return ..."']),
    "a function for the method": ("%%route GET /x\ndef GET(): return 1", ["line 2: def GET()", "%%route /x"]),
    "import *": ("%%route GET /x\nfrom math import *\npi", ["line 2: from math import *", "import the names you use"]),
    "nonlocal": ("%%route GET /x\nnonlocal x\nx", ["line 2: nonlocal x", 'write "global x"']),
    "global of an argument": ("%%route GET /[id]\nglobal id\nid", ["line 2: global id"]),
    "a shell line": ("%%route GET /x\nx = 1\n!ls", ["line 3: !ls", "cell of its own"]),
    "a shell assignment": ("%%route GET /x\nfiles = !ls\nfiles", ["line 2: files = !ls"]),
    "a magic line": ("%%route GET /x\n%time 1", ["line 2: %time 1", "cell of its own"]),
    "a question": ("%%route GET /x\nlen?", ["line 2: len?", "cell of its own"]),
    # The module
    "no handler": ("%%route /x\nx = 1", ["it defines x", "%%route GET /x"]),
    "an empty module": ("%%route /x\n", ["%%route GET /x"]),
    "a handler in small letters": ("%%route /x\ndef get(): return 1", ["line 2: def get()", "def GET(...)"]),
    "a return in the module": ("%%route /x\nreturn 1", ["line 2: return 1", "%%route GET /x"]),
    "an await in the module": ("%%route /x\nawait f()\ndef GET(): return 1", ["line 2: await f()"]),
    "no function": ("%%route /x\nGET = 1", ["write def GET(...)"]),
    "a module that fails": ("%%route /x\nx = 1\n1/0\ndef GET(): return 1", ["line 3", "    1/0", "ZeroDivisionError"]),
    "a module that leaves": ("%%route /x\nimport sys\nsys.exit()\ndef GET(): return 1", ["line 3", "SystemExit"]),
    "an argument that cannot be filled": ("%%route /x\n\ndef GET(nope): return 1", ["line 3", "`nope`", "`nope: str`"]),
    "stars": ("%%route /x\ndef GET(**all): return 1", ["line 2", "`**all`"]),
    "an annotation that nobody knows": (
        "%%route /x\ndef GET(q: 'Nope'): return 1",
        ["`Nope`", "define it in a cell above"],
    ),
    "a body for GET": (
        "%%route /x\nfrom dataclasses import dataclass\n@dataclass\nclass A:\n    a: int\ndef GET(body: A): return 1",
        ["a GET request has no body"],
    ),
    "a bad constant": ("%%route /x\ndynamic = 'often'\ndef GET(): return 1", ["dynamic = 'often'", "force-static"]),
    "a constant as in JavaScript": ("%%route /x\nmaxDuration = 5\ndef GET(): return 1", ["max_duration"]),
    "line against module": ("%%route /x --revalidate 5\nrevalidate = 6\ndef GET(): return 1", ["line 2", "keep one"]),
    "global through import": ("%%route /x\ndef GET():\n    global json\n    import json", ["line 4", "json"]),
}


@pytest.fixture(scope="module")
def with_a_route(_kernels):
    """One kernel for all of them: no refusal changes it."""
    kernel = _kernels("installed").fresh()
    kernel.ok("counter = 7")
    kernel.ok("%%route GET /old/[id] --revalidate 5\nid", cell="old")
    return kernel


@pytest.mark.parametrize("name", REFUSALS)
def test_it_is_refused_and_changes_nothing(with_a_route, name):
    kernel = with_a_route
    cell, parts = REFUSALS[name]
    names = kernel.value("[name for name in dir() if name[0] != '_']")
    message = kernel.refuses(cell, cell="new")
    for part in parts:
        assert part in message
    assert len(message.splitlines()) <= 6
    assert len(max(message.splitlines(), key=len)) <= 250
    assert "notebook_routes/" not in message
    assert kernel.get("/old/7") == (200, "7")
    assert kernel.ok("%routes").text == "METHOD  PATH       CONFIG\nGET     /old/[id]  revalidate=5"
    assert kernel.value("[name for name in dir() if name[0] != '_']") == names


@pytest.mark.parametrize(
    "name", ["no body", "a syntax error", "a module that fails", "a conflict", "an unknown option"]
)
def test_a_cell_that_is_refused_keeps_the_route_it_had(kernel, name):
    kernel.ok("%%route GET /old/[id]\nid", cell="old")
    kernel.ok("%%route GET /mine\n'mine'", cell="mine")
    kernel.refuses(REFUSALS[name][0], cell="mine")
    assert kernel.get("/mine") == (200, "mine")
    assert kernel.get("/old/7") == (200, "7")


def test_lines_are_counted_from_the_top_of_the_cell(newest):
    assert newest.refuses("# one\n\n# three\n%%route GET /x\nf(").startswith("line 5: f(\n")
    assert newest.refuses("\n%%route GET /x\ncounter += 1").startswith("line 3: counter += 1\n")
    assert newest.refuses("# one\n%%route GET /x q:Nope\nq").startswith("line 2: %%route GET /x q:Nope\n")

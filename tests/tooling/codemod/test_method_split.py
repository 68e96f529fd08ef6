"""One handler for all methods as what it does for one."""

import libcst as cst
import pytest

from notebook_routes.tooling.codemod.method_split import OTHER, MethodSplit
from notebook_routes.tooling.codemod.nodes import parse, target_of

_METHOD = 'req.method == "GET"'


def split(body, method, constants=""):
    module = parse(f"{constants}\ndef handler(req, res):\n" + "".join(f"    {line}\n" for line in body.split("\n")))
    *rest, function = module.body
    known = dict(bound for each in rest if (bound := target_of(each)) is not None)
    found = MethodSplit(function, "req", known)
    return cst.Module(found.body(method)).code.strip(), found.named


@pytest.mark.parametrize(
    ("body", "get", "other"),
    [
        (f"if {_METHOD}:\n    a()\nelse:\n    b()\nc()", "a()\nc()", "b()\nc()"),
        (f"if not {_METHOD}:\n    return\na()", "a()", "return"),
        (f"if {_METHOD} and x:\n    a()", "if x:\n    a()", ""),
        (f"if x or {_METHOD}:\n    a()", "a()", "if x:\n    a()"),
        ('if req.method in ("GET", "HEAD"):\n    a()', "a()", ""),
        ('if req.method not in ["GET"]:\n    raise E\na()', "a()", "raise E"),
        ('method = req.method.lower()\nif method == "get":\n    a()', "a()", ""),
        ('method = req.method\nif method == "GET":\n    a(method)', "method = req.method\na(method)", ""),
        ('match req.method:\n    case "GET" | "PUT":\n        a()\n    case _:\n        b()', "a()", "b()"),
        (f"x = 1 if {_METHOD} else 2", "x = 1", "x = 2"),
        (f"try:\n    if {_METHOD}:\n        a()\nfinally:\n    b()", "try:\n    a()\nfinally:\n    b()", None),
        (
            'by = {"GET": a}\nf = by.get(req.method)\nif f is None:\n    return b()\nreturn f(x)',
            "return a(x)",
            "return b()",
        ),
        ('by = {"GET": a}\nif req.method in by:\n    return by[req.method](x)\nb()', "return a(x)", "b()"),
        (f"# why\nif {_METHOD}:  # so\n    # first\n    a()", "# why\n# so\n# first\na()", ""),
        ("if x:\n    a()", "if x:\n    a()", "if x:\n    a()"),
    ],
)
def test_what_is_known_is_decided(body, get, other):
    found, _ = split(body, "GET")
    assert found == get
    if other is not None:
        assert split(body, OTHER)[0] == other


def test_tables_of_the_module_are_known():
    constants = 'ALLOWED = ["GET"]\n'
    assert split("if req.method not in ALLOWED:\n    return\na()", "GET", constants) == ("a()", ["GET"])

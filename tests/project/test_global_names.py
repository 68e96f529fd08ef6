"""Where code names something of its module."""

import ast
import textwrap

import pytest

from notebook_routes.project.global_names import Does, find_global_names


def uses(text, *does):
    return {use.name for use in find_global_names(ast.parse(textwrap.dedent(text)).body).of(*does)}


def later(text):
    found = find_global_names(ast.parse(textwrap.dedent(text)).body)
    return {use.name for use in found.of(Does.LOAD) if use.later}


@pytest.mark.parametrize(
    ("text", "loaded"),
    [
        ("def f(a, b=c, *d, e: g = 1, **h):\n    i = a\n    return i, d, h, j", {"c", "g", "j"}),
        ("def f():\n    x = 1\n    def g():\n        nonlocal x\n        x = y\n        return x", {"y"}),
        ("def f():\n    def g():\n        global x\n        x = 1\n        def h():\n            return x", {"x"}),
        ("class A(B):\n    c = d\n    def m(self):\n        return c", {"B", "d", "c"}),
        ("class A:\n    size = size\n    twice = size", {"size"}),
        ("[x for x in xs if x in ys for z in x]", {"xs", "ys"}),
        ("{k: v for k, v in (lambda d: d)(e)}", {"e"}),
        ("def f():\n    [y := x for x in xs]\n    return y", {"xs"}),
        ("lambda a, b=c: a + b + d", {"c", "d"}),
        ("match a:\n    case [b, *c] if d:\n        b", {"a", "b", "d"}),
        ("def f(g):\n    with g as h, i as j:\n        return h, j", {"i"}),
        ("try:\n    pass\nexcept E as e:\n    e", {"E", "e"}),
        ("f'{x:{y}}'", {"x", "y"}),
        ("obj.attribute.name, f(keyword=value)", {"obj", "f", "value"}),
        (
            "def f(a: 'A | None', b: list['B'], c: 'C' | D, d: Callable[['E'], 'F']) -> Optional['G']: ...",
            {"list", "A", "B", "C", "D", "Callable", "E", "F", "Optional", "G"},
        ),
        ("a: Literal['A', 'B']\nb: t.Literal['C'] | None", {"Literal", "t"}),
        (
            "def f(a: Annotated['A', 'B', C('D')], b: x.Annotated[list['E'], 'F']): ...",
            {"Annotated", "A", "C", "x", "list", "E"},
        ),
        ("def f(a: ' A ', b: 'not a name', c: RouteContext['/a/[b]']): ...", {"A", "RouteContext"}),
    ],
)
def test_what_is_read(text, loaded):
    assert uses(text, Does.LOAD) == loaded


def test_what_runs_later():
    assert later("def f(x=a):\n    return b\nlambda: c") == {"b"}


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("a['x'] = 1\nb.x.y = 1\ndel c[0]\nd.e()[0] = 1", {"a", "b", "c", "d"}),
        ("a.append(1)\nb.x.execute('y')\nc.fit(d)\ninit(e)", {"a", "b", "c", "d", "e"}),
        ("print(a)\na.head()\na.plot()\nplt.plot(a)\ndisplay(a)\nlen(a)\na", set()),
        ("x = a.pop()\ny = b.head()\nz = next(c)\nw = d.get(1)", {"a", "c"}),
        (
            "random.shuffle(a)\nheapq.heappush(b, 1)\nBase.metadata.create_all(c)",
            {"random", "heapq", "Base", "a", "b", "c"},
        ),
        ("(folder / 'x').write_text('y')", {"folder"}),
        ("time.sleep(a)\nrequests.post(url, json=b)", set()),
        ("def f(a):\n    a.append(1)\n    b.append(1)", {"b"}),
        ("a += [1]", {"a"}),
        ("df.to_sql('t', a)\ndf.to_csv(b)\nrows = df.to_sql('t', con=c)\ndf.to_json('x')", {"a", "b", "c"}),
        ("df.to_dict(a)\ntensor.to_device(a)", set()),
    ],
)
def test_what_is_changed(text, changed):
    assert uses(text, Does.CHANGE) == changed


def test_what_a_function_binds():
    found = find_global_names(ast.parse("def f():\n    global a, b\n    a = b = c = 1\n    del b").body)
    assert {(use.name, use.does.value) for use in found.uses if use.by_global} == {
        ("a", "store"),
        ("b", "store"),
        ("b", "delete"),
    }

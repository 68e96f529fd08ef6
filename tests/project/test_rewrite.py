"""Writing names of a module differently."""

import textwrap

import pytest

from notebook_routes.errors import DefinitionError
from notebook_routes.project.rewrite import rename, rename_expression

NAMES = {"counter": "_shared.counter", "shop": "_shared.shop"}


def renamed(text):
    return rename(textwrap.dedent(text), NAMES, where="cell 1")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("counter", "_shared.counter"),
        ("counter += 1  # counter", "_shared.counter += 1  # counter"),
        ("f(counter=counter, shop =shop)", "f(counter=_shared.counter, shop =_shared.shop)"),
        ("'counter', x.counter, counter.x", "'counter', x.counter, _shared.counter.x"),
        ("f'é {counter} {shop!r:>{counter}}'", "f'é {_shared.counter} {_shared.shop!r:>{_shared.counter}}'"),
        ("é = ü(counter, 'ß', shop)", "é = ü(_shared.counter, 'ß', _shared.shop)"),
        ("[shop for shop in counter]", "[shop for shop in _shared.counter]"),
        ("def f(counter):\n    return counter, shop", "def f(counter):\n    return counter, _shared.shop"),
        ("def f():\n    counter = 1\n    return counter", "def f():\n    counter = 1\n    return counter"),
        ("del counter\nfor counter in x: pass", "del _shared.counter\nfor _shared.counter in x: pass"),
        ("def f():\n    global counter  # ours\n\n    counter = 1", "def f():\n\n    _shared.counter = 1"),
        ("def f():\n    global counter, x\n    x = counter", "def f():\n    global x\n    x = _shared.counter"),
        ("def f():\n    global counter; counter = 1", "def f():\n    pass; _shared.counter = 1"),
        ("def f():\n    global counter\ncounter", "def f():\n    pass\n_shared.counter"),
        (
            "def f():\n    global counter, \\\n        shop\n    counter = shop",
            "def f():\n    _shared.counter = _shared.shop",
        ),
        ("def f(é: 'shop | x') -> \"counter\": pass", "def f(é: '_shared.shop | x') -> \"_shared.counter\": pass"),
        ("nothing", "nothing"),
    ],
)
def test_the_places_change_and_nothing_else(before, after):
    assert rename(before, NAMES, where="cell 1") == after


def test_a_name_for_a_name():
    names = {"middleware": "middleware_1", "config": "config_1"}
    text = (
        "config = {}\n\n@wraps(f)\nasync def middleware(request):\n    global config\n    return middleware, config\n"
    )
    assert rename(text, names, where="cell 1") == text.replace("middleware", "middleware_1").replace(
        "config", "config_1"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("f'{counter=}'", 'write f"x = {x}" instead of f"{x=}"'),
        ("def f():\n    global counter\n    import counter", "import counter"),
        ("def f():\n    global counter\n    def counter(): pass", "def counter(): pass"),
        ("def f():\n    global counter\n    return (counter := 1)", '":=" cannot bind counter'),
        ("def f():\n    global counter\n    try: pass\n    except E as counter: pass", "except E as counter"),
        ("match x:\n    case counter: pass", "cannot bind"),
        ("def f(a: 'count' 'er'): pass", "write counter without quotes"),
        ("def f(a: r'counter'): pass", "write counter without quotes"),
    ],
)
def test_what_cannot_be_written_so(text, said):
    with pytest.raises(DefinitionError, match="cell 1: ") as error:
        renamed(text)
    assert said in str(error.value)


def test_expressions():
    assert (
        rename_expression("counter == [\n  x for x in y]", NAMES, where="") == "_shared.counter == [\n  x for x in y]"
    )
    assert rename_expression("counter # why", NAMES, where="") == "_shared.counter # why"

import builtins

import pytest

from notebook_routes.runtime.namespace import NotebookBuiltins, NotebookNames


def run(source, namespace):
    module = {"__builtins__": NotebookBuiltins(namespace), "__name__": "m"}
    exec(source, module)
    return module


EVERYWHERE = """
at_top = product
def function(): return product
def comprehension(): return [product for _ in range(1)][0]
def generator(): return next(product for _ in range(1))
def nested():
    def inner(): return (lambda: product)()
    return inner()
class Class:
    in_class = product
    def method(self): return product
    @staticmethod
    def static(): return [product for _ in (0,)][0]
"""


def test_names_come_from_the_notebook_at_the_time_of_the_call():
    namespace = {"product": "lamp"}
    module = run(EVERYWHERE, namespace)
    calls = [
        module["function"],
        module["comprehension"],
        module["generator"],
        module["nested"],
        module["Class"]().method,
        module["Class"].static,
    ]
    # Long enough for the interpreter to specialise the bytecode.
    for _ in range(500):
        assert {call() for call in calls} == {"lamp"}
    namespace["product"] = "desk"
    assert {call() for call in calls} == {"desk"}
    assert module["at_top"] == module["Class"].in_class == "lamp"


def test_the_notebook_comes_before_the_builtins_and_the_module_before_both():
    namespace = {"len": lambda _: "notebook", "max": lambda _: "notebook"}
    module = run("def max(_): return 'module'\ndef f(): return len([]), max([]), min(1, 2)", namespace)
    assert module["f"]() == ("notebook", "module", 1)
    del namespace["len"]
    assert module["f"]() == (0, "module", 1)


def test_builtins_are_the_live_ones(monkeypatch):
    module = run("def f(): return added_later", {})
    monkeypatch.setattr(builtins, "added_later", 1, raising=False)
    assert module["f"]() == 1


def test_unknown_names_are_name_errors():
    module = run("def f(): return product", {})
    for _ in range(50):
        with pytest.raises(NameError, match="name 'product' is not defined"):
            module["f"]()


def test_imports_and_classes_work_whatever_the_notebook_holds():
    module = run("import math\nclass A: pass\ndef f():\n  class B(A): pass\n  import json\n  return B, json", {})
    assert module["f"]()[1].dumps(1) == "1"


def test_notebook_names_write_and_miss():
    namespace: dict[str, object] = {}
    names = NotebookNames(namespace)
    names["a"] = 1
    assert namespace == {"a": 1}
    assert names["a"] == 1
    del names["a"]
    with pytest.raises(NameError, match="'a' is not defined in the notebook"):
        names["a"]
    with pytest.raises(NameError, match="'a'"):
        del names["a"]

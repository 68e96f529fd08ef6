import functools
import textwrap
import types
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import pytest
from pydantic import BaseModel

from notebook_routes.errors import CellError
from notebook_routes.runtime.parameters import first_line, parameters_of, runs_on_loop, wraps_async


def told(function):
    """Names and types as they are asked for."""
    return {each.name: each.annotation for each in parameters_of(function)}


def plain(id: int, *, page: int = 1):  # noqa: A002 - a segment's usual name
    return id, page


async def later(id: int):  # noqa: A002 - the same
    return id


async def steps(id: int):  # noqa: A002 - the same
    yield id


def passing_on(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


class Handler:
    def __call__(self, id: int):  # noqa: A002 - the same
        return id

    def method(self, id: int):  # noqa: A002 - the same
        return id

    @passing_on
    def wrapped(self, id: int):  # noqa: A002 - the same
        return id


class Later:
    async def __call__(self, id: int):  # noqa: A002 - the same
        return id


@dataclass
class Lamp:
    id: int


class Shade(BaseModel):
    id: int
    data: str = ""


class Place(NamedTuple):
    id: int


@pytest.mark.parametrize(
    "function",
    [
        later,
        steps,
        passing_on(later),
        passing_on(passing_on(later)),
        functools.cache(later),
        functools.partial(plain, page=2),
        Handler(),
        Handler().method,
        Handler().wrapped,
        Lamp,
        Place,
    ],
)
def test_any_callable_tells_its_parameters(function):
    assert told(function) == {"id": int}


def test_a_lambda_has_names_without_types():
    (parameter,) = parameters_of(lambda id: id)  # noqa: A006 - a segment's usual name
    assert (parameter.name, parameter.annotation) == ("id", parameter.empty)


def test_a_model_keeps_its_own_types():
    # BaseModel.__init__ has a parameter `data` too.
    assert told(Shade) == {"id": int, "data": str}


def test_what_a_partial_has_fixed_is_not_asked_for():
    assert told(functools.partial(plain, 1)) == {"page": int}
    assert told(functools.partial(functools.partial(plain, 1), page=2)) == {}


def test_a_wrapper_that_passes_on_is_asked_beside_what_it_wraps():
    def logged(function):
        @functools.wraps(function)
        def wrapper(*args, request, **kwargs):
            return function(*args, **kwargs)

        return wrapper

    assert list(told(logged(plain))) == ["request", "id", "page"]
    assert list(told(passing_on(logged(plain)))) == ["request", "id", "page"]


def test_a_wrapper_that_takes_no_others_is_asked_alone():
    def with_user(function):
        @functools.wraps(function)
        def wrapper(request):
            return function(request, "anna")

        return wrapper

    @with_user
    def handler(request, user):
        return user

    assert list(told(handler)) == ["request"]
    assert list(told(passing_on(handler))) == ["request"]


def test_a_signature_of_its_own_is_believed():
    @passing_on
    def wrapper(other): ...

    import inspect

    wrapper.__signature__ = inspect.signature(plain)
    assert list(told(wrapper)) == ["id", "page"]


def module(source, **names):
    """Names of a module whose annotations are text."""
    made = types.ModuleType("cells")
    made.__dict__.update(names)
    exec("from __future__ import annotations\n" + textwrap.dedent(source), made.__dict__)
    return made


def test_annotations_that_are_text_are_evaluated():
    made = module(
        """
        import functools
        from typing import Annotated

        Id = int

        def handler(id: Id, many: list[Id], noted: Annotated[Id, "note"]): ...

        class Callable:
            def __call__(self, id: Id): ...

        class Lamp:
            def __init__(self, id: Id): ...

        partial = functools.partial(handler, 1)
        called = Callable()
        """
    )
    assert told(made.handler) == {"id": int, "many": list[int], "noted": Annotated[int, "note"]}
    assert told(passing_on(made.handler)) == told(made.handler)
    assert told(made.partial) == {"many": list[int], "noted": Annotated[int, "note"]}
    assert told(made.called) == told(made.Lamp) == {"id": int}


def test_a_class_that_is_not_defined_yet_is_named():
    made = module("def GET(item: Item): ...")
    with pytest.raises(CellError, match=r"an annotation of GET names `Item`, which is not defined: define it"):
        parameters_of(made.GET)


@pytest.mark.parametrize("annotation", ["no type(", "types.Nothing", "1 / 0"])
def test_an_annotation_that_fails_is_said(annotation):
    made = module(f"import types\ndef GET(item: {annotation!r}): ...")
    with pytest.raises(CellError, match="an annotation of GET cannot be read: "):
        parameters_of(made.GET)


def test_a_builtin_without_a_signature_is_refused():
    with pytest.raises(CellError, match=r"which parameters dict has: write a function around it, `return dict\(...\)`"):
        parameters_of(dict)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (plain, False),
        (lambda: later(1), False),
        (later, True),
        (steps, True),
        (functools.partial(functools.partial(later), 1), True),
        (Later(), True),
        (Later, False),
        (Handler(), False),
        (Handler().method, False),
        (passing_on(later), False),
    ],
)
def test_async_def_runs_on_the_loop(function, expected):
    assert runs_on_loop(function) is expected


def test_a_plain_wrapper_of_an_async_def_is_told_apart():
    assert wraps_async(passing_on(passing_on(later)))
    assert not wraps_async(later)
    assert not wraps_async(passing_on(plain))


def test_the_line_is_that_of_the_users_function():
    assert first_line(passing_on(plain)) == plain.__code__.co_firstlineno
    assert first_line(functools.partial(plain)) == plain.__code__.co_firstlineno
    assert first_line(Handler()) == Handler.__call__.__code__.co_firstlineno
    assert first_line(print) is None

"""Which function of a module is the handler."""

from __future__ import annotations

from functools import partial

import pytest

from notebook_routes.errors import CellError
from notebook_routes.runtime.api import find_handler, without_effect


def handler(req, res):
    res.end()


class Callable:
    def __call__(self, req, res):
        res.end()


@pytest.mark.parametrize(
    "value",
    [
        handler,
        lambda a, b: None,
        lambda a, b, c=1: None,
        lambda *both: None,
        partial(lambda a, b, c: None, 1),
        Callable(),
    ],
)
def test_any_callable_of_two_arguments(value):
    assert find_handler({"handler": value, "other": 1}) is value


def test_default_comes_first():
    wrapped = partial(handler)
    assert find_handler({"handler": handler, "default": wrapped}) is wrapped


def gives(req, res):
    yield 1


async def gives_later(req, res):
    yield 1


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({}, "this one has none: write def handler"),
        ({"handle": handler}, "this one has none"),
        ({"GET": handler, "POST": handler}, "this defines GET, POST, as a Route Handler does"),
        ({"handler": 5}, "handler is 5 and no function"),
        ({"default": None, "handler": handler}, "default is None and no function"),
        ({"handler": lambda: None}, r"handler\(\) is called with two arguments"),
        ({"handler": lambda req: None}, r"handler\(req\) is called with two arguments"),
        ({"handler": lambda a, b, c: None}, r"handler\(a, b, c\) is called with two arguments"),
        ({"handler": lambda req, *, res: None}, "is called with two arguments"),
        ({"handler": gives}, "handler has a yield: an API Route answers whole"),
        ({"handler": gives_later}, "handler has a yield"),
    ],
)
def test_what_is_no_handler(found, message):
    with pytest.raises(CellError, match=message):
        find_handler(found)


def test_the_line_of_a_handler_that_cannot_be_called():
    with pytest.raises(CellError) as caught:
        find_handler({"handler": gives})
    assert caught.value.line == gives.__code__.co_firstlineno


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["handler", "config", "helper"], []),
        (["handler", "revalidate"], ["revalidate says nothing in an API Route"]),
        (["handler", "tags", "GET"], ["GET, tags say nothing in an API Route"]),
    ],
)
def test_what_says_nothing(names, said):
    assert [text.partition(":")[0] for text in without_effect(names)] == said

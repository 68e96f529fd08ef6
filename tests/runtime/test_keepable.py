import enum
from collections import OrderedDict
from typing import NamedTuple

import pytest

from notebook_routes.errors import CacheError
from notebook_routes.runtime.keepable import check_keepable, checked_tags


class Level(enum.IntEnum):
    LOW = 1


class Pair(NamedTuple):
    a: int
    b: int


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "a", [1, (2, {"a": None})], {}], ids=repr)
def test_what_json_can_write_and_read_unchanged(value):
    check_keepable(value, "it")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Level.LOW, "it is a Level"),
        (Pair(1, 2), "it is a Pair"),
        (OrderedDict(), "it is an OrderedDict"),
        ({"a": [b"x"]}, r"it holds a bytes at \['a'\]\[0\]"),
        ([{None: 1}], r"it holds a dict with the key None, which is no text at \[0\]"),
        (float("inf"), "it is the number inf, which JSON does not know"),
    ],
    ids=repr,
)
def test_all_else_is_named_with_its_place(value, said):
    with pytest.raises(CacheError, match=rf"the value cannot be kept: {said}\. None, bool, int"):
        check_keepable(value, "the value")


def test_what_contains_itself():
    endless = []
    endless.append(endless)
    with pytest.raises(CacheError, match="nested too deeply"):
        check_keepable(endless, "it")


def test_tags():
    assert checked_tags(iter(["a", "b"]), "fetch") == ("a", "b")

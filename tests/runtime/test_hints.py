import sys
import typing
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, TypeVar
from uuid import UUID

import pytest
import typing_extensions
from pydantic import AfterValidator, BaseModel, Field

from notebook_routes.errors import CellError, ValidationFailed
from notebook_routes.runtime.hints import converter, holds_model, is_many, is_scalar, name_of, without_none

T = TypeVar("T")
Id = NewType("Id", int)
Ids = typing_extensions.TypeAliasType("Ids", list[int])


@dataclass
class Lamp:
    price: int


@dataclass
class Page(Generic[T]):
    items: list[T]


class Shade(BaseModel):
    price: int


class Old(typing.TypedDict):
    price: int


class New(typing_extensions.TypedDict):
    price: int


class Order(typing.TypedDict, total=False):
    lamps: typing.Required[list[Old]]
    note: str
    parts: "typing.NotRequired[dict[str, Old | None]]"


class Place(NamedTuple):
    x: int


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Size(Enum):
    SMALL = 1
    LARGE = 2


class Level(IntEnum):
    LOW = 1


MODELS = [Lamp, Page[int], Shade, Old, New, Order]


@pytest.mark.parametrize("model", MODELS)
def test_a_model_is_for_a_body_also_in_a_list_or_where_it_may_be_missing(model):
    for hint in (model, list[model], model | None, Annotated[model, "note"], dict[str, model], list[model | None]):
        assert holds_model(hint)
        assert not is_scalar(hint)


SCALARS = [int, str, float, bool, bytes, date, datetime, UUID, Decimal, Path, Colour, Size, Literal["a", 1], Id, Any]


@pytest.mark.parametrize("hint", SCALARS)
def test_a_scalar_is_for_the_url_one_or_several(hint):
    for each in (hint, hint | None if hint is not Any else hint, Annotated[hint, Field(description="x")]):
        assert is_scalar(each)
        assert not is_many(each)
        assert not holds_model(each)
    for several in (list[hint], set[hint], tuple[hint, ...], frozenset[hint], Annotated[list[hint], "x"]):
        assert is_scalar(several)
        assert is_many(several)
        assert is_many(typing.Optional[several])  # noqa: UP045 - the older spelling


@pytest.mark.parametrize("hint", [dict, dict[str, int], object, type(None), Place, typing.Callable[[], int]])
def test_what_no_text_can_become_is_no_scalar(hint):
    assert not is_scalar(hint)
    assert not holds_model(hint)


def test_aliases_are_looked_through():
    assert is_many(Ids)
    assert is_scalar(Ids)
    assert is_many(list)
    assert not is_many(Id)


def test_none_is_taken_away():
    assert without_none(Lamp | None) is Lamp
    assert without_none(Annotated[Lamp | None, "x"]) is Lamp
    assert without_none(Lamp) is Lamp
    assert without_none(int | str | None) == int | str | None


def test_types_are_called_as_they_are_written():
    assert name_of(int) == "int"
    assert name_of(list[int]) == "list[int]"
    assert name_of(int | None) == "int | None"
    assert name_of(Literal["a"]) == "typing.Literal['a']"


@pytest.mark.parametrize(
    ("hint", "text", "value"),
    [
        (int, "7", 7),
        (float, "1e3", 1000.0),
        (bool, "true", True),
        (bool, "0", False),
        (bool, "on", True),
        (date, "2030-01-02", date(2030, 1, 2)),
        (UUID, "12345678-1234-5678-1234-567812345678", UUID("12345678-1234-5678-1234-567812345678")),
        (Decimal, "0.10", Decimal("0.10")),
        (Path, "a/b", Path("a/b")),
        (Colour, "red", Colour.RED),
        (Size, "2", Size.LARGE),
        (Level, "1", Level.LOW),
        (Literal["a", "b"], "b", "b"),
        (Literal[1, 2], "2", 2),
        (Literal[True], "true", True),
        (Literal["a", 1] | None, "1", 1),
        (Annotated[Literal[1, 2], AfterValidator(lambda value: value * 10)], "2", 20),
        (list[Literal[1, 2]], ["2", "1"], [2, 1]),
        (set[Size], ["1", "1"], {Size.SMALL}),
        (tuple[int, str], ["1", "1"], (1, "1")),
        (tuple[Size, ...], ["1", "2"], (Size.SMALL, Size.LARGE)),
        (Id, "3", 3),
        (Ids, ["1", "2"], [1, 2]),
        (int | None, "3", 3),
        (Any, "3", "3"),
    ],
)
def test_text_becomes_a_value(hint, text, value):
    found = converter(hint, ("query", "x"), from_text=True)(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("hint", "text"),
    [
        (int, "seven"),
        (int, ""),
        (int, "1.5"),
        (bool, "maybe"),
        (date, "2030-02-30"),
        (UUID, "1"),
        (Colour, "RED"),
        (Size, "3"),
        (Literal[1, 2], "3"),
        (Literal["a"], "A"),
        (Annotated[int, Field(ge=1, le=9)], "10"),
    ],
)
def test_what_is_no_value_says_where_it_stands(hint, text):
    with pytest.raises(ValidationFailed) as failed:
        converter(hint, ("query", "x"), from_text=True)(text)
    (problem,) = failed.value.problems
    assert problem["loc"] == ("query", "x")
    assert problem["msg"]
    assert str(failed.value).startswith("query.x: ")


def test_each_wrong_one_of_several_is_named():
    with pytest.raises(ValidationFailed) as failed:
        converter(list[int], ("query", "ids"), from_text=True)(["1", "b", "3", "d"])
    assert [problem["loc"] for problem in failed.value.problems] == [("query", "ids", 1), ("query", "ids", 3)]


def test_a_number_of_json_is_taken_as_it_is():
    assert converter(Size, ("body",), from_text=False)(2) is Size.LARGE
    assert converter(Literal[1, 2], ("body",), from_text=False)(2) == 2
    with pytest.raises(ValidationFailed):
        converter(Literal[1, 2], ("body",), from_text=False)("2")


@pytest.mark.parametrize("model", [Lamp, Shade, Old, New])
def test_a_model_is_made_of_a_mapping(model):
    made = converter(model, ("body",), from_text=False)({"price": "30"})
    assert getattr(made, "price", None) == 30 or made == {"price": 30}
    with pytest.raises(ValidationFailed) as failed:
        converter(model, ("body",), from_text=False)({"price": "much"})
    assert failed.value.problems[0]["loc"] == ("body", "price")


def test_a_typed_dict_keeps_what_is_required_at_any_depth():
    convert = converter(Order, ("body",), from_text=False)
    assert convert({"lamps": [{"price": "1"}]}) == {"lamps": [{"price": 1}]}
    assert convert({"lamps": [], "note": "x", "parts": {"a": None, "b": {"price": "2"}}}) == {
        "lamps": [],
        "note": "x",
        "parts": {"a": None, "b": {"price": 2}},
    }
    with pytest.raises(ValidationFailed) as failed:
        convert({"parts": {"a": {}}})
    assert {problem["loc"] for problem in failed.value.problems} == {
        ("body", "lamps"),
        ("body", "parts", "a", "price"),
    }


def test_a_type_that_pydantic_does_not_know_is_refused():
    with pytest.raises(CellError, match=r"`lock` cannot be checked: Thing is no type that pydantic knows \("):
        converter(type("Thing", (), {}), ("query", "lock"), from_text=True)


def test_a_class_that_is_not_defined_yet_is_named():
    @dataclass
    class Shelf:
        lamps: "list[Nowhere]"  # noqa: F821 - the point

    with pytest.raises(CellError, match=r"`body` cannot be checked: Shelf names `Nowhere`, which is not defined: "):
        converter(Shelf, ("body",), from_text=False)


def test_the_typed_dict_of_an_older_python_is_the_only_one_renewed():
    # What pydantic knows by itself keeps its identity.
    assert (sys.version_info < (3, 12)) == (type(Old).__module__ == "typing" and _is_renewed(Old))
    assert not _is_renewed(New)


def _is_renewed(kind):
    from notebook_routes.runtime.hints import _checkable

    return _checkable(kind, from_text=False) is not kind

from typing import Annotated

import pytest
from pydantic import Field

from notebook_routes.runtime.markers import CookieParam, Form, Header, hides_marker, is_marker, take_marker


def test_the_marker_is_taken_off_and_the_rest_stays():
    limit = Field(max_length=3)
    assert take_marker(Annotated[str, Header()]) == (str, [Header()])
    assert take_marker(Annotated[str, limit, Form("title")]) == (Annotated[str, limit], [Form("title")])
    assert take_marker(Annotated[str, limit]) == (Annotated[str, limit], [])
    assert take_marker(list[int]) == (list[int], [])


def test_the_class_alone_is_as_good():
    assert take_marker(Annotated[str, CookieParam]) == (str, [CookieParam()])
    assert all(is_marker(value) for value in (Header, Header("x"), Form, CookieParam()))
    assert not any(is_marker(value) for value in (str, "Header", None, [], object()))


def test_all_markers_are_found():
    assert take_marker(Annotated[Annotated[str, Header()], Form()]) == (str, [Header(), Form()])


@pytest.mark.parametrize(
    ("hint", "hidden"),
    [
        (Annotated[str, Header()] | None, True),
        (list[Annotated[str, Header()] | None], True),
        (str | None, False),
        (Annotated[str | None, "a comment"], False),
    ],
)
def test_a_marker_on_a_part_is_seen(hint, hidden):
    assert hides_marker(hint) is hidden

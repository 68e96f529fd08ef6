import ast

import pytest

from notebook_routes.routing import SegmentConfig, parse_directive
from notebook_routes.runtime.constants import find_constants, literal, same_constant, write_constants


def test_options_are_written_as_a_formatter_leaves_them():
    directive = parse_directive("GET /x --revalidate 60 --tag a --tag b --cors https://a.b")
    assert write_constants(directive.options) == [
        "revalidate = 60",
        'tags = ["a", "b"]',
        'cors = {"origins": ["https://a.b"]}',
    ]


@pytest.mark.parametrize("value", ["", "a'b", 'a"b', "a'\"b", "a\\b\n", False, None, 1.5, ["x", {"y": 2}]])
def test_literals_are_read_back(value):
    assert ast.literal_eval(literal(value)) == value


def test_values_that_say_the_same():
    assert same_constant(("a",), ["a"])
    assert not same_constant(True, 1)
    assert not same_constant(False, 0)


def test_constants_are_found_also_when_misspelled():
    found = find_constants({"revalidate": 1, "maxDuration": 2, "helper": 3})
    assert found == {"revalidate": 1, "maxDuration": 2}
    with pytest.raises(Exception, match="max_duration"):
        SegmentConfig.from_constants(found)

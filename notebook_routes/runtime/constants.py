"""Segment config as module constants: their names, and how a magic line's options are written."""

from __future__ import annotations

import re
from collections.abc import Mapping

from notebook_routes.routing import CONFIG_NAMES

_CAPITAL = re.compile("[A-Z]")


def find_constants(found: Mapping[str, object]) -> dict[str, object]:
    """The segment config among a module's names.

    Names spelled as in JavaScript (`maxDuration`) are found too: `SegmentConfig` says how to spell them.
    """
    return {name: value for name, value in found.items() if _in_snake_case(name) in CONFIG_NAMES}


def _in_snake_case(name: str) -> str:
    return _CAPITAL.sub(lambda letter: "_" + letter.group().lower(), name)


def write_constants(options: Mapping[str, object]) -> list[str]:
    """The options of a magic line as lines of Python, `revalidate = 60`."""
    return [f"{name} = {literal(value)}" for name, value in options.items()]


def literal(value: object) -> str:
    """A value of an option as a formatter would leave it: double quotes, and a list for every sequence."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    text = repr(value)
    if isinstance(value, str) and text.startswith("'") and '"' not in text:
        return f'"{text[1:-1]}"'
    return text


def same_constant(left: object, right: object) -> bool:
    """Whether two values of a constant say the same; (1, 2) and [1, 2] do, True and 1 do not."""
    return literal(left) == literal(right)

"""The options of the line: `--revalidate 60 --tag shop`, each of which stands for a constant of the module.

An option is written `--name value` or `--name=value`, and only `--tag` and `--cors` more than once.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_routes.errors import ConfigError, DirectiveError
from notebook_routes.routing.config import SegmentConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# A word processor joins two dashes into one of these.
_LONG_DASHES = ("\N{EN DASH}", "\N{EM DASH}")


def is_option(word: str) -> bool:
    """Say whether a word of the line is meant as an option."""
    return word.startswith(("--", *_LONG_DASHES))


def option_names() -> list[str]:
    """The options that a line of a route can have, with their dashes."""
    return list(_OPTIONS)


def take_option(word: str, words: list[str]) -> tuple[str, str]:
    """Read one option; its value is taken off the words that follow, unless it is in the same word.

    Returns:
        Name, with the dashes, and value.

    Raises:
        DirectiveError: there is no such option, or no value.
    """
    name, equals, value = word.partition("=")
    if word[0] in _LONG_DASHES:
        raise DirectiveError(f'"{shown(word)}" has a long dash: write --{word.lstrip("-" + "".join(_LONG_DASHES))}')
    if name not in _OPTIONS:
        known = f"the options are {', '.join(_OPTIONS)}"
        close = difflib.get_close_matches(name, _OPTIONS, n=1)
        raise DirectiveError(f'"{shown(name)}" is no option: {f"write {close[0]} ({known})" if close else known}')
    if not equals and words and not is_option(words[0]):
        value = words.pop(0)
    value = value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value
    if not value:
        raise DirectiveError(f'"{name}" has no value: write {name} {_OPTIONS[name].example}')
    return name, value


def read_options(given: Mapping[str, list[str]]) -> dict[str, object]:
    """Turn the values of each option into constants, checked as those of a module are.

    Raises:
        DirectiveError: an option that has one value was written twice.
        ConfigError: a value is not one that the option can have.
    """
    for name, values in given.items():
        if len(values) > 1 and not _OPTIONS[name].repeatable:
            raise DirectiveError(f'"{name} {shown(values[1])}" is a second {name}: write it once')
    constants = {option.constant: option.read(name, given[name]) for name, option in _OPTIONS.items() if name in given}
    SegmentConfig.from_constants(constants)
    return constants


def shown(text: str) -> str:
    """Shorten a word for a message."""
    return text if len(text) <= 60 else f"{text[:57]}..."


def _text(_name: str, values: list[str]) -> object:
    return values[0]


def _lifetime(name: str, values: list[str]) -> object:
    if values[0] in {"false", "False"}:
        return False
    if re.fullmatch(r"[0-9]{1,12}", values[0]):
        return int(values[0])
    raise ConfigError(f"{name} {shown(values[0])}: write whole seconds, 0 for never kept, or false for kept for ever")


def _seconds(name: str, values: list[str]) -> object:
    if re.fullmatch(r"[0-9]{1,12}", values[0]):
        return int(values[0])
    if re.fullmatch(r"[0-9]{0,12}\.[0-9]{1,12}", values[0]):
        return float(values[0])
    raise ConfigError(f"{name} {shown(values[0])}: write a number of seconds above 0, such as 30")


def _all(_name: str, values: list[str]) -> object:
    return tuple(dict.fromkeys(values))


def _origins(_name: str, values: list[str]) -> object:
    return {"origins": list(dict.fromkeys(values))}


@dataclass(frozen=True, slots=True)
class _Option:
    constant: str
    read: Callable[[str, list[str]], object]
    example: str
    repeatable: bool = False


_OPTIONS: Mapping[str, _Option] = {
    "--revalidate": _Option("revalidate", _lifetime, "60"),
    "--tag": _Option("tags", _all, "products", repeatable=True),
    "--dynamic": _Option("dynamic", _text, "force-static"),
    "--runtime": _Option("runtime", _text, "edge"),
    "--max-duration": _Option("max_duration", _seconds, "30"),
    "--cors": _Option("cors", _origins, "https://shop.example", repeatable=True),
}

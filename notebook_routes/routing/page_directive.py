"""The grammar of the line that makes a cell a page.

    /path [--jinja] [--height PIXELS] [--option value ...]

    /products/[id] --jinja --revalidate 60

The options of a route's line, and two of its own.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_routes.errors import ConfigError, DirectiveError
from notebook_routes.routing.directive import Directive, parse_directive, split_words
from notebook_routes.routing.options import is_option, option_names, shown
from notebook_routes.routing.route import METHODS

if TYPE_CHECKING:
    from notebook_routes.routing.pattern import RoutePattern

_JINJA, _HEIGHT = "--jinja", "--height"
_HIGHEST = 10_000


@dataclass(frozen=True, slots=True)
class PageDirective:
    """What the line of a page says; made by `parse_page_directive`.

    Attributes:
        directive: path and options, as of a route's line in module form.
        jinja: whether the cell is a Jinja2 template.
        height: of the frame below the cell in pixels, None for the usual one.
    """

    directive: Directive
    jinja: bool = False
    height: int | None = None

    @property
    def pattern(self) -> RoutePattern:
        """Where the page is."""
        return self.directive.pattern


def parse_page_directive(line: str) -> PageDirective:
    """Read the line of a page's cell, without the magic's own name.

    Raises:
        DirectiveError: the line cannot be read; the message quotes the word and says what to write.
        InvalidPattern: its path cannot be a page's.
        ConfigError: an option has a value that it cannot have.
    """
    words = list(split_words(line))
    kept: list[str] = []
    plain: list[str] = []
    heights: list[int] = []
    jinja = False
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        if name == _JINJA:
            if equals:
                raise DirectiveError(f'"{shown(word)}": {_JINJA} has no value, write {_JINJA} alone')
            jinja = True
        elif name == _HEIGHT:
            heights.append(_height(value if equals or not words else words.pop(0)))
        elif is_option(word):
            _refuse_misspelt(name)
            kept.append(word)
            if not equals and words and not is_option(words[0]):
                kept.append(words.pop(0))
        else:
            kept.append(word)
            plain.append(word)
    if len(heights) > 1:
        raise DirectiveError(f'"{_HEIGHT} {heights[1]}" is a second {_HEIGHT}: write it once')
    _refuse_more_than_path(plain)
    return PageDirective(parse_directive(" ".join(kept)), jinja, heights[0] if heights else None)


def _height(value: str) -> int:
    if value.isascii() and value.isdecimal() and 0 < int(value[:9]) <= _HIGHEST:
        return int(value)
    raise ConfigError(f"{_HEIGHT} {shown(value)}: write whole pixels up to {_HIGHEST}, such as 400")


def _refuse_misspelt(name: str) -> None:
    """Name the options of pages where one of them is meant; those of routes are explained with theirs."""
    if name not in option_names():
        close = difflib.get_close_matches(name, [*option_names(), _JINJA, _HEIGHT], n=1)
        if close and close[0] in (_JINJA, _HEIGHT):
            raise DirectiveError(f'"{shown(name)}" is no option: write {close[0]}')


def _refuse_more_than_path(plain: list[str]) -> None:
    if not plain:
        raise DirectiveError("The line has no path: write %%page /path")
    path = next((word for word in plain if word.startswith("/")), "/path")
    if plain[0].upper() in METHODS:
        raise DirectiveError(f'"{shown(plain[0])}" is a method, and a page answers GET: write %%page {path}')
    for word in plain[1:]:
        if not word.startswith(("/", "-")):
            name = shown(word.partition(":")[0].partition("=")[0])
            raise DirectiveError(
                f'"{shown(word)}" is a parameter, and a page has none: its script reads the URL, '
                f'a template (--jinja) has {{{{ query.get("{name}") }}}}'
            )

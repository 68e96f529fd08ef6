"""The grammar of the line that makes a cell an API Route: a path below `/api`, and nothing else.

    /api/products/[id]

What a route says by options, an API Route says in its `config`.
"""

from __future__ import annotations

from notebook_routes.errors import DirectiveError
from notebook_routes.routing.directive import Directive, split_words
from notebook_routes.routing.options import is_option, shown
from notebook_routes.routing.pattern import RoutePattern
from notebook_routes.routing.route import METHODS

_FOLDER = "/api"


def parse_api_directive(line: str) -> Directive:
    """Read the line of an API Route's cell, without the magic's own name.

    Raises:
        DirectiveError: the line cannot be read; the message quotes the word and says what to write.
        InvalidPattern: its path cannot be a route's.
    """
    words = list(split_words(line))
    path = next((word for word in words if word.startswith("/")), "/api/hello")
    for word in words:
        if is_option(word):
            raise DirectiveError(
                f'"{shown(word)}" is an option, and an API Route has none on its line: write into the cell '
                'config = {"api": {"body_parser": {"size_limit": "1mb"}}, "max_duration": 30}'
            )
    if not words:
        raise DirectiveError(f"The line has no path: write %%api {path}")
    if words[0].upper() in METHODS:
        raise DirectiveError(
            f'"{shown(words[0])}" is a method, and an API Route answers all of them: write %%api {path}, '
            "and ask for req.method in the handler"
        )
    if len(words) > 1:
        raise DirectiveError(f'"{shown(words[1])}" is too much: the line of an API Route is its path, %%api {path}')
    pattern = RoutePattern.parse(words[0])
    if pattern.path != _FOLDER and not pattern.path.startswith(f"{_FOLDER}/"):
        raise DirectiveError(
            f'"{shown(words[0])}" is not below {_FOLDER}, where API Routes are: write %%api {_FOLDER}{pattern.path}'
        )
    if pattern.text != pattern.path:
        raise DirectiveError(f"{pattern.text}: an API Route has no groups and no slots, write %%api {pattern.path}")
    return Directive(method=None, pattern=pattern, parameters=(), options={})

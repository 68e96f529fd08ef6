r"""`{{expr}}` in a `%%request` cell: a Python expression of the notebook inside text.

The expression ends at the first `}}` that leaves valid Python, so that dicts, sets and strings with braces
need no care: `{{ {"a": {"b": 1}} }}`. `\{{` is a plain `{{`; a `}}` outside a template is plain anyway.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_routes.errors import CellError
from notebook_routes.project.expectation import parse_expression
from notebook_routes.web import json_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_OPENING = re.compile(r"(\\?)\{\{")
#: With more `}}` than this ahead, the expression is wrong rather than long: trying them all takes only time.
_MOST_CLOSINGS = 200


@dataclass(frozen=True, slots=True)
class Template:
    """One `{{expr}}` in a text.

    Attributes:
        expression: the Python expression, stripped; in parentheses if it spans lines.
        start: where `{{` begins in the text.
        end: where the text goes on, behind `}}`.
        line: the line in the cell, or None if it is not known.
        source: the line of the text in which it begins.
    """

    expression: str
    start: int
    end: int
    line: int | None
    source: str


def expand_template(
    text: str, evaluate: Callable[[str], object], *, json: bool = False, lines: Sequence[int] = ()
) -> str:
    r"""Put the values of the notebook in the place of every `{{expr}}`; `\{{` becomes `{{`.

    Args:
        text: what the user wrote.
        evaluate: gives the value of an expression.
        json: dicts and lists are written as JSON, as a body needs them; all else is `str()` of itself.
        lines: the cell's line number of each line of the text, for messages.

    Raises:
        CellError: a template is not closed or not an expression, or its evaluation raised.
    """
    parts: list[str] = []
    position = 0
    for template in find_templates(text, lines=lines):
        parts.append(_plain(text[position : template.start]))
        parts.append(_value(template, evaluate, json=json))
        position = template.end
    parts.append(_plain(text[position:]))
    return "".join(parts)


def find_templates(text: str, *, lines: Sequence[int] = ()) -> tuple[Template, ...]:
    """Find every `{{expr}}`, without evaluating any.

    Raises:
        CellError: a template is not closed, or what it holds is not a Python expression.
    """
    found: list[Template] = []
    position = 0
    while opening := _OPENING.search(text, position):
        if opening[1]:
            position = opening.end()
            continue
        template = _template(text, opening.start(), lines)
        found.append(template)
        position = template.end
    return tuple(found)


def split_words(text: str, *, lines: Sequence[int] = ()) -> list[str]:
    """Split at white space, but not inside `{{expr}}`.

    Raises:
        CellError: as `find_templates`.
    """
    masked = text
    for template in find_templates(text, lines=lines):
        masked = masked[: template.start] + "x" * (template.end - template.start) + masked[template.end :]
    return [text[word.start() : word.end()] for word in re.finditer(r"\S+", masked)]


def _template(text: str, start: int, lines: Sequence[int]) -> Template:
    row = text.count("\n", 0, start)
    # What stands above the first line, as a line magic's words do, has no number.
    line = (lines[row] or None) if row < len(lines) else None
    source = text.split("\n")[row]
    first_error: SyntaxError | None = None
    closing = text.find("}}", start + 2)
    shortest = text[start + 2 : closing].strip()
    for _ in range(_MOST_CLOSINGS):
        if closing < 0:
            break
        expression = text[start + 2 : closing].strip()
        if "\n" in expression:
            expression = f"(\n{expression}\n)"
        try:
            parse_expression(expression)
        except SyntaxError as error:
            first_error = first_error or error
        else:
            return Template(expression, start, closing + 2, line, source)
        closing = text.find("}}", closing + 1)
    if first_error is None:
        message = r"`{{` is never closed: write `}}` behind the expression, or `\{{` for plain braces"
    elif not shortest:
        message = r"`{{}}` is empty: write a Python expression inside, or `\{{` for plain braces"
    else:
        message = (
            f"`{shortest}` is not a Python expression ({first_error.msg}): "
            r"write one between `{{` and `}}`, or `\{{` for plain braces"
        )
    raise CellError(message, line=line, text=source) from first_error


def _value(template: Template, evaluate: Callable[[str], object], *, json: bool) -> str:
    try:
        value = evaluate(template.expression)
        if json and isinstance(value, (dict, list)):
            return json_bytes(value).decode()
        return str(value)
    except Exception as error:
        shown = " ".join(template.expression.split())
        raise CellError(
            f"`{{{{{shown}}}}}` could not be read from the notebook: {type(error).__name__}: {error}",
            line=template.line,
            text=template.source,
        ) from error


def _plain(text: str) -> str:
    return text.replace(r"\{{", "{{")

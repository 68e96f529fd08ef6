"""The grammar of the line that makes a cell a route.

    [METHOD] /path [name:type[=default] ...] [--option value ...]

    GET /products/[id] id:int page:int=1 --revalidate 60 --tag products

With a method, the cell is the body of one handler, and the parameters of the line become the handler's.
Without one, the cell is a whole module, whose functions have parameters of their own. Types and defaults are
Python expressions: brackets and quotes may hold spaces, and `q: str | None = None` may be spaced as in a
signature. The path is written as it stands in a URL, so that a space in it is %20.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_routes.errors import DirectiveError
from notebook_routes.routing.options import is_option, read_options, shown, take_option
from notebook_routes.routing.pattern import RoutePattern, is_parameter_name
from notebook_routes.routing.route import METHODS
from notebook_routes.routing.segment import RESERVED_NAMES, OptionalCatchAll

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class LineParameter:
    """One typed parameter of the line.

    Attributes:
        name: a Python identifier.
        annotation: the source of the type; where only a default was written, the name of the default's type.
        default: the source of the default, or None where the client has to give a value.
    """

    name: str
    annotation: str
    default: str | None = None

    def __str__(self) -> str:
        return f"{self.name}: {self.annotation}" + ("" if self.default is None else f" = {self.default}")


@dataclass(frozen=True, slots=True)
class Directive:
    """What a line says; made by `parse_directive`.

    Attributes:
        method: "GET" and so on for body form, None for module form.
        pattern: where the route answers.
        parameters: the typed parameters, from the left.
        options: the line's options as module constants, checked: `{"revalidate": 60, "tags": ("shop",)}`.
    """

    method: str | None
    pattern: RoutePattern
    parameters: tuple[LineParameter, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict, hash=False)


def parse_directive(line: str) -> Directive:
    """Read the line of a route cell, without the magic's own name.

    Raises:
        DirectiveError: the line cannot be read; the message quotes the word and says what to write.
        InvalidPattern: its path cannot be a route.
        ConfigError: an option has a value that it cannot have.
    """
    words = list(split_words(line))
    plain: list[str] = []
    given: dict[str, list[str]] = {}
    while words:
        word = words.pop(0)
        if is_option(word):
            name, value = take_option(word, words)
            given.setdefault(name, []).append(value)
        else:
            plain.append(word)
    method = _method(plain)
    pattern = RoutePattern.parse(_path(plain, method))
    parameters = _parameters(plain, method, pattern)
    return Directive(method, pattern, parameters, read_options(given))


_CLOSING = {"(": ")", "[": "]", "{": "}"}


def split_words(line: str) -> Iterator[str]:
    """Cut the line at spaces, but not inside the quotes and brackets of an expression.

    Raises:
        DirectiveError: a quote or bracket is not closed, or there is a comment.
    """
    rest = line.strip()
    while rest:
        # A path is cut at spaces alone: a bracket too few is for the pattern to explain.
        end = _word_end(rest) if not rest.startswith("/") else len(rest.split(maxsplit=1)[0])
        word, rest = rest[:end], rest[end:].strip()
        while rest and _goes_on(word, rest):
            gap = _word_end(rest)
            word, rest = f"{word} {rest[:gap]}", rest[gap:].strip()
        yield word


def _goes_on(word: str, rest: str) -> bool:
    # `q: str | None = None` is one parameter in five words.
    if word in METHODS or word.startswith(("/", "-")) or rest.startswith("--"):
        return False
    return word[-1] in ":=|" or rest[0] in ":=|"


def _word_end(text: str) -> int:
    for position, char in _outside(text):
        if char.isspace():
            return position
        if char == "#":
            raise DirectiveError(f'"{shown(text[position:])}" is a comment: write it on a line above the magic')
    return len(text)


def _outside(text: str) -> Iterator[tuple[int, str]]:
    """Go through the characters that are outside quotes and brackets."""
    closers: list[str] = []
    quote = ""
    escaped = False
    for position, char in enumerate(text):
        if quote:
            if char == quote and not escaped:
                quote = ""
            escaped = char == "\\" and not escaped
        elif char in "'\"":
            quote = char
        elif char in _CLOSING:
            closers.append(_CLOSING[char])
        elif closers and char == closers[-1]:
            closers.pop()
        elif not closers:
            yield position, char
    if quote or closers:
        raise DirectiveError(f'"{shown(text)}" has no closing {quote or closers[-1]}')


def _method(plain: list[str]) -> str | None:
    if not plain or plain[0].startswith("/"):
        return None
    word = plain[0]
    if word in METHODS:
        return plain.pop(0)
    if word.upper() in METHODS:
        raise DirectiveError(f'"{word}" is a method in small letters: write {word.upper()}')
    if not any(other.startswith("/") for other in plain[1:]):
        raise _no_path(word)
    raise DirectiveError(f'"{shown(word)}" is no method: write one of {" ".join(METHODS)}, or none for a whole module')


def _path(plain: list[str], method: str | None) -> str:
    if not plain:
        raise DirectiveError(f"The line has no path: write {method or 'GET'} /path")
    word = plain.pop(0)
    if word in METHODS:
        raise DirectiveError(
            f'"{word}" is a second method: write one, or none in a cell that defines a function per method'
        )
    if not word.startswith("/"):
        raise _no_path(word)
    if word.count("[") > word.count("]") and plain and plain[0].endswith("]"):
        start, _, inside = f"{word} {plain[0]}".rpartition("[")
        fix = f"{start}[{'_'.join(inside.split())}"
        raise DirectiveError(f'"{shown(f"{word} {plain[0]}")}" has a space in a segment\'s name: write {shown(fix)}')
    return word


def _no_path(word: str) -> DirectiveError:
    bare = word.strip("'\"")
    # Of a whole address only the path is a route's.
    path = re.sub(r"^[a-z]+://[^/]*", "", bare).lstrip("/") if "://" in bare else bare.lstrip("/")
    return DirectiveError(f'"{shown(word)}" is no path: a path starts with "/" and has no quotes, write /{path}')


def _parameters(plain: list[str], method: str | None, pattern: RoutePattern) -> tuple[LineParameter, ...]:
    found: dict[str, LineParameter] = {}
    for word in plain:
        if word.startswith("/"):
            raise DirectiveError(f'"{shown(word)}" is a second path: write one path in a line')
        if re.match(r"-+[A-Za-z]", word):
            raise DirectiveError(f'"{shown(word)}" has one dash: options have two, write -{word}')
        if word in METHODS:
            fix = f"write {word} {pattern}" if method is None else f"write one, {method} {pattern}"
            raise DirectiveError(f'"{word}" stands behind the path, where parameters stand: {fix}')
        if method is None:
            raise DirectiveError(
                f'"{shown(word)}" is a parameter, and without a method on its line the cell is a module: '
                f"write GET {pattern} {shown(word)}, or give the parameter to the cell's functions"
            )
        parameter = _parameter(word)
        if parameter.name in found:
            raise DirectiveError(f'"{shown(word)}" declares {parameter.name} a second time: write it once')
        segment = pattern.params.get(parameter.name)
        if segment is not None and parameter.default is not None and not isinstance(segment, OptionalCatchAll):
            raise DirectiveError(
                f'"{shown(word)}" has a default, and {segment} is always there: '
                f"write {parameter.name}:{parameter.annotation}"
            )
        found[parameter.name] = parameter
    return tuple(found.values())


def _parameter(word: str) -> LineParameter:
    if word.endswith(","):
        raise DirectiveError(f'"{shown(word)}" ends with a comma: write {word.rstrip(",")}, spaces are enough')
    cut = next((position for position, char in enumerate(word) if char in ":="), None)
    if cut is None:
        fix = f"{shown(word)}:str" if is_parameter_name(word) else "name:type or name:type=default"
        raise DirectiveError(f'"{shown(word)}" has no type: write {fix}, or %20 for a space in the path')
    name, sign, rest = word[:cut].strip(), word[cut], word[cut + 1 :]
    if not is_parameter_name(name):
        fix = re.sub(r"\W+", "_", name).strip("_") or "name"
        fix = fix if is_parameter_name(fix) else f"{fix}_" if is_parameter_name(f"{fix}_") else f"n{fix}"
        raise DirectiveError(f'"{shown(word)}": "{shown(name)}" is no Python name, write {shown(fix + word[cut:])}')
    if name in RESERVED_NAMES:
        raise DirectiveError(f'"{shown(word)}": "{name}" is given to every handler anyway, write another name')
    if sign == "=":
        default = _expression(rest, word, f"{name}=", "default")
        return LineParameter(name, _type_of(default, word, name), default)
    annotation, equals, default = _cut_at_equals(rest)
    annotation = _expression(annotation, word, f"{name}:", "type")
    if not equals:
        return LineParameter(name, annotation)
    return LineParameter(name, annotation, _expression(default, word, f"{name}:{annotation}=", "default"))


def _cut_at_equals(text: str) -> tuple[str, str, str]:
    """Cut at the first "=" that is outside quotes and brackets; no type needs one there."""
    for position, char in _outside(text):
        if char == "=":
            return text[:position], "=", text[position + 1 :]
    return text, "", ""


def _expression(text: str, word: str, before: str, what: str) -> str:
    text = text.strip()
    if not text:
        example = "str" if what == "type" else "1"
        raise DirectiveError(f'"{shown(word)}" has no {what} after "{before[-1]}": write {before}{example}')
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise DirectiveError(f'"{shown(word)}": the {what} "{shown(text)}" is no Python expression') from None
    # A bare tuple would be two parameters in a signature; the others would change the function around it.
    refused = ast.Yield | ast.YieldFrom | ast.Await | ast.NamedExpr
    if (isinstance(tree.body, ast.Tuple) and text[0] != "(") or any(isinstance(n, refused) for n in ast.walk(tree)):
        raise DirectiveError(f'"{shown(word)}": "{shown(text)}" cannot stand in a signature, write one plain {what}')
    return text


def _type_of(default: str, word: str, name: str) -> str:
    try:
        value = ast.literal_eval(default)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        value = None
    if isinstance(value, bool | int | float | str):
        return type(value).__name__
    raise DirectiveError(f'"{shown(word)}" does not say its type: write {name}:type={shown(default)}')

r"""Which requests a middleware sees: `config = {"matcher": ...}` and the words after `%%middleware`.

    "/about"                               this path alone
    "/docs/:page"                          one segment; `:page?` none or one, `:path*` any number, `:path+` one or more
    "/orders/:id(\d{1,3})"                  a segment that a regular expression describes
    "/((?!api|static).*)"                  all paths but those that begin with /api or /static
    {"source": "/admin/:path*",            and only if the request has these, and has not those:
     "has": [{"type": "header", "key": "x-team", "value": "(blue|green)"}],
     "missing": [{"type": "cookie", "key": "session"}]}

A path is compared as routes see it, each segment decoded once, so that no spelling of a path escapes a middleware that
its route does not. Matching takes time linear in the path (`linear.py`).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_routes.app.linear import LinearPattern
from notebook_routes.errors import ConfigError
from notebook_routes.routing.segment import decode_segment

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_routes.web import Request

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[^:(){}*+?\\]*")
_SEGMENT = "[^/]+"
_MODIFIERS = ("*", "+", "?")
_KEYS = ("source", "has", "missing")


class Matcher:
    """One or more sources, of which one has to match.

    Args:
        value: a source, a mapping with `source`, `has` and `missing`, or several of them.
        where: the file or cell that messages name.

    Raises:
        ConfigError: it cannot be read; the message names the source and the fix.

    Example:
        >>> Matcher("/admin/:path*").matches(Request("http://127.0.0.1/admin/users"))
        True
    """

    def __init__(self, value: object, *, where: str = "") -> None:
        said = f"{where}: " if where else ""
        listed = [value] if isinstance(value, (str, Mapping)) else value
        if not isinstance(listed, Sequence) or not listed:
            raise ConfigError(
                f'{said}matcher is {value!r}: write a path such as "/admin/:path*", a mapping with "source", '
                "or a list of them"
            )
        self._rules = tuple(_rule(each, said) for each in listed)

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources as written."""
        return tuple(rule.source for rule in self._rules)

    def matches(self, request: Request) -> bool:
        """Whether the middleware sees the request."""
        path = _decoded(request.path)
        return any(rule.matches(path, request) for rule in self._rules)

    def __repr__(self) -> str:
        return f"Matcher({', '.join(self.sources)})"


@dataclass(frozen=True, slots=True)
class _Condition:
    read: Callable[[Request], str | None]
    pattern: LinearPattern | None

    def holds(self, request: Request) -> bool:
        value = self.read(request)
        if not value:
            # As in the field: what is empty is not there.
            return False
        return self.pattern is None or self.pattern.matches(value)


@dataclass(frozen=True, slots=True)
class _Rule:
    source: str
    #: None where the source has nothing to fill in: it is compared as it is.
    pattern: LinearPattern | None
    has: tuple[_Condition, ...]
    missing: tuple[_Condition, ...]

    def matches(self, path: str, request: Request) -> bool:
        if not (path == self.source if self.pattern is None else self.pattern.matches(path)):
            return False
        return all(condition.holds(request) for condition in self.has) and not any(
            condition.holds(request) for condition in self.missing
        )


def _decoded(path: str) -> str:
    """The path with its segments decoded; a slash within one stays %2F, since it ends none."""
    if "%" not in path:
        return path
    words = (word if (text := decode_segment(word)) is None else text.replace("/", "%2F") for word in path.split("/"))
    return "/".join(words)


def _rule(value: object, said: str) -> _Rule:
    if isinstance(value, str):
        value = {"source": value}
    if not isinstance(value, Mapping):
        raise ConfigError(f'{said}{value!r} in matcher is neither a path such as "/admin/:path*" nor a mapping')
    for key in value:
        if key not in _KEYS:
            close = difflib.get_close_matches(str(key), _KEYS, n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise ConfigError(f"{said}{key!r} is no key of a matcher: {hint}there are {', '.join(_KEYS)}")
    source = value.get("source")
    if not isinstance(source, str) or not source.startswith("/"):
        shown = "has no source" if source is None else f"has the source {source!r}"
        raise ConfigError(f'{said}a matcher {shown}: write a path that begins with "/"')
    try:
        pattern = None if _PLAIN.fullmatch(source) else LinearPattern(path_expression(source))
    except ValueError as error:
        raise ConfigError(f"{said}the matcher {source} cannot be read: {error}") from None
    return _Rule(
        source,
        pattern,
        tuple(_condition(each, f"{said}has of {source}") for each in _listed(value, "has", said)),
        tuple(_condition(each, f"{said}missing of {source}") for each in _listed(value, "missing", said)),
    )


def _listed(value: Mapping[str, object], key: str, said: str) -> Sequence[object]:
    found = value.get(key, ())
    if isinstance(found, Mapping):
        return [found]
    if isinstance(found, str) or not isinstance(found, Sequence):
        raise ConfigError(f'{said}{key} is {found!r}: write a list such as [{{"type": "header", "key": "x-team"}}]')
    return found


def _condition(value: object, where: str) -> _Condition:
    if not isinstance(value, Mapping):
        raise ConfigError(f'{where}: {value!r} is no condition: write {{"type": "header", "key": "x-team"}}')
    for key in value:
        if key not in ("type", "key", "value"):
            raise ConfigError(f"{where}: {key!r} is no key of a condition: there are type, key, value")
    kind, name, expected = value.get("type"), value.get("key"), value.get("value")
    if kind not in _READERS and kind != "host":
        raise ConfigError(f"{where}: the type of a condition is header, cookie, query or host, not {kind!r}")
    if kind == "host" and expected is None:
        raise ConfigError(f'{where}: a condition of type host needs a value: write "value": "example.com"')
    if kind != "host" and (not isinstance(name, str) or not name):
        raise ConfigError(f'{where}: a condition of type {kind} needs a key: write "key": "the {kind}\'s name"')
    if expected is not None and not isinstance(expected, str):
        raise ConfigError(f"{where}: value is a regular expression, a str, not {expected!r}")
    try:
        pattern = None if expected is None else LinearPattern(expected)
    except ValueError as error:
        raise ConfigError(f"{where}: the value cannot be read: {error}") from None
    return _Condition(_host if kind == "host" else _READERS[kind](str(name)), pattern)


def _header(name: str) -> Callable[[Request], str | None]:
    return lambda request: request.headers.get(name)


def _cookie(name: str) -> Callable[[Request], str | None]:
    return lambda request: request.cookies.value(name)


def _query(name: str) -> Callable[[Request], str | None]:
    return lambda request: next(reversed(request.query.get_all(name)), None)


def _host(request: Request) -> str | None:
    host = (request.headers.get("host") or "").lower()
    return re.sub(r":[0-9]*\Z", "", host)


_READERS: Mapping[object, Callable[[str], Callable[[Request], str | None]]] = {
    "header": _header,
    "cookie": _cookie,
    "query": _query,
}


def path_expression(source: str) -> str:
    """A source as a regular expression, as path-to-regexp 6 makes one.

    Raises:
        ValueError: it cannot be read; the message says what to write.
    """
    expression, end = _expression(source, 0, inside=False)
    assert end == len(source)
    # One slash at the end is no other path: ":path*" alone matches "/".
    return f"{expression}/?"


def _expression(source: str, at: int, *, inside: bool) -> tuple[str, int]:
    """The expression of `source` from `at` on, to the closing brace or to the end; and where that is."""
    pieces: list[str] = []
    prefix = ""  # a slash or a dot is repeated and left out together with what follows it
    while at < len(source):
        character = source[at]
        if character == "}" and inside:
            break
        if character in ":(":
            described, at = _parameter(source, at)
            modifier, at = _modifier(source, at)
            pieces.append(f"(?:{_literal(prefix)}(?:{described})){modifier}")
            prefix = ""
            continue
        pieces.append(_literal(prefix))
        prefix = ""
        if character == "{":
            described, at = _expression(source, at + 1, inside=True)
            if source[at : at + 1] != "}":
                raise ValueError("a { has no }")
            modifier, at = _modifier(source, at + 1)
            pieces.append(f"(?:{described}){modifier}")
        elif character == "\\":
            if at + 1 == len(source):
                raise ValueError("there is a backslash at the end")
            pieces.append(_literal(source[at + 1 : at + 2]))
            at += 2
        elif character in "*+?":
            raise ValueError(f"{character} stands behind a name: write :path{character}, or \\{character} for itself")
        elif character in ")}":
            raise ValueError(f"a {character} has no {'(' if character == ')' else '{'}")
        else:
            prefix = character if character in "/." else ""
            pieces.append("" if prefix else _literal(character))
            at += 1
    pieces.append(_literal(prefix))
    return "".join(pieces), at


def _parameter(source: str, at: int) -> tuple[str, int]:
    """What a `:name`, a `:name(expression)` or an `(expression)` stands for, and where it ends."""
    if source[at] == ":":
        name = _NAME.match(source, at + 1)
        if name is None:
            raise ValueError("a : has no name behind it: write :path, or \\: for itself")
        at = name.end()
        if source[at : at + 1] != "(":
            return _SEGMENT, at
    end = _closing(source, at)
    described = source[at + 1 : end]
    if not described:
        raise ValueError("() has no regular expression in it")
    return described, end + 1


def _closing(source: str, start: int) -> int:
    """Where the parenthesis that opens at `start` is closed."""
    depth, in_class, at = 0, False, start
    while at < len(source):
        character = source[at]
        if character == "\\":
            at += 1
        elif in_class:
            in_class = character != "]"
        elif character == "[":
            in_class = True
        elif character in "()":
            depth += 1 if character == "(" else -1
            if not depth:
                return at
        at += 1
    raise ValueError("a ( has no )")


def _modifier(source: str, at: int) -> tuple[str, int]:
    return (source[at], at + 1) if source[at : at + 1] in _MODIFIERS else ("", at)


def _literal(text: str) -> str:
    return re.sub(r"([^\w/])", r"\\\1", text, flags=re.ASCII) if text.isascii() else text

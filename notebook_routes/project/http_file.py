r"""The text of a `%%request` cell: the `.http` format of editors, with expectations.

    %%request [[METHOD] /path] [as name]
    ?page=2                              lines with `?` or `&` directly below continue the URL
    Accept: application/json             headers
                                         a blank line
    {"name": "{{name}}"}                 a body
    ?? status == 200                     an expectation, anywhere below the request line
    ### the next one                     a separator at the line's start, with a title
    POST /products HTTP/1.1              further requests bring their own line; the version is ignored

- With a path on the magic line the cell goes on with headers or, if its first line is none, with the body.
- The method is GET, or POST if there is a body. GET and HEAD have no body, as in Fetch.
- A line that begins with `#` is a comment, in a body too, as in VS Code's REST Client; so is `//` above it.
  In a body a backslash in front of `#` or `??` is taken away and makes the line text, as Markdown needs it.
- Blank lines around a body and the newline at its end are dropped.
- The lines of a multipart body are sent with CRLF between them, as its boundaries need it (RFC 2046 §5.1.1).
- `{{expr}}` stays as it is until `RequestSpec.expand`, but one that cannot be read is refused at once: then
  nothing of the cell is sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from keyword import iskeyword
from typing import TYPE_CHECKING, NamedTuple

from notebook_routes.errors import CellError
from notebook_routes.project.expectation import Expectation, parse_expectation
from notebook_routes.project.template import expand_template, find_templates, split_words
from notebook_routes.routing import METHODS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_SEPARATOR = re.compile(r"#{3,}")
#: RFC 9110 §5.6.2, a token; `http://...` as the first line of a body is no header.
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:(?!//)")
_VERSION = re.compile(r"HTTP/\d+(\.\d+)?", re.IGNORECASE)
_MULTIPART = re.compile(r"multipart/", re.IGNORECASE)
_FILE = re.compile(r"<@?\s+([^\s<>]+)")
_NEWLINE = re.compile(r"\r?\n")
_TARGET = re.compile(r"/|https?://", re.IGNORECASE)
#: What a body's line may begin with only behind a backslash; with a backslash of its own it gets one more.
_ESCAPED = re.compile(r"^(\s*)\\(?=\\*(?:#|\?\?))")
_TO_ESCAPE = re.compile(r"^(\s*)(?=\\*(?:#|\?\?))")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSpec:
    """One request as it is written, templates unexpanded. Line numbers do not count when two are compared.

    Attributes:
        method: in upper case.
        target: a path with its query, or an absolute URL.
        headers: (name, value) in order, names as written.
        body: the text to send, or None.
        expectations: the `??` lines, in order.
        title: what stands behind the `###` above the request, or None.
        line: the 1-based line of the request in the cell.
        header_lines: the line of each header.
        body_lines: the line of each line of the body.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    expectations: tuple[Expectation, ...] = ()
    title: str | None = None
    line: int = field(default=1, compare=False)
    header_lines: tuple[int, ...] = field(default=(), compare=False, repr=False)
    body_lines: tuple[int, ...] = field(default=(), compare=False, repr=False)

    def expand(self, evaluate: Callable[[str], object]) -> RequestSpec:
        """Return the request with every `{{expr}}` replaced: in the target, the header values and the body.

        Args:
            evaluate: gives the value of a Python expression in the notebook.

        Raises:
            CellError: an evaluation raised, or the target became neither a path nor a URL.
        """
        target = expand_template(self.target, evaluate, lines=(self.line,))
        if not _TARGET.match(target):
            raise CellError(
                f"`{self.target}` became `{target}`: a request needs a path that begins with /, or a URL",
                line=self.line,
                text=f"{self.method} {self.target}",
            )
        headers = tuple(
            (name, expand_template(value, evaluate, lines=self.header_lines[index : index + 1]))
            for index, (name, value) in enumerate(self.headers)
        )
        body = self.body
        if body is not None:
            body = expand_template(body, evaluate, json=True, lines=self.body_lines)
            if any(name.lower() == "content-type" and _MULTIPART.match(value) for name, value in headers):
                body = _NEWLINE.sub("\r\n", body)
        return replace(self, target=target, headers=headers, body=body)


@dataclass(frozen=True, slots=True)
class RequestCell:
    """All that a `%%request` cell says.

    Attributes:
        requests: in the order in which they are sent, at least one.
        name: the variable that gets the response, or None.
    """

    requests: tuple[RequestSpec, ...]
    name: str | None = None


def parse_request_cell(line: str, cell: str, *, first_line: int = 2) -> RequestCell:
    """Read a `%%request` cell.

    Args:
        line: the rest of the magic line, `GET /products/1 as lamp`; empty for a `.http` file.
        cell: the text below it.
        first_line: the line number of the cell's first line; the magic line is the one above.

    Raises:
        CellError: the cell cannot be read, or there is nothing to send.
    """
    magic = _Line(first_line - 1, line.strip())
    words = split_words(magic.text, lines=(magic.number,))
    name = None
    if "as" in words:
        at = words.index("as")
        name = _name(words[at + 1 :], magic)
        words = words[:at]
    start = _start(words, magic) if words else None

    requests: list[RequestSpec] = []
    for title, block in _blocks(cell, first_line):
        content = iter(block)
        if start is None:
            start = _first_request_line(content)
            if start is None:
                continue
        requests.append(_request(start, content, title=title, headless=start.line is magic))
        start = None
    if not requests:
        raise magic.error("There is nothing to send: write `%%request GET /path`, or `GET /path` in the cell")
    return RequestCell(tuple(requests), name)


def format_requests(cell: RequestCell) -> str:
    """Write the requests as a `.http` file, which `parse_request_cell` reads back to equal requests.

    The cell's name is not part of it: it stands on the magic line. Comments are lost.
    """
    return "\n".join(_written(request, first=index == 0) for index, request in enumerate(cell.requests))


class _Line(NamedTuple):
    number: int
    text: str

    def error(self, message: str) -> CellError:
        """Blame this line; above the first one of a file there is none."""
        return CellError(message, line=self.number if self.number > 0 else None, text=self.text)


class _Start(NamedTuple):
    """A request line."""

    method: str | None
    target: str
    line: _Line


def _name(words: Sequence[str], magic: _Line) -> str:
    if len(words) == 1 and words[0].isidentifier() and not iskeyword(words[0]):
        return words[0]
    raise magic.error(
        f"`as {' '.join(words)}` does not name a variable: write one Python name, as in `as lamp`"
        if words
        else "`as` needs the name of a variable behind it, as in `as lamp`"
    )


def _start(words: list[str], line: _Line) -> _Start:
    if len(words) > 1 and _VERSION.fullmatch(words[-1]):
        words = words[:-1]
    method = None
    if not _is_target(words[0]):
        method = words[0].upper()
        if method not in METHODS:
            raise line.error(_no_request_line(words))
        words = words[1:]
    if not words:
        raise line.error(f"{method} needs a path behind it: write `{method} /path`")
    if not _is_target(words[0]):
        raise line.error(f"`{words[0]}` is not a path: write `/{words[0]}`, or a URL with http:// or https://")
    if "as" in words[1:]:
        raise line.error("`as name` stands on the magic line: write `%%request ... as name`")
    if len(words) > 1:
        raise line.error(f"`{' '.join(words)}` has spaces, a URL has none: write %20 or + for each")
    return _Start(method, words[0], line)


def _is_target(word: str) -> bool:
    return word.startswith("{{") or _TARGET.match(word) is not None


def _no_request_line(words: Sequence[str]) -> str:
    if words[0].startswith("@"):
        name = words[0][1:].partition("=")[0] or "name"
        here = f"write {name} = ... in a cell above, and {{{{{name}}}}} here"
        return f"`{' '.join(words)}`: variables are the notebook's: {here}"
    if len(words) > 1 and _is_target(words[1]):
        return f"`{words[0]}` is not a method: write one of {', '.join(METHODS)}"
    return f"`{' '.join(words)}` is not a request line: write a method and a path, `GET /path`"


def _blocks(cell: str, first_line: int) -> Iterator[tuple[str | None, list[_Line]]]:
    """Split at `###`, each block with the title above it."""
    title: str | None = None
    block: list[_Line] = []
    for number, text in enumerate(cell.split("\n"), first_line):
        line = _Line(number, text.rstrip("\r"))
        if _SEPARATOR.match(line.text):
            yield title, block
            title, block = line.text.lstrip("#").strip() or None, []
        else:
            block.append(line)
    yield title, block


def _first_request_line(lines: Iterator[_Line]) -> _Start | None:
    """Take lines up to the request line; None if the block has nothing but comments."""
    for line in lines:
        text = line.text.strip()
        if text.startswith("??"):
            raise line.error("No request stands above this `??`: write `GET /path` first")
        if text and not text.startswith(("#", "//")):
            return _start(split_words(text, lines=(line.number,)), line)
    return None


def _request(start: _Start, lines: Iterable[_Line], *, title: str | None, headless: bool) -> RequestSpec:
    """Read what belongs to a request line; `headless` ones may go on with the body at once."""
    expectations: list[Expectation] = []
    rest: list[_Line] = []
    for line in lines:
        text = line.text.lstrip()
        if text.startswith("??"):
            expectations.append(parse_expectation(text[2:], line=line.number))
        elif not text.startswith("#"):
            rest.append(line)

    query = "".join(_query(rest))
    headers = _headers(rest, headless=headless)
    body = _trimmed(rest)
    method = start.method or ("POST" if body else "GET")
    if body and method in ("GET", "HEAD"):
        raise body[0].error(
            f"A {method} request has no body: write POST, PUT or PATCH, or `??` in front of an expectation; "
            "headers stand directly below the request line"
        )
    if len(body) == 1 and (file := _FILE.fullmatch(body[0].text.strip())) is not None:
        # Editors put the file there; here it would be sent as it is written.
        raise body[0].error(f'a file is read by Python here: write {{{{open("{file[1]}").read()}}}}')
    return RequestSpec(
        method=method,
        target=start.target + query,
        headers=tuple((name, value) for name, value, _ in headers),
        body="\n".join(_ESCAPED.sub(r"\1", line.text) for line in body) if body else None,
        expectations=tuple(expectations),
        title=title,
        line=start.line.number,
        header_lines=tuple(number for _, _, number in headers),
        body_lines=tuple(line.number for line in body),
    )


def _query(lines: list[_Line]) -> Iterator[str]:
    """Take the lines that continue the URL."""
    while lines and (text := lines[0].text.strip()).startswith(("?", "&", "//")):
        line = lines.pop(0)
        if text.startswith("//"):
            continue
        if len(split_words(text, lines=(line.number,))) > 1:
            raise line.error(
                f"`{text}` continues the URL and has spaces: write %20 or + for each, "
                "or `??` in front of an expectation"
            )
        yield text


def _headers(lines: list[_Line], *, headless: bool) -> list[tuple[str, str, int]]:
    """Take the headers, and the blank line behind them."""
    headers: list[tuple[str, str, int]] = []
    while lines:
        text = lines[0].text.strip()
        header = _HEADER.match(text)
        if header is not None:
            value = text[header.end() :].strip()
            find_templates(text, lines=(lines[0].number,))
            headers.append((header[1], value, lines[0].number))
        elif text and not text.startswith("//"):
            if headless and not headers:
                break
            raise lines[0].error(
                f"`{text}` is not a header: write `Name: value`, or a blank line above it if the body begins here"
            )
        del lines[0]
        if not text:
            break
    return headers


def _trimmed(lines: list[_Line]) -> list[_Line]:
    """Drop blank lines at both ends, and refuse what cannot be expanded."""
    filled = [index for index, line in enumerate(lines) if line.text.strip()]
    body = lines[filled[0] : filled[-1] + 1] if filled else []
    find_templates("\n".join(line.text for line in body), lines=[line.number for line in body])
    return body


def _written(request: RequestSpec, *, first: bool) -> str:
    lines: list[str] = []
    if request.title or not first:
        lines.append(f"### {request.title or ''}".rstrip())
    lines.append(f"{request.method} {request.target}")
    lines.extend(f"{name}: {value}".rstrip() for name, value in request.headers)
    if request.body is not None:
        lines.append("")
        lines.extend(_TO_ESCAPE.sub(r"\1\\", line) for line in request.body.split("\n"))
    if request.body is not None and request.expectations:
        lines.append("")
    lines.extend(f"?? {expectation.text}" for expectation in request.expectations)
    return "\n".join(lines) + "\n"

"""`res` as values that are returned: status chains, headers and early returns as `Response` objects.

    res.set_header("Allow", "GET")
    res.status(405).end("no")            return Response("no", status=405, headers={"Allow": "GET"})

What is set directly in front of an answer becomes part of it. Where headers or the status are set elsewhere, under a
condition for instance, they are kept in a variable; what is written in pieces is kept in a list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.tooling.codemod.api_response_uses import (
    FirstLeft,
    HeaderReads,
    HeaderReadsRewrite,
    chain_of,
    with_reads_rewritten,
)
from notebook_routes.tooling.codemod.api_values import header_pairs, kind_of, written_headers
from notebook_routes.tooling.codemod.blocks import blocks_of, with_blocks
from notebook_routes.tooling.codemod.nodes import (
    Statement,
    argument_of,
    as_statement,
    behind_docstring,
    code,
    constant,
    ends,
    names_in,
    only_small,
    positional,
    statement,
    with_comments_above,
    with_small,
    with_todo,
)
from notebook_routes.tooling.codemod.plan import NotUnderstood

if TYPE_CHECKING:
    from collections.abc import Sequence

_ANSWERS = frozenset({"json", "send", "end", "redirect"})
_SETTERS = frozenset({"status", "set_header", "append_header", "write_head"})
_DRAFT = {
    "set_draft_mode": "draft_mode().enable()",
    "set_preview_data": "draft_mode().enable()",
    "clear_preview_data": "draft_mode().disable()",
}
_NO_BODY = (204, 304)
_TWICE = "there was no return behind this answer, so that what follows it ran as well"


@dataclass
class _Head:
    """What is set before an answer."""

    status: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)


class ResponseRewrite:
    """Rewrites what one function does with `res`.

    Args:
        response: the name of that parameter.
        taken: names that the function uses.
        helpers: functions of the module that answer in its place.
        setters: functions of the module that only set headers of its answer, and are given these.
        is_setter: whether it is such a function itself.

    Attributes:
        public: names of `notebook_routes` that the result uses.
    """

    def __init__(
        self,
        response: str,
        taken: set[str],
        helpers: frozenset[str] = frozenset(),
        *,
        setters: frozenset[str] = frozenset(),
        is_setter: bool = False,
    ) -> None:
        self._res = response
        self._helpers = helpers
        self._setters = setters
        self._is_setter = is_setter
        self._headers = _free("headers", taken)
        self._status = _free("status", taken)
        self._chunks = _free("chunks", taken)
        self._response = _free("response", taken)
        self._keeps_headers = is_setter
        self._keeps_status = self._keeps_chunks = False
        self.public: set[str] = set()

    def rewrite(self, statements: Sequence[Statement]) -> list[Statement]:
        """The statements, with answers that are returned.

        Raises:
            NotUnderstood: `res` is used in a way that is not known.
        """
        self._look(statements)
        found = self._block(statements, tail=True)
        begun = []
        if self._is_setter and (self._keeps_status or self._keeps_chunks):
            raise NotUnderstood(f"a function changes more of {self._res} than headers, and does not answer itself")
        if self._keeps_headers and not self._is_setter:
            self.public.add("Headers")
            begun.append(statement(f"{self._headers} = Headers()"))
        if self._keeps_status:
            begun.append(statement(f"{self._status} = 200"))
        if self._keeps_chunks:
            begun.append(statement(f"{self._chunks} = []"))
        self._check(found)
        return behind_docstring(found, begun)

    # -- what has to be kept in variables

    def _look(self, statements: Sequence[Statement]) -> None:
        pending: set[str] = set()
        for _place, each in enumerate(statements):
            calls = chain_of(each, self._res)
            reader = HeaderReads(self._res, self._setters)
            each.visit(reader)
            self._keeps_headers = self._keeps_headers or reader.reads_headers
            if calls is None:
                self._keep(pending)
                pending = set()
                for inner in blocks_of(each):
                    self._look(inner)
                continue
            names = {name for name, _ in calls}
            self._keeps_chunks = self._keeps_chunks or "write" in names
            pending = set() if names & _ANSWERS else pending | (names & _SETTERS)
        self._keep(pending)

    def _keep(self, pending: set[str]) -> None:
        self._keeps_status = self._keeps_status or not pending.isdisjoint(("status", "write_head"))
        self._keeps_headers = self._keeps_headers or not pending.isdisjoint(_SETTERS - {"status"})

    # -- rewriting

    def _block(self, statements: Sequence[Statement], *, tail: bool) -> list[Statement]:
        found: list[Statement] = []
        head = _Head()
        comments: list[cst.EmptyLine] = []
        skip = False
        for place, each in enumerate(statements):
            if skip:
                skip = False
                continue
            following = statements[place + 1 :]
            calls = chain_of(each, self._res)
            if calls is None:
                found.append(self._other(each, tail=tail and not following))
                continue
            if self._keeps_headers:
                calls = [(name, with_reads_rewritten(call, self._res, self._headers)) for name, call in calls]
            made, answer = self._effects(calls, head, each)
            made = [with_comments_above(line, comments if not number else ()) for number, line in enumerate(made)]
            if made:
                comments = []
            found += made
            if answer is None:
                comments += [] if made else list(each.leading_lines)
                continue
            returned = each if not made else each.with_changes(leading_lines=())
            returned = with_comments_above(returned, comments)
            comments = []
            skip = bool(following) and _is_bare_return(following[0])
            found += self._answered(returned, answer, following[1:] if skip else following, tail=tail or skip)
            head = _Head()
            if isinstance(only_small(found[-1]), cst.Return) and not skip:
                break
            if not skip and self._defers(each, following, tail=tail):
                found += [self._other(rest, tail=False) for rest in following]
                found.append(statement(f"return {self._response}"))
                break
        return found

    def _answered(self, node: Statement, answer: str, following: Sequence[Statement], *, tail: bool) -> list[Statement]:
        """An answer in its place: returned, or kept for the end where something is still to be done."""
        if self._defers(node, following, tail=tail):
            return [with_small(node, _small(f"{self._response} = {answer}"))]
        written = with_small(node, _small(f"return {answer}"))
        is_last = isinstance(only_small(node), cst.Return) or (tail and not following)
        return [written if is_last else with_todo(written, _TWICE)]

    def _defers(self, node: Statement, following: Sequence[Statement], *, tail: bool) -> bool:
        """Whether what follows an answer at the end of a handler runs, and answers no more."""
        if isinstance(only_small(node), cst.Return) or not following or not tail:
            return False
        return self._res not in names_in(following) and not any(_returns(each) for each in following)

    def _effects(
        self, calls: Sequence[tuple[str, cst.Call]], head: _Head, node: Statement
    ) -> tuple[list[Statement], str | None]:
        """What a chain of calls does before its answer, and the answer if it has one."""
        made: list[Statement] = []
        answer = None
        at_once = any(name in _ANSWERS for name, _ in calls)
        for name, call in calls:
            if answer is not None:
                raise NotUnderstood(f"{self._res}.{name}() after an answer")
            if name in _ANSWERS:
                made += self._last_chunk(name, call)
                answer = self._answer(name, call, head)
            elif name == "write":
                made.append(statement(f"{self._chunks}.append({self._only(call)})"))
            elif name in _SETTERS:
                made += self._set(name, call, head, at_once=at_once)
            elif name == "revalidate":
                self.public.add("revalidate_path")
                made.append(statement(f"revalidate_path({code(call.args[0].value)})"))
            elif name in _DRAFT:
                made.append(self._draft(name, call))
            elif name == "remove_header":
                self._keeps_headers = True
                made.append(statement(f"{self._headers}.delete({self._only(call)})"))
            elif name != "flush_headers":
                raise NotUnderstood(f"{self._res}.{name}() is no part of an answer that can be written otherwise")
        if made:
            made[0] = made[0].with_changes(leading_lines=node.leading_lines)
        return made, answer

    def _draft(self, name: str, call: cst.Call) -> Statement:
        self.public.add("draft_mode")
        given = argument_of(call, "enable", 0)
        value = constant(given)
        off = value is False or value == {"enable": False}
        made = statement("draft_mode().disable()" if name == "set_draft_mode" and off else _DRAFT[name])
        if name == "set_preview_data":
            return with_todo(made, "draft mode has no data: keep what set_preview_data had elsewhere")
        return made

    def _set(self, name: str, call: cst.Call, head: _Head, *, at_once: bool) -> list[Statement]:
        status, pairs, appends = self._settings(name, call)
        made: list[Statement] = []
        if status is not None:
            if self._keeps_status and not at_once:
                made.append(statement(f"{self._status} = {status}"))
            head.status = status
        for key, value, is_list in pairs:
            if not self._keeps_headers:
                if not appends:
                    head.headers = [pair for pair in head.headers if pair[0].lower() != key.lower() or is_list]
                head.headers.append((key, value))
                continue
            how = "append" if appends or is_list else "set"
            made.append(statement(f"{self._headers}.{how}({key}, {value})"))
        return made

    def _settings(self, name: str, call: cst.Call) -> tuple[str | None, list[tuple[str, str, bool]], bool]:
        if name == "status":
            return self._only(call), [], False
        if name == "write_head":
            given = positional(call)
            if not given or len(given) > 3:
                raise NotUnderstood(f"{code(call)}: a status and a dict of headers are expected")
            pairs = []
            for element in given[-1].elements if isinstance(given[-1], cst.Dict) else ():
                if not isinstance(element, cst.DictElement):
                    raise NotUnderstood(f"{code(call)}: the headers are no plain dict")
                pairs += header_pairs(element.key, element.value)
            if len(given) > 1 and not isinstance(given[-1], cst.Dict):
                raise NotUnderstood(f"{code(call)}: the headers are no plain dict")
            return code(given[0]), pairs, False
        given = positional(call)
        if given is None or len(given) != 2:
            raise NotUnderstood(f"{code(call)}: a name and a value are expected")
        return None, header_pairs(given[0], given[1]), name == "append_header"

    def _last_chunk(self, name: str, call: cst.Call) -> list[Statement]:
        if not self._keeps_chunks or name not in ("end", "send") or not call.args:
            return []
        return [statement(f"{self._chunks}.append({self._only(call)})")]

    # -- answers

    def _answer(self, name: str, call: cst.Call, head: _Head) -> str:
        self.public.add("Response")
        if name == "redirect":
            return self._redirect(call, head)
        if self._keeps_chunks and name in ("end", "send"):
            return f'Response("".join({self._chunks}){self._options(head)})'
        value = call.args[0].value if call.args else None
        status = head.status
        if value is None or (status is not None and status.isdigit() and int(status) in _NO_BODY):
            return f"Response({self._options(head, first=True)})"
        written = code(value)
        if name == "json":
            return f"Response.json({written}{self._options(head)})"
        return self._sent(value, written, head)

    def _sent(self, value: cst.BaseExpression, written: str, head: _Head) -> str:
        """What `send` and `end` make of a value, by its type as far as it is plain to see."""
        options = self._options(head)
        kind = kind_of(value)
        if kind == "none":
            return f"Response({self._options(head, first=True)})"
        if kind == "json":
            return f"Response.json({written}{options})"
        if kind == "bytes" and not any(key.lower() == '"content-type"' for key, _ in head.headers):
            octets = _Head(head.status, [('"Content-Type"', '"application/octet-stream"'), *head.headers])
            return f"Response({written}{self._options(octets)})"
        if kind in ("text", "bytes"):
            return f"Response({written}{options})"
        made = f"Response({written}{options})"
        return f"{made} if isinstance({written}, (str, bytes)) else Response.json({written}{options})"

    def _redirect(self, call: cst.Call, head: _Head) -> str:
        given = positional(call)
        if not given or len(given) > 2:
            raise NotUnderstood(f"{code(call)}: a URL, or a status and a URL, are expected")
        status = code(given[0]) if len(given) == 2 else "307"
        headers = self._options(_Head(None, head.headers)) if head.headers or self._keeps_headers else ""
        if self._keeps_status:
            headers = headers.replace(f", status={self._status}", "")
        return f"Response.redirect({code(given[-1])}, {status}{headers})"

    def _options(self, head: _Head, *, first: bool = False) -> str:
        options = []
        if self._keeps_status:
            options.append(f"status={head.status if head.status is not None else self._status}")
        elif head.status not in (None, "200"):
            options.append(f"status={head.status}")
        if self._keeps_headers:
            options.append(f"headers={self._headers}")
        elif head.headers:
            options.append(f"headers={written_headers(head.headers)}")
        text = ", ".join(options)
        return text if first or not text else f", {text}"

    # -- statements that are no chain

    def _other(self, node: Statement, *, tail: bool) -> Statement:
        if isinstance(node, cst.SimpleStatementLine):
            return self._simple(node, tail=tail)
        if self._keeps_headers:
            node = as_statement(node.visit(HeaderReadsRewrite(self._res, self._headers, self._setters)))
        changed: Statement = with_blocks(node, lambda inner: self._block(inner, tail=tail and not _is_loop(node)))
        return changed

    def _simple(self, node: cst.SimpleStatementLine, *, tail: bool) -> Statement:
        visited = as_statement(node.visit(HeaderReadsRewrite(self._res, self._headers, self._setters)))
        small = only_small(visited)
        if isinstance(small, cst.Expr) and self._is_help(small.value):
            if not tail:
                raise NotUnderstood(f"{code(small.value)} may answer, and what follows it answers as well")
            return with_small(visited, cst.Return(small.value))
        return visited

    def _is_help(self, node: cst.BaseExpression) -> bool:
        inner = node.expression if isinstance(node, cst.Await) else node
        if not isinstance(inner, cst.Call) or not isinstance(inner.func, cst.Name):
            return False
        return inner.func.value in self._helpers

    def _check(self, statements: Sequence[Statement]) -> None:
        for each in statements:
            found = FirstLeft(self._res, self._is_help)
            each.visit(found)
            if found.text is not None:
                raise NotUnderstood(f"{found.text} is no answer that can be written as a value")

    def _only(self, call: cst.Call) -> str:
        given = positional(call)
        if given is None or len(given) != 1:
            raise NotUnderstood(f"{code(call)}: one argument is expected")
        return code(given[0])


def _is_loop(node: Statement) -> bool:
    return isinstance(node, (cst.For, cst.While))


def _is_bare_return(node: Statement) -> bool:
    small = only_small(node)
    return isinstance(small, cst.Return) and (small.value is None or constant(small.value) is None)


def _returns(node: Statement) -> bool:
    small = only_small(node)
    if isinstance(small, cst.Return):
        return True
    return any(_returns(each) for inner in blocks_of(node) for each in inner) or ends([node])


def _small(text: str) -> cst.BaseSmallStatement:
    line = statement(text)
    assert isinstance(line, cst.SimpleStatementLine)
    return line.body[0]


def _free(name: str, taken: set[str]) -> str:
    """A name that is not taken."""
    found = name
    while found in taken:
        found = (
            f"{found}_" if found == name else f"response_{name}" if not found.startswith("response_") else f"_{found}"
        )
    taken.add(found)
    return found

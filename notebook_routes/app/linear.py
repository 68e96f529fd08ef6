"""Regular expressions whose matching takes time linear in the text, whoever wrote them.

A matcher is asked about paths and headers that strangers send. Python's `re` tries one way after the other, and
`(a+)+b` or a row of `:path*` can keep it busy for minutes. Here an expression becomes a finite automaton that is run
from the text's end to its start: at each place it knows the set of states from which the rest of the text is accepted,
so that no place is visited twice. Sets that have been met are remembered, which makes a step one look-up. Run that way,
a lookahead is a second automaton, whose outcome at every place is known before the first one asks.

The syntax is what JavaScript and Python share: literals, `.`, classes, escapes, groups, `|`, quantifiers, lookaheads,
`^` and `$`. Back references and lookbehinds have no such automaton and are refused.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    _Test: TypeAlias = Callable[[str], bool]
    #: What a state is waiting for, and the state behind it.
    _Step: TypeAlias = tuple[_Test, int]

#: States of one expression; `{1,1000}` would make a thousand of what it repeats.
_MOST_STATES = 2000
_DEEPEST = 40
#: Sets of states that are remembered.
_REMEMBERED = 4096
_ACCEPT = 0
_AT_START, _AT_END = 1, 2

_DIGITS = frozenset(string.digits)
_WORD = frozenset(string.ascii_letters + string.digits + "_")
_SETS = {"d": _DIGITS, "w": _WORD, "s": frozenset(" \t\n\r\f\v\u00a0\ufeff\u2028\u2029")}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}


class LinearPattern:
    """An expression that is held against whole texts.

    Args:
        expression: in the syntax above; `.` stands for any character, a line break included.

    Raises:
        ValueError: it cannot be read, or cannot be run in linear time; the message says where.

    Example:
        >>> LinearPattern("(?!skip|static).*").matches("skipper")
        False
    """

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self._automaton = _Automaton(_Parser(expression).parse(), anywhere=False)

    def matches(self, text: str) -> bool:
        """Whether the expression describes all of `text`."""
        return self._automaton.accepts(text)

    def __repr__(self) -> str:
        return f"LinearPattern({self.expression!r})"


class _Node:
    """A piece of an expression."""


class _Char(_Node):
    def __init__(self, test: _Test) -> None:
        self.test = test


class _Row(_Node):
    def __init__(self, nodes: list[_Node]) -> None:
        self.nodes = nodes


class _Choice(_Node):
    def __init__(self, nodes: list[_Node]) -> None:
        self.nodes = nodes


class _Repeat(_Node):
    def __init__(self, node: _Node, least: int, most: int | None) -> None:
        self.node, self.least, self.most = node, least, most


class _Look(_Node):
    def __init__(self, node: _Node, *, holds: bool) -> None:
        self.node, self.holds = node, holds


class _Edge(_Node):
    def __init__(self, flag: int) -> None:
        self.flag = flag


class _Automaton:
    """States, run backwards.

    A set of states is an int whose bits are the states. A guard is a bit of the place's flags that must be set: the
    text's start, its end, or the outcome of a lookahead.

    Args:
        node: the expression.
        anywhere: accept wherever it ends; otherwise at the end of the text.
    """

    def __init__(self, node: _Node, *, anywhere: bool) -> None:
        self._anywhere = anywhere
        #: What each state reads, None for those that read nothing.
        self._steps: list[_Step | None] = [None]
        #: For each state those that lead to it without reading, each with its guard or 0.
        self._before: list[list[tuple[int, int]]] = [[]]
        self._looks: list[tuple[_Automaton, bool]] = []
        self._guards = 0
        self._start = self._build(node, _ACCEPT)
        self._known: dict[tuple[int, str, int], int] = {}

    def accepts(self, text: str) -> bool:
        """Whether the expression matches from the start."""
        if self._guards:
            return self.outcomes(text)[0]
        # Every step depends on the set and the character alone.
        known = self._known
        reach = self._reach(0, "", 0)
        for character in reversed(text):
            key = (reach, character, 0)
            following = known.get(key)
            reach = self._follow(key) if following is None else following
            if not reach:
                return False
        return bool(reach >> self._start & 1)

    def outcomes(self, text: str) -> list[bool]:
        """For each place of `text`, its end included, whether the expression matches from there on."""
        size = len(text)
        looks = [(automaton.outcomes(text), holds) for automaton, holds in self._looks]
        known, guards, start = self._known, self._guards, 1 << self._start
        found = [False] * (size + 1)
        reach = 0
        for place in range(size, -1, -1):
            character = text[place] if place < size else ""
            flags = self._flags(place, size, looks) if guards else 0
            key = (reach, character, flags)
            following = known.get(key)
            reach = self._follow(key) if following is None else following
            found[place] = reach & start != 0
        return found

    def _flags(self, place: int, size: int, looks: list[tuple[list[bool], bool]]) -> int:
        flags = (_AT_START if place == 0 else 0) | (_AT_END if place == size else 0)
        for number, (outcomes, holds) in enumerate(looks):
            if outcomes[place] is holds:
                flags |= 4 << number
        return flags & self._guards

    def _follow(self, key: tuple[int, str, int]) -> int:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        reach = self._known[key] = self._reach(*key)
        return reach

    def _reach(self, after: int, character: str, flags: int) -> int:
        """The states that accept from here on, given those that do one character later."""
        found = [
            state
            for state, step in enumerate(self._steps)
            if step is not None and character and after >> step[1] & 1 and step[0](character)
        ]
        if self._anywhere or not character:
            found.append(_ACCEPT)
        reach = 0
        for state in found:
            reach |= 1 << state
        while found:
            for before, guard in self._before[found.pop()]:
                if not reach >> before & 1 and guard & flags == guard:
                    reach |= 1 << before
                    found.append(before)
        return reach

    def _state(self, step: _Step | None = None) -> int:
        if len(self._steps) >= _MOST_STATES:
            raise ValueError("it repeats too much: write * or + in place of large numbers in braces")
        self._steps.append(step)
        self._before.append([])
        return len(self._steps) - 1

    def _leads(self, state: int, to: int, guard: int = 0) -> None:
        self._before[to].append((state, guard))
        self._guards |= guard

    def _build(self, node: _Node, after: int) -> int:
        """The state in which `node` begins and goes on to `after`."""
        if isinstance(node, _Char):
            return self._state((node.test, after))
        if isinstance(node, _Row):
            for each in reversed(node.nodes):
                after = self._build(each, after)
            return after
        if isinstance(node, _Repeat):
            return self._build_repeat(node, after)
        state = self._state()
        if isinstance(node, _Choice):
            for each in node.nodes:
                self._leads(state, self._build(each, after))
        elif isinstance(node, _Edge):
            self._leads(state, after, node.flag)
        elif isinstance(node, _Look):
            self._looks.append((_Automaton(node.node, anywhere=True), node.holds))
            self._leads(state, after, 4 << (len(self._looks) - 1))
        return state

    def _build_repeat(self, node: _Repeat, after: int) -> int:
        if node.most is None:
            loop = self._state()
            self._leads(loop, after)
            self._leads(loop, self._build(node.node, loop))
            after = loop
        else:
            end = after
            for _ in range(node.most - node.least):
                choice = self._state()
                self._leads(choice, end)
                self._leads(choice, self._build(node.node, after))
                after = choice
        for _ in range(node.least):
            after = self._build(node.node, after)
        return after


class _Parser:
    """Reads an expression from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def parse(self) -> _Node:
        node = self._choice()
        if self._at < len(self._text):
            raise self._error("a ) without its (")
        return node

    def _error(self, what: str) -> ValueError:
        return ValueError(f"{what} at character {self._at + 1} of {self._text!r}")

    def _next(self, size: int = 1) -> str:
        return self._text[self._at : self._at + size]

    def _take(self, text: str) -> bool:
        if self._text.startswith(text, self._at):
            self._at += len(text)
            return True
        return False

    def _choice(self) -> _Node:
        rows = [self._row()]
        while self._take("|"):
            rows.append(self._row())
        return rows[0] if len(rows) == 1 else _Choice(rows)

    def _row(self) -> _Node:
        nodes: list[_Node] = []
        while self._next() not in ("", "|", ")"):
            nodes.append(self._repeated(self._atom()))
        return _Row(nodes)

    def _repeated(self, node: _Node) -> _Node:
        many = self._quantifier()
        if many is None:
            return node
        if self._take("+"):
            raise self._error("a quantifier that keeps what it took (+ behind another) is not known here")
        # A lazy quantifier describes the same texts.
        self._take("?")
        if self._quantifier() is not None:
            raise self._error("two quantifiers in a row: put the first into (?:...)")
        return _Repeat(node, *many)

    def _quantifier(self) -> tuple[int, int | None] | None:
        for mark, many in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(mark):
                return many
        if self._next() != "{":
            return None
        end = self._text.find("}", self._at)
        least, comma, most = self._text[self._at + 1 : max(end, 0)].partition(",")
        if end < 0 or not _is_number(least) or not (most == "" or _is_number(most)):
            raise self._error("a { that is no quantifier: write {2}, {2,} or {2,5}, or \\{ for itself")
        bounds = int(least), (int(most) if most else None) if comma else int(least)
        if bounds[1] is not None and bounds[1] < bounds[0]:
            raise self._error("a quantifier whose second number is the smaller one")
        self._at = end + 1
        return bounds

    def _atom(self) -> _Node:
        character = self._next()
        if character in "*+?{":
            raise self._error(f"nothing in front of {character} to repeat")
        if character == "(":
            return self._group()
        if character == "[":
            return _Char(self._class())
        self._at += 1
        if character == ".":
            return _Char(lambda _: True)
        if character in "^$":
            return _Edge(_AT_START if character == "^" else _AT_END)
        if character == "\\":
            return _Char(self._escape())
        return _Char(character.__eq__)

    def _group(self) -> _Node:
        looks = {"(?=": True, "(?!": False}
        start = self._next(3)
        if start in looks or start == "(?:":
            self._at += 3
        elif start.startswith("(?"):
            raise self._error("a group that begins with (? and is none of (?:...), (?=...), (?!...)")
        else:
            self._at += 1
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error("groups are nested too deeply")
        node = self._choice()
        self._depth -= 1
        if not self._take(")"):
            raise self._error("a ( without its )")
        return _Look(node, holds=looks[start]) if start in looks else node

    def _escape(self) -> _Test:
        """What a backslash and the characters after it stand for."""
        character = self._next()
        if character and character.lower() in _SETS:
            self._at += 1
            members = _SETS[character.lower()]
            return members.__contains__ if character.islower() else lambda each: each not in members
        return self._escaped_character().__eq__

    def _escaped_character(self) -> str:
        character = self._next()
        self._at += 1
        if character == "":
            raise self._error("a backslash at the end")
        if character in _CONTROLS:
            return _CONTROLS[character]
        if character in "xu":
            size = 2 if character == "x" else 4
            digits = self._next(size)
            if len(digits) == size and all(digit in string.hexdigits for digit in digits):
                self._at += size
                return chr(int(digits, 16))
        if character.isalnum():
            raise self._error(f"\\{character} is not known here")
        return character

    def _class(self) -> _Test:
        self._at += 1
        negated = self._take("^")
        tests: list[_Test] = []
        singles: set[str] = set()
        while not self._take("]"):
            if not self._next():
                raise self._error("a [ without its ]")
            first = self._member(tests)
            if first is None:
                continue
            if self._next() == "-" and self._next(2) not in ("-]", "-"):
                self._at += 1
                last = self._member(tests)
                if last is None or last < first:
                    raise self._error("a range in [...] that goes backwards")
                tests.append(_between(first, last))
            else:
                singles.add(first)
        if singles:
            tests.append(frozenset(singles).__contains__)
        if negated:
            return lambda character: not any(test(character) for test in tests)
        return lambda character: any(test(character) for test in tests)

    def _member(self, tests: list[_Test]) -> str | None:
        """One character of a class; of a backslash and `d` and its kin the test is added instead."""
        character = self._next()
        self._at += 1
        if character != "\\":
            return character
        if self._next() and self._next().lower() in _SETS:
            tests.append(self._escape())
            return None
        return self._escaped_character()


def _between(first: str, last: str) -> _Test:
    return lambda character: first <= character <= last


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4

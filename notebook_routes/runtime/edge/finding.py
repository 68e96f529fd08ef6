"""What the check has found at one place, and the comments that overrule it."""

from __future__ import annotations

import re
import tokenize
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from notebook_routes.errors import EdgeRefused
from notebook_routes.runtime.edge.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from notebook_routes.runtime.edge.rules import Rule

#: Characters of a line that a message quotes.
_SHOWN = 120
_COMMENT = re.compile(r"#\s*edge\s*:\s*ignore(?:\s*\[(?P<codes>[^\]]*)\])?")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that an edge isolate lacks.

    Attributes:
        rule: which rule it breaks.
        what: what was found, "open" or "import tkinter".
        line: where, 1-based in the cell or file; 0 where that is not known.
        text: the line.
        place: another cell or file that it stands in, "cell [2]"; "" for the one that is checked.
    """

    rule: Rule
    what: str
    line: int
    text: str = ""
    place: str = ""

    def __str__(self) -> str:
        shown = self.text.strip()
        if len(shown) > _SHOWN:
            shown = f"{shown[:_SHOWN]}…"
        head = f"{self._where}: {shown}" if self._where and shown else self._where or shown
        return "\n".join(part for part in (head, f"{self.rule.code} {self.what}: {self.rule}") if part)

    @property
    def remark(self) -> str:
        """The same as one sentence, without the text of the line."""
        where = f" ({self._where})" if self._where else ""
        return f"{self.rule.code} {self.what}{where}: {self.rule}"

    @property
    def _where(self) -> str:
        where = [self.place] if self.place else []
        return ", ".join([*where, f"line {self.line}"] if self.line else where)


def refuse(findings: Iterable[Finding]) -> list[Finding]:
    """Those that are only to be told.

    Raises:
        EdgeRefused: some refuse the route; the message has all of these.
    """
    found = list(findings)
    refusing = [finding for finding in found if finding.rule.refuses]
    if refusing:
        raise EdgeRefused("\n".join(map(str, refusing)), findings=refusing)
    return found


def read_ignores(text: str) -> dict[int, frozenset[str]]:
    """The codes that comments `# edge: ignore[EDGE003, EDGE007]` name, by the line of the text; unknown ones too."""
    if "edge" not in text:
        return {}
    found: dict[int, frozenset[str]] = {}
    for number, comment in _comments(text):
        said = _COMMENT.search(comment)
        if said is not None:
            codes = (said["codes"] or "").split(",")
            found[number] = frozenset(code.strip().upper() for code in codes)
    return found


def unknown_ignores(ignores: Mapping[int, frozenset[str]]) -> Iterator[tuple[int, str]]:
    """Comments that name no rule, with what they name."""
    for number, codes in ignores.items():
        for code in sorted(codes - RULES.keys()):
            yield number, code


def _comments(text: str) -> Iterator[tuple[int, str]]:
    try:
        for token in tokenize.generate_tokens(StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    except (tokenize.TokenError, SyntaxError):
        # The rest of a cell that holds lines of IPython's own.
        return

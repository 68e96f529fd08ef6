"""The text of a cell, and errors that point into it."""

from __future__ import annotations

import ast
import re
import tokenize
import warnings
from dataclasses import dataclass
from io import StringIO

from notebook_routes.errors import CellError

_SHELL = re.compile(r"^\s*!|^\s*[\w.,\[\]'\" ]+=\s*!")
_MAGIC = re.compile(r"^\s*%{1,2}\s*[A-Za-z_]|^\s*[\w.,\[\]'\" ]+=\s*%{1,2}\s*[A-Za-z_]")
_HELP = re.compile(r"^\s*(\?{1,2}\s*[%\w.*]+|[%\w.*\[\]]+\s*\?{1,2})\s*;?\s*$")


@dataclass(frozen=True)
class CellText:
    """What stands below the magic line.

    Attributes:
        text: the code, with newlines as Python reads them.
        lines: the same, line by line, without the newlines.
        first_line: the line of the cell that `lines[0]` is; the magic line is line 1.
    """

    text: str
    lines: tuple[str, ...]
    first_line: int

    @classmethod
    def read(cls, text: str, *, first_line: int) -> CellText:
        """Take a cell's code as the front end sent it.

        Only newlines separate lines: `str.splitlines` would also split at form feeds and U+2028, which
        Python's own count leaves alone.
        """
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        return cls(text=text, lines=tuple(text.split("\n")), first_line=first_line)

    def error(self, message: str, lineno: int | None) -> CellError:
        """An error at a line of `lines`, counted from 1, as a `CellError` in the lines of the cell."""
        if lineno is None:
            return CellError(message)
        lineno = min(max(lineno, 1), len(self.lines))
        return CellError(message, line=lineno + self.first_line - 1, text=self.lines[lineno - 1])

    def error_in_cell(self, message: str, line: int | None) -> CellError:
        """The same for a line that is counted in the cell; a line above the code has no text here."""
        if line is not None and line < self.first_line:
            return CellError(message, line=line)
        return self.error(message, None if line is None else line - self.first_line + 1)

    def parse(self) -> ast.Module:
        """Read the code as Python.

        Raises:
            CellError: it is none: a syntax error, or a line that only IPython knows (`!ls`, `%time`,
            `name?`).
        """
        try:
            with warnings.catch_warnings():
                # Doubtful escapes and the like are reported once, when the cell is compiled.
                warnings.simplefilter("ignore")
                return ast.parse(self.text)
        except SyntaxError as error:
            raise self._notebook_line() or self.error(f"Python: {error.msg}", error.lineno) from error
        except (ValueError, RecursionError, MemoryError) as error:
            # Null bytes, lone surrogates, and expressions nested too deep for the parser.
            raise CellError(f"Python cannot read this cell: {error}") from error

    def _notebook_line(self) -> CellError | None:
        for number, line in enumerate(self.lines, start=1):
            message = notebook_syntax(line)
            if message is not None and self.is_complete_before(number):
                return self.error(message, number)
        return None

    def is_complete_before(self, number: int) -> bool:
        """Whether a line begins a statement, and does not stand inside a bracket or a string."""
        above = "\n".join(self.lines[: number - 1]) + "\n"
        try:
            for _ in tokenize.generate_tokens(StringIO(above).readline):
                pass
        except tokenize.TokenError:
            return False
        except SyntaxError:
            return True
        return True


def notebook_syntax(line: str) -> str | None:
    """Why a line is IPython's and not Python's, with the fix; None where it does not look so."""
    if _SHELL.match(line):
        return "a route is plain Python: run the ! line in a cell of its own, or call subprocess.run(...)"
    if _MAGIC.match(line):
        return "a route is plain Python: move the % line to a cell of its own"
    if _HELP.match(line):
        return "a route is plain Python: ask for help with ? in a cell of its own"
    return None

"""What the old frameworks say of errors, as a middleware of the result, for clients that read it.

Unknown paths, other methods, refused parameters and errors that nobody caught are answered by the server, in its own
words. A program that has moved may have clients that read the words of the framework that it came from: these are
written beside it, as text that a person can read, change and delete. So are the program's own handlers of errors.
"""

from __future__ import annotations

import libcst as cst

from notebook_routes.tooling.codemod.nodes import Statement, body_of, parse, two_below

#: How the middleware is called that answers errors.
NAME = "answer_errors"
#: How the decorator is called that has exceptions answered, and the dict of what answers them.
DECORATOR = "handles_errors"
HANDLERS = "ERROR_HANDLERS"


def statements_of(text: str) -> list[Statement]:
    """The statements of a text, two blank lines above each function and class."""
    found = body_of(cst.IndentedBlock(parse(text).body))
    return [two_below(each) if isinstance(each, (cst.FunctionDef, cst.ClassDef)) else each for each in found]

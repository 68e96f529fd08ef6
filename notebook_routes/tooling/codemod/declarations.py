"""How programs of Flask and of FastAPI declare what they answer: decorators by method, parameters in a path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from notebook_routes.tooling.codemod.nodes import code
from notebook_routes.tooling.codemod.plan import NotUnderstood

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

#: For the name of a decorator, `@app.get(...)`, the method that it is for.
METHOD_DECORATORS = {
    "get": "GET", "post": "POST", "put": "PUT", "patch": "PATCH", "delete": "DELETE", "head": "HEAD",
    "options": "OPTIONS",
}  # fmt: skip


def parameters_in(path: str, form: re.Pattern[str], opening: str) -> Iterator[tuple[str, str, str]]:
    """The parameters of a path: the part between two slashes that each is, its name and its kind, "" for none.

    Args:
        path: the path.
        form: a whole part that is a parameter, with the groups `name` and `kind`.
        opening: the character that every parameter begins with.

    Raises:
        NotUnderstood: a parameter is less than such a part.
    """
    for part in path.split("/"):
        found = form.fullmatch(part)
        if found is None and opening in part:
            raise NotUnderstood(f'"{part}" in "{path}" is not a whole segment')
        if found is not None:
            yield part, found["name"], found["kind"] or ""


def is_main(node: cst.CSTNode) -> bool:
    """Whether a statement is for when its file is run: `if __name__ == "__main__":`."""
    if not isinstance(node, cst.If):
        return False
    return code(node.test).replace("'", '"').replace(" ", "").strip("()") == '__name__=="__main__"'

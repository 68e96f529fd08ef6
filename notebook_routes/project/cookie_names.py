"""Which cookies the files of a project set or declare: read from their text, nothing is run.

    theme: Annotated[str, CookieParam()]                  "theme"
    Theme = Annotated[str, CookieParam("theme")]          "theme"
    cookies().set("last", key)                            "last", as on `response.cookies` and on a name for either

Where a name is computed, nobody knows all of them.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from notebook_routes.errors import DefinitionError
from notebook_routes.routing.filesystem import APP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_JAR = "cookies"
_MARKER = "CookieParam"
#: A marker without a name takes that of its parameter. No cookie has this one.
_PARAMETERS = ""


def cookie_names(root: Path) -> frozenset[str] | None:
    """The names of the cookies that a project sets or declares; None where it sets one whose name is computed.

    Args:
        root: the project's folder, the one that holds `app`.

    Raises:
        DefinitionError: a file cannot be read as Python; the message names it.
    """
    names: set[str | None] = set()
    for file in _python_files(root):
        names |= _names_in(_parsed(file, root))
    known = frozenset(name for name in names if name is not None)
    return None if None in names else known


def _python_files(root: Path) -> list[Path]:
    """The project's own modules: below `app`, at the top, and in packages at the top."""
    packages = [folder for folder in root.iterdir() if (folder / "__init__.py").is_file() or folder.name == APP]
    return sorted([*root.glob("*.py"), *(file for folder in packages for file in folder.rglob("*.py"))])


def _parsed(file: Path, root: Path) -> ast.Module:
    name = file.relative_to(root).as_posix()
    try:
        return ast.parse(file.read_bytes(), filename=name)
    except OSError as error:
        raise DefinitionError(f"{name} cannot be read: {error.strerror}") from error
    except SyntaxError as error:
        raise DefinitionError(f"{name}, line {error.lineno}: {error.msg}") from None
    except ValueError as error:
        raise DefinitionError(f"{name} is no Python: {error}") from None


def _names_in(module: ast.Module) -> set[str | None]:
    """The names in one file; None stands for one that is computed."""
    jars = {
        target.id
        for node in ast.walk(module)
        if isinstance(node, ast.Assign) and _is_jar(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: set[str | None] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "set":
            jar = node.func.value
            if _is_jar(jar) or (isinstance(jar, ast.Name) and jar.id in jars):
                found.add(_name_set(node))
        elif isinstance(node, ast.arg) and node.annotation is not None:
            found |= {node.arg if name == _PARAMETERS else name for name in _declared(node.annotation)}
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            # A type of its own, that parameters elsewhere may have: without a name it has each parameter's.
            found |= {None if name == _PARAMETERS else name for name in _declared(node.value)}
    return found


def _is_jar(node: ast.expr) -> bool:
    """Whether it is `cookies()` or `….cookies`."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, (ast.Name, ast.Attribute)) and _last_word(node.func) == _JAR
    return isinstance(node, ast.Attribute) and node.attr == _JAR


def _name_set(call: ast.Call) -> str | None:
    named = {word.arg: word.value for word in call.keywords}
    first = call.args[0] if call.args else named.get("name")
    if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.isprintable():
        return first.value
    return None


def _declared(annotation: ast.expr) -> Iterator[str | None]:
    """What the markers in an annotation name."""
    called = [node for node in ast.walk(annotation) if isinstance(node, ast.Call) and _is_marker(node.func)]
    for call in called:
        yield _name_set(call) if call.args or call.keywords else _PARAMETERS
    inside = {call.func for call in called}
    yield from (_PARAMETERS for node in ast.walk(annotation) if _is_marker(node) and node not in inside)


def _is_marker(node: ast.AST) -> bool:
    return isinstance(node, (ast.Name, ast.Attribute)) and _last_word(node) == _MARKER


def _last_word(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr

"""The command line of `serve`, read without typer where it is plain.

typer and what it imports take as long to read the line as a project of many routes takes to load, and whoever starts a
server waits for both. So `serve` is known twice: here by its options alone, and in `commands`, which has the help and
the messages, and gets every line that is not plain: one with an option that is not in these tables, an abbreviation, a
value that is missing or may be wrong. `tests/tooling/test_serve_line.py` sees that both know the same options and read
a line alike.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import NotebookRoutesError
from notebook_routes.project.settings import CACHE_VARIABLE, TOKEN_VARIABLE, ServerSettings
from notebook_routes.servers.access_log import ACCESS_FORMATS
from notebook_routes.tooling.serve import Running, serve_tree
from notebook_routes.web import GEO_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

#: Options with a value, by the name of the setting: what a plain value looks like, and how it is read.
_VALUES: dict[str, tuple[str, str, Callable[[str], object]]] = {
    "--host": ("host", ".+", str),
    "--port": ("port", "[0-9]{1,5}", int),
    "--server": ("server", ".+", str),
    "--workers": ("workers", "[0-9]{1,5}", int),
    "--token": ("token", ".+", str),
    "--max-body-size": ("max_body_size", "[0-9]{1,15}", int),
    "--geo": ("geo", ".+", str),
    "--cache": ("cache", ".+", str),
    "--log-format": ("log_format", "|".join(ACCESS_FORMATS), str),
    "--graceful-timeout": ("graceful_timeout", r"[0-9]{1,9}(\.[0-9]{1,9})?", float),
}
_REPEATABLE = {"--allow-host": "hosts", "--cors": "cors"}
_FLAGS = {
    "--force": ("force", True),
    "--reload": ("reload", True),
    "--access-log": ("logs_access", True),
    "--no-access-log": ("logs_access", False),
}
#: Settings that the environment says too.
_VARIABLES = {"token": TOKEN_VARIABLE, "geo": GEO_VARIABLE, "cache": CACHE_VARIABLE}
#: Of `ServerSettings`; the others are of `Running`.
_OF_PROJECT = ("directory", "cache", "geo", "token", "hosts", "cors", "max_body_size")
#: The exit status of a program that Ctrl-C has ended, as shells have it.
_INTERRUPTED = 130


def serve_plain_line(arguments: Iterable[str]) -> bool:
    """Do what `serve` is told, and say whether the line was plain; if it was not, nothing has been done.

    Args:
        arguments: what stands behind `serve`.

    Raises:
        SystemExit: the project cannot be served as it is told; why has been said on stderr.
    """
    told = read_serve_line(arguments)
    if told is None:
        return False
    try:
        serve_tree(*told)
    except NotebookRoutesError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201 - the program's own words
        sys.exit(1)
    except KeyboardInterrupt:
        # While the project is loaded; later it is told to stop in order.
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # Nobody reads stdout. Python would complain once more as it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    return True


def read_serve_line(
    arguments: Iterable[str], environment: Mapping[str, str] = os.environ
) -> tuple[ServerSettings, Running] | None:
    """What `serve` is told, None where the line is not plain."""
    if os.name == "nt":
        return None  # there it falls to the program to expand `*` and `~`
    found: dict[str, Any] = {"logs_access": True}
    found |= {name: environment[variable] for name, variable in _VARIABLES.items() if environment.get(variable)}
    words = iter(arguments)
    for word in words:
        if not _take(word, words, found):
            return None
    if "directory" not in found:
        return None
    logs_access = found.pop("logs_access")
    project = {name: found.pop(name) for name in _OF_PROJECT if name in found}
    how = Running(**found)
    return ServerSettings(**project, access_log=how.log_format if logs_access else None), how


def _take(word: str, words: Iterator[str], found: dict[str, Any]) -> bool:
    """Put into `found` what a word of the line says, with the next one if that is its value; whether it is plain."""
    if not word.startswith("-"):
        if not word or "directory" in found:
            return False
        found["directory"] = Path(word)
        return True
    if word in _FLAGS:
        name, value = _FLAGS[word]
        found[name] = value
        return True
    option, equals, text = word.partition("=")
    if not equals:
        text = next(words, "")
    if not text or text.startswith("-"):
        return False
    if option in _REPEATABLE:
        name = _REPEATABLE[option]
        found[name] = (*found.get(name, ()), text)
        return True
    if option not in _VALUES:
        return False
    name, plain, read = _VALUES[option]
    if not re.fullmatch(plain, text, re.DOTALL):
        return False
    found[name] = read(text)
    return True

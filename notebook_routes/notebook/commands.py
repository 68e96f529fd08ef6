"""The words after `%routes`: read, and refused with the fix where they say nothing."""

from __future__ import annotations

import difflib
import os
import shlex
from dataclasses import dataclass, field

from notebook_routes.errors import DirectiveError
from notebook_routes.routing import ANY, METHODS

COMMANDS = (
    "list",
    "source",
    "log",
    "cache",
    "revalidate",
    "url",
    "openapi",
    "remove",
    "clear",
    "start",
    "stop",
    "check",
    "export",
    "mount",
    "edge",
)
_START_OPTIONS = {
    "--port": "port",
    "--host": "host",
    "--allow-host": "allow_hosts",
    "--token": "token",
    "--url": "url",
    "--public": "public",
    "--geo": "geo",
    "--cache": "cache",
    "--cors": "cors",
}
_EXPORT_OPTIONS = {
    "--force": ("force", True),
    "--replay-all": ("replay_all", True),
    "--copy-files": ("copy_files", True),
    "--no-copy-files": ("copy_files", False),
    "--check": ("check_only", True),
}


@dataclass(frozen=True, slots=True)
class Command:
    """One `%routes` line.

    Attributes:
        name: one of `COMMANDS`, or "inspect" where there is no word.
        method: for `remove`.
        path: for `remove` and `source`; for `revalidate` a path or a tag.
        directory: for `export` and `mount`.
        options: for `export`: force, replay_all, copy_files, check_only; for `check` and `edge`: replay_all; for
            `mount`: off;
            for `start`: port, host, allow_hosts, token, url, public, geo, cache, cors.
    """

    name: str
    method: str | None = None
    path: str | None = None
    directory: str | None = None
    options: dict[str, object] = field(default_factory=dict)


def parse_command(line: str) -> Command:
    """Read the words after `%routes`.

    Raises:
        DirectiveError: they say nothing; the message has the fix.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise DirectiveError(f"%routes {line}: {error}") from None
    if not words:
        return Command("inspect")
    name, *rest = words
    if name not in COMMANDS:
        close = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        raise DirectiveError(f'"{name}" is no %routes command: {hint}there are {", ".join(COMMANDS)}')
    if name == "start":
        return Command(name, options=_start_options(rest))
    if name == "export":
        return _export(rest)
    if name == "check" and rest == ["--replay-all"]:
        return Command(name, options={"replay_all": True})
    if name == "mount":
        return _mount(rest)
    if name == "edge":
        return _edge(rest)
    if name == "remove":
        return _remove(rest)
    if name == "revalidate" and len(rest) != 1:
        raise DirectiveError(
            "%routes revalidate needs a tag or a path: write %routes revalidate products, "
            "%routes revalidate /products/1 or %routes revalidate /products/[id]"
        )
    if name in ("source", "revalidate") and len(rest) == 1:
        return Command(name, path=rest[0])
    if rest:
        raise DirectiveError(f'%routes {name} takes no "{rest[0]}": write %routes {name}')
    return Command(name)


def _remove(words: list[str]) -> Command:
    method = words.pop(0) if words and words[0] in (*METHODS, ANY) else None
    if len(words) != 1 or not words[0].startswith("/"):
        raise DirectiveError("%routes remove needs a path: write %routes remove /path or %routes remove GET /path")
    return Command("remove", method=method, path=words[0])


def _export(words: list[str]) -> Command:
    plain = [word for word in words if not word.startswith("-")]
    options: dict[str, object] = {}
    for word in words:
        if word.startswith("-"):
            if word not in _EXPORT_OPTIONS:
                raise DirectiveError(f'"{word}" is no option of %routes export: there are {", ".join(_EXPORT_OPTIONS)}')
            name, value = _EXPORT_OPTIONS[word]
            options[name] = value
    if len(plain) != 1:
        raise DirectiveError("%routes export needs one folder: write %routes export shop")
    return Command("export", directory=_folder(plain[0]), options=options)


def _folder(word: str) -> str:
    """A folder as a shell would read it: IPython hands `~` on as it is."""
    return os.path.expanduser(word)  # noqa: PTH111 - pathlib's raises for ~nobody, which may be a folder


def _mount(words: list[str]) -> Command:
    off = "--off" in words
    plain = [word for word in words if word != "--off"]
    if len(plain) != 1 or plain[0].startswith("--"):
        raise DirectiveError(
            "%routes mount needs the folder that holds app/: write %routes mount shop or %routes mount --off shop"
        )
    return Command("mount", directory=_folder(plain[0]), options={"off": True} if off else {})


def _edge(words: list[str]) -> Command:
    if words not in (["check"], ["check", "--replay-all"]):
        raise DirectiveError(
            "%routes edge has one word more: write %routes edge check or %routes edge check --replay-all"
        )
    return Command("edge", options={"replay_all": len(words) == 2})


def _start_options(words: list[str]) -> dict[str, object]:
    options: dict[str, object] = {}
    while words:
        word, equals, value = words.pop(0).partition("=")
        if word not in _START_OPTIONS:
            raise DirectiveError(f'"{word}" is no option of %routes start: there are {", ".join(_START_OPTIONS)}')
        if not equals and words:
            value = words.pop(0)
        if not value or (not equals and value.startswith("--")):
            raise DirectiveError(f"{word} has no value: write {word}={_EXAMPLES[word]}")
        if word == "--port":
            if not value.isdecimal() or not 0 <= int(value) <= 65535:
                raise DirectiveError(f'--port {value}: "{value}" is no port, write a number from 0 to 65535')
            options["port"] = int(value)
        elif word in ("--allow-host", "--cors"):
            several = options.setdefault(_START_OPTIONS[word], [])
            assert isinstance(several, list)
            several.append(value)
        else:
            options[_START_OPTIONS[word]] = value
    return options


_EXAMPLES = {
    "--port": "8001",
    "--host": "0.0.0.0",  # noqa: S104 - an example in a message
    "--allow-host": "notebook.example",
    "--token": "SECRET",
    "--cache": "redis://127.0.0.1:6379/0",
    "--cors": "https://shop.example",
    "--url": "https://notebook.example/proxy/{port}",
    "--public": "public",
    "--geo": "cloudflare",
}

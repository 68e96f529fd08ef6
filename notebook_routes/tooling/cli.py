"""The program, `notebook-routes` and `jupyter routes`: `serve` by its short way where it can, or else `commands`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """The console script."""
    _open_what_is_closed()
    if sys.argv[1:2] == ["serve"]:
        from notebook_routes.tooling.serve_line import serve_plain_line  # noqa: PLC0415 - no other command serves

        if serve_plain_line(sys.argv[2:]):
            return
    from notebook_routes.tooling.commands import app  # noqa: PLC0415 - `serve` must not wait for typer

    app()


def _open_what_is_closed() -> None:
    """Have a standard stream that a shell has closed, as with `>&-`, lead nowhere.

    Else there is no `sys.stdout`, and the next socket gets its number, which a worker would take for its stdout.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8"))


if __name__ == "__main__":
    main()

"""The program, `notebook-routes` and `jupyter routes`: `serve` by its short way where it can, or else `commands`."""

from __future__ import annotations

import sys


def main() -> None:
    """The console script."""
    if sys.argv[1:2] == ["serve"]:
        from notebook_routes.tooling.serve_line import serve_plain_line  # noqa: PLC0415 - no other command serves

        if serve_plain_line(sys.argv[2:]):
            return
    from notebook_routes.tooling.commands import app  # noqa: PLC0415 - `serve` must not wait for typer

    app()


if __name__ == "__main__":
    main()

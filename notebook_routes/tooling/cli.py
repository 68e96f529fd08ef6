"""The command line: `notebook-routes`, also `jupyter routes`."""

from __future__ import annotations

from importlib.metadata import version as version_of
from typing import Annotated

import typer

from notebook_routes.tooling.quickstart import run_quickstart

app = typer.Typer(
    help="Route Handlers for Python notebooks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def _root(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False
) -> None:
    if version:
        typer.echo(version_of("notebook-routes"))
        raise typer.Exit


@app.command()
def demo() -> None:
    """Run the quickstart notebook in a real kernel and print what it shows; fails if an answer was not right."""
    if not run_quickstart():
        raise typer.Exit(code=1)


def main() -> None:
    """The console script."""
    app()

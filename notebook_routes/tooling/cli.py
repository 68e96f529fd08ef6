"""The command line: `notebook-routes`, also `jupyter routes`."""

from __future__ import annotations

import json
from importlib.metadata import version as version_of
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from notebook_routes.errors import NotebookRoutesError
from notebook_routes.project.load import CACHE_VARIABLE, load_tree
from notebook_routes.project.openapi import openapi_document
from notebook_routes.servers import MAX_BODY_SIZE
from notebook_routes.tooling.quickstart import run_quickstart
from notebook_routes.tooling.serve import serve_tree
from notebook_routes.web import GEO_VARIABLE

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


@app.command()
def serve(
    directory: Annotated[Path, typer.Argument(help="The project: the folder that holds app/.", show_default=False)],
    *,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all of this machine's.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int | None, typer.Option(help="8000, or the next free one, if not given.")] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Answer for this Host and for this machine's only; repeatable.")
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(help="A bearer token that every request must bring.", envvar="NOTEBOOK_ROUTES_TOKEN"),
    ] = None,
    max_body_size: Annotated[int, typer.Option(help="Bytes of a request's body.", min=0)] = MAX_BODY_SIZE,
    geo: Annotated[
        str | None,
        typer.Option(help="The proxy whose headers tell request.geo: vercel or cloudflare.", envvar=GEO_VARIABLE),
    ] = None,
    cache: Annotated[
        str | None,
        typer.Option(
            help="Where answers are kept: memory, memory:256mb, file:FOLDER or redis://HOST:6379/0.",
            envvar=CACHE_VARIABLE,
        ),
    ] = None,
    cors: Annotated[
        list[str] | None,
        typer.Option(help="Another origin that may call paths without a cors of their own; * for any; repeatable."),
    ] = None,
) -> None:
    """Answer the routes of a project, until Ctrl-C or SIGTERM."""
    try:
        serve_tree(
            directory,
            host=host,
            port=port,
            allow_hosts=allow_host or (),
            token=token,
            max_body_size=max_body_size,
            geo=geo,
            cache=cache,
            cors=cors or (),
        )
    except NotebookRoutesError as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        raise typer.Exit(code=1) from None


@app.command()
def dev(
    directory: Annotated[Path, typer.Argument(help="The project: the folder that holds app/.", show_default=False)],
    *,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all of this machine's.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int | None, typer.Option(help="8000, or the next free one, if not given.")] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Answer for this Host too, beside this machine's; repeatable.")
    ] = None,
) -> None:
    """Answer the routes of a project while you write them: loaded again on save, errors shown in full."""
    from notebook_routes.tooling.dev import develop_tree  # noqa: PLC0415 - no other command watches files

    try:
        develop_tree(directory, host=host, port=port, allow_hosts=allow_host or ())
    except NotebookRoutesError as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        raise typer.Exit(code=1) from None


@app.command()
def export(
    notebook: Annotated[Path, typer.Argument(help="The notebook, an .ipynb file.", show_default=False)],
    directory: Annotated[Path, typer.Argument(help="The folder to write; it is made.", show_default=False)],
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Write although the files answer otherwise, or were edited by hand.")
    ] = False,
    replay_all: Annotated[
        bool, typer.Option("--replay-all", help="Try the files with all requests first, not only with GET and HEAD.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; the exit status is 0 if notebook and folder agree.")
    ] = False,
) -> None:
    """Write the routes of a notebook as files that run without it. No cell is run."""
    from notebook_routes.project.export import described, export_tree  # noqa: PLC0415 - no other command needs it
    from notebook_routes.project.notebook_source import read_notebook  # noqa: PLC0415 - the same

    try:
        source = read_notebook(notebook)
        done = export_tree(source, directory, force=force, replay_all=replay_all, check_only=check)
    except NotebookRoutesError as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        raise typer.Exit(code=1) from None
    typer.echo(described(done, check_only=check))
    if check and not done.agrees:
        raise typer.Exit(code=1)


@app.command()
def openapi(
    directory: Annotated[Path, typer.Argument(help="The project: the folder that holds app/.", show_default=False)],
    *,
    title: Annotated[str | None, typer.Option(help="The name of the API; the folder's if not given.")] = None,
    api_version: Annotated[str, typer.Option(help="The version of the API.")] = "0.1.0",
    output: Annotated[Path | None, typer.Option(help="A file to write instead of the terminal.")] = None,
) -> None:
    """Describe the routes of a project as an OpenAPI 3.1 document, in JSON."""
    try:
        project = load_tree(directory, strict=True)
        document = openapi_document(project.routes, title=title or directory.resolve().name, version=api_version)
    except NotebookRoutesError as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        raise typer.Exit(code=1) from None
    text = json.dumps(document, indent=2, ensure_ascii=False)
    if output is None:
        typer.echo(text)
    else:
        output.write_text(f"{text}\n", encoding="utf-8")


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()

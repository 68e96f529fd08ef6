"""The commands of `notebook-routes`, also `jupyter routes`."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from notebook_routes.errors import ConfigError, NotebookRoutesError
from notebook_routes.project.current_folder import within
from notebook_routes.project.isolate.limits import IsolateLimits
from notebook_routes.project.load import load_tree
from notebook_routes.project.settings import CACHE_VARIABLE, TOKEN_VARIABLE, ServerSettings
from notebook_routes.servers import MAX_BODY_SIZE
from notebook_routes.servers.access_log import ACCESS_FORMATS
from notebook_routes.tooling.progress import progress
from notebook_routes.tooling.serve import GRACEFUL_TIMEOUT, Running, serve_tree
from notebook_routes.web import GEO_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

app = typer.Typer(
    help="Route Handlers for Python notebooks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_LIMITS = IsolateLimits()
_Directory: TypeAlias = Annotated[
    Path, typer.Argument(help="The project: the folder that holds app/.", show_default=False)
]
_Port: TypeAlias = Annotated[int | None, typer.Option(help="8000, or the next free one, if not given.")]
_OnlyHosts: TypeAlias = Annotated[
    list[str] | None, typer.Option(help="Answer for this Host and for this machine's only; repeatable.")
]
_Token: TypeAlias = Annotated[
    str | None, typer.Option(help="A bearer token that every request must bring.", envvar=TOKEN_VARIABLE)
]
_MaxBodySize: TypeAlias = Annotated[int, typer.Option(help="Bytes of a request's body.", min=0)]
_Geo: TypeAlias = Annotated[
    str | None,
    typer.Option(help="The proxy whose headers tell request.geo: vercel or cloudflare.", envvar=GEO_VARIABLE),
]
_Cors: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(help="Another origin that may call paths without a cors of their own; * for any; repeatable."),
]
_AccessLog: TypeAlias = Annotated[bool, typer.Option(help="A line on stdout for each request.")]


@contextmanager
def _sentences() -> Iterator[None]:
    """What is wrong with what was asked for is a sentence on stderr and an exit status of 1."""
    try:
        yield
    except NotebookRoutesError as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        raise typer.Exit(code=1) from None


@app.callback(invoke_without_command=True)
def _root(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False
) -> None:
    if version:
        from importlib.metadata import version as version_of  # noqa: PLC0415 - no command asks for it

        typer.echo(version_of("notebook-routes"))
        raise typer.Exit


@app.command()
def demo() -> None:
    """Run the quickstart notebook in a real kernel and print what it shows; fails if an answer was not right."""
    from notebook_routes.tooling.quickstart import run_quickstart  # noqa: PLC0415 - it brings a kernel's client

    if not run_quickstart():
        raise typer.Exit(code=1)


@app.command()
def serve(
    directory: _Directory,
    *,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all of this machine's.")] = (
        "127.0.0.1"
    ),
    port: _Port = None,
    server: Annotated[str, typer.Option(help="tornado, or uvicorn (an extra).")] = "tornado",
    workers: Annotated[int, typer.Option(help="How many processes answer.")] = 1,
    force: Annotated[
        bool, typer.Option("--force", help="Run several though the project changes things in memory.")
    ] = False,
    reload: Annotated[bool, typer.Option("--reload", help="Load the project again when a file is saved.")] = False,
    allow_host: _OnlyHosts = None,
    token: _Token = None,
    max_body_size: _MaxBodySize = MAX_BODY_SIZE,
    geo: _Geo = None,
    cache: Annotated[
        str | None,
        typer.Option(
            help="Where answers are kept: memory, memory:256mb, file:FOLDER or redis://HOST:6379/0.",
            envvar=CACHE_VARIABLE,
        ),
    ] = None,
    cors: _Cors = None,
    access_log: _AccessLog = True,
    log_format: Annotated[str, typer.Option(help="text or json, for the access log and for failures.")] = "text",
    graceful_timeout: Annotated[
        float, typer.Option(help="Seconds in which requests may end once it is told to stop.", min=0)
    ] = GRACEFUL_TIMEOUT,
) -> None:
    """Answer the routes of a project, until Ctrl-C or SIGTERM."""
    with _sentences():
        if log_format not in ACCESS_FORMATS:
            raise ConfigError(f"--log-format {log_format}: there are {' and '.join(ACCESS_FORMATS)}")
        settings = ServerSettings(
            directory=directory,
            cache=cache,
            geo=geo,
            token=token,
            hosts=tuple(allow_host or ()),
            cors=tuple(cors or ()),
            max_body_size=max_body_size,
            access_log=log_format if access_log else None,
        )
        how = Running(
            host=host,
            port=port,
            server=server,
            workers=workers,
            force=force,
            reload=reload,
            log_format=log_format,
            graceful_timeout=graceful_timeout,
        )
        serve_tree(settings, how)


@app.command()
def dev(
    directory: _Directory,
    *,
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for all of this machine's.")] = (
        "127.0.0.1"
    ),
    port: _Port = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="Answer for this Host too, beside this machine's; repeatable.")
    ] = None,
) -> None:
    """Answer the routes of a project while you write them: loaded again on save, errors shown in full."""
    from notebook_routes.tooling.dev import develop_tree  # noqa: PLC0415 - no other command watches files

    with _sentences():
        develop_tree(directory, host=host, port=port, allow_hosts=allow_host or ())


@app.command()
def edge(
    directory: _Directory,
    *,
    port: _Port = None,
    cpu_limit: Annotated[
        float, typer.Option(help="Seconds for which a handler may hold the isolate.", min=0.1)
    ] = _LIMITS.cpu,
    memory_limit: Annotated[int, typer.Option(help="MiB that the isolate's Python may have.", min=64)] = _LIMITS.memory
    >> 20,
    allow_net: Annotated[
        list[str] | None, typer.Option(help="HOST or HOST:PORT that it may connect to; * for any; repeatable.")
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option(help="NAME or NAME=VALUE that handlers see in os.environ; repeatable.")
    ] = None,
    allow_host: _OnlyHosts = None,
    token: _Token = None,
    max_body_size: _MaxBodySize = MAX_BODY_SIZE,
    geo: _Geo = None,
    cors: _Cors = None,
    access_log: _AccessLog = True,
) -> None:
    """Answer the routes of a project from a local edge isolate: WebAssembly, without files, processes and network."""
    from notebook_routes.tooling.edge import environment_of, serve_at_edge  # noqa: PLC0415 - an extra

    with _sentences():
        settings = ServerSettings(
            directory=directory,
            geo=geo,
            token=token,
            hosts=tuple(allow_host or ()),
            cors=tuple(cors or ()),
            max_body_size=max_body_size,
            access_log="text" if access_log else None,
        )
        limits = IsolateLimits(
            cpu=cpu_limit,
            memory=memory_limit * 1024 * 1024,
            hosts=tuple(allow_net or ()),
            environment=environment_of(env or ()),
        )
        serve_at_edge(settings, port=port, limits=limits)


@app.command("list")
def list_(
    directory: _Directory,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
) -> None:
    """List the routes of a project: method, path, file, config. Fails if a file cannot be used."""
    from notebook_routes.tooling.listing import list_tree  # noqa: PLC0415 - no other command prints tables

    with _sentences():
        if not list_tree(directory, as_json=as_json):
            raise typer.Exit(code=1)


@app.command()
def request(
    directory: _Directory,
    method: Annotated[str, typer.Argument(help="GET, POST, ...", show_default=False)],
    path: Annotated[str, typer.Argument(help="The path, with its query.", show_default=False)],
    *,
    header: Annotated[list[str] | None, typer.Option("--header", "-H", help="'Name: value'; repeatable.")] = None,
    data: Annotated[
        str | None, typer.Option("--data", "-d", help="The body; @FILE reads it from a file, @- from stdin.")
    ] = None,
    include: Annotated[bool, typer.Option("--include", "-i", help="Print the status line and the headers.")] = False,
) -> None:
    """Send a request to a project without a server, and print the answer. Fails if its status is 400 or more."""
    from notebook_routes.tooling.asking import ask_tree  # noqa: PLC0415 - what only this command needs

    with _sentences():
        if not ask_tree(directory, method.upper(), path, headers=header or (), data=data, show_head=include):
            raise typer.Exit(code=1)


@app.command("import")
def import_(
    directory: _Directory,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The notebook to write, an .ipynb file.", show_default=False)
    ],
    force: Annotated[bool, typer.Option("--force", help="Write over a notebook that is there.")] = False,
) -> None:
    """Write a project as a notebook: its files as cells. Nothing is run."""
    from notebook_routes.project.import_tree import import_tree  # noqa: PLC0415 - no other command needs it

    with _sentences():
        for remark in import_tree(directory, output, force=force):
            typer.echo(remark, err=True)
    typer.echo(f"{output} is written")


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
    copy_files: Annotated[
        bool | None,
        typer.Option(
            help="Copy the files that the code opens beside the notebook; without the option as the last time.",
            show_default=False,
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; the exit status is 0 if notebook and folder agree.")
    ] = False,
) -> None:
    """Write the routes of a notebook as files that run without it. No cell is run."""
    from notebook_routes.project.export import described, export_tree  # noqa: PLC0415 - no other command needs it
    from notebook_routes.project.notebook_source import read_notebook  # noqa: PLC0415 - the same

    try:
        source = read_notebook(notebook)
        done = export_tree(
            source,
            directory,
            force=force,
            replay_all=replay_all,
            copy_files=copy_files,
            check_only=check,
        )
    except NotebookRoutesError as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        raise typer.Exit(code=1) from None
    typer.echo(described(done, check_only=check))
    if check and not done.agrees:
        raise typer.Exit(code=1)


@app.command()
def build(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR",
            help="The project: the folder that holds app/; for jupyterlite the notebooks.",
            show_default=False,
        ),
    ],
    *,
    target: Annotated[str, typer.Option(help="The platform: cloudflare or jupyterlite.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The folder to write; for cloudflare DIR-cloudflare if not given."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What the platform calls it; the folder's name if not given.")
    ] = None,
    include: Annotated[
        list[Path] | None,
        typer.Option(help="A file or folder of the project that goes too, such as data that it opens; repeatable."),
    ] = None,
    cpu_ms: Annotated[
        int | None, typer.Option(help="Milliseconds of processor time for a request; the platform's own if not given.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Fetch all anew, and write over what was edited by hand.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; the exit status is 0 if the folder is up to date.")
    ] = False,
) -> None:
    """Write a project as a Worker of cloudflare, or notebooks as a site of jupyterlite.

    Such a site is a folder of files for any web server, and the notebooks run in the reader's browser.

    A project is checked first: syntax, what the edge lacks, imports, packages, sizes. What cannot run there is listed
    with its line, and then nothing is written.
    """
    from notebook_routes.tooling.deploy import targets  # noqa: PLC0415 - no other command needs it

    with _sentences():
        request = targets.BuildRequest(
            tuple(sources),
            output,
            name=name,
            include=tuple(include or ()),
            cpu_ms=cpu_ms,
            force=force,
            check_only=check,
        )
        built = targets.build(target, request)
    typer.echo(built.said)
    if check and not built.agrees:
        raise typer.Exit(code=1)


@app.command()
def openapi(
    directory: _Directory,
    *,
    title: Annotated[str | None, typer.Option(help="The name of the API; the folder's if not given.")] = None,
    api_version: Annotated[str, typer.Option(help="The version of the API.")] = "0.1.0",
    output: Annotated[Path | None, typer.Option(help="A file to write instead of the terminal.")] = None,
) -> None:
    """Describe the routes of a project as an OpenAPI 3.1 document, in JSON."""
    from notebook_routes.project.openapi import openapi_document  # noqa: PLC0415 - it brings pydantic

    with _sentences():
        with within(directory) as root, progress(f"Loading {directory}"):
            project = load_tree(root, strict=True)
        document = openapi_document(project.routes, title=title or directory.resolve().name, version=api_version)
    text = json.dumps(document, indent=2, ensure_ascii=False)
    if output is None:
        typer.echo(text)
    else:
        output.write_text(f"{text}\n", encoding="utf-8")


@app.command()
def typegen(
    directory: _Directory,
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The folder of stubs; typings in the project's if not given."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; the exit status is 0 if the file is up to date.")
    ] = False,
) -> None:
    r"""Write the paths of a project as types, for mypy and pyright. No file is run.

    RouteContext[Literal["/products/\[id]"]] then knows its params, and
    href("/products/\[id]", id=1) its parameters: a wrong path or a missing
    parameter is a type error. So is the name of a cookie in cookies() that no
    file sets and no handler declares; request.cookies takes any name.

    mypy also takes RouteContext["/products/\[id]"], with the plugin below. For
    pyright that text is the name of a type: there, write the Literal.

    pyright finds the folder typings where it is run; elsewhere set its stubPath.

    mypy needs this in the project's pyproject.toml:

        \[tool.mypy]
        mypy_path = "$MYPY_CONFIG_FILE_DIR/typings"
        plugins = ["notebook_routes.tooling.mypy_plugin"]

    and, since it takes no two files of one name, is run on one at a time:

        find app -name "*.py" -print0 | xargs -0 -n1 mypy
    """
    from notebook_routes.tooling.typegen import generate_types  # noqa: PLC0415 - no other command needs it

    with _sentences():
        is_current, said = generate_types(directory, output, check_only=check)
    typer.echo(said, err=not is_current)
    if not is_current:
        raise typer.Exit(code=1)


@app.command()
def codemod(
    name: Annotated[str, typer.Argument(help="api-routes, kernel-gateway, flask or fastapi.", show_default=False)],
    path: Annotated[Path, typer.Argument(help="A file, a folder or a notebook.", show_default=False)],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing; the exit status is 4 if it would.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Print the differences.")] = False,
    to: Annotated[str, typer.Option(help="tree, or notebook for cells (flask and fastapi).")] = "tree",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write, if not where the codemod would.")
    ] = None,
    old_errors: Annotated[
        bool,
        typer.Option(
            "--old-errors/--no-old-errors", help="Answer errors in the words of the old framework, by a middleware."
        ),
    ] = True,
) -> None:
    """Write a program of another framework, or API Routes, as Route Handlers.

    The exit status is 0 if everything is done, 3 if TODO comments or sources are left for a person, and 4 if --dry-run
    would change files.
    """
    from notebook_routes.tooling.codemod.catalogue import Options  # noqa: PLC0415 - no other command needs it
    from notebook_routes.tooling.codemod.run import run_codemod  # noqa: PLC0415 - the same

    with _sentences():
        if to not in ("tree", "notebook"):
            raise ConfigError(f"--to {to}: there are tree and notebook")
        options = Options(to_notebook=to == "notebook", destination=output, old_errors=old_errors)
        outcome = run_codemod(name, path, options, dry=dry_run)
    if diff:
        typer.echo(outcome.difference, nl=False)
    typer.echo(outcome.summary, err=diff)
    raise typer.Exit(code=outcome.status)

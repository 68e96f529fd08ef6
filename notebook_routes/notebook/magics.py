"""The magics: read the line, one call, show the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, cell_magic, line_cell_magic, line_magic, magics_class, no_var_expand
from IPython.display import display

from notebook_routes.notebook import actions
from notebook_routes.notebook import display as shown
from notebook_routes.notebook.cell_text import cell_label, running_cell
from notebook_routes.notebook.commands import parse_command

if TYPE_CHECKING:
    from notebook_routes.notebook.client import FinishedResponse
    from notebook_routes.notebook.session import Session


@magics_class
class RouteMagics(Magics):
    """`%%route`, `%%page`, `%%api`, `%%middleware`, `%%request` and `%routes`."""

    def __init__(self, shell: Any, session: Session) -> None:
        super().__init__(shell)
        self._shell = shell
        self._session = session

    @no_var_expand
    @cell_magic
    def route(self, line: str, cell: str) -> None:
        """Make this cell a live route.

        %%route [METHOD] /path [name:type[=default] ...] [--option value ...]

        With a method, the cell is the body of one handler: `request`, `context`, `params`, `query`, `body`, every
        [segment] and the typed parameters of the line are in scope, and the last expression is the answer.
        Without a method, the cell is a whole route.py: functions GET, POST, ..., constants, helpers, imports.

        Options:

        --revalidate N          keep the answers to GET, fresh for N seconds; false for ever, 0 not at all
        --tag NAME              what revalidate_tag("NAME") calls them; may be written several times
        --dynamic VALUE         force-dynamic never keeps them; force-static keeps them, and shows the cell nothing of
                                the request but path and declared parameters; error keeps them, and refuses such reading
        --runtime edge          refuse what an edge isolate lacks: files, processes, threads, sockets; the route runs in
                                the kernel, and is compared with a real isolate where notebook-routes[edge] is installed
        --max-duration SECONDS  after so long the client is told 504
        --cors ORIGIN           whose pages may read the answers; may be written several times
        """
        running = running_cell()
        definition = self._session.define(
            line,
            cell,
            cell=running,
            label=cell_label(self._shell),
            own_names=set(self._shell.user_ns_hidden),
        )
        text, html = shown.definition_text(definition), shown.definition_html(definition)
        for output in self._session.inspectors.card(text, html, definition, cell_id=running.id):
            display(output, raw=True)

    @no_var_expand
    @cell_magic
    def page(self, line: str, cell: str) -> None:
        """Make this cell a live page, and show it below.

        %%page /path [--jinja] [--height PIXELS] [--option value ...]

        The cell is the HTML that GET /path answers, as it is: `{{` means nothing. Its script calls the routes of the
        notebook, fetch("/api/lamps"). The frame below is sandboxed, so that the page has no cookies there, and loads
        anew whenever a route changes.

        With --jinja, the cell is a Jinja2 template (pip install jinja2), escaped for HTML. It is given `request`,
        `params`, `query`, `cookies` and every [segment] by its name, and no variables of the notebook, so that it
        exports as it is: let the page's script fetch those from a route.

        Options: those of %%route.
        """
        running = running_cell()
        definition = self._session.define_page(line, cell, cell=running, label=cell_label(self._shell))
        ((route, _),) = definition.routes
        bundled = self._session.frames.bundle(
            shown.definition_text(definition),
            shown.definition_html(definition),
            cell_id=running.id,
            path=shown.sample_path(route),
            height=definition.height,
        )
        display(bundled, raw=True)

    @no_var_expand
    @cell_magic
    def api(self, line: str, cell: str) -> None:
        """Make this cell a live API Route, the older kind: one handler for all methods of its path.

        %%api /api/path

        The cell is a whole module of `pages/api`: `def handler(req, res)`, or `default`, helpers, imports, and

        config = {"api": {"body_parser": {"size_limit": "1mb"}, "response_limit": "4mb"}, "max_duration": 30}

        req     method query body cookies headers url preview preview_data draft_mode raw_headers socket
        res     status() json() send() redirect() write() end() set_header() get_header() append_header()
                remove_header() write_head() revalidate() set_draft_mode() set_preview_data() clear_preview_data()

        `req.body` is parsed by its content type, up to 1 MB. The answer goes out whole, with an ETag: to stream, write
        a %%route cell.
        """
        running = running_cell()
        definition = self._session.define_api(line, cell, cell=running, label=cell_label(self._shell))
        text, html = shown.definition_text(definition), shown.definition_html(definition)
        for output in self._session.inspectors.card(text, html, definition, cell_id=running.id):
            display(output, raw=True)

    @no_var_expand
    @cell_magic
    def middleware(self, line: str, cell: str) -> None:
        """Put this cell in front of the routes.

        %%middleware [matcher ...]

        A matcher is a path: /admin/:path*, /docs/:page, /((?!api).*). Without one, every request passes through.

        The cell is the body of a middleware: `request`, `next` and `query` are in scope. None goes on; a Response is
        the answer; Response.next(...) and Response.rewrite(...) go on with changes; `await next()` gives the answer of
        what follows. A cell that defines `def middleware(request, next)` is a whole middleware.py.

        Several run in the order in which they were first defined.
        """
        made, what = self._session.middlewares.define(line, cell, cell=running_cell(), label=cell_label(self._shell))
        self._session.frames.reload()
        text, html = shown.middleware_text([made], what), shown.middleware_html([made], what)
        display({"text/plain": text, "text/html": html}, raw=True)

    @no_var_expand
    @line_cell_magic
    def request(self, line: str, cell: str | None = None) -> FinishedResponse:
        """Send requests to this notebook's routes, in the format of .http files.

        %%request [[METHOD] /path] [as name]
        Header: value

        a body
        ?? status == 200

        `??` lines assert, with response, status, headers, json and text in scope; `{{expr}}` is read from the
        notebook; `###` separates requests; lines that begin with # are comments. `name` keeps the response.
        """
        from notebook_routes.notebook.requests import run_requests  # noqa: PLC0415 - %load_ext must not wait for it

        return run_requests(
            line,
            cell or "",
            namespace=self._shell.user_ns,
            client=self._session.client,
            show=display,
            first_line=running_cell().first_line if cell is not None else 1,
        )

    @no_var_expand
    @line_magic
    def routes(self, line: str) -> Any:
        """Show the routes, or do something with them.

        %routes                               the inspector: routes, requests as they come, cache; send requests
        %routes list                          the routes as a table
        %routes source [/path]                the module source that cells were expanded to
        %routes log                           the last requests, what they printed, and their tracebacks
        %routes cache                         what is kept of answers and data
        %routes revalidate TAG or /path       have it made anew when it is asked for next
        %routes url                           the address for a browser
        %routes openapi                       the routes as an OpenAPI 3.1 document
        %routes remove [METHOD] /path         withdraw routes
        %routes clear                         withdraw all, forget the log and the client's cookies
        %routes start [--port N] [--host ADDRESS] [--allow-host NAME] [--token SECRET] [--url URL]
                      [--public DIR] [--geo PROXY] [--cache URL] [--cors ORIGIN]
        %routes stop                          stop the server; the routes stay
        %routes check [--replay-all]          send the GET requests of all %%request cells again, or all of them
        %routes edge check [--replay-all]     the same for routes of the edge, under Python and in an isolate
        %routes export DIR [--force] [--replay-all] [--copy-files] [--check]
                                              write the routes as files, which run without the notebook
        %routes mount [--off] DIR             have the routes of a tree of files answer here too, or no more

        --public serves the files of a folder; --geo says whose headers request.geo is read from, vercel or cloudflare.
        --cache says where answers and data are kept: memory, memory:256mb, file:FOLDER, redis://HOST:6379/0.
        --cors says whose pages may call the routes that declare nothing themselves; it may be written several times.

        An export imports the files and sends them the GET requests of all %%request cells before it writes them, with
        --replay-all the others too. --copy-files has the files that the code opens beside the notebook go with them,
        now and at later exports; --no-copy-files ends that. --check writes nothing and tells what would be. --force
        writes over files that were edited by hand, and although answers differ. A comment `# routes: skip` keeps a
        statement or a cell out of it, `# routes: keep` has it written though no route names it.

        The first route starts the server on port 8000 or the next free one; the environment variable
        NOTEBOOK_ROUTES_PORT sets another port for all kernels of a machine, 0 for any free one.
        """
        command = parse_command(line)
        return actions.COMMANDS[command.name](self._session, command)

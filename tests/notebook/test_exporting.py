"""`%routes export` and `%routes check`, in a real kernel: what ran is what is written, and it answers the same."""

import gc
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import pytest

from notebook_routes.errors import CellError
from notebook_routes.project.http_file import parse_request_cell
from notebook_routes.project.load import load_tree
from notebook_routes.project.notebook_source import CellKind, SourceCell
from notebook_routes.servers.thread import ServerThread

ROOT = Path(__file__).parents[2]
NOTEBOOKS = [
    *sorted((ROOT / "notebooks").glob("*.ipynb")),
    ROOT / "notebook_routes/tooling/quickstart.ipynb",
]
#: They belong to a moment or to a connection; `etag` and `last-modified` to a file that each process writes.
_VARYING = {"date", "connection", "keep-alive", "etag", "last-modified"}

_OPTIONS = "--force, --replay-all, --copy-files, --no-copy-files, --check"
#: Of a cookie: the time, and a value that was drawn by lot.
_BY_LOT = re.compile(r"; Expires=[^;]*|(?<==)[\w-]{32,}")
#: What asks its own server, or exports and serves itself.
_NOT_RUN = ("notebook.url()", "notebook.log()", "%routes export", "%routes clear", "subprocess", "serving(")


@pytest.fixture
def export(newest, tmp_path):
    """Run `%routes export`; what it says, and a function that reads a file."""

    def export(options="", *, fails=False):
        shown = newest.run(f"%routes export {tmp_path}/shop {options}")
        if fails:
            return shown.refusal
        assert shown.error is None, shown.error["evalue"]
        return shown.text

    export.read = lambda path: (tmp_path / "shop" / path).read_text()
    return export


def test_what_ran_is_exported(newest, export):
    newest.ok('products = {"1": "Lamp"}', cell="a")
    newest.ok("%%route GET /products/[id]\nproducts.get(id) or not_found()", cell="b")
    newest.ok('products["2"] = "Desk"\nprint(products)', cell="c")
    newest.ok('%%request GET /products/2 as desk\n?? text == "Desk"', cell="d")
    said = export()
    assert "app/products/[id]/route.py written" in said
    assert said.strip().endswith("1 request was answered as in the notebook")
    assert export.read("app/_shared.py") == (
        '# From the notebook: what its routes share.\n\nproducts = {"1": "Lamp"}\n\nproducts["2"] = "Desk"\n'
    )
    assert "is up to date" in export()
    # Out of order, as kernels are used: what ran last counts.
    newest.ok('products["2"] = "Bed"', cell="c")
    assert "app/_shared.py would be written" in export("--check")
    newest.ok("%%route GET /names\nlist(products)", cell="b")
    assert "app/products/[id]/route.py removed" in export("--force")
    assert 'products["2"] = "Bed"' in export.read("app/_shared.py")


def test_a_failed_cell_says_nothing(newest, export):
    newest.ok("x = 1", cell="a")
    newest.ok("%%route GET /x\nx", cell="b")
    assert newest.run("x = 2\n1 / 0", cell="a").error
    assert newest.run("%%route GET /x\nx +", cell="b").error
    export()
    assert "x = 1\n" in export.read("app/x/route.py")


def test_hidden_state_is_named(newest, export):
    newest.ok("rate = 2", cell="a")
    newest.ok("%%route GET /rate\nrate", cell="b")
    newest.ok("price = 3", cell="a")
    said = export()
    assert "rate: as cell [" in said
    assert "which was edited since" in said
    newest.ok("globals()['made'] = 1", cell="c")
    newest.ok("%%route GET /made\nmade", cell="d")
    assert "uses made, which the kernel has, and no cell that ran says how it was made" in export(fails=True)


def test_what_is_made_of_a_value_has_the_value_of_then(newest, export):
    newest.ok("n = 1", cell="a")
    newest.ok("double = n * 2", cell="b")
    newest.ok("%%route GET /n\nn, double", cell="c")
    newest.ok("%%request GET /n", cell="d")
    newest.ok("n = 1", cell="a")
    assert "answered as in the notebook" in export()
    assert export.read("app/n/route.py").count("n = 1\n") == 1


def test_withdrawn_routes_and_middleware_are_not_exported(newest, export):
    newest.ok("%%route GET /a\n1", cell="a")
    newest.ok("%%route GET /b\n1", cell="b")
    newest.ok("%%middleware\nreturn None", cell="c")
    newest.ok("%%middleware /b\nreturn None", cell="d")
    newest.ok("%routes remove /a")
    newest.ok("1", cell="d")
    said = export()
    assert "app/a/route.py" not in said
    assert "middleware_1" not in export.read("middleware.py")


def test_front_ends_need_not_number_the_cells(newest, export):
    newest.ok("rows = []", numbered=False)
    newest.ok("%%route GET /n\nlen(rows)", numbered=False)
    newest.ok("rows.append(1)", numbered=False)
    newest.ok("%%route GET /n\n10 * len(rows)", numbered=False)
    newest.ok("%%request GET /n\n?? json == 10", numbered=False)
    assert "1 request was answered as in the notebook" in export()
    assert export.read("app/n/route.py").count("def GET") == 1
    assert "rows.append(1)" in export.read("app/_shared.py")


def test_another_answer_than_was_seen_stops_it(newest, export, tmp_path):
    newest.ok("import os\nstatus = 200 if os.getpid() else 0\nstatus = 404", cell="a")
    newest.ok("%%route GET /a\nResponse('x', status=status)", cell="b")
    newest.ok("%%request GET /a", cell="c")
    newest.ok("status = 200  # routes: skip", cell="d")
    newest.ok("%%request GET /a", cell="c")
    said = export(fails=True)
    assert "GET /a is 404, and was 200 in the notebook" in said
    assert not (tmp_path / "shop").exists()


def test_what_requests_have_changed_is_told_calmly(newest, export):
    newest.ok("items, hits, name = [], 0, 'shop'", cell="a")
    newest.ok("%%route POST /items\nglobal hits\nhits += 1\nitems.append(body)\nitems.append(hits)\nNone", cell="b")
    newest.ok("%%route GET /items\nname, items", cell="c")
    assert " here, and " not in export()
    newest.ok("%%request POST /items\n\n1", cell="d")
    said = export()
    assert "hits is 1 here, and 0 in the export; items has 2 entries here, and 0 in the export (it begins anew" in said
    assert "name" not in said.partition("hits is")[0]
    assert "would be written" not in export("--check")


def test_files_that_the_kernel_opens_go_with_the_tree(newest, export, tmp_path):
    newest.ok(f"import os, pathlib\nbefore = os.getcwd()\nos.chdir({str(tmp_path)!r})", cell="a")
    try:
        newest.ok("pathlib.Path('hello.txt').write_text('hello')", cell="b")
        newest.ok("text = pathlib.Path('hello.txt').read_text()", cell="c")
        newest.ok("%%route GET /\ntext", cell="d")
        assert "line 1 opens hello.txt (5 bytes), which is beside the notebook" in export(fails=True)
        assert "line 1 opens hello.txt: it goes with the files (5 bytes)" in export("--copy-files")
        assert export.read("hello.txt") == "hello"
        assert "is up to date" in export("--check")
    finally:
        newest.ok("os.chdir(before)")


def test_routes_that_are_mounted_are_files_already(newest, export, tmp_path):
    (tmp_path / "mine/app").mkdir(parents=True)
    (tmp_path / "mine/app/route.py").write_text("def GET():\n    return 1\n")
    newest.ok(f"%routes mount {tmp_path}/mine")
    said = export(fails=True)
    assert said == f"the notebook has no route of its own: those of {tmp_path}/mine are files already"
    newest.ok("%%route GET /own\n2", cell="a")
    assert "app/own/route.py written" in export()
    newest.ok(f"%routes mount --off {tmp_path}/mine")


def test_check_asks_the_kernel_again(newest):
    newest.ok("hits = 0", cell="a")
    newest.ok("%%route GET /hits\nglobal hits\nhits += 1\nhits", cell="b")
    newest.ok("%%route PUT /hits\nglobal hits\nhits = 0", cell="c")
    newest.ok("%%request\nGET /hits\n?? json == hits", cell="d")
    newest.ok("%%request PUT /hits", cell="e")
    said = newest.run("%routes check").text
    assert "has another body:\n--- notebook\n+++ files\n@@ -1 +1 @@\n-1\n+1" not in said
    assert "1 request was answered as in the notebook; not sent: PUT /hits (--replay-all sends it)" in said
    assert newest.value("__import__('notebook_routes.notebook').notebook.check(replay_all=True).sent") == 2
    newest.ok("hits = 7", cell="a")
    newest.ok("'no request'", cell="e")
    newest.ok("%%request GET /hits\n?? json < 10", cell="d")
    newest.ok("%routes check")
    shown = newest.run("%routes check")
    assert "?? json < 10: 10 < 10 is false" in shown.text
    assert shown.error["evalue"] == "the routes do not answer as the cells say"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%routes export", "%routes export needs one folder: write %routes export shop"),
        ("%routes export a b", "%routes export needs one folder: write %routes export shop"),
        ("%routes export a --all", f'"--all" is no option of %routes export: there are {_OPTIONS}'),
        ("%routes export a", "the notebook has no route: write a %%route cell first"),
    ],
)
def test_lines_that_say_nothing(newest, line, said):
    assert newest.refuses(line) == said


class Answered(NamedTuple):
    """What was asked, and what came: the headers without those that belong to a moment."""

    what: str
    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes

    def without(self, names):
        """The headers but for some."""
        return [(name, value) for name, value in self.headers if name not in names]

    @property
    def is_kept_first(self):
        """Whether the answer was made for this request, and is kept."""
        return "stored" in dict(self.headers).get("cache-status", "")

    @property
    def is_hit(self):
        """Whether the answer was made before."""
        return dict(self.headers).get("cache-status", "").endswith("hit")


def _asked(port, cells):
    """The answers to all requests."""
    cookies, names, found = {}, {}, []
    for cell in cells:
        parsed = parse_request_cell(cell.line, cell.body, first_line=cell.first_line)
        for spec in parsed.requests:
            try:
                sent = spec.expand(lambda expression: eval(expression, names))
            except CellError:
                # It needs a name of the notebook's, which no client has.
                continue
            connection = HTTPConnection("127.0.0.1", port, timeout=30)
            headers = dict(sent.headers)
            if cookies and not any(name.lower() == "cookie" for name in headers):
                headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
            body = sent.body.encode() if sent.body is not None else None
            connection.request(sent.method, sent.target, body=body, headers={**headers, "Host": "localhost"})
            with connection.getresponse() as answer:
                content = answer.read()
                answered = sorted((name.lower(), value) for name, value in answer.getheaders())
                for name, value in answered:
                    if name == "set-cookie":
                        cookie, _, kept = value.partition(";")[0].partition("=")
                        cookies[cookie] = kept
                # An age is of the moment; that there is one is not.
                said = [(name, "seconds" if name == "age" else value) for name, value in answered]
                steady = tuple((name, _BY_LOT.sub("", value)) for name, value in said if name not in _VARYING)
                found.append(Answered(f"{sent.method} {sent.target}", answer.status, steady, content))
            connection.close()
    return found


@contextmanager
def _program(*command, cwd):
    """A server of the tree, as a program of its own; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NOTEBOOK_ROUTES_DIR": str(cwd)}
    command = [sys.executable, "-m", *command, "--port", str(port)]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, cwd=cwd, env=environment)
        try:
            end = time.monotonic() + 60
            while not _answers(port):
                assert process.poll() is None, said.seek(0) or said.read()
                assert time.monotonic() < end
                time.sleep(0.02)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=30)


def _answers(port):
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/_routes/health")
        connection.getresponse().read()
        connection.close()
    except OSError:
        return False
    return True


@contextmanager
def _in_this_process(tree):
    """A server that explains its failures, as the kernel's does."""
    server = ServerThread(load_tree(tree, explain=True), port=0)
    server.start()
    try:
        yield server.port
    finally:
        server.stop()
        del server
        gc.collect()


SERVERS = {
    "here": _in_this_process,
    "serve": lambda tree: _program("notebook_routes.tooling.cli", "serve", str(tree), cwd=tree),
    "uvicorn": lambda tree: _program("uvicorn", "--factory", "notebook_routes.asgi:create_app", cwd=tree),
    "edge": lambda tree: _program("notebook_routes.tooling.cli", "edge", str(tree), cwd=tree),
}
#: Those that run in an isolate as well; 03 shows what numpy makes.
AT_THE_EDGE = ("02_streaming", "04_middleware_and_cors", "08_edge", "shop")


# A folder of a notebook's goes with its tree, which Python remarks upon.
@pytest.mark.filterwarnings("ignore:Implicitly cleaning up")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_files_answer_as_the_kernel(newest, export, notebook, tmp_path):
    cells = [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]
    requests = []
    for number, cell in enumerate(cells):
        text, tags = "".join(cell["source"]), cell["metadata"].get("tags", ())
        made = SourceCell(text, f"cell {number}")
        if not {"skip", "raises-exception"}.isdisjoint(tags):
            continue
        if made.kind is CellKind.REQUEST:
            requests.append(made)
        elif not any(word in text for word in _NOT_RUN):
            newest.run(text, cell=f"c{number}")
    export()
    servers = [name for name in SERVERS if name != "edge" or notebook.stem in AT_THE_EDGE]
    with ExitStack() as stack, ThreadPoolExecutor(1 + len(servers)) as pool:
        # All of them at once: they are processes of their own, and much of it is waiting.
        ports = pool.map(lambda name: stack.enter_context(SERVERS[name](tmp_path / "shop")), servers)
        kernel, *others = pool.map(lambda port: _asked(port, requests), [newest.port, *ports])
    assert len(kernel) > 3
    for server, files in zip(servers, others, strict=True):
        for ours, theirs in zip(kernel, files, strict=True):
            place = f"{ours.what}, {server}"
            assert (ours.what, ours.status) == (theirs.what, theirs.status), place
            if ours.status == 500 or (ours.status == 404 and server != "here" and ours.content != theirs.content):
                # The kernel explains: it names its cells, and the routes that there are.
                continue
            varying = {"server"} if server == "uvicorn" else set()
            if ours.is_kept_first and theirs.is_hit:
                # The program has made the answer as it started, the kernel when it was asked.
                varying |= {"age", "cache-control", "cache-status"}
            assert ours.without(varying) == theirs.without(varying), place
            assert ours.content == theirs.content, place

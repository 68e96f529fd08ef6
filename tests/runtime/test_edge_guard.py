"""The guard: hostile edge handlers are refused, the process lives, and nobody else feels anything."""

# What is refused here is written as a handler may write it.
# ruff: noqa: ASYNC230, ASYNC251, PT017, PTH102, PTH106, PTH107, PTH118, PTH123, PTH208, SIM115

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import os
import pathlib
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import timeit
import zoneinfo
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from notebook_routes.cache import DataCache, open_cache
from notebook_routes.errors import EdgeError
from notebook_routes.routing import SegmentConfig
from notebook_routes.runtime import Invoker, cached, fetch, use_data
from notebook_routes.runtime.edge import guarded, install, watched
from notebook_routes.runtime.edge.guard import _heard
from notebook_routes.runtime.exchange import current_exchange
from notebook_routes.web import FileResponse, Response

HERE = pathlib.Path(__file__)


@pytest.fixture(autouse=True)
def _installed():
    install()


@pytest.fixture
def edge(exchange_for, pool):
    """Call a handler of the edge (or of Python), as the app does; status, content and notes, or what it raised."""

    async def answer(handler, *, runtime="edge", threads=pool):
        from notebook_routes.routing import RoutePattern

        invoker = Invoker(handler, method="GET", pattern=RoutePattern.parse("/x"))
        exchange = exchange_for(invoker)
        exchange.config = SegmentConfig(runtime=runtime)
        response = await invoker(exchange, threads, None)
        return await response.text(), exchange.notes

    def run(handler, **how):
        return asyncio.run(answer(handler, **how))

    run.answer = answer
    return run


def swallow(error):
    """What the handler caught, as its answer."""
    return f"{type(error).__name__} {error.code}"


#: Name, what is tried, and the rule and class with which it is refused.
HOSTILE = {
    "a host file": (lambda: open("/etc/passwd"), "EDGE003", OSError),
    "a host file through pathlib": (lambda: pathlib.Path("/etc/passwd").read_text(), "EDGE003", OSError),
    "a host file by os.open": (lambda: os.open("/etc/passwd", os.O_RDONLY), "EDGE003", OSError),
    "a folder": (lambda: os.listdir("/"), "EDGE003", OSError),
    "a walk": (lambda: list(pathlib.Path("/").iterdir()), "EDGE003", OSError),
    "writing": (lambda: open("edge-was-here", "w"), "EDGE004", OSError),
    "writing by os.open": (lambda: os.open("edge-was-here", os.O_WRONLY | os.O_CREAT), "EDGE004", OSError),
    "a new folder": (lambda: os.mkdir("edge-was-here"), "EDGE004", OSError),
    "removing": (lambda: os.remove(HERE), "EDGE004", OSError),
    "a database": (lambda: sqlite3.connect("edge-was-here.db"), "EDGE004", OSError),
    "a shell": (lambda: os.system("true"), "EDGE005", OSError),
    "a process": (lambda: subprocess.run(["true"], check=False), "EDGE005", OSError),
    "a pipe": (lambda: os.popen("true"), "EDGE005", OSError),
    "a fork": (os.fork, "EDGE005", OSError),
    "a signal": (lambda: os.kill(os.getpid(), 0), "EDGE005", OSError),
    "a thread": (lambda: threading.Thread(target=int).start(), "EDGE006", RuntimeError),
    "a pool": (lambda: ThreadPoolExecutor().submit(int), "EDGE006", RuntimeError),
    "connecting out": (lambda: socket.create_connection(("127.0.0.1", 9)), "EDGE007", OSError),
    "connecting by hand": (lambda: socket.socket().connect(("127.0.0.1", 9)), "EDGE007", OSError),
    "asking for a name": (lambda: socket.gethostbyname("localhost"), "EDGE007", OSError),
    "listening": (lambda: socket.socket().bind(("127.0.0.1", 0)), "EDGE007", OSError),
    "sleeping": (lambda: time.sleep(0), "EDGE008", RuntimeError),
    "a library of the machine": (lambda: ctypes.CDLL(None), "EDGE009", OSError),
    "memory of the process": (lambda: ctypes.string_at(id(1), 1), "EDGE009", OSError),
    "setting a variable": (lambda: os.putenv("X", "1"), "EDGE014", KeyError),
    "code from text": (lambda: eval("open")("/etc/passwd"), "EDGE003", OSError),
}


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_as_the_isolate_would(edge, name):
    attempt, code, kind = HOSTILE[name]

    def handler():
        try:
            attempt()
        except kind as error:
            assert isinstance(error, EdgeError)
            assert f"{code} " in str(error)
            assert "line " in str(error)
            return swallow(error)
        return "done"

    text, notes = edge(handler)
    assert text.endswith(code)
    assert len(notes) == 1
    assert "test_edge_guard.py: " in notes[0]


def test_a_module_that_the_isolate_lacks(edge, monkeypatch):
    monkeypatch.delitem(sys.modules, "tkinter", raising=False)

    def handler():
        with contextlib.suppress(ImportError):
            from tkinter import Tk

            return Tk.__name__
        return "without"

    text, (note,) = edge(handler)
    assert text == "without"
    assert "EDGE001 import tkinter: the isolate's Python has no such module" in note


def test_the_environment_is_empty(edge):
    def handler():
        with pytest.raises(KeyError):
            os.environ["PATH"]
        return {
            "get": os.environ.get("PATH"),
            "in": "PATH" in os.environ,
            "all": dict(os.environ),
            "default": os.getenv("PATH", "none"),
            "expanded": os.path.expandvars("$PATH"),
        }

    text, notes = edge(handler)
    assert text == '{"get":null,"in":false,"all":{},"default":"none","expanded":"$PATH"}'
    assert any("EDGE014 the environment variable PATH" in note for note in notes)
    assert os.environ["PATH"]
    assert "PATH" in dict(os.environ)
    assert subprocess.check_output([sys.executable, "-c", "import os; print('PATH' in os.environ)"]) == b"True\n"


def test_an_async_handler_and_what_it_starts(edge):
    async def handler():
        loop, caught = asyncio.get_running_loop(), []
        for attempt in (
            lambda: asyncio.to_thread(int),
            lambda: loop.run_in_executor(None, int),
            lambda: asyncio.open_connection("127.0.0.1", 9),
            lambda: asyncio.create_task(asyncio.open_connection("127.0.0.1", 9)),
            lambda: asyncio.create_subprocess_exec("true"),
            lambda: asyncio.gather(later()),
        ):
            try:
                await attempt()
            except EdgeError as error:
                caught.append(error.code)
        return caught

    async def later():
        await asyncio.sleep(0)
        return open("/etc/passwd")

    async def warm():
        # A pool whose threads are idle starts none.
        await asyncio.to_thread(int)
        return await edge.answer(handler)

    text, _ = asyncio.run(warm())
    assert text == '["EDGE006","EDGE006","EDGE007","EDGE007","EDGE005","EDGE003"]'


def test_each_step_of_a_stream(edge):
    def handler():
        yield "a"
        try:
            yield open("/etc/passwd").read()
        except OSError as error:
            yield error.code

    async def waits():
        yield "a"
        try:
            yield open("/etc/passwd").read()
        except OSError as error:
            yield error.code

    assert edge(handler)[0] == "aEDGE003"
    assert edge(waits)[0] == "aEDGE003"
    assert edge(lambda: Response(waits()))[0] == "aEDGE003"


def test_a_file_response_is_a_file(edge):
    with pytest.raises(EdgeError, match=r"EDGE003 "):
        edge(lambda: FileResponse(HERE.name, root=HERE.parent))


def test_what_the_isolate_can_do_is_done(edge):
    def handler():
        import colorsys
        import linecache
        import wave  # noqa: F401 - found and read by Python itself

        with contextlib.closing(sqlite3.connect(":memory:")) as database:
            rows = database.execute("select 1").fetchall()
        assert linecache.getline(str(HERE), 1)
        assert zoneinfo.ZoneInfo("Europe/Berlin")
        lock = threading.Lock()
        with lock:
            return [colorsys.rgb_to_hls(0, 0, 0), rows, os.path.join("a", "b"), len(os.urandom(4))]

    for name in ("colorsys", "wave"):
        sys.modules.pop(name, None)
    zoneinfo.ZoneInfo.clear_cache()
    text, notes = edge(handler)
    assert text == '[[0.0,0.0,0.0],[[1]],"a/b",4]'
    assert notes == []


# What we do ourselves on behalf of a handler


@pytest.fixture
def upstream():
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"from outside")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_fetch_reaches_other_servers_and_nothing_is_open_afterwards(edge, upstream):
    async def handler():
        one = await (await fetch(upstream)).text()
        many = await asyncio.gather(*(fetch(upstream) for _ in range(3)))
        texts = [await each.text() for each in many]
        try:
            socket.create_connection(("127.0.0.1", 9))
        except OSError as error:
            return [one, *texts, error.code]
        return "done"

    text, _ = edge(handler)
    assert text == '["from outside","from outside","from outside","from outside","EDGE007"]'


def test_the_cache_in_files_is_ours_and_what_it_runs_is_the_handler_s(edge, tmp_path):
    @cached
    async def good(n):
        return n

    @cached
    async def bad(n):
        return open("/etc/passwd").read()

    async def handler():
        value = [await good(1), await good(1)]
        try:
            await bad(1)
        except OSError as error:
            return [*value, error.code]
        return "done"

    data = DataCache(open_cache(f"file:{tmp_path}"))
    use_data(lambda: data)
    try:
        assert edge(handler)[0] == '[1,1,"EDGE003"]'
    finally:
        use_data(None)
    assert list(tmp_path.rglob("*"))


# Nobody else feels anything


def test_other_code_opens_files_while_an_edge_handler_runs(edge, tmp_path):
    inside, done = threading.Event(), threading.Event()

    def handler():
        inside.set()
        assert done.wait(20)
        try:
            open("/etc/passwd")
        except OSError as error:
            return error.code
        return "done"

    def plain():
        return [HERE.read_text()[:3], subprocess.check_output(["echo", "x"]).decode(), bool(os.environ["PATH"])]

    async def both(workers):
        first = asyncio.ensure_future(edge.answer(handler, threads=workers))
        await asyncio.to_thread(inside.wait, 20)
        second = await edge.answer(plain, runtime="python", threads=workers)
        (tmp_path / "x").write_text("as ever")
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
        time.sleep(0)
        done.set()
        return await first, second

    from notebook_routes.runtime import Workers

    workers = Workers()
    try:
        (text, _), (other, _) = asyncio.run(both(workers))
    finally:
        workers.stop()
    assert text == "EDGE003"
    assert other == '["\\"\\"\\"","x\\n",true]'


def test_a_finalizer_of_somebody_else_s_runs_in_an_edge_handler(edge):
    class Held:
        folder = tempfile.mkdtemp()

        def __del__(self):
            os.rmdir(self.folder)

    held = [Held()]
    held.append(held)

    def handler():
        held.clear()
        gc.collect()

    edge(handler)
    assert not pathlib.Path(Held.folder).exists()


def test_where_no_handler_runs_nothing_is_guarded():
    assert guarded() is None
    assert current_exchange.get() is None


def test_it_is_installed_once():
    hooks = [finder for finder in sys.meta_path if type(finder).__module__ == "notebook_routes.runtime.edge.guard"]
    install()
    assert len(hooks) == 1
    assert [finder for finder in sys.meta_path if type(finder) is type(hooks[0])] == hooks


def test_events_of_other_code_cost_next_to_nothing():
    def microseconds(event):
        runs = timeit.repeat(lambda: _heard(event, ("x", "r", 0)), timer=time.thread_time, number=2000, repeat=5)
        return min(runs) / 2000 * 1e6

    assert microseconds("object.__getattr__") < 5
    assert microseconds("open") < 5


# A `def` that would hold the isolate


def test_the_line_of_a_slow_def_is_named(edge):
    def handler():
        end = time.monotonic() + 20
        while not current_exchange.get().notes and time.monotonic() < end:
            sum(range(1000))
        return "slow"

    text, (note,) = edge(watched(handler))
    assert text == "slow"
    assert "would hold an edge isolate for over 100 ms: " in note
    assert "line " in note


def test_a_quick_def_is_not_and_the_watch_ends(edge, wait_until):
    assert edge(watched(lambda: "quick")) == ("quick", [])
    wait_until(lambda: not [each for each in threading.enumerate() if each.name == "notebook_routes edge watch"])


def test_only_a_plain_def_is_watched():
    async def waits():
        yield

    def streams():
        yield

    for handler in (waits, streams, int, len):
        assert watched(handler) is handler


COUNTED = """
import asyncio, sys
from notebook_routes.app import App
from notebook_routes.routing import Route, RoutePattern
from notebook_routes.runtime import Invoker
from notebook_routes.web import Request

async def GET():
    return {"a": 1}

pattern = RoutePattern.parse("/x")
app = App()
app.routes.put(Route("GET", pattern, Invoker(GET, method="GET", pattern=pattern)))
request = [Request("http://localhost/x") for _ in range(12)]
calls = []

async def ask():
    await app.fetch(request.pop())

def count():
    asyncio.run(ask())
    calls.clear()
    sys.setprofile(lambda frame, event, _: calls.append(event))
    loop.run_until_complete(ask())
    sys.setprofile(None)
    return len(calls)

loop = asyncio.new_event_loop()
count()
before = count()
from notebook_routes.runtime.edge import install
install()
count()
print(before, count())
loop.close()
"""


def test_a_request_of_other_routes_takes_not_one_call_more():
    found = subprocess.run([sys.executable, "-c", COUNTED], capture_output=True, text=True, check=True)
    before, after = map(int, found.stdout.split())
    assert before == after > 0

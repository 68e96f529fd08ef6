"""A project in an isolate: what it may do, what it may not, and how it begins and ends."""

import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

import notebook_routes
from notebook_routes.errors import ServerError
from notebook_routes.project.isolate import Engine, Isolate, IsolateLimits
from notebook_routes.project.isolate.archives import core_archive
from notebook_routes.project.isolate.process import _print
from notebook_routes.project.isolate.snapshot import snapshot_file
from tests.conformance.upstream import upstream
from tests.files import dedented, write_files
from tests.project.isolate.conftest import BOOTING, Client
from tests.waiting import wait_until

SECRET = "NOTEBOOK_ROUTES_TEST_SECRET"
HELLO = {"app/hello/route.py": "def GET():\n    return 'hello'\n"}
#: What Pyodide itself puts into `os.environ`.
PYODIDES = {
    "HOME", "LANG", "LD_LIBRARY_PATH", "LOGNAME", "PATH", "PWD", "PYTHONHASHSEED", "PYTHONINSPECT", "USER", "_"
}  # fmt: skip


@pytest.fixture(scope="module")
def ours():
    """A port of this machine that nobody is to connect to."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def connections(listener):
    """How many have connected since the last time."""
    number = 0
    while select.select([listener], [], [], 0)[0]:
        listener.accept()[0].close()
        number += 1
    return number


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_files(tmp_path_factory.mktemp("machine"), {"secret.txt": SECRET})


# Hostile handlers

RUNS = """
    import js, httpx2, pyodide.http
    from notebook_routes import fetch

    async def POST(body, request):
        scope = {"js": js, "fetch": fetch, "pyfetch": pyodide.http.pyfetch, **request.query}
        exec("async def attempt():\\n" + "\\n".join("    " + line for line in body.splitlines()), scope)
        try:
            return {"done": str(await scope["attempt"]())}
        except Exception as error:
            return {"refused": f"{type(error).__name__}: {error}"}
    """


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """An isolate that runs whatever it is sent."""
    client = Client()
    root = write_files(tmp_path_factory.mktemp("hostile"), dedented({**HELLO, "app/run/route.py": RUNS}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SECRET, "of this machine")
        with Isolate(root, port=0, limits=IsolateLimits(cpu=0.5), say=client.hear) as client.isolate:
            yield client


@pytest.fixture
def attempt(hostile, folder, ours):
    """Send an attempt, in which `secret`, `written`, `pyodide` and `port` are this machine's; the answer."""
    written, engine = folder / "written", Engine.find()

    def attempt(text):
        places = f"secret={folder / 'secret.txt'}&written={written}&pyodide={engine.pyodide / 'package.json'}"
        query = f"{places}&port={ours.getsockname()[1]}"
        return hostile.ask("POST", f"/run?{query}", textwrap.dedent(text).encode(), **{"content-type": "text/plain"})

    yield attempt
    hostile.becomes("/hello", (200, b"hello"))
    assert not written.exists()
    assert (folder / "secret.txt").read_text() == SECRET
    assert connections(ours) == 0


REFUSED = {
    "reads a file": ("return open(secret).read()", "FileNotFoundError"),
    "reads a file by Deno": ("return js.Deno.readTextFileSync(secret)", "NotCapable: Requires read access"),
    "reads a file by fetch": ("return await (await js.fetch('file://' + secret)).text()", "Requires read access"),
    "imports a file": (
        "return await js.eval(f\"import('file://{secret}', {{ with: {{ type: 'text' }} }})\")",
        "Requires read access",
    ),
    "reads a file by Node": (
        "return (await js.eval(\"import('node:fs')\")).readFileSync(secret, 'utf8')",
        "Requires read access",
    ),
    "reads what it has booted from": ("return js.Deno.readTextFileSync(pyodide)", "Requires read access"),
    "reads its own host": ("return js.Deno.readDirSync('.').next()", "Requires read access"),
    "asks for more": (
        "raise OSError((await js.eval(\"Deno.permissions.request({ name: 'read' })\")).state)",
        "OSError: denied",
    ),
    "reads the environment by Deno": ("return js.Deno.env.toObject()", "Requires env access"),
    "reads the environment by Node": (
        "return (await js.eval(\"import('node:process')\")).env.HOME",
        "Requires env access",
    ),
    "writes a file by Deno": ("js.Deno.writeTextFileSync(written, 'x')", "Requires write access"),
    "os.system": ("import os\nreturn os.system(f'touch {written}')", "there are no other processes"),
    "os.fork": ("import os\nreturn os.fork()", "there are no other processes"),
    "os._exit": ("import os\nos._exit(3)", "there are no other processes"),
    "os.kill": ("import os\nos.kill(os.getpid(), 9)", "there are no other processes"),
    "os.abort": ("import os\nos.abort()", "there are no other processes"),
    "subprocess": ("import subprocess\nsubprocess.run(['/usr/bin/touch', written])", "OSError"),
    "Deno.Command": ("js.Deno.Command.new('/usr/bin/touch').outputSync()", "Requires run access"),
    "Deno.kill": ("js.Deno.kill(js.Deno.ppid, 'SIGTERM')", "Requires run access"),
    "connects by Deno": (
        "await js.eval(\"Deno.connect({ hostname: '127.0.0.1', port: %s })\" % port)",
        "Requires net access",
    ),
    "connects by a socket": ("import socket\nsocket.create_connection(('127.0.0.1', int(port)), timeout=5)", "OSError"),
    "connects by pyfetch": ("await pyfetch(f'http://127.0.0.1:{port}/')", "Requires net access"),
    "connects by fetch": ("await fetch(f'http://127.0.0.1:{port}/')", "FetchError"),
    "listens": ("js.eval(\"Deno.listen({ hostname: '127.0.0.1', port: 0 })\")", "Requires net access"),
    "closes itself": ("js.self.close()", "an edge isolate cannot close itself"),
    "closes itself by Deno": ("js.Deno.exit(3)", "an edge isolate cannot close itself"),
    "closes itself by Node": (
        "await js.eval(\"import('node:process').then((each) => each.exit(3))\")",
        "an edge isolate cannot close itself",
    ),
    "starts a worker": ("js.Worker.new('data:text/javascript,for(;;){}')", "an edge isolate cannot start another"),
    "starts a worker as its class does": (
        "js.eval(\"Reflect.construct(Object.setPrototypeOf(Worker, Object), ['data:text/javascript,1'])\")",
        "is not extensible",
    ),
    "starts a worker by Node": (
        "await js.eval(\"import('node:worker_threads').then((each) => new each.Worker('for(;;){}', { eval: true }))\")",
        "an edge isolate cannot start another",
    ),
    "eats memory at once": ("return len(b'x' * 10**9)", "MemoryError"),
    "eats memory by and by": ("eaten = []\nwhile True:\n    eaten.append(bytes(10**6))", "MemoryError"),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED)
def test_a_handler_is_refused_what_is_not_its_own(hostile, attempt, text, said):
    replaced = hostile.isolate.replaced
    status, body = attempt(text)
    assert status == 200
    assert b'{"refused":' in body
    assert said in body.decode()
    assert hostile.isolate.replaced == replaced


def test_a_file_that_it_writes_is_in_its_memory(attempt):
    text = (
        "import os\nos.makedirs(os.path.dirname(written))\nopen(written, 'w').write('x')\nreturn open(written).read()"
    )
    assert attempt(text) == (200, b'{"done":"x"}')


def test_the_environment_of_this_machine_is_not_there(attempt):
    status, body = attempt(f"import os\nreturn [os.environ.get({SECRET!r}), os.environ['HOME']]")
    assert (status, body) == (200, b'{"done":"[None, \'/home/pyodide\']"}')


def test_a_loop_is_cut_and_its_line_is_named(hostile, attempt):
    replaced = hostile.isolate.replaced
    assert attempt("while True:\n    pass") == (503, b"Internal Server Error\n")
    assert hostile.says("it has held the isolate for over 0.5 s: line ")
    assert hostile.isolate.replaced == replaced


REPLACED = {
    "swallows everything": (
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
        "it held itself for over 0.5 s and could not be interrupted",
    ),
    "spins in JavaScript": ("js.eval('for (;;) {}')", "it held itself for over 0.5 s and could not be interrupted"),
    "ends itself": ("import posix\nposix._exit(3)", "exit(3)"),
    "eats JavaScript's memory": (
        "js.eval('const eaten = []; for (;;) eaten.push(new Uint8Array(1e7).fill(1))')",
        "it has taken over 128 MiB beside Python's own memory",
    ),
    "says that it has failed": ("js.eval(\"self.postMessage({ kind: 'failed', text: 'forged' })\")", "forged"),
    "sends what is no text": (
        "js.eval(\"self.postMessage({ kind: 'stdout', text: { toString: 1 } })\")",
        "Cannot convert object to primitive value",
    ),
}


@pytest.mark.parametrize(("text", "why"), REPLACED.values(), ids=REPLACED)
def test_an_isolate_that_cannot_go_on_is_replaced(hostile, attempt, text, why):
    replaced = hostile.isolate.replaced
    hostile.heard.clear()
    attempt(text)
    wait_until(lambda: hostile.isolate.replaced == replaced + 1)
    assert hostile.says("the isolate was replaced: ")
    assert hostile.says(why)


WAITING = {
    "ends itself": "import posix\nposix._exit(3)",
    "eats JavaScript's memory": """
        import asyncio
        eaten = []
        while True:
            eaten.append(js.eval("new Uint8Array(1e7).fill(1)"))
            await asyncio.sleep(0.005)
        """,
}


@pytest.mark.parametrize("text", WAITING.values(), ids=WAITING)
def test_whoever_waits_for_one_that_has_to_end_is_told(hostile, attempt, text):
    replaced = hostile.isolate.replaced
    assert attempt(text) == (503, b"Service Unavailable\n")
    wait_until(lambda: hostile.isolate.replaced == replaced + 1)


FORGED = {
    "text": ("js.console.log('rubbish')", "rubbish"),
    "an event": ('js.console.log(\'{"kind":"failed","text":"forged"}\')', '"forged"'),
    "no UTF-8": ("js.eval('Deno.stdout.writeSync(new Uint8Array([255, 33, 10]))')", "\N{REPLACEMENT CHARACTER}!"),
    "half a line": ("js.eval('Deno.stdout.writeSync(new Uint8Array([104, 97, 108, 102]))')\nprint('other')", "half"),
    "half a character": ("js.eval(\"self.postMessage({ kind: 'stderr', text: '!\\\\ud800' })\")", "!\ud800"),
    "another ready": ("js.eval(\"self.postMessage({ kind: 'ready' })\\nconsole.log('and on')\")", "and on"),
    "another snapshot": (
        "js.eval(\"self.postMessage({ kind: 'snapshot', bytes: new Uint8Array(1) })\\nconsole.log('kept')\")",
        "kept",
    ),
    "an error of nobody's": ("js.eval('setTimeout(() => { throw { toString: 1 } }, 0)')", "Uncaught { toString: 1 }"),
    "a promise of nobody's": ("js.eval('setTimeout(() => void Promise.reject(42), 0)')", "Uncaught 42"),
    "nothing": ("js.eval(\"self.postMessage(null)\\nself.postMessage(1)\\nconsole.log('nothing')\")", "nothing"),
}


@pytest.mark.parametrize(("text", "said"), FORGED.values(), ids=FORGED)
def test_what_it_sends_of_its_own_is_heard_and_does_no_harm(hostile, attempt, text, said):
    replaced = hostile.isolate.replaced
    hostile.heard.clear()
    assert attempt(text)[0] == 200
    hostile.says(said)
    # Whoever hears it still hears.
    assert attempt("print('afterwards')")[0] == 200
    assert hostile.says("afterwards") is False
    assert hostile.isolate.replaced == replaced


# Handlers as they should be

SHOP = {
    **HELLO,
    "seen.py": "ended = []\nwaiting = 0\n",
    "app/print/route.py": """
        import sys

        def GET():
            print("on stdout: ü")
            print("on stderr", file=sys.stderr)
        """,
    "app/ticks/route.py": """
        import asyncio, seen

        async def GET():
            try:
                while True:
                    yield "tick\\n"
                    await asyncio.sleep(0.01)
            finally:
                seen.ended.append("ticks")
        """,
    "app/ended/route.py": "import seen\n\ndef GET():\n    return seen.ended\n",
    "app/echo/route.py": """
        from notebook_routes import Response

        async def POST(request):
            return Response(await request.bytes())
        """,
    "app/json/route.py": "def POST(body):\n    return body\n",
    "app/together/route.py": """
        import asyncio, seen

        async def GET(number: int):
            seen.waiting += 1
            while seen.waiting < 50:
                await asyncio.sleep(0.01)
            return number
        """,
    "app/reader/route.py": """
        import asyncio, js
        from pathlib import Path
        from notebook_routes.project.load import load_tree
        from notebook_routes.servers.edge import EdgeApp

        async def GET():
            answer = await EdgeApp(load_tree(Path("/site"))).fetch(js.Request.new("http://127.0.0.1/waits"))
            reader = answer.body.getReader()
            begun = bytes((await reader.read()).value.to_bytes()).decode()
            await reader.cancel()
            async with asyncio.timeout(10):
                while not hasattr(js, "gone"):
                    await asyncio.sleep(0.01)
            return begun
        """,
    "app/waits/route.py": """
        import asyncio, js

        async def GET():
            try:
                yield "begun"
                await asyncio.Event().wait()
            finally:
                js.gone = True
        """,
    "app/environment/route.py": "import os\n\ndef GET():\n    return dict(os.environ)\n",
    "app/other/route.py": """
        import httpx2
        from notebook_routes import fetch
        from notebook_routes.errors import FetchError

        async def GET(url: str):
            try:
                return await (await fetch(url)).text()
            except FetchError as error:
                return {"refused": str(error)}
        """,
    "app/broken/route.py": "def GET(:\n    return 1\n",
}


@pytest.fixture(scope="module")
def other():
    with upstream() as url:
        yield url


@pytest.fixture(scope="module")
def shop(tmp_path_factory, other):
    client = Client()
    limits = IsolateLimits(hosts=(other.removeprefix("http://"),), environment={"COLOUR": "blue"})
    root = write_files(tmp_path_factory.mktemp("shop"), dedented(SHOP))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SECRET, "of this machine")
        with Isolate(root, port=0, limits=limits, say=client.hear) as client.isolate:
            yield client


def test_what_a_handler_prints_is_heard(shop):
    assert shop.get("/print") == (204, b"")
    assert shop.says("on stdout: ü") is False
    assert shop.says("on stderr") is True


def test_a_stream_whose_client_leaves_ends_its_generator(shop):
    connection = shop.connection()
    connection.request("GET", "/ticks")
    answer = connection.getresponse()
    assert answer.readline() == b"tick\n"
    assert shop.json("/ended") == []
    answer.close()
    connection.close()
    wait_until(lambda: shop.json("/ended") == ["ticks"])


def test_a_large_body_goes_both_ways(shop):
    body = os.urandom(2 * 1024 * 1024)
    assert shop.ask("POST", "/echo", body) == (200, body)


def test_a_body_that_fills_its_memory_does_not_stay_there(shop):
    for _ in range(2):
        # Where it ends is the handler's own doing, or ours, or Pyodide's.
        assert shop.ask("POST", "/echo", bytes(100 * 1024 * 1024))[0] in (413, 500, 503)
        shop.becomes("/hello", (200, b"hello"))
    body = os.urandom(16 * 1024 * 1024)
    assert shop.ask("POST", "/echo", body) == (200, body)


def test_a_stream_that_nobody_reads_any_more_ends_its_generator(shop):
    # By the stream alone: no client leaves, and the generator waits for something else.
    assert shop.get("/reader") == (200, b"begun")


@pytest.mark.parametrize("body", [b"[" * 100_000, b"[" * 10_000 + b"]" * 10_000])
def test_a_body_that_is_nested_too_deeply_is_the_clients_fault(shop, body):
    replaced = shop.isolate.replaced
    status, said = shop.ask("POST", "/json", body, **{"content-type": "application/json"})
    assert (status, said) == (400, b"The body is not JSON that can be read: it is nested too deeply")
    assert shop.ask("POST", "/json", b"[[1]]", **{"content-type": "application/json"}) == (200, b"[[1]]")
    assert shop.isolate.replaced == replaced


def test_requests_wait_beside_each_other(shop):
    # Each is answered once all have come.
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda number: shop.get(f"/together?number={number}"), range(50)))
    assert answers == [(200, str(number).encode()) for number in range(50)]


def test_it_sees_the_environment_that_it_is_given(shop):
    seen = shop.json("/environment")
    assert seen.pop("COLOUR") == "blue"
    assert set(seen) <= PYODIDES
    assert seen["HOME"] == "/home/pyodide"


def test_it_reaches_the_hosts_that_it_is_given(shop, other, ours):
    status, body = shop.get(f"/other?url={other}/ext")
    assert (status, body.decode()) == (200, f"ext:/ext host={other.removeprefix('http://')} xfh=None")
    assert "refused" in shop.json(f"/other?url=http://127.0.0.1:{ours.getsockname()[1]}/")
    assert connections(ours) == 0


def test_a_file_that_is_no_python_is_named_and_the_rest_is_served(shop):
    assert shop.get("/broken") == (500, b"Internal Server Error\n")
    assert shop.get("/hello") == (200, b"hello")
    assert shop.says("app/broken/route.py cannot be imported")


# How it begins and ends


def test_a_middleware_that_cannot_be_imported_is_named(project):
    root = project({**HELLO, "middleware.py": "import nothing_of_this_name\n"})
    isolate = Isolate(root, port=0)
    with pytest.raises(ServerError, match=r"cannot run in an isolate: middleware.py cannot be imported:") as refused:
        isolate.start()
    assert "No module named 'nothing_of_this_name'" in str(refused.value)
    isolate.stop()


def test_a_folder_without_routes_is_named(project):
    root = project({"notes.txt": "nothing"})
    with pytest.raises(ServerError, match=r"cannot run in an isolate: .* holds no folder 'app'") as refused:
        Isolate(root, port=0).start()
    assert str(root) in str(refused.value)


def test_no_folder_is_a_sentence(tmp_path):
    with pytest.raises(ServerError, match=r"nowhere cannot be read: No such file or directory"):
        Isolate(tmp_path / "nowhere", port=0).start()


def test_a_port_in_use_is_a_sentence(project, ours):
    port = ours.getsockname()[1]
    isolate = Isolate(project(HELLO), port=port)
    with pytest.raises(ServerError, match=f"port {port} on 127.0.0.1 is in use"):
        isolate.start()
    isolate.stop()


def test_stopping_one_that_never_started_does_nothing(tmp_path):
    isolate = Isolate(tmp_path)
    isolate.stop()
    isolate.stop()


def test_it_ends_with_its_port_and_its_folder_and_starts_again(project):
    client = Client()
    client.isolate = isolate = Isolate(project(HELLO), port=0, say=client.hear)
    for _ in range(2):
        isolate.start()
        assert client.get("/hello") == (200, b"hello")
        folder, process = isolate._launch.folder, isolate._process
        isolate.stop()
        assert client.get("/hello") is None
        assert process.poll() is not None
        assert not folder.exists()
        with pytest.raises(ServerError, match="the isolate has ended"):
            isolate.wait()
        isolate.stop()
    assert client.heard == []


def test_it_is_replaced_though_others_have_cleared_the_cache(project, own_cache):
    client = Client()
    with Isolate(project(HELLO), port=0, say=client.hear) as client.isolate:
        shutil.rmtree(own_cache / "packages")
        for snapshot in (own_cache / "snapshots").iterdir():
            snapshot.unlink()
        client.isolate._process.kill()
        assert client.says("the isolate was replaced") is True
        client.becomes("/hello", (200, b"hello"))


PARENT = """
import sys, threading
from pathlib import Path
from notebook_routes.project.isolate import Isolate

isolate = Isolate(Path(sys.argv[1]), port=0)
isolate.start()
print(isolate.url.rpartition(":")[2], isolate._process.pid, flush=True)
threading.Event().wait()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_it_ends_with_whoever_has_started_it(project, tmp_path):
    root = project({f"shop/{path}": text for path, text in HELLO.items()}) / "shop"
    (tmp_path / "tmp").mkdir()
    place = str(Path(notebook_routes.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": place, "TMPDIR": str(tmp_path / "tmp")}
    command = [sys.executable, "-c", PARENT, str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        try:
            port, number = map(int, parent.stdout.readline().split())
            child = psutil.Process(number)
            socket.create_connection(("127.0.0.1", port)).close()
        finally:
            parent.send_signal(signal.SIGKILL)
    child.wait(BOOTING)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


# Snapshots

FORGES = """
    import js

    js.eval("self.postMessage({ kind: 'snapshot', bytes: new Uint8Array([1]) })")

    def GET():
        return "hello"
    """


CODE = """
    import segno

    def GET():
        return segno.make("lamp").designator
    """


def test_a_snapshot_that_cannot_be_used_makes_way_for_one_of_no_project(own_cache, tmp_path):
    place = snapshot_file(Engine.find(), core_archive())
    assert place.is_relative_to(own_cache)
    place.write_bytes(b"rubbish")
    root = write_files(tmp_path / "one", dedented({"app/route.py": FORGES}))
    client = Client()
    with Isolate(root, port=0, say=client.hear) as client.isolate:
        assert client.get("/") == (200, b"hello")
    assert client.says("the snapshot cannot be used, it takes longer this time")
    assert not place.exists()
    # The next one keeps what it had before the project was loaded.
    client.heard.clear()
    with Isolate(root, port=0, say=client.hear) as client.isolate:
        assert client.get("/") == (200, b"hello")
    assert place.stat().st_size > 1024 * 1024
    assert list(place.parent.iterdir()) == [place]
    # Another project begins from it, with packages that the first has not.
    root = write_files(tmp_path / "two", dedented({"app/route.py": CODE}))
    with Isolate(root, port=0, say=client.hear) as client.isolate:
        assert client.get("/") == (200, b"M3-M")
    assert client.heard == []


# What it says, by default


def test_what_a_stream_has_no_letters_for_is_spelled(monkeypatch, tmp_path):
    said = tmp_path / "said"
    with said.open("w", encoding="ascii") as stream, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        _print("ü \ud800", False)
    assert said.read_text() == "\\xfc \\ud800\n"

"""Real kernels: each supported ipykernel in a process of its own, driven as JupyterLab drives it."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import os
import re
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import cache, partial
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest
import zmq
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).parents[2]
#: The oldest that is supported, the first that sends a thread's prints elsewhere, and the one that is installed.
IPYKERNELS = ("6.29.5", "7.1.0", "installed")
#: What no output may hold, since it differs from run to run: ports, times, ids, addresses of objects.
_VARYING = re.compile(
    r"(?:localhost|127\.0\.0\.1|port)\W+\d{2,}|\b\d+:\d\d\b|\b20\d\d\b|\b[0-9a-f]{32}\b|\b[0-9a-f]{8}-[0-9a-f]{4}-|0x[0-9a-f]{4,}"
)


@dataclass
class Shown:
    """What one run of a cell has shown so far."""

    stdout: str = ""
    stderr: str = ""
    bundles: list = field(default_factory=list)
    error: dict | None = None
    reply: dict | None = None
    started: bool = False
    idle: bool = False

    @property
    def done(self):
        return self.reply is not None and self.idle

    @property
    def text(self):
        """All of it but errors, as a terminal would show it."""
        return self.stdout + "\n".join(bundle["text/plain"] for bundle in self.bundles if "text/plain" in bundle)

    @property
    def html(self):
        return "".join(bundle.get("text/html", "") for bundle in self.bundles)

    @property
    def refusal(self):
        """The message of a refused cell, which is all that it shows: no frames, nothing printed."""
        assert self.error is not None, self.text
        assert "\n".join(self.error["traceback"]) == f"{self.error['ename']}: {self.error['evalue']}"
        assert self.text == self.stderr == ""
        return self.error["evalue"]

    def check_steady(self):
        """Refuse what would make two runs of a notebook differ."""
        data = [text for bundle in self.bundles for mime, text in bundle.items() if mime.startswith("text/")]
        for text in (self.stdout, *data, self.error["evalue"] if self.error else ""):
            found = _VARYING.search(text)
            assert found is None, found


class Kernel:
    """A kernel process.

    Args:
        folder: where it may leave files.
        path: folders that come first on its PYTHONPATH.
    """

    def __init__(self, folder, *, path=()):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTERHUB")}
        environment.pop("VSCODE_PROXY_URI", None)
        environment |= {
            "IPYTHONDIR": str(folder / "ipython"),
            "MPLCONFIGDIR": str(folder / "matplotlib"),
            "NO_PROXY": "*",
            "NOTEBOOK_ROUTES_PORT": "0",
            # Tests of the comparison itself turn it on.
            "NOTEBOOK_ROUTES_EDGE_COMPARE": "0",
            "PYTHONPATH": os.pathsep.join([*map(str, path), str(ROOT), os.environ.get("PYTHONPATH", "")]),
        }
        self.manager = KernelManager(kernel_name="python3")
        self._options = {"cwd": str(folder), "env": environment}
        self.start()

    def start(self):
        """Start the process; again, if it has ended."""
        nowhere = subprocess.DEVNULL
        self.manager.start_kernel(**self._options, stdin=nowhere, stdout=nowhere, stderr=nowhere)
        self.client = self.manager.client()
        self.client.start_channels(hb=False)
        self._poller = zmq.Poller()
        for channel in (self.client.iopub_channel, self.client.shell_channel):
            self._poller.register(channel.socket, zmq.POLLIN)
        self._cells = {}
        try:
            self.client.wait_for_ready(timeout=60)
            self.pid = self.value("__import__('os').getpid()")
            self.ipykernel = self.value("__import__('ipykernel').__version__")
            assert self.value("__import__('sys').executable") == sys.executable
        except BaseException:
            self.close()
            raise
        self._others = self._listening()

    def send(self, code, *, cell=None, silent=False, numbered=True, expression=None, subshell=None):
        """Send a cell, with the id that JupyterLab gives it, and do not wait for its end."""
        content = {
            "code": code,
            "silent": silent,
            "store_history": numbered and not silent,
            "user_expressions": {} if expression is None else {"value": expression},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        message = self.client.session.msg("execute_request", content, metadata={"cellId": cell} if cell else {})
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        shown = self._cells[message["header"]["msg_id"]] = Shown()
        return shown

    def wait(self, shown):
        """Listen until a cell that was sent has run to its end."""
        self.listen(lambda: shown.done)
        return shown

    def run(self, code, **how):
        """Run a cell to its end."""
        return self.wait(self.send(code, **how))

    def ok(self, code, **how):
        """Run a cell that must not fail, says nothing on stderr and shows nothing that varies."""
        shown = self.run(code, **how)
        assert shown.error is None, "\n".join(shown.error["traceback"])
        assert shown.stderr == ""
        shown.check_steady()
        return shown

    def refuses(self, code, **how):
        """Run a cell that must be refused; the message."""
        shown = self.run(code, **how)
        shown.check_steady()
        return shown.refusal

    def value(self, expression):
        """The value of an expression in the kernel, if JSON can carry it."""
        shown = self.run("", silent=True, expression=f"__import__('json').dumps({expression})")
        value = shown.reply["user_expressions"]["value"]
        assert value["status"] == "ok", value["traceback"]
        return json.loads(ast.literal_eval(value["data"]["text/plain"]))

    def listen(self, until, *, timeout=30):
        """Take in messages until a condition holds."""
        deadline = time.monotonic() + timeout
        while not until():
            assert time.monotonic() < deadline, self._said(timeout)
            # A condition may depend on more than messages, so it is looked at again after a while.
            self._poller.poll(20)
            self._take_all()

    def _said(self, timeout):
        last = list(self._cells.values())[-2:]
        return f"not within {timeout} s: " + "; ".join(f"{shown.text[-300:]!r} {shown.error}" for shown in last)

    def _take_all(self):
        for channel in (self.client.iopub_channel, self.client.shell_channel):
            while channel.msg_ready():
                self._take(channel.get_msg())

    def _take(self, message):
        shown = self._cells.get(message["parent_header"].get("msg_id"))
        if shown is None:
            return
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "stream":
            setattr(shown, content["name"], getattr(shown, content["name"]) + content["text"])
        elif kind in ("display_data", "execute_result"):
            shown.bundles.append(content["data"])
        elif kind == "error":
            shown.error = content
        elif kind == "execute_input":
            shown.started = True
        elif kind == "status":
            shown.idle = content["execution_state"] == "idle"
        elif kind == "execute_reply":
            shown.reply = content

    def control(self, kind, content=None):
        """Send a request on the control channel; the content of the reply."""
        message = self.client.session.msg(kind, content or {})
        self.client.control_channel.send(message)
        while True:
            reply = self.client.control_channel.get_msg(timeout=30)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                return reply["content"]

    def interrupt(self):
        """Do what the Stop button does."""
        self.manager.interrupt_kernel()

    def fresh(self):
        """Begin as after `%load_ext`, with a server on a free port."""
        if not all(shown.done for shown in self._cells.values()):
            # A test has failed before its cells had ended.
            self.interrupt()
        self._cells.clear()
        self.ok("%reset -f\n%reload_ext notebook_routes\n%routes start --port 0")
        self.port = int(self.value("__import__('notebook_routes.notebook').notebook.url().rpartition(':')[2]"))
        return self

    def check_quiet(self):
        """Nothing may have come on stderr meanwhile, wherever it came from; but what IPython says of unknown magics."""
        self._take_all()
        heard = [shown.stderr for shown in self._cells.values() if shown.stderr]
        assert [text for text in heard if not text.startswith("UsageError: ")] == []

    def get(self, target, *, method="GET", headers=None, body=None, port=None):
        """Ask the kernel's server from outside; status and text."""
        connection = HTTPConnection("127.0.0.1", port or self.port, timeout=30)
        try:
            connection.request(method, target, body=body, headers=headers or {})
            with connection.getresponse() as answer:
                return answer.status, answer.read().decode()
        finally:
            connection.close()

    def listening(self):
        """The ports that were opened since the kernel started."""
        return self._listening() - self._others

    def _listening(self):
        connections = psutil.Process(self.pid).net_connections(kind="tcp")
        return {found.laddr.port for found in connections if found.status == psutil.CONN_LISTEN}

    def exits(self, *, within, restart=False):
        """Ask the kernel to shut down, and whether it has ended by itself in that time."""
        self.client.shutdown(restart=restart)
        try:
            return self.manager.provisioner.process.wait(timeout=within) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            self.client.stop_channels()

    def close(self):
        """End the process, however it is."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="session")
def ipykernel_path(tmp_path_factory):
    """Gives the folders that have one of `IPYKERNELS`; none for the one that is installed."""
    return cache(partial(_install, tmp_path_factory=tmp_path_factory))


@pytest.fixture(scope="session")
def start_kernel(tmp_path_factory, ipykernel_path):
    """Starts a kernel with one of `IPYKERNELS`; the caller closes it."""

    def start(ipykernel="installed"):
        kernel = Kernel(tmp_path_factory.mktemp("kernel"), path=ipykernel_path(ipykernel))
        wanted = importlib.metadata.version("ipykernel") if ipykernel == "installed" else ipykernel
        assert kernel.ipykernel == wanted
        return kernel

    return start


def _install(ipykernel, tmp_path_factory):
    """The folder of an ipykernel, which is pure Python; none for the one that is installed."""
    if ipykernel == "installed":
        return ()
    folder = tmp_path_factory.mktemp(f"ipykernel-{ipykernel}")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    done = subprocess.run(
        [*command, f"ipykernel=={ipykernel}"], capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode:
        if os.environ.get("CI"):
            pytest.fail(f"ipykernel {ipykernel} cannot be installed:\n{done.stderr}")
        pytest.skip(f"ipykernel {ipykernel} cannot be installed here")
    return (folder,)


@pytest.fixture(scope="session")
def _kernels(start_kernel):
    kernels = {}

    def kernel(ipykernel):
        if ipykernel not in kernels:
            kernels[ipykernel] = start_kernel(ipykernel)
            # Each `%reset` collects garbage: it need not look through what came with the kernel.
            kernels[ipykernel].ok("import notebook_routes.notebook\n__import__('gc').freeze()")
        return kernels[ipykernel]

    yield kernel
    for running in kernels.values():
        running.close()


@pytest.fixture(params=IPYKERNELS)
def kernel(request, _kernels):
    """A kernel of each version, with the extension loaded and a server on a free port."""
    kernel = _kernels(request.param).fresh()
    yield kernel
    kernel.check_quiet()


@pytest.fixture
def newest(_kernels):
    """The same for what does not depend on the version."""
    kernel = _kernels("installed").fresh()
    yield kernel
    kernel.check_quiet()


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture(params=IPYKERNELS)
def ipykernel(request):
    """One version after another."""
    return request.param


@pytest.fixture(scope="module")
def opened(lab, browser, request):
    """A notebook in JupyterLab, with the extension loaded, that the tests of a module share."""
    context = browser.new_context(viewport={"width": 1300, "height": 1000}, color_scheme="light")
    # Copying is a permission that a person's click has; a test's has it by this.
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    notebook = lab.open(page, request.module.__name__.rpartition(".")[2])
    notebook.put_and_run("%load_ext notebook_routes")
    yield notebook
    notebook.end()
    context.close()


@pytest.fixture
def notebook(opened):
    """The same; no script of the page may have failed."""
    yield opened
    failed, opened.failures[:] = list(opened.failures), []
    assert failed == []

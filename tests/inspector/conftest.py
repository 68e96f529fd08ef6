"""An App on a real server, the inspector of it, and pages that are views of that."""

from __future__ import annotations

import itertools
import json
import threading
from http.cookiejar import CookieJar

import httpx2
import pytest

from notebook_routes.app import LOOPBACK_HOSTS, App, Guard
from notebook_routes.errors import ServerError
from notebook_routes.inspector import Inspector, InspectorPages, KeptThings
from notebook_routes.routing import Route, RoutePattern, SegmentConfig
from notebook_routes.runtime import Invoker, use_data
from notebook_routes.runtime.exchange import current_exchange
from notebook_routes.servers.thread import ServerThread
from tests.waiting import PATIENCE, wait_until


def prints(text):
    """Print as a handler does where a notebook passes its output on."""
    current_exchange.get().write(text)


def make_route(function, path, method="GET", cell="cell [1]", **config):
    settings = SegmentConfig.from_constants(config)
    pattern = RoutePattern.parse(path)
    invoker = Invoker(function, method=method, pattern=pattern, max_duration=settings.max_duration)
    return Route(method, pattern, invoker, settings, cell=cell, source=f"# {method} {path}")


class OneApp:
    """A Subject: one app and its server."""

    def __init__(self, world):
        self._world = world
        self.kept = KeptThings(lambda: world.app)
        # As the session and `dev` do: marks that are made outside of requests go to this app's cache.
        use_data(lambda: world.app.data)
        self.cookies = CookieJar()
        self.address = {"url": "http://localhost:1", "reason": "this machine"}

    def app(self):
        return self._world.app

    def base_url(self):
        thread = self._world.thread
        if thread is None or not thread.running:
            raise ServerError("The server does not run: run %routes start")
        return f"http://127.0.0.1:{thread.port}"

    def token(self):
        return self._world.app.guard.token

    def where(self, route):
        return route.cell

    def source(self, route):
        return route.source

    def location(self):
        return self.address


class Page:
    """A view, as a page or widget has it: messages out, messages in."""

    def __init__(self, connect):
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self.messages = []
        self.view = connect(self._take)

    def _take(self, message):
        with self._changed:
            # What cannot be written as JSON would not reach a page.
            self.messages.append(json.loads(json.dumps(message)))
            self._changed.notify_all()

    def wait_for(self, condition, *, since=0):
        """The first message, from the one of that number on, for which the condition holds."""
        with self._changed:
            found = []

            def there():
                found[:] = [message for message in self.messages[since:] if condition(message)]
                return bool(found)

            assert self._changed.wait_for(there, PATIENCE), f"waited in vain; there is {self.messages[since:]}"[:2000]
            return found[0]

    def post(self, do, **fields):
        """Send a message, and do not wait for its answer; its number."""
        number = next(self._numbers)
        self.view.receive({"do": do, "id": number, **fields})
        return number

    def ask(self, do, **fields):
        """Send a message, and return its answer."""
        since = len(self.messages)
        number = self.post(do, **fields)
        return self.wait_for(lambda message: message.get("re") == number, since=since)

    def open(self, route=None):
        return self.ask("open", route=route)

    def send(self, target, method="GET", *, path=None, headers=(), body=None, run=None):
        """Have a request sent; the name of its run."""
        run = run or f"run {next(self._numbers)}"
        answer = self.ask(
            "send",
            run=run,
            method=method,
            path=path or target.partition("?")[0],
            target=target,
            headers=[list(pair) for pair in headers],
            body=body,
        )
        assert answer.keys() == {"re"}, answer
        return run

    def pushed(self, run, part, *, since=0):
        """What the first push about a run says that has such a part."""
        return self.wait_for(lambda message: message.get("run") == run and part in message, since=since)[part]

    def run(self, target, method="GET", **options):
        """Have a request sent, and wait for its end."""
        return self.pushed(self.send(target, method, **options), "done")

    def row(self, path, method="GET", *, where=lambda row: True, since=0):
        """A row that a push has told."""

        def has(message):
            return message.get("push") == "routes" and find(message)

        def find(message):
            return [row for row in message["rows"] if (row["method"], row["path"]) == (method, path) and where(row)]

        return find(self.wait_for(has, since=since))[0]


class World:
    """Everything is gone at the end of the test."""

    def __init__(self):
        self.app = App(guard=Guard(hosts=LOOPBACK_HOSTS), explain=True)
        self.thread = None
        self.subject = OneApp(self)
        self.inspector = Inspector(self.subject)
        self.pages = InspectorPages(self.inspector)
        self.pages.put_into(self.app)
        self._clients = []

    def route(self, path, method="GET", **config):
        def define(function):
            self.app.routes.put(make_route(function, path, method, **config))
            return function

        return define

    def start(self):
        self.thread = ServerThread(self.app, port=0)
        self.thread.start()

    def connect(self):
        if self.thread is None:
            self.start()
        return Page(self.inspector.connect)

    @property
    def page(self):
        """An opened page on all routes."""
        page = self.connect()
        page.opened = page.open()
        return page

    def client(self):
        if self.thread is None:
            self.start()
        client = httpx2.Client(base_url=self.subject.base_url(), timeout=PATIENCE, trust_env=False)
        self._clients.append(client)
        return client

    @property
    def key(self):
        """The header that lets a page in."""
        return {"authorization": f"Bearer {self.app.guard.page_token}"}

    def close(self):
        self.inspector.close()
        if self.thread is not None:
            self.thread.stop()
        for client in self._clients:
            client.close()
        self.subject.kept.close()


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


@pytest.fixture(autouse=True)
def _leaves_no_thread():
    before = set(threading.enumerate())
    yield
    wait_until(lambda: not [each for each in set(threading.enumerate()) - before if "notebook_routes" in each.name])


@pytest.fixture(name="wait_until")
def _wait_until():
    return wait_until


@pytest.fixture(name="prints")
def _prints():
    return prints


@pytest.fixture(name="make_route")
def _make_route():
    return make_route

"""The servers under test, and the table of what came of the cases."""

import time
from collections import Counter
from contextlib import ExitStack
from functools import cache

import pytest

from tests.conformance.client import send
from tests.conformance.servers import SERVERS, serving
from tests.conformance.upstream import upstream

_TALLY = pytest.StashKey[Counter]()
_PATIENCE = 10.0
_OUTCOMES = ("passed", "not yet", "skipped", "failed")


@pytest.fixture(scope="session", params=SERVERS)
def server(request):
    """Gives the name of the server under test, and a function from options of `serve` and a cache to its address."""
    addresses = {}
    with ExitStack() as stack:
        other = stack.enter_context(upstream())

        def address(options=(), cache=""):
            started = options, cache
            if started not in addresses:
                base_url = stack.enter_context(serving(request.param, options, upstream=other, cache=cache))
                _wait_until_prepared(base_url)
                addresses[started] = base_url
            return addresses[started]

        yield request.param, address


def _wait_until_prepared(base_url):
    """What a server does by itself once it listens must not come between the steps of a case: /c/fs-after writes."""
    end = time.monotonic() + _PATIENCE
    log = {"method": "GET", "path": "/st/log"}
    while b"c-after" not in send(base_url, log).body and time.monotonic() < end:
        time.sleep(0.05)


@pytest.fixture(scope="session")
def cache_url(server, request, tmp_path_factory):
    """Gives a function from the kind of a cache to the URL of one that the server under test has for itself."""

    @cache
    def url(kind):
        if kind == "file":
            return f"file:{tmp_path_factory.mktemp('cache')}"
        shared = request.getfixturevalue("redis_server").url
        return shared.removesuffix("/0") + f"/{list(SERVERS).index(server[0])}"

    return url


@pytest.fixture
def tally(request, server):
    """Count what came of a case, for the table at the end."""

    def count(area, outcome, kind=""):
        name = f"{server[0]} {kind}".rstrip()
        request.config.stash.setdefault(_TALLY, Counter())[name, area, outcome] += 1

    return count


def pytest_terminal_summary(terminalreporter, config):
    tally = config.stash.get(_TALLY, None)
    if not tally:
        return
    terminalreporter.section("conformance")
    terminalreporter.line("server          area              " + "".join(f"{outcome:>9}" for outcome in _OUTCOMES))
    for name, area in dict.fromkeys((name, area) for name, area, _ in tally):
        counts = "".join(f"{tally[name, area, outcome]:9}" for outcome in _OUTCOMES)
        terminalreporter.line(f"{name:16}{area:18}{counts}")

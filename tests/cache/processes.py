"""Other processes that use the same cache."""

import subprocess
import sys
from contextlib import contextmanager

_BEGINNING = """
import asyncio, sys
from notebook_routes.cache import {kind}, now, state_of
from tests.cache.entries import entry, told
cache = {kind}(sys.argv[1])
def say(*words):
    print(*words, flush=True)
"""


def child_program(kind, program):
    """What another process runs: `cache` is one of a kind, at the place that is its argument."""
    return _BEGINNING.format(kind=kind.__name__) + program


@contextmanager
def child(kind, program, place):
    """Another process, with pipes to it and from it."""
    command = [sys.executable, "-c", child_program(kind, program), str(place)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()

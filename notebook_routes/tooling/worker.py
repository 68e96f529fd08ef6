"""One process of `serve --workers`: `python -m notebook_routes.tooling.worker LISTENER PARENT SECONDS FORMAT`.

LISTENER and PARENT are sockets that it has inherited; what the project is told stands in the environment.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from contextlib import suppress

from notebook_routes.errors import NotebookRoutesError
from notebook_routes.project.current_folder import in_its_folder
from notebook_routes.project.settings import ServerSettings
from notebook_routes.tooling.logs import configure_logs
from notebook_routes.tooling.running import run
from notebook_routes.tooling.seldom_collected import seldom_collected
from notebook_routes.tooling.serve import serve
from notebook_routes.tooling.workers import READY


def main(arguments: list[str]) -> int:
    """Answer until told to stop, or until the parent has ended; the exit status."""
    listener, parent = (socket.socket(fileno=int(number)) for number in arguments[:2])
    drain, log_format = float(arguments[2]), arguments[3]
    configure_logs(log_format)
    settings = ServerSettings.from_environment()
    try:
        with seldom_collected():
            app = in_its_folder(settings).load()
    except NotebookRoutesError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201 - the program's last words
        return 1

    async def answer() -> None:
        loop = asyncio.get_running_loop()

        def parent_has_ended() -> None:
            loop.remove_reader(parent)
            signal.raise_signal(signal.SIGTERM)

        def say_ready() -> None:
            # Where the parent has ended meanwhile, that is heard beside this.
            with suppress(BrokenPipeError):
                parent.send(READY)

        parent.setblocking(False)
        # Nothing is ever sent this way: it can only be the end.
        loop.add_reader(parent, parent_has_ended)
        # Sent before the loop's next turn, which then listens: the socket takes connections already.
        loop.call_soon(say_ready)
        try:
            await serve(app, listener, "", max_body_size=settings.max_body_size, drain=drain)
        finally:
            loop.remove_reader(parent)

    run(answer())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""How contestants for ASGI are served: `uvicorn[standard]` (uvloop and httptools) in a thread of the kernel."""

import socket
import threading
from typing import Any

import uvicorn


def serve(app: Any, *, as_it_comes: bool = False) -> str:
    """Serve from a daemon thread; return the address.

    Args:
        app: the ASGI application.
        as_it_comes: with uvicorn's own settings, the access log among them, as who follows its documentation runs it;
            else without the log, which is the faster setting.
    """
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    quiet = uvicorn.Config(app, loop="uvloop", http="httptools", access_log=False, log_level="warning")
    server = uvicorn.Server(uvicorn.Config(app) if as_it_comes else quiet)
    threading.Thread(target=server.run, args=([listener],), name="uvicorn", daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"

"""`serve --server uvicorn`: the project as an ASGI application, in uvicorn's own runner, with its own workers."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING

from notebook_routes.asgi import create_app
from notebook_routes.errors import ConfigError
from notebook_routes.servers import public_location
from notebook_routes.servers.listener import bind_listener
from notebook_routes.tooling.logs import uvicorn_logs
from notebook_routes.tooling.running import with_own_hosts

if TYPE_CHECKING:
    from notebook_routes.project.settings import ServerSettings
    from notebook_routes.tooling.serve import Running

_FACTORY = "notebook_routes.asgi:create_app"


def serve_on_uvicorn(settings: ServerSettings, how: Running) -> None:
    """Answer until SIGINT or SIGTERM; uvicorn says where, on stderr.

    Raises:
        ConfigError: uvicorn is not installed.
        DefinitionError: the project cannot be loaded.
        ServerError: the port is in use, or the address is not this machine's.
    """
    try:
        import uvicorn  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise ConfigError(
            "--server uvicorn needs uvicorn, which is not installed: pip install notebook-routes[uvicorn]"
        ) from None
    # uvicorn binds itself: this only finds the port, and says what is wrong in our words.
    with bind_listener(how.host, how.port) as listener:
        port = listener.getsockname()[1]
    settings = with_own_hosts(settings, how.host, public_location(how.host, port))
    os.environ.update(settings.environment())
    uvicorn.run(
        # Workers load the project themselves; one process is told here and now what is wrong with it.
        create_app() if how.workers == 1 else _FACTORY,
        factory=how.workers > 1,
        host=how.host,
        port=port,
        workers=how.workers,
        # Ours has the same form on every server.
        access_log=False,
        log_config=uvicorn_logs(how.log_format),
        timeout_graceful_shutdown=math.ceil(how.graceful_timeout),
        server_header=False,
    )

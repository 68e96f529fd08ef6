"""The socket that a server listens on, bound by whoever starts it, so that a port in use is an error there."""

from __future__ import annotations

import socket

from notebook_routes.errors import ServerError

DEFAULT_PORT = 8000
_PORTS_TRIED = 100
_LAST_PORT = 65535
_IN_USE = (98, 48, 10048)  # EADDRINUSE of Linux, macOS, Windows


def bind_listener(host: str, port: int | None) -> socket.socket:
    """Listen on an address; without a port on 8000, or the next free one.

    Raises:
        ServerError: the port is in use, or the address is not this machine's.
    """
    if port is not None and not 0 <= port <= _LAST_PORT:
        # Some systems would count on from 0.
        raise ServerError(f"{port} is no port: a port is a number from 0 to {_LAST_PORT}")
    wanted = [port] if port is not None else range(DEFAULT_PORT, DEFAULT_PORT + _PORTS_TRIED)
    for number in wanted:
        try:
            return _listening(host, number)
        except UnicodeError as error:
            raise ServerError(f"cannot listen on {host}: no host can have that name") from error
        except OSError as error:
            if not isinstance(error, PermissionError) and error.errno not in _IN_USE:
                raise ServerError(
                    f"cannot listen on {host}: {error.strerror}; is it an address of this machine?"
                ) from error
            if port is not None:
                why = "is in use" if error.errno in _IN_USE else "needs more rights"
                raise ServerError(f"port {port} on {host} {why}: leave --port out for the next free one") from error
    return _listening(host, 0)


def _listening(host: str, port: int) -> socket.socket:
    # Python would import its tables of international names even for a name that has none of their letters.
    name = host.encode() if host.isascii() else host
    family, *_, address = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # Elsewhere than on Windows this takes a port again that is in TIME_WAIT; there it would share a live one.
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener

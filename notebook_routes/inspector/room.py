"""The address for the room: what others on the same network open, and its QR code."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress
from io import BytesIO
from typing import Any, TypedDict

from notebook_routes.servers import ANY_ADDRESS, local_url
from notebook_routes.servers.machine import interface_addresses

#: Of RFC 5737, for documentation: nothing is sent there, the system only says from which address it would.
_ELSEWHERE = ("192.0.2.1", 9)
_LOOPBACK_NAMES = ("localhost", "ip6-localhost", "ip6-loopback")


class Room(TypedDict):
    """An address that others can open.

    Attributes:
        room: the URL.
        qr: the same as an SVG image, dark on white.
    """

    room: str
    qr: str


def room(host: str, port: int) -> Room | None:
    """Where others on the network find a server that listens on `host` and `port`; None where they do not."""
    address = _own_address() if host in ANY_ADDRESS else host
    if address is None or _is_loopback(address):
        return None
    url = f"{local_url(address, port)}/"
    return {"room": url, "qr": qr_code(url)}


def qr_code(text: str) -> str:
    """A text as a QR code: SVG that scales with the space it is given, with the quiet border that readers need."""
    import segno  # noqa: PLC0415 - only a server that others may reach has one

    code = segno.make(text, error="m", micro=False)
    # With its namespace: without it an image of a page shows nothing.
    plain: dict[str, Any] = {"xmldecl": False, "nl": False, "omitsize": True, "lineclass": None, "svgclass": None}
    written = BytesIO()
    code.save(written, kind="svg", border=4, dark="#000", light="#fff", **plain)
    return written.getvalue().decode()


def _is_loopback(address: str) -> bool:
    if address.lower() in _LOOPBACK_NAMES:
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    return False


def _own_address() -> str | None:
    """The IPv4 address from which this machine reaches others, or the first that it has; None where it has none."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # UDP: to connect only chooses the way.
        probe.connect(_ELSEWHERE)
        found = str(probe.getsockname()[0])
        if found not in ANY_ADDRESS and not _is_loopback(found):
            return found
    addresses = interface_addresses(socket.AF_INET)
    return next((address for address in addresses if not _is_loopback(address)), None)

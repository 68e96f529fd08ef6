"""The names and addresses of this machine, for a server that listens on all of them."""

from __future__ import annotations

import socket


def machine_hosts() -> set[str]:
    """What a Host header may be when the server listens on every address: host name and interface addresses."""
    ipv4, ipv6 = interface_addresses(socket.AF_INET), interface_addresses(socket.AF_INET6)
    bracketed = (f"[{address.partition('%')[0]}]" for address in ipv6)
    return {socket.gethostname(), socket.getfqdn(), *ipv4, *bracketed}


def interface_addresses(family: socket.AddressFamily) -> list[str]:
    """The addresses of a family that its network interfaces have, in their order."""
    import psutil  # noqa: PLC0415 - ipykernel brings it; only --host 0.0.0.0 asks

    return [
        address.address
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family == family
    ]

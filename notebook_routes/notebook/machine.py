"""The names and addresses of this machine, for a server that listens on all of them."""

from __future__ import annotations

import socket


def machine_hosts() -> set[str]:
    """What a Host header may be when the server listens on every address: host name and interface addresses."""
    import psutil  # noqa: PLC0415 - ipykernel brings it; only --host 0.0.0.0 asks

    hosts = {socket.gethostname(), socket.getfqdn()}
    for addresses in psutil.net_if_addrs().values():
        for address in addresses:
            if address.family == socket.AF_INET:
                hosts.add(address.address)
            elif address.family == socket.AF_INET6:
                hosts.add(f"[{address.address.partition('%')[0]}]")
    return hosts

"""The names and addresses of this machine."""

from __future__ import annotations

import socket

from notebook_routes.servers.machine import machine_hosts


def test_this_machine_has_a_name_and_its_loopback_address():
    hosts = machine_hosts()
    assert {socket.gethostname(), "127.0.0.1"} <= hosts


def test_ipv6_addresses_are_as_in_a_host_header():
    for host in machine_hosts():
        assert "%" not in host
        assert (":" in host) == host.startswith("[") == host.endswith("]")

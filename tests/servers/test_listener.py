from __future__ import annotations

import socket

import pytest

from notebook_routes.errors import ServerError
from notebook_routes.servers.listener import bind_listener


@pytest.fixture
def other():
    """A port that is in use."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


def port_of(listener):
    with listener:
        return listener.getsockname()[1]


def test_it_listens_from_now_on():
    with bind_listener("127.0.0.1", 0) as listener:
        assert not listener.getblocking()
        with socket.create_connection(listener.getsockname()):
            pass


def test_a_port_in_use_is_named(other):
    with pytest.raises(ServerError, match=rf"port {other} on 127\.0\.0\.1 is in use: leave --port out"):
        bind_listener("127.0.0.1", other)


def test_without_a_port_the_next_free_one_is_taken(monkeypatch, other):
    monkeypatch.setattr("notebook_routes.servers.listener.DEFAULT_PORT", other)
    assert port_of(bind_listener("127.0.0.1", None)) != other


def test_the_default_port_is_taken_where_it_is_free(monkeypatch):
    free = port_of(bind_listener("127.0.0.1", 0))
    monkeypatch.setattr("notebook_routes.servers.listener.DEFAULT_PORT", free)
    assert port_of(bind_listener("127.0.0.1", None)) == free


def test_where_many_ports_are_in_use_the_system_chooses(monkeypatch, other):
    monkeypatch.setattr("notebook_routes.servers.listener.DEFAULT_PORT", other)
    monkeypatch.setattr("notebook_routes.servers.listener._PORTS_TRIED", 1)
    assert port_of(bind_listener("127.0.0.1", None)) != other


@pytest.mark.parametrize("port", [-1, 65536, 10**9])
def test_a_number_that_is_no_port(port):
    with pytest.raises(ServerError, match=f"{port} is no port"):
        bind_listener("127.0.0.1", port)


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid", "a..b", "ä..b"])
def test_an_address_that_is_not_this_machines(host):
    with pytest.raises(ServerError, match=f"cannot listen on {host}"):
        bind_listener(host, 0)


def test_a_port_that_needs_more_rights(monkeypatch):
    def refuse(self, address):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("socket.socket.bind", refuse)
    with pytest.raises(ServerError, match=r"port 80 on 127\.0\.0\.1 needs more rights"):
        bind_listener("127.0.0.1", 80)

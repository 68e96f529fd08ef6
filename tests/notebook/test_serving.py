"""The kernel's server: started, moved and stopped."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from notebook_routes.app import App, Guard
from notebook_routes.errors import ServerError
from notebook_routes.notebook.serving import PORT_VARIABLE, Serving


@pytest.fixture(autouse=True)
def _nothing_from_the_environment(monkeypatch):
    for name in ("VSCODE_PROXY_URI", "JUPYTERHUB_SERVICE_PREFIX", PORT_VARIABLE):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def serving():
    before = threading.enumerate()
    serving = Serving(App(guard=Guard(hosts=())))
    yield serving
    serving.stop()
    assert [thread for thread in threading.enumerate() if thread not in before and "worker" not in thread.name] == []


@contextmanager
def occupied(host="127.0.0.1", port=0):
    """A port that somebody else listens on."""
    with socket.create_server((host, port)) as listener:
        yield listener.getsockname()[1]


def status(serving, host=None, headers=()):
    address = urlsplit(serving.url())
    connection = HTTPConnection(address.hostname, address.port, timeout=10)
    connection.request("GET", "/nowhere", headers={**({"Host": host} if host else {}), **dict(headers)})
    with connection.getresponse() as answer:
        code = answer.status
    connection.close()
    return code


def listens(port, host="127.0.0.1"):
    try:
        with socket.create_connection((host, port), timeout=10):
            return True
    except ConnectionRefusedError:
        return False


def test_nothing_listens_before_the_first_start(serving):
    assert not serving.running
    assert serving.stop() is False
    for address in (serving.url, serving.location):
        with pytest.raises(ServerError, match="The server does not run: define a route with %%route, or run %routes"):
            address()


def test_it_starts_and_stops(serving):
    location = serving.start(port=0)
    port = serving._thread.port
    assert serving.running
    assert serving.url() == f"http://127.0.0.1:{port}"
    assert (location.url, location.reason) == (f"http://localhost:{port}", "this machine")
    assert status(serving) == 404
    assert serving.stop() is True
    assert not listens(port)
    assert not serving.running


def test_it_is_started_once(serving):
    serving.ensure_started()
    url = serving.url()
    assert serving.ensure_started() is False
    assert serving.url() == url


def test_it_takes_another_port_where_8000_is_in_use_and_says_so(serving):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", 8000))
            other.listen()
        except OSError:
            pass  # it is in use already: as well
        assert serving.ensure_started() is True
    assert not serving.url().endswith(":8000")
    assert status(serving) == 404


def test_a_port_in_use_keeps_the_running_server(serving):
    serving.start(port=0, token="secret")
    url = serving.url()
    with occupied() as port, pytest.raises(ServerError, match=f"port {port} on 127.0.0.1 is in use: leave --port out"):
        serving.start(port=port)
    assert serving.url() == url
    assert serving.token == "secret"
    assert status(serving) == 401


@pytest.mark.parametrize("port", [None, "the same"])
def test_an_address_of_another_machine_keeps_the_running_server(serving, port):
    serving.start(port=0, token="secret")
    url = serving.url()
    with pytest.raises(ServerError, match=r"cannot listen on 203\.0\.113\.7: .* is it an address of this machine"):
        serving.start(host="203.0.113.7", port=serving._thread.port if port else None)
    assert serving.url() == url
    assert status(serving) == 401


def test_without_a_server_a_failure_leaves_none(serving):
    with occupied() as port, pytest.raises(ServerError, match="is in use"):
        serving.start(port=port)
    assert not serving.running


def test_starting_again_keeps_the_port_and_takes_the_new_settings(serving):
    serving.start(port=0, token="secret")
    url = serving.url()
    assert status(serving) == 401
    serving.start(token="other")
    assert serving.url() == url
    assert status(serving, headers={"Authorization": "Bearer other"}) == 404
    serving.start()
    assert serving.token is None
    assert status(serving) == 404


def test_another_port_moves_it(serving, free_port):
    serving.start(port=0)
    before = serving._thread.port
    serving.start(port=free_port)
    assert serving._thread.port == free_port
    assert not listens(before)


def test_a_route_that_starts_it_again_keeps_port_and_settings(serving):
    serving.start(port=0, token="secret", allow_hosts=["notebook.example"], url="https://hub/{port}")
    url, location = serving.url(), serving.location()
    serving.stop()
    assert serving.ensure_started() is False
    assert (serving.url(), serving.location()) == (url, location)
    assert status(serving) == 401
    assert status(serving, "notebook.example", {"Authorization": "Bearer secret"}) == 404


@pytest.mark.parametrize("again", [Serving.ensure_started, Serving.start])
def test_a_port_that_was_taken_meanwhile_is_given_up(serving, again):
    serving.start(port=0)
    port = serving._thread.port
    serving.stop()
    with occupied(port=port):
        again(serving)
        assert serving._thread.port != port
        assert status(serving) == 404


# A port of the environment


def test_the_environment_may_name_the_port(serving, monkeypatch, free_port):
    monkeypatch.setenv(PORT_VARIABLE, str(free_port))
    assert serving.ensure_started() is False
    assert serving.url() == f"http://127.0.0.1:{free_port}"


def test_any_free_port_is_no_remark(serving, monkeypatch):
    monkeypatch.setenv(PORT_VARIABLE, "0")
    assert serving.ensure_started() is False
    assert status(serving) == 404


def test_two_kernels_with_one_port_of_the_environment(serving, monkeypatch):
    with occupied() as port:
        monkeypatch.setenv(PORT_VARIABLE, str(port))
        serving.ensure_started()
        assert status(serving) == 404


@pytest.mark.parametrize("value", ["abc", "-1", "70000"])
def test_what_is_no_port_is_refused(serving, monkeypatch, value):
    monkeypatch.setenv(PORT_VARIABLE, value)
    with pytest.raises(ServerError, match=f'NOTEBOOK_ROUTES_PORT is set to "{value}": set it to a port'):
        serving.ensure_started()


def test_many_cells_at_once_start_one_server(serving):
    barrier = threading.Barrier(8)
    urls = []

    def cell():
        barrier.wait()
        serving.ensure_started()
        urls.append(serving.url())

    threads = [threading.Thread(target=cell) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(urls)) == 1
    assert sum(thread.name == "notebook_routes server" for thread in threading.enumerate()) == 1


# Its addresses


def test_its_own_addresses_are_those_for_the_kernel_and_for_browsers(serving):
    assert serving.origins() == ()
    serving.start(port=0, url="https://hub.example/proxy/{port}")
    port = serving._thread.port
    assert serving.origins() == (f"http://127.0.0.1:{port}", f"https://hub.example/proxy/{port}")
    serving.stop()
    assert serving.origins() == ()


# Whom it answers


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:99", "LOCALHOST:1", "[::1]:8000"])
def test_loopback_names_are_answered(serving, host):
    serving.start(port=0)
    assert status(serving, host) == 404


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "10.0.0.1"])
def test_other_names_are_not(serving, host):
    serving.start(port=0)
    assert status(serving, host) == 421


def test_names_that_are_allowed_are_answered(serving):
    serving.start(port=0, allow_hosts=("Notebook.Example",))
    assert status(serving, "notebook.example:8000") == 404


def test_the_address_for_browsers_is_answered(serving):
    location = serving.start(port=0, url="https://hub.example/proxy/{port}/")
    assert location.url == f"https://hub.example/proxy/{serving._thread.port}"
    assert serving.location() == location
    assert status(serving, "hub.example") == 404


def test_on_all_addresses_it_answers_the_names_of_this_machine(serving):
    location = serving.start(port=0, host="0.0.0.0")
    assert serving.url().startswith("http://127.0.0.1:")
    assert location.url.startswith("http://localhost:")
    assert status(serving, socket.gethostname()) == 404
    assert status(serving, "evil.example") == 421


def test_ipv6(serving):
    try:
        serving.start(port=0, host="::1")
    except ServerError:
        pytest.skip("this machine has no IPv6")
    assert serving.url() == f"http://[::1]:{serving._thread.port}"
    assert status(serving) == 404

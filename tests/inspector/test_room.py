from __future__ import annotations

import socket
from xml.etree import ElementTree as ET

import psutil
import pytest

import notebook_routes.inspector.room as rooms
from notebook_routes.inspector.room import qr_code, room


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.5.5.5"])
def test_a_server_that_listens_for_this_machine_alone_has_none(host):
    assert room(host, 8000) is None


def test_an_address_that_was_chosen():
    assert room("192.0.2.7", 8000)["room"] == "http://192.0.2.7:8000/"
    assert room("2001:db8::7", 8000)["room"] == "http://[2001:db8::7]:8000/"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
def test_of_all_addresses_the_one_that_reaches_others(host, monkeypatch):
    found = room(host, 8123)
    if found is not None:
        assert found["room"].startswith("http://")
        assert found["room"].endswith(":8123/")
        assert "127.0.0.1" not in found["room"]
    monkeypatch.setattr(rooms, "_own_address", lambda: "192.0.2.9")
    assert room(host, 8123)["room"] == "http://192.0.2.9:8123/"


def test_where_there_is_no_way_out_the_first_interface_counts(monkeypatch):
    class Unreachable(socket.socket):
        def connect(self, address):
            raise OSError("Network is unreachable")

    some = next(iter(psutil.net_if_addrs().values()))[0]
    addresses = {"lo": ["127.0.0.1"], "eth0": ["192.0.2.4"]}
    monkeypatch.setattr(socket, "socket", Unreachable)
    monkeypatch.setattr(
        psutil,
        "net_if_addrs",
        lambda: {
            name: [some._replace(family=socket.AF_INET, address=each) for each in found]
            for name, found in addresses.items()
        },
    )
    assert rooms._own_address() == "192.0.2.4"
    addresses.pop("eth0")
    assert room("0.0.0.0", 1) is None


def test_the_code_is_an_image_that_scales():
    svg = ET.fromstring(qr_code("http://192.0.2.7:8000/"))
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert svg.get("viewBox")
    assert svg.get("width") is None
    colours = {each.get("fill") or each.get("stroke") for each in svg.iter() if each is not svg}
    assert colours == {"#fff", "#000"}

from __future__ import annotations

import sys
import types

import pytest

from notebook_routes.servers import public_location


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1", "::", "", "localhost"])
def test_this_machine(host):
    location = public_location(host, 8000, environ={})
    assert (location.url, location.reason, location.host) == ("http://localhost:8000", "this machine", None)


def test_another_address_of_this_machine():
    assert public_location("192.168.1.5", 8000, environ={}).url == "http://192.168.1.5:8000"
    assert public_location("fe80::1", 8000, environ={}).url == "http://[fe80::1]:8000"


def test_a_setting_comes_first():
    environ = {"VSCODE_PROXY_URI": "https://vs.example/{{port}}", "JUPYTERHUB_SERVICE_PREFIX": "/user/a/"}
    for setting in ("https://p.example/x/{port}/", "https://p.example/x/{{port}}"):
        location = public_location("127.0.0.1", 8001, setting=setting, environ=environ)
        assert (location.url, location.host) == ("https://p.example/x/8001", "p.example")
        assert "--url" in location.reason


def test_vs_code():
    location = public_location("127.0.0.1", 8001, environ={"VSCODE_PROXY_URI": "https://vs.example/proxy/{{port}}/"})
    assert (location.url, location.host) == ("https://vs.example/proxy/8001", "vs.example")
    assert "VSCODE_PROXY_URI" in location.reason


def test_a_hub():
    environ = {"JUPYTERHUB_SERVICE_PREFIX": "/user/ada/", "JUPYTERHUB_PUBLIC_URL": "https://hub.example/user/ada/"}
    location = public_location("127.0.0.1", 8001, environ=environ)
    assert (location.url, location.host) == ("https://hub.example/user/ada/proxy/8001", "hub.example")
    assert "jupyter-server-proxy" in location.reason


def test_a_hub_that_does_not_say_where_it_is():
    location = public_location("127.0.0.1", 8001, environ={"JUPYTERHUB_SERVICE_PREFIX": "/user/ada/"})
    assert (location.url, location.host) == ("/user/ada/proxy/8001", None)


def test_colab(monkeypatch):
    output = types.SimpleNamespace(eval_js=lambda script: "https://x-8001-colab.example/" if "8001" in script else "")
    colab = types.ModuleType("google.colab")
    colab.output = output
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    location = public_location("127.0.0.1", 8001, environ={})
    assert (location.url, location.host) == ("https://x-8001-colab.example", "x-8001-colab.example")
    assert "GET only" in location.reason


def test_the_environment_is_asked_by_default(monkeypatch):
    monkeypatch.setenv("VSCODE_PROXY_URI", "https://vs.example/{{port}}")
    assert public_location("127.0.0.1", 8001).url == "https://vs.example/8001"

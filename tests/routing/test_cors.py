from __future__ import annotations

import pytest

from notebook_routes.errors import ConfigError
from notebook_routes.routing import CorsPolicy


@pytest.mark.parametrize(
    ("value", "policy"),
    [
        ("*", CorsPolicy(("*",))),
        ("null", CorsPolicy(("null",))),
        ("https://Shop.example", CorsPolicy(("https://shop.example",))),
        ("https://shop.example:443", CorsPolicy(("https://shop.example",))),
        ("http://shop.example:443", CorsPolicy(("http://shop.example:443",))),
        ("http://[::1]:3000", CorsPolicy(("http://[::1]:3000",))),
        (
            ["https://a.example", "https://b.example", "https://a.example"],
            CorsPolicy(("https://a.example", "https://b.example")),
        ),
        (CorsPolicy(("*",)), CorsPolicy(("*",))),
        (
            {
                "origins": ["https://a.example"],
                "methods": ["get", "POST"],
                "headers": ["X-Token"],
                "expose_headers": "X-Total",
                "credentials": True,
                "max_age": 600,
            },
            CorsPolicy(
                ("https://a.example",),
                methods=("GET", "POST"),
                headers=("x-token",),
                expose_headers=("X-Total",),
                credentials=True,
                max_age=600,
            ),
        ),
    ],
)
def test_a_declaration_is_read(value, policy):
    assert CorsPolicy.of(value) == policy


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("shop.example", "is no origin"),
        ("https://shop.example/", "is no origin"),
        ("https://shop.example/path", "is no origin"),
        ("https://*.example", "is no origin"),
        ("https://a@shop.example", "is no origin"),
        ([], "lists no origin"),
        (True, "no list of texts"),
        ([1], "no list of texts"),
        ({"headers": ["x"]}, "names no origins"),
        ({"origins": "*", "orgins": "*"}, "no 'orgins': write some of origins"),
        ({"origins": "*", "credentials": True}, "browsers refuse"),
        ({"origins": "*", "credentials": 1}, "neither True nor False"),
        ({"origins": "*", "headers": ["x y"]}, "no header can"),
        ({"origins": "*", "max_age": -1}, "0 or above"),
        ({"origins": "*", "max_age": True}, "0 or above"),
    ],
)
def test_what_is_refused_comes_with_a_fix(value, message):
    with pytest.raises(ConfigError, match="^cors.*" + message.replace("[", r"\[")):
        CorsPolicy.of(value)


def test_it_is_shown_as_it_is_written():
    assert repr(CorsPolicy.of("*")) == "{'origins': ['*']}"
    given = {"origins": ["https://a.example"], "methods": ["GET"], "credentials": True, "max_age": 0}
    assert repr(CorsPolicy.of(given)) == repr(given)


@pytest.mark.parametrize(
    ("declared", "origin", "allowed"),
    [
        ("*", "https://any.example", True),
        ("https://a.example", "https://a.example", True),
        ("https://a.example", "https://a.example.evil", False),
        ("https://a.example", "http://a.example", False),
        ("https://a.example", "null", False),
    ],
)
def test_which_origins_are_allowed(declared, origin, allowed):
    assert CorsPolicy.of(declared).allows(origin) is allowed

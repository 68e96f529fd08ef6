"""The words after `%routes`."""

from __future__ import annotations

import pytest

from notebook_routes.errors import DirectiveError
from notebook_routes.notebook import actions
from notebook_routes.notebook.commands import _EXAMPLES, _START_OPTIONS, COMMANDS, Command, parse_command


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("", Command("inspect")),
        ("  ", Command("inspect")),
        ("list", Command("list")),
        ("source", Command("source")),
        ("source /products/[id]", Command("source", path="/products/[id]")),
        ("log", Command("log")),
        ("url", Command("url")),
        ("openapi", Command("openapi")),
        ("remove /x", Command("remove", path="/x")),
        ("remove GET /x", Command("remove", method="GET", path="/x")),
        ("remove ANY /x", Command("remove", method="ANY", path="/x")),
        ("clear", Command("clear")),
        ("start", Command("start")),
        ("start --port 8001", Command("start", options={"port": 8001})),
        ("start --port=0", Command("start", options={"port": 0})),
        ("start --host 0.0.0.0 --token SECRET", Command("start", options={"host": "0.0.0.0", "token": "SECRET"})),
        ("start --token 'two words'", Command("start", options={"token": "two words"})),
        ("start --token=--dashes", Command("start", options={"token": "--dashes"})),
        ("start --allow-host a.example --allow-host=b", Command("start", options={"allow_hosts": ["a.example", "b"]})),
        ("start --url https://a/{port}?x=1", Command("start", options={"url": "https://a/{port}?x=1"})),
        ("start --public 'my files'", Command("start", options={"public": "my files"})),
        ("cache", Command("cache")),
        ("revalidate products", Command("revalidate", path="products")),
        ("revalidate 'two words'", Command("revalidate", path="two words")),
        ("revalidate /products/[id]", Command("revalidate", path="/products/[id]")),
        ("start --cache file:kept", Command("start", options={"cache": "file:kept"})),
        ("start --cache=redis://a/0 --port 1", Command("start", options={"cache": "redis://a/0", "port": 1})),
        ("start --geo=vercel", Command("start", options={"geo": "vercel"})),
        ("stop", Command("stop")),
        ("mount shop", Command("mount", directory="shop")),
        ("mount 'my shop' --off", Command("mount", directory="my shop", options={"off": True})),
        ("mount --off shop", Command("mount", directory="shop", options={"off": True})),
    ],
)
def test_what_can_be_said(line, command):
    assert parse_command(line) == command


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("lst", '"lst" is no %routes command: did you mean list? there are list, source, log'),
        ("xyzzy", '"xyzzy" is no %routes command: there are list'),
        ("List", "did you mean list?"),
        ("log 5", '%routes log takes no "5": write %routes log'),
        ("url public", '%routes url takes no "public"'),
        ("clear all", '%routes clear takes no "all"'),
        ("stop now", '%routes stop takes no "now"'),
        ("source /a /b", '%routes source takes no "/a"'),
        ("remove", "write %routes remove /path or %routes remove GET /path"),
        ("remove x", "needs a path"),
        ("remove GET", "needs a path"),
        ("remove get /x", "needs a path"),
        ("remove /x /y", "needs a path"),
        ("start now", '"now" is no option of %routes start: there are --port, --host'),
        ("start --prot 1", '"--prot" is no option'),
        ("start --port", "--port has no value: write --port=8001"),
        ("start --port=", "--port has no value: write --port=8001"),
        ("start --port abc", '"abc" is no port, write a number from 0 to 65535'),
        ("start --port -1", "is no port"),
        ("start --port 65536", "is no port"),
        ("start --port --host 0.0.0.0", "--port has no value"),
        ("start --host=", "--host has no value: write --host=0.0.0.0"),
        ("start --host ''", "--host has no value"),
        ("start --token=", "--token has no value: write --token=SECRET"),
        ("start --token", "--token has no value"),
        ("start --allow-host", "--allow-host has no value"),
        ("start --url", "--url has no value"),
        ("start --public", "--public has no value: write --public=public"),
        ("start --geo", "--geo has no value: write --geo=cloudflare"),
        ("mount", "write %routes mount shop or %routes mount --off shop"),
        ("mount --off", "needs the folder that holds app/"),
        ("mount a b", "needs the folder that holds app/"),
        ("start --cache", "--cache has no value: write --cache=redis://127.0.0.1:6379/0"),
        ("start --cache=", "--cache has no value"),
        ("cache clear", '%routes cache takes no "clear": write %routes cache'),
        ("cach", "did you mean cache?"),
        ("revalidate", "needs a tag or a path: write %routes revalidate products"),
        ("revalidate a b", "needs a tag or a path"),
        ("source 'x", "%routes source 'x: No closing quotation"),
    ],
)
def test_what_cannot_be_said_is_refused_with_the_fix(line, message):
    with pytest.raises(DirectiveError) as refused:
        parse_command(line)
    assert message in str(refused.value)


def test_every_command_does_something_and_every_option_has_an_example():
    # Without a word it is the inspector.
    assert set(actions.COMMANDS) == {"inspect", *COMMANDS}
    assert set(_EXAMPLES) == set(_START_OPTIONS)


@pytest.mark.parametrize("name", ["export", "mount"])
def test_a_tilde_is_the_home_folder_as_in_a_shell(name, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    assert parse_command(f"{name} ~/shop").directory == "/home/ada/shop"

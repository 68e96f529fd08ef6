"""`wrangler.jsonc`: what is written, and what wrangler makes of it."""

import pytest

from notebook_routes.errors import ConfigError
from notebook_routes.tooling.deploy.wrangler_config import WranglerConfig, config_text, worker_name


def test_what_is_written_can_be_read():
    files = ["site/a.css", "site/b/c.css", "site/LICENSE", "site/[id]/x y.json", "site/.well", "site/z.a*b"]
    config = WranglerConfig.read(config_text("shop", files, cpu_ms=50))
    assert (config.main, config.date, config.flags) == ("src/entry.py", "2026-09-08", ("python_workers",))
    assert config.cpu_ms == 50
    assert [path for path in files if not config.uploads(path)] == []
    assert config.uploads("entry.py")
    assert not config.uploads("site/d.png")


def test_wranglers_defaults_are_replaced():
    config = WranglerConfig.read(config_text("shop", ["site/a.css"]))
    assert [path for path in ("a.txt", "a.html", "a.wasm", "a.bin", "a.json") if config.uploads(path)] == []
    by_default = WranglerConfig.read('{"main": "src/entry.py"}')
    assert [path for path in ("b/a.txt", "a.html", "a.wasm", "a.bin", "a.json") if by_default.uploads(path)] == [
        "b/a.txt",
        "a.html",
        "a.wasm",
        "a.bin",
    ]
    assert by_default.cpu_ms is None


def test_a_rule_without_fallthrough_closes_its_type():
    rules = '[{"type": "Data", "globs": ["**/*.a"]}, {"type": "Data", "globs": ["**/*.b"]}]'
    config = WranglerConfig.read(f'{{"rules": {rules}}}')
    assert [config.uploads(name) for name in ("x.a", "x.b", "x.bin", "x.txt", "x.py")] == [
        True,
        False,
        False,
        True,
        True,
    ]
    open_rules = rules.replace('["**/*.a"]', '["**/*.a"], "fallthrough": true')
    assert WranglerConfig.read(f'{{"rules": {open_rules}}}').uploads("x.b")


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("**/*.css", "a.css", True),
        ("**/*.css", "a/b/c.css", True),
        ("*.css", "a/b.css", False),
        ("site/*.css", "site/a.css", True),
        ("site/**/*.css", "site/a/b.css", True),
        ("site/**/*.css", "site/b.css", True),
        ("a?.css", "ab.css", False),
        ("[id]/a.css", "[id]/a.css", True),
        ("[id]/a.css", "i/a.css", False),
    ],
)
def test_globs(glob, path, matches):
    rules = f'{{"rules": [{{"type": "Data", "globs": ["{glob}"]}}]}}'
    assert WranglerConfig.read(rules).uploads(path) is matches


def test_comments_and_last_commas_are_read_over():
    text = """{
        // the "name"
        "main": "src//entry.py", /* and, ] more */
        "compatibility_flags": ["a\\"//b", "c",  // last
        ],
    }"""
    config = WranglerConfig.read(text)
    assert (config.main, config.flags) == ("src//entry.py", ('a"//b', "c"))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"rules": [1]}', '{"limits": 3}', "{'a': 1}"])
def test_what_cannot_be_read(text):
    with pytest.raises(ConfigError, match=r"wrangler\.jsonc cannot be read"):
        WranglerConfig.read(text)


@pytest.mark.parametrize("name", ["shop", "my-shop-2", "a", "a" * 63, "2go"])
def test_names_that_a_worker_can_have(name):
    assert worker_name(name, "folder") == name


@pytest.mark.parametrize("name", ["", "-shop", "shop-", "Shop", "my_shop", "my shop", "ü", "a" * 64, "shop\n"])
def test_names_that_no_worker_can_have(name):
    with pytest.raises(ConfigError, match="a Worker's name has at most 63 small letters"):
        worker_name(name, "folder")


@pytest.mark.parametrize(
    ("folder", "name"), [("Mein Laden", "mein-laden"), ("my_shop", "my-shop"), (f"a{'b' * 70}", f"a{'b' * 62}")]
)
def test_without_a_name_the_folder_gives_one(folder, name):
    assert worker_name(None, folder) == name


@pytest.mark.parametrize("limit", [0, -1, 300_001])
def test_limits_that_the_platform_does_not_take(limit):
    with pytest.raises(ConfigError, match="the platform takes 1 to 300000 milliseconds"):
        config_text("shop", [], cpu_ms=limit)

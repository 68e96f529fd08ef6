"""`serve` without typer: the same line means the same, and what is not plain is typer's."""

from dataclasses import fields

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from notebook_routes.project.settings import ServerSettings
from notebook_routes.tooling import commands, serve_line
from notebook_routes.tooling.serve import Running
from notebook_routes.tooling.serve_line import read_serve_line

PLAIN = [
    [],
    ["--host", "0.0.0.0", "--port", "0"],
    ["--port=8080", "--host=::1"],
    ["--server", "uvicorn", "--workers", "4", "--force"],
    ["--reload"],
    ["--token", "secret", "--geo", "vercel", "--cache", "redis://localhost:6379/0?a=b"],
    ["--cache=redis://localhost:6379/0?a=b"],
    ["--allow-host", "a.example", "--cors", "*", "--allow-host=b.example", "--cors", "https://c.example"],
    ["--max-body-size", "10"],
    ["--no-access-log"],
    ["--no-access-log", "--access-log"],
    ["--log-format", "json"],
    ["--log-format", "json", "--no-access-log"],
    ["--graceful-timeout", "0.25"],
    ["--graceful-timeout=2"],
    ["--port", "1", "--port", "2"],
]
NOT_PLAIN = [
    ["--help"],
    ["--prot", "1"],
    ["--por", "1"],
    ["--port"],
    ["--port", ""],
    ["--port", "-1"],
    ["--port", "many"],
    ["--port", "1_0"],
    ["--port", "٣"],
    ["--host", "--port"],
    ["--force=yes"],
    ["--log-format", "xml"],
    ["--graceful-timeout", "nan"],
    ["--workers", "1.5"],
    ["-p", "1"],
    ["--"],
    ["-"],
    ["another"],
    [""],
]


@pytest.fixture
def by_typer(monkeypatch):
    def by_typer(arguments):
        told = []
        monkeypatch.setattr(commands, "serve_tree", lambda settings, how: told.append((settings, how)))
        result = CliRunner().invoke(commands.app, ["serve", *arguments])
        assert result.exit_code == 0, result.output
        return told[0]

    return by_typer


@pytest.mark.parametrize("options", PLAIN, ids=" ".join)
def test_a_plain_line_means_what_typer_reads_in_it(options, by_typer):
    for line in (["shop", *options], [*options, "shop"]):
        assert read_serve_line(line) == by_typer(line)


@pytest.mark.parametrize("options", NOT_PLAIN, ids=repr)
def test_any_other_line_is_typers(options):
    assert read_serve_line(["shop", *options]) is None


def test_a_line_without_a_folder_is_typers():
    assert read_serve_line([]) is None
    assert read_serve_line(["--port", "1"]) is None


@pytest.mark.parametrize("value", ["said", ""])
@pytest.mark.parametrize("options", [[], ["--token", "a", "--geo", "b", "--cache", "c"]])
def test_the_environment_is_read(value, options, by_typer, monkeypatch):
    for variable in ("NOTEBOOK_ROUTES_TOKEN", "NOTEBOOK_ROUTES_GEO", "NOTEBOOK_ROUTES_CACHE"):
        monkeypatch.setenv(variable, value)
    told = read_serve_line(["shop", *options])
    assert told == by_typer(["shop", *options])
    assert told[0].token == ("a" if options else value or None)


def test_both_know_the_same_options():
    (serve,) = (each for name, each in get_command(commands.app).commands.items() if name == "serve")
    typers = {name for each in serve.params for name in (*each.opts, *each.secondary_opts) if name.startswith("--")}
    known = {*serve_line._VALUES, *serve_line._REPEATABLE, *serve_line._FLAGS}
    assert known == typers - {"--help"}


def test_every_setting_can_be_said():
    settings, how = read_serve_line(["shop", *(word for options in PLAIN for word in options), "--access-log"])
    for told, untold in ((settings, ServerSettings(directory=None)), (how, Running())):
        same = [each.name for each in fields(told) if getattr(told, each.name) == getattr(untold, each.name)]
        # A secret is said by the environment alone.
        assert same == (["draft_secret"] if told is settings else [])


def test_windows_lets_the_program_expand_its_line(monkeypatch):
    monkeypatch.setattr(serve_line.os, "name", "nt")
    assert read_serve_line(["shop"]) is None

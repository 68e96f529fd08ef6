"""The command line."""

import subprocess
import sysconfig

import pytest
from typer.testing import CliRunner

from notebook_routes.tooling import cli


def test_version():
    result = CliRunner().invoke(cli.app, ["--version"])
    assert result.exit_code == 0
    assert result.output.strip() == "0.1.0"


def test_without_a_word_it_lists_its_commands():
    result = CliRunner().invoke(cli.app, [])
    assert "demo" in result.output


@pytest.mark.parametrize(("right", "status"), [(True, 0), (False, 1)])
def test_demo_tells_by_its_exit_status(monkeypatch, right, status):
    monkeypatch.setattr(cli, "run_quickstart", lambda: right)
    assert CliRunner().invoke(cli.app, ["demo"]).exit_code == status


@pytest.mark.parametrize("program", ["notebook-routes", "jupyter-routes"])
def test_both_programs_are_installed(program):
    found = subprocess.run(
        [f"{sysconfig.get_path('scripts')}/{program}", "--version"], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "0.1.0"

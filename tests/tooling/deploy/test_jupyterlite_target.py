"""`build --target jupyterlite`: what it refuses, and what it says."""

import pytest
from typer.testing import CliRunner

from notebook_routes.errors import ConfigError
from notebook_routes.tooling.commands import app
from notebook_routes.tooling.deploy import jupyterlite_target, targets
from notebook_routes.tooling.deploy.jupyterlite import Site
from notebook_routes.tooling.deploy.targets import BuildRequest


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"name": "shop"}, "--name:"),
        ({"cpu_ms": 50}, "--cpu-ms:"),
        ({"force": True, "check_only": True}, "--force and --check:"),
    ],
)
def test_options_of_other_targets_are_refused(tmp_path, options, named):
    with pytest.raises(ConfigError, match=f"{named} a site of jupyterlite has no use for it"):
        targets.build("jupyterlite", BuildRequest((tmp_path / "lesson.ipynb",), tmp_path / "site", **options))


def test_a_folder_must_be_named(tmp_path):
    with pytest.raises(ConfigError, match="write --output site"):
        targets.build("jupyterlite", BuildRequest((tmp_path / "lesson.ipynb",)))


def test_a_mistake_is_a_sentence_of_the_command(tmp_path):
    command = ["build", str(tmp_path / "lesson.ipynb"), "--target", "jupyterlite", "-o", str(tmp_path / "site")]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 1
    assert "ExportError: " in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_was_built_is_told_with_the_links_to_open(tmp_path, monkeypatch):
    built = Site(tmp_path, ("a lesson.ipynb", "b.ipynb"), ("data/x.csv",), ("b.ipynb imports pandas",), 45_600_000)
    monkeypatch.setattr(jupyterlite_target, "build_site", lambda *_notebooks, **_options: built)
    said = targets.build("jupyterlite", BuildRequest((tmp_path / "b.ipynb",), tmp_path)).said.splitlines()
    assert said == [
        f"{tmp_path}: JupyterLab, and Python with notebook_routes in the browser, 46 MB",
        f"Any web server shows it: python -m http.server --directory {tmp_path}",
        "  http://localhost:8000/lab/index.html?path=a%20lesson.ipynb",
        "  http://localhost:8000/lab/index.html?path=b.ipynb",
        "Beside a lesson.ipynb: data/x.csv",
        "b.ipynb imports pandas",
    ]

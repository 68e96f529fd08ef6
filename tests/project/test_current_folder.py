"""The current folder of a process that serves one project."""

import sys
from pathlib import Path

import pytest

from notebook_routes.errors import DefinitionError
from notebook_routes.project.current_folder import in_its_folder, within
from notebook_routes.project.settings import ServerSettings


@pytest.fixture
def shop(tmp_path, monkeypatch):
    (tmp_path / "shop/app").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return Path("shop")


@pytest.mark.parametrize(
    ("cache", "becomes"),
    [
        (None, None),
        ("memory:1mb", "memory:1mb"),
        ("redis://127.0.0.1:1/0", "redis://127.0.0.1:1/0"),
        ("file:///kept", "file:///kept"),
        ("file:kept", "file:{}/kept"),
        ("FILE:kept", "file:{}/kept"),
        ("file:", "file:"),
    ],
)
def test_settings_mean_what_they_meant(shop, tmp_path, cache, becomes):
    settings = in_its_folder(ServerSettings(directory=shop, cache=cache))
    assert Path.cwd() == tmp_path / "shop"
    assert settings.directory == tmp_path / "shop"
    assert settings.cache == (becomes and becomes.format(tmp_path))


def test_its_modules_are_found_behind_those_that_are_installed(shop, tmp_path):
    in_its_folder(ServerSettings(directory=shop))
    in_its_folder(ServerSettings(directory=tmp_path / "shop"))
    assert sys.path[-1] == str(tmp_path / "shop")
    assert sys.path.count(str(tmp_path / "shop")) == 1


def test_a_folder_that_is_not_there(shop):
    with pytest.raises(DefinitionError, match="none cannot be entered: No such file or directory"):
        in_its_folder(ServerSettings(directory=Path("none")))
    Path("shop.ipynb").write_text("{}")
    with pytest.raises(DefinitionError, match="notebook-routes export"):
        in_its_folder(ServerSettings(directory=Path("shop.ipynb")))


def test_for_a_while(shop, tmp_path):
    with within(shop) as root:
        assert Path.cwd() == root == tmp_path / "shop"
        assert sys.path[-1] == str(root)
    assert str(root) not in sys.path
    assert Path.cwd() == tmp_path
    with pytest.raises(DefinitionError, match="holds no folder 'app'"), within(Path("none")):
        pass

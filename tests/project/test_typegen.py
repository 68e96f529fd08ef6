"""The text of a project's types; what checkers make of it is seen in tests/typegen."""

import ast

import pytest

import notebook_routes
from notebook_routes.errors import DefinitionError, InvalidPattern
from notebook_routes.project.typegen import STUB_HEAD, ProjectTypes


@pytest.fixture
def shop(tmp_path):
    for folder in ("", "(shop)/products/[id]", "docs/[[...slug]]", "%5Fadmin"):
        file = tmp_path / "app" / folder / "route.py"
        file.parent.mkdir(parents=True)
        file.write_text("raise SystemExit  # nothing is run\n")
    (tmp_path / "app/about").mkdir()
    (tmp_path / "app/about/page.html").write_text("<h1>About</h1>")
    (tmp_path / "app/page.html").write_text("<h1>Home</h1>")
    return tmp_path


def test_what_is_read(shop):
    types = ProjectTypes.of_tree(shop)
    assert [pattern.path for pattern in types.routes] == ["/", "/%5Fadmin", "/docs/[[...slug]]", "/products/[id]"]
    assert [pattern.path for pattern in types.pages] == ["/about"]
    assert types.cookies == frozenset()


def test_the_stub_has_all_that_the_package_has(shop):
    (shop / "middleware.py").write_text("cookies().set('seen', 1)")
    text = ProjectTypes.of_tree(shop).stub()
    assert text == ProjectTypes.of_tree(shop).stub()
    assert text.startswith(STUB_HEAD)
    module = ast.parse(text)
    named = {alias.asname for node in module.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    defined = {node.name for node in module.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    assert {*notebook_routes.__all__, "public_names"} <= named | defined
    assert {"RouteContext", "cookies", "href"} <= defined
    assert 'href(path: Literal["/products/[id]"], /, *, id: _Value, query: _Query = None) -> str' in text
    assert 'Literal["seen"]' in text


def test_pages_alone_have_no_context(shop):
    for file in shop.rglob("route.py"):
        file.unlink()
    text = ProjectTypes.of_tree(shop).stub()
    assert "from notebook_routes.runtime import RouteContext as RouteContext" in text
    assert 'def href(path: Literal["/about"], /, *, query: _Query = None) -> str' in text


def test_a_single_path_is_no_overload(tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app/route.py").write_text("")
    assert "@overload\ndef href" not in ProjectTypes.of_tree(tmp_path).stub()


def test_what_is_refused(tmp_path):
    with pytest.raises(DefinitionError, match="holds no folder 'app'"):
        ProjectTypes.of_tree(tmp_path)
    (tmp_path / "app/{id}").mkdir(parents=True)
    with pytest.raises(DefinitionError, match=r"has no route: write app/route.py"):
        ProjectTypes.of_tree(tmp_path)
    (tmp_path / "app/{id}/route.py").write_text("")
    with pytest.raises(InvalidPattern, match=r"The folder 'app/\{id\}' cannot be part of a route"):
        ProjectTypes.of_tree(tmp_path)

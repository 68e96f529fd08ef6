"""Which folders are routes."""

import os
import sys

import pytest

from notebook_routes.errors import DefinitionError, InvalidPattern
from notebook_routes.routing import Dynamic, Static, find_api_routes, find_pages, find_routes, pattern_of


def project(root, *files):
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


# The folders of the fixture that the cases were recorded against, and what they answered.
@pytest.mark.parametrize(
    ("folder", "path"),
    [
        ("", "/"),
        ("r/static/bar", "/r/static/bar"),
        ("r/[id]/[sub]/deep", "/r/[id]/[sub]/deep"),
        ("ca/[...slug]", "/ca/[...slug]"),
        ("oc/[[...slug]]", "/oc/[[...slug]]"),
        ("(grp)/grouped", "/grouped"),
        ("(grp)/(inner)/deep-grouped", "/deep-grouped"),
        ("(grp)", "/"),
        ("par/@slot/inside", "/par/inside"),
        ("pre-[id]", "/pre-[id]"),
        ("dot.json", "/dot.json"),
        (".well-known/security.txt", "/.well-known/security.txt"),
        ("int/(.)foo", "/int/(.)foo"),
        ("uni/café", "/uni/café"),
        ("uni/with space", "/uni/with space"),
        ("enc/a+b", "/enc/a+b"),
    ],
)
def test_a_folder_is_a_path(tmp_path, folder, path):
    (found,) = find_routes(project(tmp_path, f"app/{folder}/route.py"))
    assert found.pattern.path == path
    assert str(found) == os.path.normpath(f"app/{folder}/route.py").replace(os.sep, "/")


def test_brackets_are_a_parameter_only_as_a_whole_segment():
    assert pattern_of(["pre-[id]", "[id]"]).segments == (Static("pre-[id]"), Dynamic("id"))


def test_a_percent_sign_spells_what_means_something_in_a_folder(tmp_path):
    (found,) = find_routes(project(tmp_path, "app/%5Funder/route.py"))
    assert found.pattern.segments == (Static("_under"),)


@pytest.mark.parametrize(
    "file",
    [
        "app/_private/x/route.py",
        "app/x/_lib/deep/route.py",
        "app/__pycache__/route.py",
        "app/x/page.py",
        "app/x/Route.py",
        "app/x/route.pyc",
        "other/route.py",
        "route.py",
    ],
)
def test_what_is_no_route(tmp_path, file):
    assert find_routes(project(tmp_path, "app/y/route.py", file)) == find_routes(project(tmp_path))
    assert [str(found) for found in find_routes(tmp_path)] == ["app/y/route.py"]


def test_private_folders_may_have_names_that_no_route_has(tmp_path):
    assert len(find_routes(project(tmp_path, "app/route.py", "app/_{x}/route.py"))) == 1


def test_the_order_is_that_of_the_folders(tmp_path):
    project(tmp_path, "app/b/route.py", "app/a-b/route.py", "app/a/c/route.py", "app/route.py", "app/a/route.py")
    paths = [str(found.pattern) for found in find_routes(tmp_path)]
    assert sorted(paths) == ["/", "/a", "/a-b", "/a/c", "/b"]
    assert paths.index("/a") < paths.index("/a/c") < paths.index("/b")


@pytest.mark.parametrize(
    ("folder", "blamed", "fix"),
    [
        ("a/{id}/b", "app/a/{id}", "write [id]"),
        ("a/:id/b", "app/a/:id", "write [id]"),
        ("a/[id", "app/a/[id", "unbalanced"),
        ("[id]/x/[id]/y", "app/[id]/x/[id]", "two parameters"),
        ("[...rest]/x", "app/[...rest]/x", "last"),
        ("a/[request]", "app/a/[request]", "request_id"),
        ("%ZZ/a", "app/%ZZ", "%25"),
        ("()/a", "app/()", "(name)"),
        ("a#b/c", "app/a#b", "#"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no folders of these names")
def test_a_folder_that_cannot_be_read_is_named(tmp_path, folder, blamed, fix):
    with pytest.raises(InvalidPattern) as refused:
        find_routes(project(tmp_path, f"app/{folder}/route.py"))
    assert str(refused.value).startswith(f"The folder '{blamed}' cannot")
    assert fix in str(refused.value)


def test_a_folder_without_a_route_may_have_any_name(tmp_path):
    assert find_routes(project(tmp_path, "app/{id}/notes.txt")) == []


@pytest.mark.parametrize("there", [(), ("app",), ("application/route.py",)])
def test_without_a_folder_app_it_is_no_project(tmp_path, there):
    with pytest.raises(DefinitionError, match="holds no folder 'app'"):
        find_routes(project(tmp_path, *there))


def test_a_link_in_a_circle_is_not_followed(tmp_path):
    project(tmp_path, "app/a/route.py")
    (tmp_path / "app/a/loop").symlink_to(tmp_path / "app")
    assert len(find_routes(tmp_path)) == 1


# Pages


def test_pages_are_found_where_routes_are(tmp_path):
    root = project(
        tmp_path,
        "app/page.html",
        "app/lamps/page.html.jinja",
        "app/lamps/[id]/page.html",
        "app/lamps/[id]/route.py",
        "app/(shop)/cart/page.html",
        "app/_drafts/page.html",
        "app/lamps/index.html",
        "app/lamps/PAGE.HTML",
    )
    assert {str(page): page.pattern.path for page in find_pages(root)} == {
        "app/page.html": "/",
        "app/(shop)/cart/page.html": "/cart",
        "app/lamps/page.html.jinja": "/lamps",
        "app/lamps/[id]/page.html": "/lamps/[id]",
    }
    assert [str(file) for file in find_routes(root)] == ["app/lamps/[id]/route.py"]


def test_a_page_in_two_forms_is_refused(tmp_path):
    root = project(tmp_path, "app/x/page.html", "app/x/page.html.jinja", "app/y/page.html")
    with pytest.raises(DefinitionError, match=r"app/x/page.html and app/x/page.html.jinja are one page in two forms"):
        find_pages(root)


def test_a_page_below_a_folder_that_is_no_segment_is_refused(tmp_path):
    with pytest.raises(InvalidPattern, match=r"app/\[\]"):
        find_pages(project(tmp_path, "app/[]/page.html"))


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("hello.py", "/api/hello"),
        ("index.py", "/api"),
        ("users/index.py", "/api/users"),
        ("users/[id].py", "/api/users/[id]"),
        ("post/[...slug].py", "/api/post/[...slug]"),
        ("opt/[[...slug]].py", "/api/opt/[[...slug]]"),
        ("index/index.py", "/api/index"),
        ("index/x.py", "/api/index/x"),
        ("v1.0/x.y.py", "/api/v1.0/x.y"),
        ("body-limit.py", "/api/body-limit"),
    ],
)
def test_a_file_below_pages_api_is_a_path(tmp_path, file, path):
    (found,) = find_api_routes(project(tmp_path, f"pages/api/{file}"))
    assert (found.pattern.path, str(found), found.is_api) == (path, f"pages/api/{file}", True)


@pytest.mark.parametrize(
    ("file", "words"), [("_x.py", ["_x"]), ("(a)/@b.py", ["(a)", "@b"]), ("_lib/(x).py", ["_lib", "(x)"])]
)
def test_there_nothing_is_private_and_nothing_a_group(tmp_path, file, words):
    (found,) = find_api_routes(project(tmp_path, f"pages/api/{file}"))
    assert found.pattern.segments == (Static("api"), *map(Static, words))


def test_what_is_no_api_route(tmp_path):
    files = ["__init__.py", "x/__init__.py", "notes.txt", ".hidden.py", ".git/x.py", "__pycache__/x.cpython-312.pyc"]
    root = project(tmp_path, *(f"pages/api/{file}" for file in files), "pages/other.py", "app/route.py")
    assert find_api_routes(root) == []
    assert [file.is_api for file in find_routes(root)] == [False]


def test_a_project_may_have_api_routes_alone(tmp_path):
    root = project(tmp_path, "pages/api/b.py", "pages/api/a/x.py")
    assert [str(file) for file in find_api_routes(root)] == ["pages/api/a/x.py", "pages/api/b.py"]
    assert find_routes(root) == find_pages(root) == []


def test_a_name_that_cannot_be_read_is_named_with_its_file(tmp_path):
    with pytest.raises(InvalidPattern, match=r"The file 'pages/api/users/\{id\}.py' cannot be a route.*write \[id\]"):
        find_api_routes(project(tmp_path, "pages/api/users/{id}.py"))

"""`middleware.py` and `proxy.py` of a project."""

import asyncio

import pytest

from notebook_routes.errors import ConfigError, DefinitionError
from notebook_routes.project.load import load_tree
from tests.files import dedented, write_files

ROUTE = "from notebook_routes import headers\ndef GET():\n    return headers().get('x-seen') or 'none'"


@pytest.fixture
def project(tmp_path):
    """An app of one route, `/[...any]`, behind the given files."""

    def project(**files):
        files = {"app/[...any]/route.py": ROUTE, **{f"{name}.py": text for name, text in files.items()}}
        return load_tree(write_files(tmp_path, dedented(files)))

    return project


def seen(app, path):
    return asyncio.run(app.request(path)).content.decode()


MARK = """
    def middleware(request):
        request.headers.append("x-seen", "{name}")
    """


def test_a_function_with_its_matcher(project):
    app = project(middleware=MARK.format(name="m") + 'config = {"matcher": "/a/:path*"}')
    assert [seen(app, path) for path in ("/a/1", "/b")] == ["m", "none"]


def test_proxy_is_taken_too(project):
    assert seen(project(proxy=MARK.format(name="p").replace("middleware", "proxy")), "/a") == "p"
    assert seen(project(proxy=MARK.format(name="q")), "/a") == "q"


def test_several_each_with_its_own_matcher(project):
    app = project(
        middleware="""
        from lib import mark

        middleware = [mark("1"), (mark("2"), "/a"), mark("3")]
        config = {"matcher": ["/a", "/b"]}
        """,
        lib="""
        def mark(name):
            async def marked(request):
                request.headers.append("x-seen", name)
            return marked
        """,
    )
    assert [seen(app, path) for path in ("/a", "/b", "/c")] == ["1, 2, 3", "1, 3", "none"]


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("x = 1", DefinitionError, "middleware.py declares no middleware"),
        ("middleware = 1", DefinitionError, "middleware.py: middleware is not a function"),
        ("def middleware(a, b, c): ...", DefinitionError, "middleware of middleware.py"),
        ("config = {'matcher': 'a'}\ndef middleware(request): ...", ConfigError, "middleware.py"),
    ],
)
def test_what_cannot_be_names_the_file(project, text, kind, said):
    with pytest.raises(kind, match=said):
        project(middleware=text)

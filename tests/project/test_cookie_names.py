"""Which cookies the files of a project set or declare."""

import pytest

from notebook_routes.errors import DefinitionError
from notebook_routes.project.cookie_names import cookie_names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cookies().set('a', 1)", {"a"}),
        ("nr.cookies().set(name='a', value=1)", {"a"}),
        ("cookies().set('a', 1).set('b', 2)", {"a"}),
        ("response.cookies.set('a', 1); request.cookies.set('b', '')", {"a", "b"}),
        ("jar = cookies()\njar.set('a')\nother.set('b')", {"a"}),
        ("def GET(a: Annotated[str, CookieParam()] = ''): ...", {"a"}),
        ("def GET(a: Annotated[str, CookieParam] = ''): ...", {"a"}),
        ("def GET(a: Annotated[str, nr.CookieParam('b')]): ...", {"b"}),
        ("async def GET(*, a: Annotated[str, CookieParam(name='b')]): ...", {"b"}),
        ("Theme = Annotated[str, CookieParam('a')]", {"a"}),
        ("cookies().value('a'); request.cookies.get('b'); cookies().delete('c'); other('d')", set()),
        ("cookies().set(name)", None),
        ("cookies().set(**cookie)", None),
        ("cookies().set('a\\nb', 1)", None),
        ("Theme = Annotated[str, CookieParam()]", None),
        ("def GET(a: Annotated[str, CookieParam(NAME)]): ...", None),
    ],
)
def test_names(project, text, names):
    assert cookie_names(project({"app/route.py": text})) == (None if names is None else frozenset(names))


def test_which_files_are_read(project, tmp_path):
    project(
        {
            "app/_shared.py": "cookies().set('shared')",
            "middleware.py": "cookies().set('middleware')",
            "lib/__init__.py": "",
            "lib/deep/jar.py": "cookies().set('library')",
            "venv/package/other.py": "cookies().set('foreign')",
        }
    )
    assert cookie_names(tmp_path) == {"shared", "middleware", "library"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"def GET(:\n    1", r"^app/a/route.py, line 1: invalid syntax"),
        (b"x = 1\n'\xff'", r"^app/a/route.py, line 2: .*utf-8"),
        (b"x = '\0'", r"^app/a/route.py.*null bytes"),
    ],
)
def test_a_file_that_is_no_python(project, tmp_path, content, message):
    project({"app/a/route.py": ""})
    (tmp_path / "app/a/route.py").write_bytes(content)
    with pytest.raises(DefinitionError, match=message):
        cookie_names(tmp_path)

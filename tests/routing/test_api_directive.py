"""The line of an API Route."""

from __future__ import annotations

import pytest

from notebook_routes.errors import DefinitionError
from notebook_routes.routing import parse_api_directive


@pytest.mark.parametrize("line", ["/api", "/api/hello", "  /api/products/[id] ", "/api/[[...slug]]"])
def test_a_line(line):
    wanted = parse_api_directive(line)
    assert str(wanted.pattern) == line.strip()
    assert (wanted.method, wanted.parameters, wanted.options) == (None, (), {})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "The line has no path: write %%api /api/hello"),
        ("GET /api/x", '"GET" is a method, and an API Route answers all of them: write %%api /api/x'),
        ("post", '"post" is a method'),
        ("/api/x --revalidate 60", '"--revalidate" is an option, and an API Route has none on its line'),
        ("/api/x page:int", '"page:int" is too much: the line of an API Route is its path, %%api /api/x'),
        ("/products/[id]", '"/products/[id]" is not below /api, where API Routes are: write %%api /api/products/[id]'),
        ("/(shop)/api/x", "an API Route has no groups and no slots, write %%api /api/x"),
        ("/apix", "write %%api /api/apix"),
        ("api/x", '"api/x" is no path'),
        ("/api/{id}", "write [id]"),
        ("/api/x/", 'ends with a slash: write "/api/x"'),
    ],
)
def test_what_is_none(line, message):
    with pytest.raises(DefinitionError) as caught:
        parse_api_directive(line)
    assert message in str(caught.value)

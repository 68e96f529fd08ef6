"""Routes of the edge under Python and in a real isolate: what is compared, and what is told."""

from __future__ import annotations

import sys
import textwrap

import pytest

from notebook_routes.errors import ExportError, ServerError
from notebook_routes.project.answer import Answer
from notebook_routes.project.edge_comparison import EdgeComparison, compare_edge
from notebook_routes.project.edge_process import differences
from notebook_routes.project.notebook_source import NotebookSource, SourceCell
from notebook_routes.web import Headers


def source(*texts):
    cells = [SourceCell(textwrap.dedent(text).strip("\n"), f"cell {number}") for number, text in enumerate(texts, 1)]
    return NotebookSource("shop.ipynb", tuple(cells))


SHOP = source(
    "products = {'1': {'name': 'Lämp'}}\nseen = []",
    "%%route GET /products/[id] --runtime edge\nproducts.get(id) or not_found()",
    "%%route POST /products --runtime edge\nproducts[str(len(products) + 1)] = body\n{'id': str(len(products))}",
    "%%route GET /width --runtime edge\nimport sys\nResponse(str(sys.maxsize), headers={'x-on': sys.platform})",
    "%%route GET /plain --runtime edge\n'as text'",
    "%%route GET /visits --runtime edge\nn = int(request.cookies.get('n', '0')) + 1\ncookies().set('n', str(n))\nn",
    "%%route GET /broken --runtime edge\n1 / 0",
    "%%route GET /rows/[n] --runtime edge\nfor i in range(int(n)):\n    yield {'i': i}",
    "%%route GET /lonely/[id] --runtime edge\nid",
    "%%route GET /in-python\nimport threading\nthreading.current_thread() is threading.main_thread()",
    '%%request as made\nPOST /products\n\n{"name": "Lantern"}',
    "%%request GET /products/{{made.json()['id']}}",
    "%%request\nGET /products/1\n###\nGET /products/9\n###\nGET /visits\n###\nGET /visits\n###\nGET /broken",
    "%%request\nGET /rows/3\n###\nGET /in-python\n###\nHEAD /products/1",
)


@pytest.fixture(scope="module")
def compared():
    return compare_edge(SHOP, replay_all=True)


def test_requests_are_answered_alike(compared):
    assert compared.same == (
        "POST /products",
        "GET /products/2",
        "GET /products/1",
        "GET /products/9",
        "GET /visits",
        "GET /visits",
        "GET /broken",
        "GET /rows/3",
        "HEAD /products/1",
        "GET /plain",
    )


def test_what_differs_is_told_with_both_sides(compared):
    assert compared.differences == (
        "GET /width: x-on: the kernel has ['linux'], the edge ['emscripten']",
        f"GET /width: the bodies differ from byte 0 on: the kernel has '{sys.maxsize}', the edge '{2**31 - 1}'",
    )


def test_a_route_that_nothing_asks_is_named(compared):
    assert compared.unasked == ("GET /lonely/[id]",)
    assert compared.routes == 8


def test_one_path_is_compared_and_nothing_is_changed_without_being_asked_for():
    found = compare_edge(SHOP, path="/products")
    left_out = ("POST /products", "GET /products/{{made.json()['id']}}")
    assert found == EdgeComparison(left_out=left_out, unasked=("POST /products",), routes=1)
    assert found.lines == [
        f"not sent, since something may change: {', '.join(left_out)} (--replay-all sends them)",
        "no %%request asks POST /products: send one, and compare again",
    ]


def test_a_notebook_without_the_edge_says_so():
    found = compare_edge(source("%%route GET /x\n1"))
    assert found.lines == ["no route is of the edge: write %%route GET /path --runtime edge"]


def test_what_the_isolate_lacks_is_refused_before_it_starts():
    with pytest.raises(ExportError, match="EDGE003"):
        compare_edge(source("text = open('x').read()", "%%route GET /x --runtime edge\ntext"))


def test_without_deno_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "deno", None)
    with pytest.raises(ServerError, match=r"pip install 'notebook-routes\[edge\]'"):
        compare_edge(SHOP)


def answer(content=b"", *, status=200, **headers):
    return Answer(status, Headers({name.replace("_", "-"): value for name, value in headers.items()}), content)


@pytest.mark.parametrize(
    ("kernel", "edge", "told"),
    [
        (answer(b"a"), answer(b"a"), []),
        (answer(b"a"), answer(b"a", date="today", content_length="1", transfer_encoding="chunked"), []),
        (answer(status=404), answer(status=500), ["the kernel answers 404, the edge 500"]),
        (answer(etag='"1"'), answer(), ["etag: the kernel has ['\"1\"'], the edge None"]),
        (answer(b"abc"), answer(b"ab"), ["the bodies differ from byte 2 on: the kernel has 'abc', the edge 'ab'"]),
        (answer(b""), answer(b"\xff"), ["the bodies differ from byte 0 on: the kernel has '', the edge '\ufffd'"]),
    ],
)
def test_differences(kernel, edge, told):
    assert list(differences(kernel, edge)) == told


def test_a_header_that_is_there_twice_is_not_the_same_as_once():
    twice = Answer(200, Headers([("set-cookie", "a=1"), ("set-cookie", "b=2")]), b"")
    once = Answer(200, Headers([("set-cookie", "a=1")]), b"")
    assert list(differences(twice, once)) == ["set-cookie: the kernel has ['a=1', 'b=2'], the edge ['a=1']"]

"""`%%middleware` in real kernels."""

from __future__ import annotations


def test_a_cell_stands_in_front_of_the_routes_until_it_is_gone(kernel):
    kernel.ok("%%route GET /a/[id]\n{'id': id, 'user': request.cookies.value('user')}", cell="route")
    defined = kernel.ok(
        "# who it is\n%%middleware /a/:path*\nresponse = Response.next()\nresponse.cookies.set('user', 'me')\nresponse",
        cell="user",
    )
    assert defined.text == "middleware  /a/:path*  new"
    defined.check_steady()
    assert kernel.get("/a/1") == (200, '{"id":"1","user":"me"}')

    kernel.ok("%%middleware\nresponse = await next()\nresponse.headers.set('x-status', str(response.status))\nresponse")
    asked = kernel.ok('%%request GET /a/1\n?? headers["x-status"] == "200"')
    assert "✓" in asked.text
    assert kernel.ok("%routes").text == (
        "METHOD  PATH     CONFIG\nGET     /a/[id]\nmiddleware  /a/:path*\nmiddleware  every path"
    )
    assert "async def middleware(next):" in kernel.ok("%routes source").text

    changed = kernel.ok("%%middleware /a/:path*\nprint('asked for', request.path)", cell="user")
    assert changed.text == "middleware  /a/:path*  updated"
    assert kernel.get("/a/1") == (200, '{"id":"1","user":null}')
    assert "asked for /a/1" in kernel.ok("%routes log").text

    gone = kernel.ok("1", cell="user")
    assert "withdrawn: its cell defines it no more" in gone.text
    kernel.ok("%routes clear")
    assert kernel.get("/a/1")[0] == 404


def test_what_is_refused_says_the_fix(kernel):
    assert '"admin" is no matcher: write paths such as /admin/:path*' in kernel.run("%%middleware admin\n1").refusal
    assert "a ( has no )" in kernel.run("%%middleware /a(\n1").refusal
    assert "the cell has no code" in kernel.run("%%middleware /a").refusal


def test_a_failure_is_shown_with_the_cells_line(kernel):
    kernel.ok("%%middleware /boom\nx = 1\n1 / 0", cell="boom")
    asked = kernel.ok("%request GET /boom")
    assert '  File "<middleware /boom>", line 3, in middleware\n    1 / 0\n' in asked.text
    kernel.ok("%routes clear")

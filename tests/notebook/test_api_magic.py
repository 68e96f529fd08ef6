"""`%%api` in real kernels."""

from __future__ import annotations

import json

PRODUCTS = """\
%%api /api/products/[id]
import json

def handler(req, res):
    print("asked for", req.query["id"])
    if req.method == "POST":
        products[req.query["id"]] = req.body
        return res.status(201).json(req.body)
    product = products.get(req.query["id"])
    if product is None:
        return res.status(404).json({"error": "none"})
    return res.json(product)
"""


def test_an_api_route_beside_a_route(kernel):
    kernel.ok('products = {"1": {"name": "Lamp"}}')
    made = kernel.ok(PRODUCTS, cell="a")
    assert made.text == "ANY /api/products/[id]  new"
    assert '<a data-path="/api/products/1"' in made.html
    assert kernel.get("/api/products/1") == (200, '{"name":"Lamp"}')
    assert kernel.get("/api/products/2") == (404, '{"error":"none"}')
    body, headers = json.dumps({"name": "Desk"}), {"content-type": "application/json"}
    assert kernel.get("/api/products/2", method="POST", body=body, headers=headers) == (201, '{"name":"Desk"}')
    assert kernel.value("products['2']") == {"name": "Desk"}
    kernel.ok("%%route GET /products/[id]\nproducts.get(id) or not_found()", cell="b")
    asked = kernel.ok("%%request GET /api/products/2 as old\n?? json['name'] == 'Desk'\n?? 'etag' in headers")
    assert asked.text.startswith("200 OK · application/json; charset=utf-8")
    kernel.listen(lambda: made.stdout.count("asked for 2\n") == 3)

    listed = kernel.ok("%routes").text.splitlines()
    assert [line.split() for line in listed] == [
        ["METHOD", "PATH", "CONFIG"],
        ["ANY", "/api/products/[id]", "API", "Route"],
        ["GET", "/products/[id]"],
    ]
    assert kernel.ok("%routes source /api/products/[id]").text.startswith("# /api/products/[id]\nimport json\n")
    assert kernel.ok(PRODUCTS, cell="a").text == "ANY /api/products/[id]  updated"
    moved = kernel.ok(PRODUCTS.replace("/products/", "/lamps/", 1), cell="a")
    assert moved.text == "ANY /api/lamps/[id]  new\nANY /api/products/[id] withdrawn"
    assert kernel.ok("x = 1", cell="a").text == "ANY /api/lamps/[id] withdrawn: its cell defines it no more\n"
    assert kernel.get("/api/lamps/1")[0] == 404


def test_the_cell_s_line_in_an_error(newest):
    newest.ok("# the old way\n%%api /api/x\ndef handler(req, res):\n    res.json({'a': 1 / 0})", cell="a")
    said = newest.ok("%request GET /api/x").text
    assert said.startswith("500 Internal Server Error")
    assert "  File \"<api /api/x>\", line 4, in handler\n    res.json({'a': 1 / 0})" in said
    newest.ok("%%api /api/x\ndef handler(req, res):\n    res.json(1)\n    res.json(2)", cell="a")
    assert newest.get("/api/x") == (200, "1")
    log = newest.ok("%routes log").text
    assert "it failed after it had ended its answer, which the client has: write return where it answers" in log
    assert 'File "<api /api/x>", line 4, in handler' in log
    assert "res.json() comes after the answer was ended" in log


def test_a_handler_that_does_not_answer(newest):
    newest.ok("%%api /api/x\ndef handler(req, res):\n    return {'a': 1}", cell="a")
    status, text = newest.get("/api/x")
    assert status == 500
    assert "the handler has returned a value of type dict, which says nothing here" in text
    assert "end with res.json(...)" in text


def test_refusals(newest):
    newest.ok("%%route GET /api/x\n1", cell="route")
    handler = "def handler(req, res):\n    res.end()"
    said = newest.refuses(f"%%api /api/x\n{handler}", cell="api")
    assert "(cell [" in said
    assert "GET /api/x (cell [" in said
    assert "an API Route answers every method of its path, so keep one of the two" in said
    assert newest.get("/api/x") == (200, "1")
    newest.ok(f"%%api /api/y\n{handler}", cell="api")
    assert "keep one of the two" in newest.refuses("%%route POST /api/y\n1", cell="route")
    assert newest.refuses("%%api /api/z").startswith("an API Route is a module with a handler, and this one has none")
    assert "as a Route Handler does" in newest.refuses("%%api /api/z\ndef GET(): ...")
    said = newest.refuses("# above\n%%api /api/z\nx = 1\n\ndef handler(req): ...")
    assert said.startswith("line 5: def handler(req): ...\nhandler(req) is called with two arguments")
    assert newest.refuses("%%api /api/z\ndef handler(req, res)\n    pass").startswith(
        "line 2: def handler(req, res)\nPyt"
    )
    assert newest.refuses("%%api /api/z\nreturn 1").startswith(
        'line 2: return 1\nan API Route is a whole module, and "re'
    )
    assert newest.refuses(f"%%api /z\n{handler}").endswith("write %%api /api/z")
    assert newest.refuses(f"%%api GET /api/z\n{handler}").startswith('"GET" is a method, and an API Route answers all')
    assert newest.refuses(f'%%api /api/z\n{handler}\nconfig = {{"api": {{"bodyParser": False}}}}') == (
        'config["api"] has no "bodyParser": it is spelled body_parser here'
    )
    failed = newest.refuses(f"%%api /api/z\n{handler}\n1 / 0")
    assert 'File "<api /api/z>", line 4, in <module>' in failed
    assert newest.get("/api/z")[0] == 404


def test_what_says_nothing_here_is_told(newest):
    made = newest.ok(
        "%%api /api/x\nrevalidate = 60\ndef GET(): ...\ndef handler(req, res):\n    res.end('x')", cell="a"
    )
    assert made.text.splitlines() == [
        "ANY /api/x  new",
        "GET, revalidate say nothing in an API Route: it has one handler, and what it declares is in config",
    ]
    assert newest.get("/api/x", method="PROPFIND") == (200, "x")


def test_a_cell_without_ids_and_an_async_handler(newest):
    text = "%%api /api/x\nasync def handler(req, res):\n    res.send(str(type(req.body).__name__))"
    assert newest.ok(text).text == "ANY /api/x  new"
    assert newest.ok(text).text == "ANY /api/x  updated"
    assert newest.get("/api/x", method="PUT", body=b"a=1&a=2") == (200, "str")
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert newest.get("/api/x", method="PUT", body=b"a=1&a=2", headers=form) == (200, "dict")


def test_it_is_exported_and_mounted(newest, tmp_path):
    newest.ok('products = {"1": {"name": "Lamp"}}')
    newest.ok(PRODUCTS, cell="a")
    newest.ok("%%api /api/old\ndef handler(req, res):\n    res.end()", cell="b")
    newest.ok("x = 1", cell="b")
    newest.ok("%%request GET /api/products/1\n?? json['name'] == 'Lamp'", cell="c")
    said = newest.ok(f"%routes export {tmp_path / 'shop'}").text.replace(str(tmp_path), "")
    assert "pages/api/products/[id].py written" in said
    assert "1 request was answered as in the notebook" in said
    assert not (tmp_path / "shop/pages/api/old.py").exists()
    newest.ok("%routes clear")
    mounted = newest.run(f"%routes mount {tmp_path / 'shop'}")
    assert mounted.error is None
    assert "ANY     /api/products/[id]  API Route" in mounted.text
    assert newest.get("/api/products/1") == (200, '{"name":"Lamp"}')
    newest.ok("%routes clear")

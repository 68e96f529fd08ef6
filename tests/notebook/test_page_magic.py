"""`%%page` in real kernels."""

from __future__ import annotations

VIEW = "application/vnd.jupyter.widget-view+json"


def test_a_page_beside_its_routes(kernel):
    kernel.ok('lamps = ["Lamp"]')
    kernel.ok("%%route GET /api/lamps\nlamps", cell="api")
    made = kernel.ok('# the shop\n\n%%page /shop\n<h1>{{ shop }}</h1>\n<script>fetch("/api/lamps")</script>', cell="a")
    assert made.text == "GET /shop  new"
    assert '<a data-path="/shop"' in made.html
    assert "iframe" not in made.html
    assert VIEW in made.bundles[0]
    assert kernel.get("/shop") == (200, '<h1>{{ shop }}</h1>\n<script>fetch("/api/lamps")</script>\n')
    asked = kernel.ok("%%request GET /shop as page\n?? 'text/html' in headers['content-type']\n?? '<h1>' in text")
    assert asked.text.startswith("200 OK · text/html; charset=utf-8\n<h1>{{ shop }}</h1>")

    assert kernel.ok("%routes").text == "METHOD  PATH        CONFIG\nGET     /api/lamps\nGET     /shop       page"
    assert kernel.ok("%routes source /shop").text.startswith("<!-- /shop -->\n<h1>{{ shop }}</h1>")
    assert kernel.ok("%%page /shop\n<p>", cell="a").text == "GET /shop  updated"
    assert kernel.ok("%%page /store\n<p>", cell="a").text == "GET /store  new\nGET /shop withdrawn"
    assert kernel.ok("x = 1", cell="a").text == "GET /store withdrawn: its cell defines it no more\n"
    kernel.ok("%%page /store\n<p>", cell="a")
    assert kernel.ok("%routes remove /store").text == "GET /store withdrawn\n"
    assert kernel.get("/store")[0] == 404


def test_a_template(newest):
    newest.ok("%%page /lamps/[id] --jinja --height 200\n<h1>{{ id }}</h1>\n{{ query.get('q') }}", cell="a")
    assert newest.get("/lamps/7?q=%3Cb") == (200, "<h1>7</h1>\n&lt;b\n")
    newest.ok('products = {"7": "Lamp"}')
    said = newest.refuses("# above\n%%page /lamps/[id] --jinja\n<h1>\n{{ products[id] }}</h1>", cell="a")
    assert said.startswith("line 4: {{ products[id] }}</h1>\n`products` is not defined: a template is given request")
    assert newest.get("/lamps/7")[0] == 200


def test_a_failing_template_shows_the_cell_s_line(newest):
    newest.ok("%%page /x --jinja\n<p>\n{{ request.nope }}", cell="a")
    said = newest.ok("%request GET /x").text
    assert '  File "<page /x>", line 3' in said
    assert "    {{ request.nope }}\n" in said


def test_refusals(newest):
    newest.ok("%%route GET /x\n1", cell="route")
    said = newest.refuses("%%page /x\n<p>", cell="page")
    assert said.startswith("GET /x (cell [")
    assert "a page answers GET and HEAD of its path, /x" in said
    assert newest.refuses("%%page\n<p>") == "The line has no path: write %%page /path"
    assert newest.refuses("%%page /y") == "the page is empty: write its HTML"
    assert newest.refuses("%%page /y\n") == "the page is empty: write its HTML"
    assert newest.refuses("%%page GET /y\n<p>").endswith("a page answers GET: write %%page /y")
    assert newest.get("/y")[0] == 404


def test_public_files_and_a_proxy(newest, tmp_path):
    (tmp_path / "robots.txt").write_text("none")
    newest.ok("%%route GET /where\nrequest.geo.city or 'nowhere'")
    told = {"headers": {"cf-ipcity": "Bonn"}}
    assert newest.get("/where", **told) == (200, "nowhere")
    newest.ok(f"%routes start --public '{tmp_path}' --geo cloudflare")
    assert newest.get("/robots.txt") == (200, "none")
    assert newest.get("/where", **told) == (200, "Bonn")
    assert "is no folder" in newest.refuses("%routes start --public nowhere")
    assert "there are vercel, cloudflare" in newest.refuses("%routes start --geo akamai")
    assert newest.get("/robots.txt") == (200, "none")

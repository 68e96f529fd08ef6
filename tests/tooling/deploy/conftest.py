"""What the tests of builds share: a shop, and its Worker, for which pip is called once."""

import shutil

import pytest
from typer.testing import CliRunner

from notebook_routes.tooling import commands
from tests.files import dedented, write_files

SHOP = {**dedented({
    "app/route.py": """
        async def GET():
            return {"name": "Lämpchen", "price": 30, "sizes": [1, 2.5, None], "ok": True}
    """,
    "app/products/[id]/route.py": """
        from notebook_routes import not_found, redirect
        from stock import products

        revalidate = 60
        cors = "https://shop.example"

        def GET(id: int):
            return products.get(id) or not_found()

        def PUT(id: int, price: float = 0.5):
            return {"id": id, "price": price}

        def DELETE():
            redirect("/products/1")
    """,
    "app/echo/route.py": """
        async def POST(request):
            return await request.bytes()
    """,
    "app/form/route.py": """
        from typing import Annotated

        from notebook_routes import Form

        async def POST(name: Annotated[str, Form()], size: Annotated[int, Form()] = 3):
            return {"name": name, "size": size}
    """,
    "app/stream/route.py": """
        import asyncio

        async def GET():
            for number in range(5):
                await asyncio.sleep(0)
                yield f"{number} ü\\n"
    """,
    "app/slow/route.py": """
        import asyncio

        going_on = asyncio.Event()

        async def GET():
            yield "first, "
            await going_on.wait()
            yield "last"

        async def POST():
            going_on.set()
    """,
    "app/cookies/route.py": """
        from notebook_routes import Response

        async def GET():
            answer = Response("two")
            answer.headers.append("set-cookie", "a=1; Path=/")
            answer.headers.append("set-cookie", "b=2; Expires=Wed, 01 Jan 2031 00:00:00 GMT")
            return answer
    """,
    "app/broken/route.py": "def GET():\n    return 1 / 0\n",
    "app/later/route.py": """
        from notebook_routes import after

        done = []

        async def GET():
            return len(done)

        async def POST():
            after(lambda: done.append(1))
    """,
    "app/place/route.py": """
        async def GET(request):
            return request.geo
    """,
    "app/ask/route.py": """
        from notebook_routes import fetch

        async def GET(port: int):
            answer = await fetch(f"http://127.0.0.1:{port}/")
            return await answer.json()
    """,
    "app/hello/page.html.jinja": "<p>Hello {{ query.name }}</p>\n",
    "app/about/page.html": "<!doctype html><h1>Über uns</h1>\n",
    "pages/api/hello.py": "def handler(req, res):\n    res.status(201).json({'hello': req.query.get('name')})\n",
    "public/style.css": "h1 { color: red }\n",
    "middleware.py": """
        from notebook_routes import Response

        config = {"matcher": ["/products/:path*", "/old", "/echo"]}

        async def middleware(request, next):
            if request.path == "/old":
                return Response.redirect("/products/2", status=308)
            response = await next(request)
            response.headers.set("x-seen", request.method)
            return response
    """,
    "stock.py": "products = {1: {'name': 'Lamp'}, 2: {'name': 'Tisch ü'}}\n",
    "notes.ipynb": "{}",
    "data/prices.csv": "1,2\n",
    ".env": "SECRET=1\n",
}), "public/data.bin": bytes(range(256))}  # fmt: skip


@pytest.fixture
def build():
    """Call `notebook-routes build --target cloudflare`; its exit status and what it says."""

    def build(*words):
        result = CliRunner().invoke(commands.app, ["build", *map(str, words), "--target", "cloudflare"])
        return result.exit_code, result.output

    return build


@pytest.fixture(scope="session")
def shop_worker(tmp_path_factory):
    """The shop and beside it its Worker, which no test changes: the one time that pip is asked."""
    place = tmp_path_factory.mktemp("worker")
    write_files(place / "shop", SHOP)
    result = CliRunner().invoke(commands.app, ["build", str(place / "shop"), "--target", "cloudflare"])
    assert result.exit_code == 0, result.output
    return place, result.output


@pytest.fixture
def shop(shop_worker, tmp_path):
    """A copy of the shop; its Worker is beside it."""
    for name in ("shop", "shop-cloudflare"):
        shutil.copytree(shop_worker[0] / name, tmp_path / name)
    return tmp_path / "shop"


@pytest.fixture
def worker(shop):
    """The folder of a copy of the shop's Worker."""
    return shop.with_name("shop-cloudflare")

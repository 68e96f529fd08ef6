"""Contestant: `tornado.web.Application`, as its documentation writes it.

Run as cells of a kernel, in a daemon thread with a selector loop of its own.
"""

import asyncio
import json
import threading

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

# Tornado's own encoder puts blanks after commas; the bytes must be those of the others.
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Product(RequestHandler):
    """`/products/<id>` answers JSON."""

    async def get(self, product_id: str) -> None:
        self.set_header("Content-Type", "application/json")
        await self.finish(encode({"id": product_id, "name": "Lamp", "price": 30}))


# %%
def serve() -> str:
    """Serve from a daemon thread; return the address."""
    sockets = bind_sockets(0, "127.0.0.1")

    def run() -> None:
        loop = asyncio.SelectorEventLoop()
        asyncio.set_event_loop(loop)

        async def listen() -> None:
            HTTPServer(Application([(r"/products/([^/]+)", Product)])).add_sockets(sockets)

        loop.run_until_complete(listen())
        loop.run_forever()

    threading.Thread(target=run, name="tornado-web", daemon=True).start()
    return f"http://127.0.0.1:{sockets[0].getsockname()[1]}"


url = serve()

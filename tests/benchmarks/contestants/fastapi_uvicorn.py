"""Contestant: FastAPI on `uvicorn[standard]` (uvloop and httptools), in a thread of the kernel.

Run as cells of a kernel. The access log is off, which is the faster setting; `serve(as_it_comes=True)` has uvicorn's
own settings, with the log on, as who follows its documentation runs it.
"""

import socket
import threading

import uvicorn
from fastapi import FastAPI

app = FastAPI()


@app.get("/products/{product_id}")
async def product(product_id: str) -> dict[str, str | int]:
    """Answer one product."""
    return {"id": product_id, "name": "Lamp", "price": 30}


# %%
def serve(*, as_it_comes: bool = False) -> str:
    """Serve from a daemon thread; return the address."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    quiet = uvicorn.Config(app, loop="uvloop", http="httptools", access_log=False, log_level="warning")
    config = uvicorn.Config(app) if as_it_comes else quiet
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="uvicorn", daemon=True)
    thread.start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


url = serve()

"""Contestant: FastAPI on `uvicorn[standard]`. Run as cells of a kernel."""

from fastapi import FastAPI

from tests.benchmarks.contestants.uvicorn_thread import serve

app = FastAPI()


@app.get("/products/{product_id}")
async def product(product_id: str) -> dict[str, str | int]:
    """Answer one product."""
    return {"id": product_id, "name": "Lamp", "price": 30}


# %%
url = serve(app)

"""Contestant: FastAPI, as a program on `uvicorn[standard]`."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/products/{product_id}")
async def product(product_id: str) -> dict[str, str | int]:
    """Answer one product."""
    return {"id": product_id, "name": "Lamp", "price": 30}

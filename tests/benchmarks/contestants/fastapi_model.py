"""Contestant: FastAPI on `uvicorn[standard]`, taking and giving a pydantic model. Run as cells of a kernel."""

from fastapi import FastAPI
from pydantic import BaseModel, Field

from tests.benchmarks.contestants.uvicorn_thread import serve


class Size(BaseModel):
    """How large it is, in cm."""

    width: float
    height: float


class Product(BaseModel):
    """What is sold."""

    name: str = Field(min_length=1)
    price: float = Field(gt=0)
    tags: list[str] = []
    sizes: dict[str, Size] = {}
    note: str | None = None


app = FastAPI()


@app.post("/products")
async def create(product: Product) -> Product:
    """Answer what was sent."""
    return product


# %%
url = serve(app)

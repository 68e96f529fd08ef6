"""Contestant: FastAPI on `uvicorn[standard]`, with parameters of several types. Run as cells of a kernel."""

from typing import Annotated, Literal

from fastapi import FastAPI, Header, Query

from tests.benchmarks.contestants.uvicorn_thread import serve

app = FastAPI()


@app.get("/products/{product_id}")
async def product(  # noqa: PLR0917 - its parameters are given by name
    product_id: int,
    tag: Annotated[list[str], Query()],
    page: Annotated[int, Query(ge=1)] = 1,
    sort: Literal["name", "price"] = "name",
    q: str | None = None,
    sale: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    x_shop: Annotated[str, Header()] = "main",
) -> dict[str, int | str | bool | list[str] | None]:
    """Answer what was understood."""
    return {"id": product_id, "tag": tag, "page": page, "sort": sort, "q": q, "sale": sale, "shop": x_shop}


# %%
url = serve(app)

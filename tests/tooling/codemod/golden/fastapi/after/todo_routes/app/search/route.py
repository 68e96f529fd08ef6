# From todo.py.

from typing import Annotated

from notebook_routes import CookieParam
from pydantic import Field

from app import _shared  # noqa: F401 - for what it does

cors = ["https://a.example"]


def GET(q: Annotated[str, Field(max_length=3)] = "x", tag: list[str] = [], theme: Annotated[str | None, CookieParam()] = None):
    return {"q": q, "tags": tag, "theme": theme}

# From todo.py.

from typing import Annotated

from notebook_routes import File, Form

from app import _shared  # noqa: F401 - for what it does

cors = ["https://a.example"]


async def POST(name: Annotated[str, Form()], photo: File):
    return {"name": name, "photo": photo.name, "size": len(await photo.bytes())}

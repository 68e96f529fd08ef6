from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from notebook_routes import File, FileResponse, Form

FOLDER = Path(__file__).parent


def GET(path: list[str]) -> FileResponse:
    return FileResponse("/".join(path), root=FOLDER)


async def PUT(title: Annotated[str, Form()], page: list[File]) -> dict[str, int]:
    return {title: sum([each.size for each in page])}


def POST(path: list[str], body: object) -> Iterator[dict[str, str]]:
    for part in path:
        yield {"part": part}

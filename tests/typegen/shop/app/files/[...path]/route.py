from typing import Literal

from notebook_routes import RouteContext, href


def GET(context: RouteContext[Literal["/files/[...path]"]]) -> str:
    return href("/files/[...path]", path=[*context.params["path"], "more"])

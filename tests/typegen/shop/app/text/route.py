"""The path as a text: mypy takes it with the plugin; for pyright it is the name of a type."""

# ruff: noqa: F722 - so it is for ruff

from notebook_routes import RouteContext


def GET(context: RouteContext["/text"]) -> str:  # wrong: pyright
    return context.route


def PUT(context: RouteContext["/nowhere"]) -> None:  # wrong
    del context

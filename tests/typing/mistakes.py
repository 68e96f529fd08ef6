"""What a type checker has to find: each marked line, and no other."""

from typing import TypedDict

from notebook_routes import FileResponse, Response, RouteContext, not_found


class Params(TypedDict):
    id: str


def unknown_segment(context: RouteContext[Params]) -> object:
    return context.params["key"]  # wrong: typeddict-item


def not_a_number(context: RouteContext[Params]) -> int:
    return context.params["id"]  # wrong: return-value


def perhaps_a_list(context: RouteContext) -> str:
    return context.params["id"]  # wrong: return-value


def no_mapping(context: RouteContext[int]) -> None: ...  # wrong: type-var


def changed(context: RouteContext[Params]) -> None:
    context.route = "/"  # wrong: misc


def after_not_found() -> str:
    not_found()  # nothing comes after it, so that no value is missing


def no_path() -> Response:
    return FileResponse(1)  # wrong: arg-type

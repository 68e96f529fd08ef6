"""What a handler may promise of its segments: a TypedDict, or the path, as in `RouteContext["/products/[id]"]`.

It is a promise to a type checker alone, nothing is converted; so it must be one that the path can keep.
"""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import CellError
from notebook_routes.routing import Dynamic, OptionalCatchAll

if TYPE_CHECKING:
    from notebook_routes.routing import RoutePattern

_QUALIFIERS = (typing.Required, typing.NotRequired, typing.Annotated)


def broken_promise(hint: Any, pattern: RoutePattern) -> tuple[str, str] | None:
    """What a path cannot keep of the type of its parameters, and what to write; None where it keeps all.

    Args:
        hint: a TypedDict, or a Literal of paths, one of which must be the pattern's.
        pattern: the path.

    Raises:
        CellError: a type in it is not defined.
    """
    if typing.get_origin(hint) is typing.Literal:
        return _other_path(typing.get_args(hint), pattern)
    if not (isinstance(hint, type) and issubclass(hint, dict) and hasattr(hint, "__required_keys__")):
        return None
    try:
        fields = typing.get_type_hints(hint, include_extras=True)
    except NameError as error:
        raise CellError(
            f"{hint.__name__} names `{error.name}`, which is not defined: define it in a cell above and run that first"
        ) from error
    for name, kind in fields.items():
        segment = pattern.params.get(name)
        if segment is None:
            return f"{hint.__name__} has `{name}`, and the path has no [{name}]", f"the path with [{name}] in it"
        several = not isinstance(segment, Dynamic)
        kept = "list[str]" if several else "str"
        bare = kind
        optional = name not in hint.__required_keys__
        while typing.get_origin(bare) in _QUALIFIERS:
            optional = optional or typing.get_origin(bare) is typing.NotRequired
            bare = typing.get_args(bare)[0]
        if bare not in (Any, object) and bare not in ((list, list[str]) if several else (str,)):
            fix = f"a parameter of its own for what is converted, `{name}: {_name(bare)}`"
            return f"{hint.__name__} says that `{name}` is {_name(bare)}, and there it is {kept}", fix
        if isinstance(segment, OptionalCatchAll) and not optional:
            return f"`{name}` is absent where nothing follows in the path", f"`{name}: NotRequired[list[str]]`"
    return None


def _other_path(promised: tuple[Any, ...], pattern: RoutePattern) -> tuple[str, str] | None:
    if not {pattern.path, pattern.text}.isdisjoint(promised):
        return None
    said = " or ".join(str(path) for path in promised)
    return f"its type is for {said}, and the path is {pattern.path}", f'`RouteContext["{pattern.path}"]`'


def _name(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) and not typing.get_args(hint) else str(hint)

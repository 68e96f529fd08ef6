"""JSON Schemas of the types in handlers' signatures (draft 2020-12, as OpenAPI 3.1 has it), by pydantic.

pydantic names the models that several types share only when it sees all types at once. So a type is given an empty
schema when it is asked for, and `fill` writes them all.
"""

from __future__ import annotations

import inspect
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from notebook_routes.runtime.hints import adapter_of
from notebook_routes.web import json_bytes

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Schema = dict[str, Any]
Mode = Literal["validation", "serialization"]
_REFERENCE = "#/components/schemas/{model}"
#: Bytes in a form (OpenAPI 3.1 §4.8.14.4).
FILE: Schema = {"type": "string", "contentMediaType": "application/octet-stream"}


@dataclass(frozen=True, slots=True)
class _Wish:
    adapter: TypeAdapter[Any]
    mode: Mode
    schema: Schema
    as_text: bool


class Schemas:
    """Collects the types of a document."""

    def __init__(self) -> None:
        self._wishes: list[_Wish] = []
        self._adapters: dict[Any, TypeAdapter[Any] | None] = {}

    def ask(self, hint: Any, mode: Mode, *, as_text: bool = False, default: Any = inspect.Parameter.empty) -> Schema:
        """The schema of a type, which `fill` completes; `{}`, which is any value, for what pydantic does not know.

        Args:
            hint: the type.
            mode: whether the value comes in or goes out.
            as_text: it comes as text, where nothing stands for None.
            default: the value where there is none; left out if JSON cannot hold it.
        """
        schema: Schema = {}
        if default not in (inspect.Parameter.empty, None):
            with suppress(TypeError, ValueError):
                written = json.loads(json_bytes(default))
                # Infinity and NaN are null in JSON, which is no default of a number.
                if written is not None:
                    schema["default"] = written
        if hint in (inspect.Parameter.empty, Any, object):
            return schema
        adapter = self._adapter(hint, mode)
        if adapter is not None:
            self._wishes.append(_Wish(adapter, mode, schema, as_text))
        return schema

    def fill(self) -> dict[str, Schema]:
        """Complete all schemas, and give those of the models that they refer to, by name."""
        from pydantic import TypeAdapter  # noqa: PLC0415 - only where a type was asked for

        if not self._wishes:
            return {}
        inputs = [(str(number), wish.mode, wish.adapter) for number, wish in enumerate(self._wishes)]
        made, shared = TypeAdapter.json_schemas(inputs, ref_template=_REFERENCE)
        for number, wish in enumerate(self._wishes):
            schema = made[str(number), wish.mode]
            wish.schema.update(_without_null(schema) if wish.as_text else schema)
        definitions: dict[str, Schema] = shared.get("$defs", {})
        return definitions

    def _adapter(self, hint: Any, mode: Mode) -> TypeAdapter[Any] | None:
        from pydantic import PydanticUserError  # noqa: PLC0415 - only where there are types

        if hint not in self._adapters:
            try:
                adapter = adapter_of(hint, from_text=False)
                # A type may be known, and still have no schema: a callable in a field.
                adapter.json_schema(mode=mode)
            except (PydanticUserError, NameError, TypeError):
                self._adapters[hint] = None
            else:
                self._adapters[hint] = adapter
        return self._adapters[hint]


def file_schema(*, many: bool) -> Schema:
    """The schema of an uploaded `File`, or of several."""
    return {"type": "array", "items": FILE.copy()} if many else FILE.copy()


def _without_null(schema: Schema) -> Schema:
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if not kinds or len(kinds) == len(schema["anyOf"]):
        return schema
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**rest, **kinds[0]} if len(kinds) == 1 else {**rest, "anyOf": kinds}

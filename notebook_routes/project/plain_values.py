"""Whether values of the kernel are those that an export begins with: plain ones only, and never by running their code.

Lists, dicts, sets, tuples, texts and numbers of exactly these types are compared; of anything else nothing is asked,
not its length and not its `repr`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Values within one that are looked at; of more only the number of entries is compared.
_MOST_VALUES = 10_000
#: Characters of texts within one.
_MOST_TEXT = 1_000_000
_LONGEST_NUMBER = 10**30
_NAMED = 8
_CONTAINERS = (list, dict, set, frozenset, tuple)
_PLAIN = (str, bytes, int, float, bool, type(None))


class _NotPlain(Exception):
    """A value holds something else, or too much."""


@dataclass(frozen=True)
class PlainValue:
    """What is told of a value.

    Attributes:
        kind: the name of its type.
        size: entries of a container, characters of a text; None for a number.
        shown: a number as it is written; empty for all others.
        digest: differs where values do; empty where it is not known.
    """

    kind: str
    size: int | None = None
    shown: str = ""
    digest: str = ""

    @classmethod
    def of(cls, value: object) -> PlainValue | None:
        """Look at a value; None if it is not plain."""
        kind = type(value)
        if kind not in (*_CONTAINERS, *_PLAIN):
            return None
        size = len(value) if kind in (*_CONTAINERS, str, bytes) else None  # type: ignore[arg-type]
        shown = ""
        if size is None:
            is_long = kind is int and abs(value) >= _LONGEST_NUMBER  # type: ignore[arg-type]
            shown = "a long number" if is_long else repr(value)
        return cls(kind.__name__, size, shown, _digest(value))

    def as_json(self) -> dict[str, Any]:
        """For another process."""
        return asdict(self)


def differences(here: Mapping[str, PlainValue], there: Mapping[str, PlainValue]) -> str:
    """A sentence about the names whose values differ in the kernel and in the export; empty if none does."""
    found = [
        text for name, value in here.items() if name in there for text in _difference(name, value, there[name]) if text
    ]
    if not found:
        return ""
    more = f"; and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    what = f"{'; '.join(found[:_NAMED])}{more}"
    return f"{what} (it begins anew, without what requests or other cells have changed)"


def _difference(name: str, here: PlainValue, there: PlainValue) -> Iterator[str]:
    if here.kind != there.kind and None in (here.size, there.size):
        yield f"{name} is {here.shown or _a(here)} here, and {there.shown or _a(there)} in the export"
    elif here.kind != there.kind:
        yield f"{name} is {_a(here)} here, and {_a(there)} in the export"
    elif here.size is None:
        if here.digest != there.digest:
            yield f"{name} is {here.shown} here, and {there.shown} in the export"
    elif here.size != there.size:
        yield f"{name} has {_counted(here)} here, and {there.size} in the export"
    elif here.digest and there.digest and here.digest != there.digest:
        what = "is another text" if here.kind in ("str", "bytes") else "has other entries"
        yield f"{name} {what} here than in the export"


def _a(value: PlainValue) -> str:
    return f"{'an' if value.kind[0] in 'aeiou' else 'a'} {value.kind}"


def _counted(value: PlainValue) -> str:
    one, many = {"str": ("character", "characters"), "bytes": ("byte", "bytes")}.get(value.kind, ("entry", "entries"))
    return f"{value.size} {one if value.size == 1 else many}"


def _digest(value: object) -> str:
    try:
        text = json.dumps(_Form().of(value))
    except (_NotPlain, RecursionError):
        return ""
    return hashlib.sha256(text.encode()).hexdigest()


class _Form:
    """Writes a plain value so that equal ones are written equally."""

    def __init__(self) -> None:
        self._values = self._text = 0

    def of(self, value: Any) -> object:
        """The form of a value and of all that it holds."""
        kind = type(value)
        self._values += 1
        if kind in (str, bytes):
            self._text += len(value)
        entries = len(value) if kind in _CONTAINERS else 0
        if self._values + entries > _MOST_VALUES or self._text > _MOST_TEXT or kind not in (*_CONTAINERS, *_PLAIN):
            raise _NotPlain
        if kind is dict:
            # A copy is made at once, whatever threads of handlers do meanwhile.
            content: list[object] = sorted(([self.of(key), self.of(each)] for key, each in [*value.items()]), key=repr)
        elif kind in (set, frozenset):
            content = sorted((self.of(each) for each in [*value]), key=repr)
        elif kind in (list, tuple):
            content = [self.of(each) for each in [*value]]
        elif kind is int:
            content = [f"{value:x}"]
        else:
            content = [repr(value)]
        return [kind.__name__, content]

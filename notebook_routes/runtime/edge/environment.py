"""The environment variables as an edge handler sees them in the kernel: there are none.

`os.environ` keeps its variables in a dict; no audit hook hears of reading them. The dict is exchanged for one that asks
first. To all other code it is the dict that it was.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from notebook_routes.runtime.exchange import handlers_own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class GuardedEnvironment(dict[Any, Any]):
    """The variables; `asked` is called with a name before it is read, and raises a KeyError where it may not be."""

    def __init__(self, variables: dict[Any, Any], asked: Callable[[str], None]) -> None:
        super().__init__(variables)
        self._asked = asked

    @classmethod
    def install(cls, asked: Callable[[str], None]) -> None:
        """Put it in the place of the dict of `os.environ`, which `os.environb` shares."""
        variables = cls(vars(os.environ)["_data"], asked)
        for name in ("environ", "environb"):
            view = getattr(os, name, None)
            if view is not None:
                vars(view)["_data"] = variables

    def __getitem__(self, name: Any) -> Any:
        if handlers_own.get():
            self._asked(os.fsdecode(name))
        return super().__getitem__(name)

    def __iter__(self) -> Iterator[Any]:
        if handlers_own.get():
            try:
                self._asked("")
            except KeyError:
                return iter(())
        return super().__iter__()

    def __contains__(self, name: object) -> bool:
        if handlers_own.get():
            try:
                self._asked(os.fsdecode(name))  # type: ignore[arg-type]  # `os.environ` has made it bytes or text
            except KeyError:
                return False
        return super().__contains__(name)

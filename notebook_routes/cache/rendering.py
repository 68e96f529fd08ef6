"""One run of a handler whose answer may be kept: what it has read, and what it says about the answer.

A handler that reads something of the request that is not part of the key has answered for this request alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.cache.entry import EXPIRE
from notebook_routes.errors import DynamicError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from notebook_routes.cache.policy import CachePolicy


class Life:
    """How long something that is being made will be kept, and under which tags.

    Attributes:
        revalidate: seconds for which it is fresh; None for ever.
        expire: seconds until it is gone.
    """

    def __init__(self, *, tags: Iterable[str] = (), revalidate: float | None = None, expire: float = EXPIRE) -> None:
        self._tags = dict.fromkeys(tags)
        self.revalidate = revalidate
        self.expire = expire

    @property
    def tags(self) -> tuple[str, ...]:
        """What it is marked by, in the order of mention."""
        return tuple(self._tags)

    def tag(self, tags: Iterable[str]) -> None:
        """Mark it with these as well."""
        self._tags.update(dict.fromkeys(tags))

    def shorten(self, *, revalidate: float | None = None, expire: float | None = None) -> None:
        """Have it last no longer than this; of several lifetimes the shortest holds."""
        if revalidate is not None:
            self.revalidate = revalidate if self.revalidate is None else min(self.revalidate, revalidate)
        if expire is not None:
            self.expire = min(self.expire, expire)


class Rendering(Life):
    """A run whose answer may be kept.

    Args:
        policy: of its path.
        label: how messages call it, "GET /products/[id]".
        background: nobody waits for the answer, and there is no request to read.

    Attributes:
        dynamic: what the handler has read that is this request's alone; None while the answer can be kept.
        refused: the answer is not worth keeping, whatever was read.
        variant: the Accept header, in its canonical form, that chose the form of the answer; None where none did.
        ended: the run is over: what is read later, in `after()`, has no bearing on the answer.
        on_dynamic: called, from whatever thread, when the answer turns out to be this request's alone.
    """

    def __init__(self, policy: CachePolicy, *, label: str, background: bool = False) -> None:
        super().__init__(tags=policy.tags, revalidate=policy.revalidate)
        self.mode = policy.mode
        self.label = label
        self.background = background
        self.dynamic: str | None = None
        self.refused = False
        self.variant: str | None = None
        self.ended = False
        self.on_dynamic: Callable[[], object] | None = None

    def reads(self, what: str) -> bool:
        """The handler asks for something of the request; whether it is given the client's, or else a blank.

        Raises:
            DynamicError: it may not ask.
        """
        if self.mode == "static":
            return False
        if self.ended:
            return not self.background
        if self.mode == "error":
            raise DynamicError(
                f'{self.label} is declared dynamic = "error", so that all its answers can be kept, and it uses '
                f'{what}: leave that out, or write dynamic = "auto"'
            )
        if self.dynamic is None:
            self.dynamic = what
            if self.on_dynamic is not None:
                self.on_dynamic()
        if self.background:
            raise DynamicError(f"{self.label} uses {what}, and is run for no request: its last answer is kept")
        return True

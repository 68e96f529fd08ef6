"""`Asked`: an answer that is asked for, before it is known whether there is one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_routes.cache.keys import variant_key
from notebook_routes.cache.rendering import Rendering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_routes.cache.policy import CachePolicy


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer that is asked for.

    Attributes:
        key: what it is kept under, but for its form.
        path: percent-encoded in one spelling.
        query: the declared query parameters that were given.
        policy: of its path.
        tags: those that its path has of itself.
        source: the route's pattern.
        label: how messages call the route, "GET /products/[id]".
        accept: what the client takes, in its canonical form.
        negotiated: whether the route is known to answer by it; else the first run tells.
    """

    key: str
    path: str
    query: Sequence[tuple[str, str]]
    policy: CachePolicy
    tags: tuple[str, ...]
    source: str
    label: str
    accept: str
    negotiated: bool = False
    #: The key under which an answer may be found.
    looked_up: str = field(init=False)

    def __post_init__(self) -> None:
        looked_up = variant_key(self.key, self.accept) if self.negotiated else self.key
        object.__setattr__(self, "looked_up", looked_up)

    def kept_under(self, rendering: Rendering) -> str:
        """The key of the answer that a run has given."""
        return self.key if rendering.variant is None else variant_key(self.key, rendering.variant)

    def rendering(self, *, background: bool = False) -> Rendering:
        """What a run for it writes down."""
        rendering = Rendering(self.policy, label=self.label, background=background)
        rendering.tag(self.tags)
        return rendering

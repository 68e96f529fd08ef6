"""What a path's config says about keeping its answers, and the `Cache-Control` that tells others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from notebook_routes.cache.entry import EXPIRE

if TYPE_CHECKING:
    from notebook_routes.routing import SegmentConfig

#: What a handler may see of a request whose answer is kept: what it likes, upon which the answer is not kept; nothing;
#: or nothing, and trying is an error.
Mode = Literal["auto", "static", "error"]
_MODES: dict[str, Mode] = {"auto": "auto", "force-static": "static", "error": "error"}
#: Seconds between which a failed refresh is tried again.
_RETRY = (3.0, 30.0)


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """How the answers of one path are kept.

    Attributes:
        mode: see `Mode`.
        revalidate: seconds for which an answer is fresh; None for ever.
        tags: what `revalidate_tag` calls them.
    """

    mode: Mode = "auto"
    revalidate: float | None = None
    tags: tuple[str, ...] = ()

    @classmethod
    def of(cls, config: SegmentConfig) -> CachePolicy | None:
        """The policy that a config declares; None where no answer is kept."""
        if not config.keeps_answers:
            return None
        seconds = None if config.revalidate in (None, False) else float(config.revalidate or 0)
        return cls(_MODES[config.dynamic], seconds, config.tags)


@lru_cache(maxsize=1024)
def cache_control(revalidate: float | None, expire: float = EXPIRE) -> str:
    """What caches on the way are told, as Next.js does (RFC 9111 §5.2.2.10, RFC 5861)."""
    if revalidate is None or revalidate >= expire:
        return f"s-maxage={int(expire)}"
    return f"s-maxage={int(revalidate)}, stale-while-revalidate={int(expire - revalidate)}"


def retry_after(revalidate: float | None) -> float:
    """Seconds until a refresh that has failed is tried again."""
    low, high = _RETRY
    return min(max(low if revalidate is None else revalidate, low), high)

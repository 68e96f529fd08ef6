"""How long what is kept lasts: `revalidate_path()`, `revalidate_tag()`, `update_tag()`, `cache_life()`, `cache_tag()`.

In a handler a mark takes effect when it has answered, also by `redirect()` or `not_found()`, and not when it fails. In
a cell it does at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import notebook_routes.cache as caching
from notebook_routes.errors import ScopeError
from notebook_routes.runtime.exchange import Phase, current_exchange, current_life
from notebook_routes.runtime.kept_data import active_data, note

if TYPE_CHECKING:
    from notebook_routes.cache import Life


def revalidate_path(path: str, type: str | None = None) -> None:  # noqa: A002 - the field's name
    """Have the answers of a path made anew when they are asked for next, and the data that they were made of.

    Args:
        path: as in a URL, "/products/1", or a route's pattern, "/products/[id]", for all its paths.
        type: "layout" for all that is below the path as well.

    Raises:
        ValueError: the path is over 1,024 characters, or the type is another. In a cell also where it does not begin
            with a slash; in a handler that has no effect, and the log says so.
        TypeError: the path is no text.
    """
    tag = caching.tag_of_path(path, type)
    if tag is None:
        problem = f'revalidate_path("{path}") has no effect: a path begins with a slash'
        if current_exchange.get() is None:
            raise ValueError(problem)
        note(problem)
        return
    _mark(tag, 0.0, f"revalidate_path({path!r})")


def revalidate_tag(tag: str, profile: str | Mapping[str, float] | None = None) -> None:
    """Have all that has a tag made anew.

    Args:
        tag: as it was given to `tags`, `cache_tag` or `fetch`; letters count as they are.
        profile: None for at once: who asks next waits for it. A name such as "max", or `{"expire": seconds}`, gives out
            what there was until then, and has it made anew behind.

    Raises:
        ValueError: there is no such profile, or its time is no number of seconds.
        TypeError: the tag is no text.
    """
    _mark(_checked(tag, "revalidate_tag"), _expire_of(profile), f"revalidate_tag({tag!r})")


def update_tag(tag: str) -> None:
    """Have all that has a tag made anew when it is asked for next: who has changed something sees it.

    Raises:
        TypeError: the tag is no text.
    """
    _mark(_checked(tag, "update_tag"), 0.0, f"update_tag({tag!r})")


def cache_tag(*tags: str) -> None:
    """Mark what is being made, the answer of a kept route or the value of a `cached()` function, with tags.

    Raises:
        ScopeError: nothing is being made here.
        TypeError: a tag is no text.
    """
    for tag in tags:
        _checked(tag, "cache_tag")
    life = _life("cache_tag")
    if life is not None:
        life.tag(tags)


def cache_life(profile: str | None = None, *, revalidate: float | None = None, expire: float | None = None) -> None:
    """Say how long what is being made lasts; of several lifetimes the shortest holds.

    Args:
        profile: "seconds", "minutes", "hours", "days", "weeks" or "max".
        revalidate: seconds until it is stale.
        expire: seconds until it is gone.

    Raises:
        ScopeError: nothing is being made here.
        ValueError: there is no such profile, or a time is no number of seconds.
    """
    if profile is not None:
        stale, gone = _profile(profile)
        revalidate = stale if revalidate is None else revalidate
        expire = gone if expire is None else expire
    for name, seconds in (("revalidate", revalidate), ("expire", expire)):
        number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
        if seconds is not None and not (number and seconds > 0):
            raise ValueError(f"cache_life({name}={seconds!r}): write seconds above 0; no_store() keeps nothing")
    life = _life("cache_life")
    if life is not None:
        life.shorten(revalidate=revalidate, expire=expire)


def _mark(tag: str, expire: float, what: str) -> None:
    exchange = current_exchange.get()
    if exchange is not None:
        exchange.reads(what)
    if exchange is None or exchange.phase is Phase.ENDED:
        # What a handler has left running, such as a task, marks as a cell does.
        handler = active_data(exchange).handler
        caching.blocking(handler, lambda: handler.mark([tag], caching.now(), expire=expire))
        return
    if exchange.revalidations is None:
        exchange.revalidations = {}
    exchange.revalidations[tag] = min(expire, exchange.revalidations.get(tag, expire))


def _life(name: str) -> Life | None:
    life = current_life.get()
    if life is not None:
        return life
    exchange = current_exchange.get()
    if exchange is None:
        raise ScopeError(
            f"{name}() belongs to something that is being made: call it in a handler or a cached() function"
        )
    if exchange.rendering is None:
        note(f"{name}() has no effect: the route's answers are not kept, say revalidate = 60 to have them")
    return exchange.rendering


def _checked(tag: object, name: str) -> str:
    if not isinstance(tag, str) or not tag:
        raise TypeError(f'{name}() takes a tag, which is a text, not {tag!r}: write {name}("products")')
    return tag


def _expire_of(profile: object) -> float:
    if profile is None:
        return 0.0
    if isinstance(profile, str):
        return _profile(profile)[1]
    if isinstance(profile, Mapping) and list(profile) == ["expire"]:
        seconds = profile["expire"]
        if isinstance(seconds, (int, float)) and not isinstance(seconds, bool) and seconds >= 0:
            return float(seconds)
    raise ValueError(f'revalidate_tag(..., {profile!r}): write a profile such as "max", or {{"expire": 60}}')


def _profile(name: str) -> tuple[float, float]:
    if name not in caching.PROFILES:
        raise ValueError(f'there is no profile "{name}": there are {", ".join(caching.PROFILES)}')
    return caching.PROFILES[name]

"""What a route declares about other origins: the `cors` constant, `--cors` on the line.

    cors = "*"                                             # anyone may read
    cors = ["https://shop.example"]                        # these may
    cors = {"origins": ["https://shop.example"], "credentials": True, "max_age": 600}

This is the declaration alone; the headers are the app's business (Fetch standard, "CORS protocol").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from notebook_routes.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

# Fetch's serialised origin: scheme, host, port and no path. A sandboxed page or a local file sends "null".
_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\[[0-9a-f:.]+\]|[^\s/?#@:\[\]*,]+)(?::(?P<port>[0-9]{1,5}))?"
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_KEYS = ("origins", "methods", "headers", "expose_headers", "credentials", "max_age")


@dataclass(frozen=True, slots=True, repr=False)
class CorsPolicy:
    """Which other origins may call a path from a browser, and what they may send and see.

    Attributes:
        origins: as browsers send them, "https://shop.example"; ("*",) for any.
        methods: what a preflight may ask for; empty for the methods of the path.
        headers: the request headers that a preflight may ask for; empty for whatever it asks.
        expose_headers: the response headers that scripts may read.
        credentials: whether cookies are sent along.
        max_age: seconds for which a browser may keep the preflight's answer, or None.
    """

    origins: tuple[str, ...]
    methods: tuple[str, ...] = field(default=(), kw_only=True)
    headers: tuple[str, ...] = field(default=(), kw_only=True)
    expose_headers: tuple[str, ...] = field(default=(), kw_only=True)
    credentials: bool = field(default=False, kw_only=True)
    max_age: int | None = field(default=None, kw_only=True)

    @classmethod
    def of(cls, value: object, *, name: str = "cors") -> CorsPolicy:
        """Read what a route wrote: an origin, a list of origins, or a mapping of the attributes above.

        Raises:
            ConfigError: it is none of these, or would be refused by every browser.
        """
        if isinstance(value, CorsPolicy):
            return value
        given = value if isinstance(value, Mapping) else {"origins": value}
        for key in given:
            if key not in _KEYS:
                raise ConfigError(f"{name} has no {key!r}: write some of {', '.join(_KEYS)}")
        if "origins" not in given:
            raise ConfigError(f'{name} names no origins: write {name} = {{"origins": ["https://shop.example"]}}')
        policy = cls(
            tuple(dict.fromkeys(_origin(item, name) for item in _texts(given["origins"], f"{name} origins"))),
            methods=tuple(item.upper() for item in _tokens(given.get("methods", ()), f"{name} methods")),
            headers=tuple(item.lower() for item in _tokens(given.get("headers", ()), f"{name} headers")),
            expose_headers=_tokens(given.get("expose_headers", ()), f"{name} expose_headers"),
            credentials=_flag(given.get("credentials", False), f"{name} credentials"),
            max_age=_seconds(given.get("max_age"), f"{name} max_age"),
        )
        if not policy.origins:
            raise ConfigError(f'{name} lists no origin: write {name} = ["https://shop.example"], or leave it out')
        if policy.credentials and "*" in policy.origins:
            raise ConfigError(f'{name} cannot have credentials for "*": browsers refuse that, name the origins')
        return policy

    def __repr__(self) -> str:
        """As it is written: what is left open is left out."""
        said = {item.name: getattr(self, item.name) for item in fields(self)}
        kept = {name: list(value) if isinstance(value, tuple) else value for name, value in said.items() if value}
        return repr(kept if self.max_age is None else kept | {"max_age": self.max_age})

    def allows(self, origin: str) -> bool:
        """Say whether a request with this `Origin` header is from a declared place."""
        return origin in self.origins or "*" in self.origins


def cors(
    origins: str | Sequence[str],
    *,
    methods: Sequence[str] = (),
    headers: Sequence[str] = (),
    expose_headers: Sequence[str] = (),
    credentials: bool = False,
    max_age: int | None = None,
) -> CorsPolicy:
    """Declares which other origins may call an app or a path.

    For an app, `App(cors=cors("https://shop.example"))`; for a path, the constant `cors` in its file.

    Args:
        origins: one or more as browsers send them, "https://shop.example"; "*" for any.
        methods: what a preflight may ask for; by default the methods of the path.
        headers: the request headers that a preflight may ask for; by default whatever it asks.
        expose_headers: the response headers that scripts may read.
        credentials: whether cookies are sent along; not for "*".
        max_age: seconds for which a browser may keep the preflight's answer.

    Raises:
        ConfigError: a value is none of these, or would be refused by every browser.
    """
    return CorsPolicy.of(
        {
            "origins": origins,
            "methods": methods,
            "headers": headers,
            "expose_headers": expose_headers,
            "credentials": credentials,
            "max_age": max_age,
        },
        name="cors()",
    )


def _origin(text: str, name: str) -> str:
    if text in {"*", "null"}:
        return text
    found = _ORIGIN.fullmatch(text.lower())
    if found is None:
        raise ConfigError(f'{name}: "{text}" is no origin: write scheme and host alone, "https://shop.example", or "*"')
    if found["port"] == _DEFAULT_PORTS.get(found["scheme"]):
        # Browsers leave the usual port out.
        return f"{found['scheme']}://{found['host']}"
    return found[0]


def _texts(value: object, name: str) -> tuple[str, ...]:
    items = (value,) if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise ConfigError(f"{name} = {value!r} is no text and no list of texts: write one of them")
    return tuple(items)


def _tokens(value: object, name: str) -> tuple[str, ...]:
    items = _texts(value, name)
    for item in items:
        if not _TOKEN.fullmatch(item):
            raise ConfigError(f'{name} holds "{item}", which no header can: write names such as "X-Total"')
    return items


def _flag(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{name} = {value!r} is neither True nor False: write one of them")
    return value


def _seconds(value: object, name: str) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ConfigError(f"{name} = {value!r} is no number of seconds: write a whole number, 0 or above")
    return value

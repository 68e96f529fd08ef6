"""`request.geo`: where a proxy in front of the server says that the client is.

Anybody can send such headers. So they are read only where the operator declares that a proxy sets them, which then
replaces what a client has sent:

    https://vercel.com/docs/headers/request-headers
    https://developers.cloudflare.com/rules/transform/managed-transforms/reference/ ("Add visitor location headers")
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from notebook_routes.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_routes.web.headers import Headers

#: The environment variable that names a preset for `serve` and the ASGI factory.
GEO_VARIABLE = "NOTEBOOK_ROUTES_GEO"
#: Whose headers are known, and how each calls them.
GEO_PRESETS: Mapping[str, Mapping[str, str]] = {
    "vercel": {
        "country": "x-vercel-ip-country",
        "city": "x-vercel-ip-city",
        "region": "x-vercel-ip-country-region",
        "latitude": "x-vercel-ip-latitude",
        "longitude": "x-vercel-ip-longitude",
    },
    "cloudflare": {
        "country": "cf-ipcountry",
        "city": "cf-ipcity",
        "region": "cf-region",
        "latitude": "cf-iplatitude",
        "longitude": "cf-iplongitude",
    },
}
#: RFC 9110 §5.6.2
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-z]+")
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{1,20})?")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Geo:
    """Where the client is, as far as the proxy knows.

    Attributes:
        country: two capital letters (ISO 3166-1), "DE".
        city: its name, "Köln".
        region: the state or province, in the proxy's own words.
        latitude: in degrees, -90 to 90.
        longitude: in degrees, -180 to 180.
    """

    country: str | None = None
    city: str | None = None
    region: str | None = None
    latitude: float | None = None
    longitude: float | None = None


#: What is known where no proxy is trusted.
NOWHERE = Geo()


class GeoHeaders:
    """Which headers a trusted proxy writes the place into.

    Args:
        given: a preset ("vercel", "cloudflare"), or a header's name for each field: `{"country": "x-country"}`.

    Raises:
        ConfigError: there is no such preset or field, or no header can have a name; the message has those there are.
    """

    __slots__ = ("_names",)

    def __init__(self, given: str | Mapping[str, str]) -> None:
        if isinstance(given, str):
            if given not in GEO_PRESETS:
                raise ConfigError(
                    f'geo = "{given}" is no proxy that is known: there are {", ".join(GEO_PRESETS)}; '
                    'for another, name its headers, App(geo={"country": "x-country"})'
                )
            given = GEO_PRESETS[given]
        if not isinstance(given, Mapping):
            raise ConfigError(
                f'geo = {given!r} is neither a preset nor a mapping: write geo={{"country": "x-country"}}'
            )
        self._names = {_field(field): _header(field, name) for field, name in given.items()}

    def read(self, headers: Headers) -> Geo:
        """Where a request comes from; what is missing or malformed is None."""
        found: dict[str, Any] = {}
        for field, name in self._names.items():
            text = (headers.get(name) or "").strip()
            found[field] = _FIELDS[field](text) if text else None
        return Geo(**found)


def _field(field: str) -> str:
    if field not in _FIELDS:
        raise ConfigError(f"geo has no {field!r}: write some of {', '.join(_FIELDS)}")
    return field


def _header(field: str, name: object) -> str:
    if not isinstance(name, str) or not _TOKEN.fullmatch(name.lower()):
        raise ConfigError(f'geo {field} = {name!r} is no name of a header: write one such as "x-{field}"')
    return name.lower()


def _country(text: str) -> str | None:
    # "XX" is what proxies send for unknown; "T1", Tor, is no country either.
    return text.upper() if _COUNTRY.fullmatch(text) and text.upper() != "XX" else None


def _name(text: str) -> str | None:
    """A name in UTF-8, percent-encoded or in the header's raw bytes."""
    try:
        text = unquote(text.encode("latin-1").decode(), errors="strict")
    except ValueError:
        return None
    return text if text.isprintable() and len(text) <= _LONGEST else None


def _degrees(limit: float) -> Callable[[str], float | None]:
    def read(text: str) -> float | None:
        value = float(text) if _DEGREES.fullmatch(text) else None
        return value if value is not None and abs(value) <= limit else None

    return read


_FIELDS: Mapping[str, Callable[[str], object]] = {
    "country": _country,
    "city": _name,
    "region": _name,
    "latitude": _degrees(90),
    "longitude": _degrees(180),
}

"""`Cookie`: one cookie, and how Set-Cookie spells it (RFC 6265 §4.1)."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from email.utils import formatdate, parsedate_to_datetime
from typing import Any, Literal, TypeAlias
from urllib.parse import quote, unquote

SameSite: TypeAlias = Literal["strict", "lax", "none", "Strict", "Lax", "None"]
Priority: TypeAlias = Literal["low", "medium", "high", "Low", "Medium", "High"]

# RFC 6265 §4.1.1: cookie-name = token (RFC 9110 §5.6.2)
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
# The years 1 to 9999: dates of HTTP have four digits for the year (RFC 9110 §5.6.7).
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800.0, 253_402_300_799.0
# What encodeURIComponent leaves alone, beside letters and digits.
_UNENCODED = "-_.!~*'()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookie:
    """One cookie.

    Attributes:
        name: a token (RFC 6265 §4.1.1); whatever the client sent for a request's cookie.
        value: decoded.
        path: where the browser sends it; None or "" leaves it out.
        expires: until when, with a timezone.
        max_age: for how many seconds.
        domain: which hosts get it; the one that set it if None.
        secure: over HTTPS only.
        http_only: out of reach of scripts.
        same_site: "strict", "lax" or "none".
        partitioned: one jar for each top-level site (CHIPS).
        priority: "low", "medium" or "high", a hint to Chromium.
    """

    name: str
    value: str
    path: str | None = None
    expires: datetime | None = None
    max_age: int | None = None
    domain: str | None = None
    secure: bool = False
    http_only: bool = False
    same_site: str | None = None
    partitioned: bool = False
    priority: str | None = None

    @property
    def key(self) -> tuple[str, str | None, str | None]:
        """What tells two cookies apart in a browser: name, domain, path."""
        return self.name, self.domain.lower().lstrip(".") if self.domain else None, self.path or None

    def as_dict(self) -> dict[str, Any]:
        """The name, the value, and the attributes that are set."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in given.items() if name in ("name", "value") or value}

    def has_ended(self) -> bool:
        """Whether a browser that is sent this cookie forgets it (RFC 6265 §5.3)."""
        if self.max_age is not None:
            return self.max_age <= 0
        return self.expires is not None and self.expires.timestamp() <= time.time()

    def to_set_cookie(self) -> str:
        """The value of a Set-Cookie header: the value percent-encoded, a Max-Age other than 0 accompanied by Expires.

        Raises:
            ValueError: the name is no token, or an attribute has a value that it cannot have.
        """
        if not _TOKEN.fullmatch(self.name):
            raise ValueError(f"{self.name!r} cannot be a cookie's name: letters, digits and !#$%&'*+-.^_`|~ (RFC 6265)")
        pieces = [f"{self.name}={encode_value(self.value)}"]
        if self.path:
            pieces.append(f"Path={self._checked('path', self.path)}")
        expires = self._expires_at()
        if expires is not None:
            pieces.append(f"Expires={formatdate(expires, usegmt=True)}")
        if self.max_age is not None:
            pieces.append(f"Max-Age={self.max_age}")
        if self.domain:
            pieces.append(f"Domain={self._checked('domain', self.domain)}")
        if self.secure:
            pieces.append("Secure")
        if self.http_only:
            pieces.append("HttpOnly")
        if self.same_site:
            pieces.append(f"SameSite={self._one_of('same_site', self.same_site, 'strict', 'lax', 'none')}")
        if self.partitioned:
            pieces.append("Partitioned")
        if self.priority:
            pieces.append(f"Priority={self._one_of('priority', self.priority, 'low', 'medium', 'high')}")
        return "; ".join(pieces)

    @classmethod
    def from_set_cookie(cls, line: str) -> Cookie:
        """Reads the value of a Set-Cookie header; bad attributes are ignored (RFC 6265 §5.2)."""
        pair, *attributes = line.split(";")
        name, _, value = pair.strip().partition("=")
        given: dict[str, Any] = {}
        for attribute in attributes:
            key, _, text = attribute.strip().partition("=")
            read = _ATTRIBUTES.get(key.strip().lower())
            if read is not None:
                field, convert = read
                given[field] = convert(text.strip())
        decoded = decode_value(value)
        return cls(name=name, value=value if decoded is None else decoded, **given)

    def _expires_at(self) -> float | None:
        if self.expires is not None:
            return self.expires.timestamp()
        # As in the original, Max-Age=0 stands alone.
        return min(max(0.0, time.time() + self.max_age), _LAST_SECOND) if self.max_age else None

    def _checked(self, field: str, value: str) -> str:
        if ";" in value or not value.isprintable() or not value.isascii():
            raise ValueError(f"{value!r} cannot be the {field} of cookie {self.name!r}: printable ASCII without ';'")
        return value

    def _one_of(self, field: str, value: str, *allowed: str) -> str:
        if not isinstance(value, str) or value.lower() not in allowed:
            raise ValueError(f"{field} of cookie {self.name!r} is one of {', '.join(allowed)}, not {value!r}")
        return value


def encode_value(value: str) -> str:
    """A cookie's value as encodeURIComponent writes it.

    Raises:
        ValueError: it has a lone surrogate, which is no UTF-8.
    """
    return quote(value, safe=_UNENCODED)


def decode_value(text: str) -> str | None:
    """A cookie's value as decodeURIComponent reads it; None where that fails."""
    if "%" not in text:
        return text
    if _BAD_PERCENT.search(text):
        return None
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return None


def as_expiry(value: datetime | float | None) -> datetime | None:
    """The moment a cookie ends, from a datetime with a timezone or seconds since 1970.

    Raises:
        ValueError: the datetime has no timezone, or the seconds are no date of the years 1 to 9999.
        TypeError: it is something else.
    """
    if value is None:
        return None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("expires has no timezone: write datetime.now(UTC) + timedelta(...), or use max_age")
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not _FIRST_SECOND <= value <= _LAST_SECOND:
            raise ValueError(f"expires is in seconds since 1970, not milliseconds: no date of 4 digits is {value!r}")
        # From the epoch, since the system's own function knows fewer years.
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=value)
    raise TypeError(f"expires is a datetime or seconds since 1970, not {type(value).__name__}")


def as_seconds(value: float | timedelta | None) -> int | None:
    """The life of a cookie in whole seconds.

    Raises:
        ValueError: it is infinite, or NaN.
        TypeError: it is neither a number nor a timedelta.
    """
    if value is None:
        return None
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise ValueError(f"max_age is a number of seconds, not {value}")
        return int(value)
    raise TypeError(f"max_age is a number of seconds or a timedelta, not {type(value).__name__}")


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None


def _present(_: str) -> bool:
    return True


_ATTRIBUTES: dict[str, tuple[str, Any]] = {
    "path": ("path", lambda text: text or None),
    "expires": ("expires", _moment),
    "max-age": ("max_age", _whole),
    "domain": ("domain", lambda text: text or None),
    "secure": ("secure", _present),
    "httponly": ("http_only", _present),
    "samesite": ("same_site", lambda text: text or None),
    "partitioned": ("partitioned", _present),
    "priority": ("priority", lambda text: text or None),
}

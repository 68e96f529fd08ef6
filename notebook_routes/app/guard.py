"""Who may ask (DESIGN §5.9): the Host must be known, foreign pages may not write, a token may be asked for.

A server on loopback is reachable from every page in the user's browser. The Host check defeats DNS rebinding; the
Origin check defeats forms and `fetch` calls of other sites (Fetch Metadata, RFC 6454).
"""

from __future__ import annotations

import os
import re
from functools import cached_property, lru_cache
from hmac import compare_digest
from typing import TYPE_CHECKING

from notebook_routes.errors import HTTPError
from notebook_routes.web import URL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_routes.web import Request

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
#: Those that change nothing (RFC 9110 §9.2.1).
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
#: RFC 3986 §3.2.2, without what no name in use has: a user, a comma, spaces.
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%-]+)(?::[0-9]*)?")


class Guard:
    """Refuses requests before a route sees them.

    Args:
        hosts: host names that the Host header may have, without port; None takes any.
        token: the bearer token that every request must bring; None asks for none.
        check_origin: refuse unsafe methods from pages of other origins.
    """

    def __init__(
        self, *, hosts: Iterable[str] | None = None, token: str | None = None, check_origin: bool = True
    ) -> None:
        self.hosts = None if hosts is None else {host.lower() for host in hosts}
        self.token = token
        self.check_origin = check_origin

    @cached_property
    def page_token(self) -> str:
        """What our own pages below `/_routes/` ask for; it differs from process to process."""
        # Not before it is asked for: a worker platform has no randomness while modules load.
        return os.urandom(24).hex()

    def allow_host(self, host: str) -> None:
        """Let the Host header be `host` from now on."""
        if self.hosts is not None:
            self.hosts.add(host.lower())

    def check_host(self, request: Request) -> None:
        """Refuse a Host that is not ours, where some are named.

        Raises:
            HTTPError: 400 where there is none or it is malformed (RFC 9112 §3.2), 421 where it is not ours
                (RFC 9110 §15.5.20).
        """
        if self.hosts is None:
            return
        host = request.headers.get("host")
        if host is None:
            raise HTTPError(400, "A request needs exactly one Host header\n")
        name = host_name(host)
        if name is None:
            raise HTTPError(400, "The Host header is no host name\n")
        if name not in self.hosts:
            raise HTTPError(
                421,
                f"This server does not answer for the host {_printable(name)}. "
                f"If it should, start it (in a notebook with %routes start) with --allow-host {_printable(name)}\n",
            )

    def check_token(self, request: Request) -> None:
        """Refuse a request without the bearer token.

        Raises:
            HTTPError: 401 (RFC 6750).
        """
        if self.token is None:
            return
        if not _bears(request, self.token):
            raise HTTPError(
                401,
                "This server asks for its token: send the header Authorization: Bearer TOKEN\n",
                headers={"www-authenticate": "Bearer"},
            )

    def check_page_token(self, request: Request) -> None:
        """Refuse a request for our own pages without the token that the notebook's own page has.

        Raises:
            HTTPError: 403.
        """
        if not _bears(request, self.page_token):
            raise HTTPError(403, "This page is for the notebook alone\n")

    def check_foreign(self, request: Request) -> None:
        """Refuse a method that may change something when a page of another origin sends it.

        Raises:
            HTTPError: 403, naming the option that allows the origin.
        """
        if not self.check_origin or request.method in SAFE_METHODS:
            return
        headers = request.headers
        origin = headers.get("origin")
        foreign = origin is not None and origin.lower().partition("://")[2] != (headers.get("host") or "").lower()
        if foreign or (headers.get("sec-fetch-site") or "").lower() == "cross-site":
            named = None if origin is None else _printable(origin)
            raise HTTPError(
                403,
                f"A page of {named or 'another site'} may not send {request.method} here. "
                f"To allow it, declare --cors {named or 'ORIGIN'} on the route's magic line\n",
            )


@lru_cache(maxsize=256)
def host_name(host: str) -> str | None:
    """The host of a Host header without its port, None if it is none.

    Nor is it one where it makes no URL, as "a:99999" and "1.2.3.256": `request.url` would fail in the handler.
    """
    found = _HOST.fullmatch(host)
    return found[1].lower() if found and URL.can_parse(f"http://{host}/") else None


def _bears(request: Request, token: str) -> bool:
    scheme, _, given = (request.headers.get("authorization") or "").partition(" ")
    return scheme.lower() == "bearer" and compare_digest(given.strip().encode(), token.encode())


def _printable(text: str) -> str:
    """Nothing of a hostile header reaches a terminal or page unescaped."""
    return "".join(character for character in text[:100] if character.isprintable() and character not in "<>&\"'")

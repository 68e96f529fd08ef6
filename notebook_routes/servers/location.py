"""The address that opens *here*: behind a hub or an editor's tunnel, localhost is another machine.

Rules in order: an explicit setting, `VSCODE_PROXY_URI`, JupyterHub's prefix (needs jupyter-server-proxy), Colab's
proxy, localhost. Each gives its reason, so that a wrong guess can be understood.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What to listen on for all addresses of this machine.
ANY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 - compared, not bound


@dataclass(frozen=True, slots=True)
class Location:
    """Where a browser finds the server.

    Attributes:
        url: without a trailing slash.
        reason: which rule gave it, in words.
        host: the host to let through the Host check, None where it is not known.
    """

    url: str
    reason: str
    host: str | None


def local_url(host: str, port: int) -> str:
    """The address at which this machine itself reaches a server that listens on `host` and `port`."""
    return f"http://{host_header('127.0.0.1' if host in ANY_ADDRESS else host)}:{port}"


def host_header(host: str) -> str:
    """A host as it stands in a URL and in the Host header: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


def public_location(
    host: str, port: int, *, setting: str | None = None, environ: Mapping[str, str] | None = None
) -> Location:
    """The address for a browser, for a server listening on `host` and `port`."""
    environ = os.environ if environ is None else environ
    if setting:
        return _located(setting.replace("{{port}}", str(port)).replace("{port}", str(port)), "set by --url")
    template = environ.get("VSCODE_PROXY_URI")
    if template:
        return _located(template.replace("{{port}}", str(port)), "from VSCODE_PROXY_URI")
    prefix = environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if prefix:
        hub = environ.get("JUPYTERHUB_PUBLIC_URL") or environ.get("JUPYTERHUB_PUBLIC_HUB_URL") or ""
        parts = urlsplit(hub)
        origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
        return Location(
            f"{origin}{prefix.rstrip('/')}/proxy/{port}",
            "JupyterHub's prefix; the hub needs jupyter-server-proxy",
            parts.hostname,
        )
    colab = _colab_url(port)
    if colab is not None:
        return _located(colab, "Colab's proxy; it passes GET only")
    here = host in (*ANY_ADDRESS, "127.0.0.1", "::1", "localhost")
    shown = "localhost" if here else host_header(host)
    return Location(f"http://{shown}:{port}", "this machine", None)


def _located(url: str, reason: str) -> Location:
    return Location(url.rstrip("/"), reason, urlsplit(url).hostname)


def _colab_url(port: int) -> str | None:
    return _asked_colab_url(port) if "google.colab" in sys.modules else None


@cache
def _asked_colab_url(port: int) -> str:
    # Once, from the cell that starts the server: the page is asked, which on another thread would never answer.
    from google.colab import output  # noqa: PLC0415 - only there

    return str(output.eval_js(f"google.colab.kernel.proxyPort({port})"))

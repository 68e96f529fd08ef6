"""How a project is served: what the options of `serve` say, and the environment variables that say the same.

An ASGI server makes the app itself, and so do the workers of `serve --workers`: each in a process of its own, which
gets its settings by the environment.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from notebook_routes.app import LOOPBACK_HOSTS, Guard
from notebook_routes.errors import ConfigError
from notebook_routes.project.load import load_tree
from notebook_routes.runtime import DraftCookie
from notebook_routes.servers import MAX_BODY_SIZE
from notebook_routes.servers.access_log import ACCESS_FORMATS, AccessLog
from notebook_routes.web import GEO_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_routes.app import App, RequestLog

#: The environment variables.
DIRECTORY_VARIABLE = "NOTEBOOK_ROUTES_DIR"
CACHE_VARIABLE = "NOTEBOOK_ROUTES_CACHE"
TOKEN_VARIABLE = "NOTEBOOK_ROUTES_TOKEN"  # noqa: S105 - the variable's name
HOSTS_VARIABLE = "NOTEBOOK_ROUTES_ALLOW_HOST"
BODY_VARIABLE = "NOTEBOOK_ROUTES_MAX_BODY_SIZE"
CORS_VARIABLE = "NOTEBOOK_ROUTES_CORS"
ACCESS_VARIABLE = "NOTEBOOK_ROUTES_ACCESS_LOG"
DRAFT_VARIABLE = "NOTEBOOK_ROUTES_DRAFT_SECRET"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """What a server of a project is told, whichever server it is.

    Attributes:
        directory: the project's folder, the one that holds `app`.
        cache: where answers and data are kept, as `open_cache` takes it; None for the process's memory.
        geo: the proxy whose headers `request.geo` is read from, "vercel" or "cloudflare".
        token: a bearer token that every request must bring.
        hosts: values of the Host header to answer; none answers any.
        max_body_size: bytes of a request body.
        cors: other origins that may call the paths that declare nothing themselves; "*" for any.
        access_log: "text" or "json" for a line on stdout for each request; None for no line.
        draft_secret: what the cookie of `draft_mode()` holds, which nobody must be able to guess: where several
            processes answer, all need the same. None for one that the process makes up.
    """

    directory: Path
    cache: str | None = None
    geo: str | None = None
    token: str | None = None
    hosts: tuple[str, ...] = ()
    max_body_size: int = MAX_BODY_SIZE
    cors: tuple[str, ...] = ()
    access_log: str | None = None
    draft_secret: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> ServerSettings:
        """Read the variables; one that is empty says nothing.

        Raises:
            ConfigError: a value is none that the setting can have.
        """
        said = {name: environment.get(name) or None for name in _VARIABLES}
        size = said[BODY_VARIABLE] or str(MAX_BODY_SIZE)
        if not (size.isascii() and size.isdecimal()):
            raise ConfigError(f"{BODY_VARIABLE}={size} is no number of bytes: write digits, such as 1000000")
        return cls(
            directory=Path(said[DIRECTORY_VARIABLE] or "."),
            cache=said[CACHE_VARIABLE],
            geo=said[GEO_VARIABLE],
            token=said[TOKEN_VARIABLE],
            hosts=tuple((said[HOSTS_VARIABLE] or "").split()),
            max_body_size=int(size),
            cors=tuple((said[CORS_VARIABLE] or "").split()),
            access_log=said[ACCESS_VARIABLE],
            draft_secret=said[DRAFT_VARIABLE],
        )

    def environment(self) -> dict[str, str]:
        """The variables that say the same; those of settings that are not made are empty."""
        values = (
            str(self.directory.resolve()),
            self.cache,
            self.geo,
            self.token,
            " ".join(self.hosts),
            str(self.max_body_size),
            " ".join(self.cors),
            self.access_log,
            self.draft_secret,
        )
        return {name: value or "" for name, value in zip(_VARIABLES, values, strict=True)}

    def load(self) -> App:
        """The project's app, as it is to be served.

        Raises:
            DefinitionError: the project cannot be loaded, or a setting has a value that it cannot have.
        """
        app = load_tree(self.directory, geo=self.geo, cache=self.cache, cors=list(self.cors) or None)
        app.guard = self.guard()
        if self.draft_secret is not None:
            app.draft = DraftCookie(value=self.draft_secret)
        # Requests are remembered for the inspector, and there is none.
        app.log.forget()
        self.log_access(app.log)
        return app

    def guard(self) -> Guard:
        """Who may ask. Where hosts are named, this machine's own names are answered too."""
        return Guard(hosts=[*self.hosts, *LOOPBACK_HOSTS] if self.hosts else None, token=self.token)

    def log_access(self, log: RequestLog) -> None:
        """Have what is answered written to the access log.

        Raises:
            ConfigError: there is no such form.
        """
        if self.access_log is None:
            return
        if self.access_log not in ACCESS_FORMATS:
            raise ConfigError(f"an access log is written as {' or '.join(ACCESS_FORMATS)}, not as {self.access_log!r}")
        log.listen(AccessLog(self.access_log).write)


_VARIABLES = (
    DIRECTORY_VARIABLE,
    CACHE_VARIABLE,
    GEO_VARIABLE,
    TOKEN_VARIABLE,
    HOSTS_VARIABLE,
    BODY_VARIABLE,
    CORS_VARIABLE,
    ACCESS_VARIABLE,
    DRAFT_VARIABLE,
)

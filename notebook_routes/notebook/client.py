"""Sending the requests of `%%request` cells from the kernel to its own server, and the response a cell keeps."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from notebook_routes.errors import ServerError
from notebook_routes.project.answer import Answer, charset_of, guessed_type, written_headers
from notebook_routes.web import Headers

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.cookiejar import CookieJar

    import httpx2

    from notebook_routes.project.expectation import Outcome
    from notebook_routes.project.http_file import RequestSpec
    from notebook_routes.servers.in_process import InProcessServer


@dataclass(eq=False)
class FinishedResponse(Answer):
    """An answer as a cell keeps and shows it.

    Attributes:
        reason: the phrase behind the status.
        outcomes: what became of the `??` lines.
        complete: False where Stop was pressed before the end.
        streamed: whether the body was shown while it came.
        origin: the address of the server that a path was sent to; empty where a whole URL was asked.
        is_one_of_several: whether its cell has sent others too, so that it says which one it answers.
    """

    reason: str = ""
    outcomes: list[Outcome] = field(default_factory=list)
    complete: bool = True
    streamed: bool = False
    origin: str = ""
    is_one_of_several: bool = False

    def __repr__(self) -> str:
        from notebook_routes.notebook.display import response_text  # noqa: PLC0415 - display shows this class

        return response_text(self)

    def _repr_mimebundle_(self, **_wanted: object) -> dict[str, str]:
        from notebook_routes.notebook.display import response_html, response_text  # noqa: PLC0415 - the same

        return {"text/plain": response_text(self), "text/html": response_html(self)}


class KernelClient:
    """Sends requests to the kernel's server; keeps cookies between them, as a browser does.

    Args:
        base_url: called for the server's address when a request has a path only.
        token: called for the bearer token, if the server asks for one.
        server: answers without a socket, where there is none.
    """

    def __init__(
        self, base_url: Callable[[], str], token: Callable[[], str | None], server: InProcessServer | None = None
    ) -> None:
        self._base_url = base_url
        self._token = token
        self._server = server
        #: What came since the running cell began.
        self.recent: list[FinishedResponse] = []
        self._client: httpx2.Client | None = None

    @cached_property
    def cookies(self) -> CookieJar:
        """What answers have set; the inspector sends them too."""
        from http.cookiejar import CookieJar  # noqa: PLC0415 - %load_ext must not wait for it

        return CookieJar()

    def send(self, spec: RequestSpec, *, show: Callable[[str], None] | None = None) -> FinishedResponse:
        """Send one request and take its whole answer in.

        Args:
            spec: what to send, templates expanded.
            show: called with each piece of a streamed text as it comes.

        Raises:
            ServerError: nothing answers at the address, the connection broke, Stop was pressed before there was an
                answer, or the request cannot be written.
        """
        import httpx2  # noqa: PLC0415 - a tenth of a second that only the first request pays

        if self._client is None:
            self._client = httpx2.Client(timeout=None, trust_env=False, cookies=self.cookies, mounts=self._mounts())
        local = spec.target.startswith("/")
        origin = self._base_url() if local else ""
        url = origin + spec.target
        asked = f"{spec.method} {spec.target}"
        headers = list(spec.headers)
        token = self._token()
        if local and token and not any(name.lower() == "authorization" for name, _ in headers):
            headers.append(("authorization", f"Bearer {token}"))
        if spec.body and not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("content-type", guessed_type(spec.body)))
        content = spec.body.encode() if spec.body is not None else None
        try:
            with self._client.stream(
                spec.method, url, headers=written_headers(headers, asked), content=content
            ) as response:
                finished = _taken_in(response, spec, show)
                finished.origin = origin
                self.recent.append(finished)
                return finished
        except httpx2.RequestError as error:
            raise ServerError(f"{asked} had no answer: {error}") from error
        except httpx2.InvalidURL as error:
            raise ServerError(f"{asked} cannot be sent: {error}") from error
        except KeyboardInterrupt:
            raise ServerError(f"{asked} was stopped before it had an answer") from None

    def _mounts(self) -> dict[str, httpx2.BaseTransport | None]:
        if self._server is None:
            return {}
        from notebook_routes.servers.in_process_client import mounts  # noqa: PLC0415 - it imports httpx2

        return mounts(self._server)

    def close(self) -> None:
        """Close the connections and forget the cookies."""
        if self._client is not None:
            self._client.close()
            self._client = None
        self.cookies.clear()


def _taken_in(response: httpx2.Response, spec: RequestSpec, show: Callable[[str], None] | None) -> FinishedResponse:
    headers = Headers([(name, value) for name, value in response.headers.multi_items()])
    finished = FinishedResponse(
        response.status_code, headers, b"", spec.method, spec.target, reason=response.reason_phrase
    )
    live = show is not None and not headers.has("content-length") and _is_text(headers)
    # A character may be cut in two by the end of a chunk.
    decoder = codecs.getincrementaldecoder(charset_of(headers))(errors="replace")
    chunks: list[bytes] = []
    try:
        for chunk in response.iter_bytes():
            chunks.append(chunk)
            if live and show is not None:
                finished.streamed = True
                show(decoder.decode(chunk))
    except KeyboardInterrupt:
        # Stop was pressed on an endless stream: what has come is the answer.
        finished.complete = False
    finally:
        finished.bytes = b"".join(chunks)
    return finished


def _is_text(headers: Headers) -> bool:
    media = (headers.get("content-type") or "").partition(";")[0].strip().lower()
    return media.startswith("text/") or media == "application/x-ndjson"

"""A rewrite that leaves: another server's answer, passed on piece by piece as it comes.

Who may be asked is the middleware's to decide, see `Response.rewrite`. Redirects are the client's to follow, so that
the server only ever asks the host that it was told.
"""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING, Any

from notebook_routes.errors import HTTPError, MiddlewareError
from notebook_routes.runtime.outgoing import closed, loaded, new_client, stream_of
from notebook_routes.web import Headers, Response

if TYPE_CHECKING:
    from notebook_routes.web import URL, Request

#: Of one connection only (RFC 9110 §7.6.1), and what the client library writes itself.
_ONE_HOP = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)
_NOT_SENT = _ONE_HOP | {"host", "content-length", "expect"}
_PLAIN = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "notebook-routes"}
#: A request that has come through here already comes back with this (RFC 9110 §7.6.3).
_VIA = f"1.1 notebook-routes-{token_hex(8)}"


async def ask_elsewhere(request: Request, url: URL) -> Response:
    """Send the request to another server, and give its answer.

    Raises:
        HTTPError: 502 where that server cannot be reached, 504 where it takes too long, 508 where it is this one.
        MiddlewareError: the library for it is not installed.
    """
    if _VIA in (request.headers.get("via") or ""):
        raise HTTPError(508, "A rewrite leads back here: it names this server by another host\n")
    try:
        httpx2 = await loaded()
    except ImportError as error:
        raise MiddlewareError("a rewrite to another server needs httpx2: pip install httpx2") from error

    body = request.body
    client = new_client(follow_redirects=False)
    try:
        answer = await client.send(
            client.build_request(
                request.method, url.href, headers=_sent(request), content=None if body is None else body
            ),
            stream=True,
        )
    except httpx2.TimeoutException as error:
        await client.aclose()
        raise HTTPError(504, f"{url.host} did not answer in time\n") from error
    except (httpx2.RequestError, httpx2.InvalidURL) as error:
        await client.aclose()
        raise HTTPError(502, f"{url.host} cannot be reached\n") from error
    except BaseException:
        await client.aclose()
        raise
    return await _passed_on(request, answer, client)


async def _passed_on(request: Request, answer: Any, client: Any) -> Response:
    headers = Headers()
    listed = {name.strip().lower() for name in answer.headers.get("connection", "").split(",")}
    for name, value in answer.headers.multi_items():
        if name.lower() not in _ONE_HOP | listed:
            headers.append(name, value)
    status = answer.status_code
    if not 200 <= status <= 599:
        await closed(answer, client)
        raise HTTPError(502, f"{answer.url.host} answered with the status {status}\n")
    if request.method == "HEAD" or status in (204, 205, 304):
        await closed(answer, client)
        return Response(None, status=status, headers=headers)
    # As it is on the wire: Content-Encoding and Content-Length are passed on with it.
    return Response(stream_of(answer, client, decoded=False), status=status, headers=headers)


def _sent(request: Request) -> list[tuple[str, str]]:
    given = request.headers
    listed = {name.strip().lower() for name in (given.get("connection") or "").split(",")}
    sent = [(name, value) for name, value in given.raw if name not in _NOT_SENT | listed]
    names = {name for name, _ in sent}
    if request.body is not None and given.has("content-length"):
        sent.append(("content-length", given["content-length"]))
    # The library would add its own where the client has sent none.
    sent += [(name, value) for name, value in _PLAIN.items() if name not in names]
    scheme, _, _ = request.original_url.partition(":")
    if given.has("host"):
        sent.append(("x-forwarded-host", given["host"]))
    return [*sent, ("x-forwarded-proto", scheme), ("via", _VIA)]

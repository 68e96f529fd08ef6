"""What the frame of a page asks for where the routes have no address: it comes, and is answered, through the widget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from notebook_routes.errors import ServerError
from notebook_routes.servers.in_process import ORIGIN
from notebook_routes.servers.in_pyodide import from_page

if TYPE_CHECKING:
    import asyncio

    import anywidget

    from notebook_routes.servers.in_process import InProcessServer
    from notebook_routes.servers.in_process_answer import InProcessAnswer


#: Redirects that are followed (Fetch standard, "HTTP-redirect fetch").
_MOST_REDIRECTS = 20
_REDIRECTS = (301, 302, 303, 307, 308)


class PageRelay:
    """Answers what one card's frame asks for.

    Messages of the page are {"do": "fetch", "view", "id", "method", "target", "headers", "redirect"}, with the body as
    a buffer, and {"do": "stop", "view", "id"}. Each is answered under its view and id with "head", then with a buffer
    for each piece of the body, and with "done" at last, which has "failed" beside it where there was no whole answer.

    Args:
        card: the widget.
        server: answers.
    """

    def __init__(self, card: anywidget.AnyWidget, server: InProcessServer) -> None:
        self._card = card
        self._server = server
        self._answers: dict[tuple[str, str], InProcessAnswer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        card.on_msg(self._hear)

    def _hear(self, _widget: object, message: dict[str, Any], buffers: list[Any]) -> None:
        message = from_page(message)
        key = message["view"], message["id"]
        if message["do"] == "stop":
            answer = self._answers.get(key)
            if answer is not None:
                answer.cancel()
            return
        task = self._server.loop.create_task(self._answer(key, message, b"".join(map(bytes, buffers or ()))))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, key: tuple[str, str], message: dict[str, Any], content: bytes) -> None:
        try:
            answer, head = await self._followed(key, message, content)
            self._say(key, {"head": head})
            while (chunk := await answer.chunk()) is not None:
                self._say(key, {}, [chunk])
        except ServerError as error:
            self._say(key, {"done": True, "failed": f"{message['method']} {message['target']}: {error}"})
        else:
            self._say(key, {"done": True})
        finally:
            self._answers.pop(key, None)

    async def _followed(
        self, key: tuple[str, str], message: dict[str, Any], content: bytes
    ) -> tuple[InProcessAnswer, dict[str, Any]]:
        """The answer and its head, redirects followed as a browser does.

        Raises:
            ServerError: there is none, or a redirect leads away.
        """
        method, target = message["method"], message["target"].partition("#")[0]
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in message["headers"]]
        for count in range(_MOST_REDIRECTS + 1):
            answer = self._answers[key] = self._server.ask(method, target, headers, content)
            status, fields = await answer.head()
            pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields]
            location = dict(pairs).get("location")
            if location is None or status not in _REDIRECTS or message["redirect"] == "manual":
                return answer, {"status": status, "headers": pairs, "target": target, "redirected": count > 0}
            answer.cancel()
            if message["redirect"] == "error":
                raise ServerError(f"it was redirected to {location}")
            elsewhere = urljoin(ORIGIN + target, location)
            if not elsewhere.startswith(f"{ORIGIN}/"):
                raise ServerError(f"it was redirected to {location}, which is none of these routes")
            target = elsewhere.removeprefix(ORIGIN).partition("#")[0]
            if status == 303 or (status in (301, 302) and method == "POST"):
                method, content = "GET", b""
                headers = [pair for pair in headers if not pair[0].lower().startswith(b"content-")]
        raise ServerError(f"it was redirected more than {_MOST_REDIRECTS} times")

    def _say(self, key: tuple[str, str], said: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        if self._card.comm is not None:
            self._card.send({"view": key[0], "id": key[1], **said}, buffers)

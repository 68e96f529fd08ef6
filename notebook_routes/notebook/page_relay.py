"""What the frame of a page asks for where the routes have no address: it comes, and is answered, through the widget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_routes.errors import ServerError
from notebook_routes.servers.in_process import from_page

if TYPE_CHECKING:
    import asyncio

    import anywidget

    from notebook_routes.servers.in_process import InProcessAnswer, InProcessServer


class PageRelay:
    """Answers what one card's frame asks for.

    Messages of the page are {"do": "fetch", "view", "id", "method", "target", "headers"}, with the body as a buffer,
    and {"do": "stop", "view", "id"}. Each is answered under its view and id with "head", then with a buffer for each
    piece of the body, and with "done" at last, which has "failed" beside it where there was no whole answer.

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
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in message["headers"]]
        try:
            answer = self._server.ask(message["method"], message["target"].partition("#")[0], headers, content)
            self._answers[key] = answer
            status, fields = await answer.head()
            pairs = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in fields]
            self._say(key, {"head": {"status": status, "headers": pairs}})
            while (chunk := await answer.chunk()) is not None:
                self._say(key, {}, [chunk])
        except ServerError as error:
            self._say(key, {"done": True, "failed": f"{message['method']} {message['target']}: {error}"})
        else:
            self._say(key, {"done": True})
        finally:
            self._answers.pop(key, None)

    def _say(self, key: tuple[str, str], said: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        if self._card.comm is not None:
            self._card.send({"view": key[0], "id": key[1], **said}, buffers)

"""The frames under `%%page` cells: each shows its page, and loads it anew when routes change.

A cell that runs again keeps its widget, so that a view of its output elsewhere follows. The frame's address and the
permission that goes with it (`app/frames.py`) are widget state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_routes.app import FramePass
from notebook_routes.notebook.card import has_widgets, inside_card_class, page_card_class, widget_bundle
from notebook_routes.notebook.page_relay import PageRelay

if TYPE_CHECKING:
    from collections.abc import Hashable

    import anywidget

    from notebook_routes.app import App
    from notebook_routes.notebook.serving import Serving
    from notebook_routes.servers.in_process import InProcessServer

#: Pixels of a frame whose line says nothing.
_HEIGHT = 300


class PageFrames:
    """The frames of one notebook.

    Args:
        serving: knows the address.
        app: lets the frames in.
        server: answers what they ask for where there are no addresses.
    """

    def __init__(self, serving: Serving, app: App, server: InProcessServer | None = None) -> None:
        self._serving = serving
        self._server = server
        self._pass = app.frames = FramePass()
        self._cards: dict[Hashable, anywidget.AnyWidget] = {}

    def bundle(self, text: str, html: str, *, cell_id: str | None, path: str, height: int | None) -> dict[str, Any]:
        """What a `%%page` cell displays: plain text, HTML, and the frame where widgets are installed.

        Args:
            text: the card as plain text.
            html: the same as HTML, shown above the frame.
            cell_id: the front end's id of the cell; without one, the path stands for it.
            path: what the frame shows.
            height: of the frame in pixels, None for the usual one.
        """
        if not has_widgets():
            return {"text/plain": text, "text/html": html}
        key = cell_id if cell_id is not None else (None, path)
        card = self._cards.get(key)
        if card is None or card.comm is None:
            card = self._cards[key] = self._new_card()
        self._update(card, content=html, path=path, height=height or _HEIGHT)
        return widget_bundle(text, html, card)

    def reload(self, *, besides: str | None = None) -> None:
        """Have all frames load their pages anew, but for that of one cell."""
        if not self._serving.running:
            return
        for key, card in list(self._cards.items()):
            if besides is None or key != besides:
                self._update(card)

    def forget(self, cell_id: str | None) -> None:
        """The cell is no page any more: its frame goes."""
        card = self._cards.pop(cell_id, None)
        if card is not None:
            card.close()

    def close(self) -> None:
        """The notebook ends: frames stay as they are."""
        self._cards.clear()

    def _new_card(self) -> anywidget.AnyWidget:
        if self._server is None:
            return page_card_class()()
        card = inside_card_class()()
        # It hears the card, and lives as long.
        PageRelay(card, self._server)
        return card

    def _update(self, card: anywidget.AnyWidget, **state: object) -> None:
        if self._server is None:
            url = self._serving.location().url
            state |= {"url": url, "frame": self._pass.url(url) or ""}
        state["version"] = card.version + 1
        # In one message, so that no frame is loaded from half of it.
        with card.hold_sync():
            for name, value in state.items():
                setattr(card, name, value)

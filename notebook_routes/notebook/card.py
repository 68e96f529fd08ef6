"""The card under a `%%page` cell: a small widget over HTML that works without it.

It fills in the link's address, and shows the page. The address is widget state and not part of the output, so that a
saved notebook carries none.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import anywidget

_STATIC = Path(__file__).parent / "static"


def has_widgets() -> bool:
    """Whether the libraries for widgets are installed."""
    return importlib.util.find_spec("anywidget") is not None


def widget_bundle(text: str, html: str, card: anywidget.AnyWidget) -> dict[str, Any]:
    """What to display where a widget stands for text and HTML."""
    data: dict[str, Any] = {"text/plain": text, "text/html": html}
    shown = card._repr_mimebundle_()
    if shown is not None:
        data |= {**shown[0], "text/plain": text}
    return data


@cache
def page_card_class() -> type[anywidget.AnyWidget]:
    """The class of the widget that shows a page in a frame."""
    import anywidget  # noqa: PLC0415 - a tenth of a second, when the first card is shown
    import traitlets  # noqa: PLC0415 - the same

    class PageCard(anywidget.AnyWidget):
        _esm = _STATIC / "page.js"
        content = traitlets.Unicode().tag(sync=True)
        url = traitlets.Unicode().tag(sync=True)
        # Where the frame is loaded from, "" where it has no address of its own.
        frame = traitlets.Unicode().tag(sync=True)
        path = traitlets.Unicode().tag(sync=True)
        height = traitlets.Int().tag(sync=True)
        # Counts up: the frame is loaded anew.
        version = traitlets.Int().tag(sync=True)

    return PageCard


@cache
def inside_card_class() -> type[anywidget.AnyWidget]:
    """The same where the routes have no address, and what the frame needs comes as messages."""
    import traitlets  # noqa: PLC0415 - as above

    class InsideCard(page_card_class()):  # type: ignore[misc]  # made when it is needed
        _esm = _STATIC / "page_inside.js"
        # Runs in the frame in front of the page's own scripts.
        script = traitlets.Unicode((_STATIC / "page_frame.js").read_text(encoding="utf-8")).tag(sync=True)

    return InsideCard

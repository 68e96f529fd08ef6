"""The card under a `%%route` cell: a small widget that fills in the links' address, over HTML that works without it.

The address is widget state and not part of the output, so that a saved notebook carries none.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import anywidget

_STATIC = Path(__file__).parent / "static"


def bundle(text: str, html: str, *, url: str) -> dict[str, Any]:
    """What to display: plain text, HTML, and the widget where the libraries for it are installed."""
    data: dict[str, Any] = {"text/plain": text, "text/html": html}
    if importlib.util.find_spec("anywidget") is not None:
        card = _card_class()(content=html, url=url)
        shown = card._repr_mimebundle_()
        if shown is not None:
            data |= {**shown[0], "text/plain": text}
    return data


def _card_class() -> type[anywidget.AnyWidget]:
    import anywidget  # noqa: PLC0415 - a tenth of a second, when the first card is shown
    import traitlets  # noqa: PLC0415 - the same

    class RouteCard(anywidget.AnyWidget):
        _esm = _STATIC / "card.js"
        content = traitlets.Unicode().tag(sync=True)
        url = traitlets.Unicode().tag(sync=True)

    globals()["_card_class"] = lambda: RouteCard
    return RouteCard

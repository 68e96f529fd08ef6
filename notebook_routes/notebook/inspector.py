"""The inspector in a notebook: the cards under `%%route` cells, and `%routes`, as widgets beside static HTML.

A widget shows nothing where no kernel runs. So a cell has two outputs: the HTML, which is what a saved notebook, GitHub
and nbconvert show, and the widget, which hides it while it lives (by the rules in `display.py`). The modules of the
front end are the state of one hidden widget that all others name, so that a card costs a message of two kilobytes and
not of sixty. What page and Python say to each other is the business of `notebook_routes.inspector`; comms carry it, and
their callbacks, which may come on any thread and in the middle of a cell, only pass it on to the inspector's thread.
"""

from __future__ import annotations

import os
import sys
import uuid
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from IPython import get_ipython

from notebook_routes.notebook.card import has_widgets
from notebook_routes.servers.in_pyodide import from_page, to_page

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import anywidget
    import ipywidgets

    from notebook_routes.inspector import Inspector, Subject, View
    from notebook_routes.notebook.session import Definition
    from notebook_routes.servers.in_process import InProcessServer

VIEW = "application/vnd.jupyter.widget-view+json"
#: The key of the widget that shows all routes.
_ALL = "all routes"


class Inspectors:
    """The widgets of one notebook.

    A cell that runs again keeps its widget, so that a view of its output elsewhere follows.

    Args:
        subject: what they show.
        server: answers without a socket, where there is none.
    """

    def __init__(self, subject: Subject, server: InProcessServer | None = None) -> None:
        self._subject = subject
        self._server = server
        self._inspector: Inspector | None = None
        self._widgets: dict[Hashable, _Shown] = {}

    def card(self, text: str, html: str, definition: Definition, *, cell_id: str | None) -> list[dict[str, Any]]:
        """What a `%%route` cell displays, output by output.

        Args:
            text: the card as plain text.
            html: the same as HTML.
            definition: what the cell has done.
            cell_id: the front end's id of the cell; without one, the path stands for it.
        """
        first, _ = definition.routes[0]
        path = str(first.pattern)
        state = {
            "route": {"path": path},
            "said": [[route.method, what] for route, what in definition.routes],
            "remarks": list(definition.remarks),
        }
        return self._outputs(text, html, cell_id if cell_id is not None else (None, path), state)

    def all_routes(self, text: str, html: str) -> list[dict[str, Any]]:
        """What `%routes` displays, output by output."""
        return self._outputs(text, html, _ALL, {"route": None})

    def begin(self) -> Inspector:
        """What answers them; once there is such a thing, the app answers its page `/_routes/` too."""
        from notebook_routes.inspector import Inspector, InspectorPages  # noqa: PLC0415 - %load_ext must not wait

        if self._inspector is None:
            self._inspector = Inspector(self._subject, self._server)
            InspectorPages(self._inspector).put_into(self._subject.app())
        return self._inspector

    def forget(self, cell_id: str | None) -> None:
        """The cell defines no routes any more: its card goes."""
        shown = self._widgets.pop(cell_id, None)
        if shown is not None:
            shown.close()

    def close(self) -> None:
        """The notebook ends: what is shown says so, and stays."""
        if self._inspector is not None:
            self._inspector.close("The routes are withdrawn: notebook_routes was unloaded, or its kernel has ended")
            self._inspector = None
        self._widgets.clear()

    def _outputs(self, text: str, html: str, key: Hashable, state: dict[str, Any]) -> list[dict[str, Any]]:
        static = {"text/plain": text, "text/html": html}
        if not shows_widgets():
            return [static]
        inspector = self.begin()
        shown = self._widgets.get(key)
        if shown is None or not shown.is_open:
            shown = self._widgets[key] = _Shown(inspector)
        route = state["route"]
        shown.update(state | {"snapshot": inspector.opened(route and route["path"])})
        view = {VIEW: shown.reference}
        return [static, view] if _outputs_share_a_page() else [static | view]


class _Shown:
    """One widget and its view of the inspector, which is opened when the front end first says something."""

    def __init__(self, inspector: Inspector) -> None:
        self._inspector = inspector
        self._view: View | None = None
        self._widget = _widget_class()(front_end=_front_end(), key=uuid.uuid4().hex)
        self._widget.on_msg(self._hear)

    @property
    def is_open(self) -> bool:
        """Whether the front end may still know it."""
        return self._widget.comm is not None

    @property
    def reference(self) -> dict[str, Any]:
        """What an output holds to show it."""
        return {"version_major": 2, "version_minor": 0, "model_id": self._widget.model_id}

    def update(self, state: dict[str, Any]) -> None:
        """Show something else; in one message, so that no view is made of half of it."""
        with self._widget.hold_sync():
            for name, value in state.items():
                setattr(self._widget, name, value)

    def close(self) -> None:
        """It goes from the page too."""
        if self._view is not None:
            self._view.close()
        self._widget.close()

    def _hear(self, _widget: object, message: object, _buffers: object) -> None:
        if self._view is None:
            self._view = self._inspector.connect(self._say)
        self._view.receive(from_page(message))

    def _say(self, message: dict[str, Any]) -> None:
        if self.is_open:
            self._widget.send(message)


def shows_widgets() -> bool:
    """Whether whoever looks could be shown a widget: there is a kernel, and the libraries are installed."""
    return getattr(get_ipython(), "kernel", None) is not None and has_widgets()


def _outputs_share_a_page() -> bool:
    """Whether a style in one output can hide another, as in JupyterLab and Notebook.

    Elsewhere each stands in a frame or a shadow root of its own, and the widget must stand for the HTML.
    """
    return "google.colab" not in sys.modules and not any(name.startswith("VSCODE_") for name in os.environ)


@cache
def _widget_class() -> Callable[..., anywidget.AnyWidget]:
    import anywidget  # noqa: PLC0415 - a tenth of a second, when the first card is shown
    import traitlets  # noqa: PLC0415 - the same
    from ipywidgets import Widget, widget_serialization  # noqa: PLC0415 - the same

    from notebook_routes.inspector.front_end import file_text  # noqa: PLC0415 - the same

    class InspectorWidget(anywidget.AnyWidget):
        _esm = file_text("widget.js")
        front_end = traitlets.Instance(Widget).tag(sync=True, **widget_serialization)
        #: Under which the page remembers what is open.
        key = traitlets.Unicode().tag(sync=True)
        #: Of a card its path; None for all routes.
        route = traitlets.Dict(allow_none=True).tag(sync=True)
        #: Of a card, what has become of each method.
        said: Any = traitlets.List().tag(sync=True)
        remarks: Any = traitlets.List().tag(sync=True)
        #: What is shown until the kernel answers, which it may be too busy to do.
        snapshot = traitlets.Dict().tag(sync=True)

        def get_state(self, *which: Any, **how: Any) -> Any:
            return to_page(super().get_state(*which, **how))

        def send(self, content: Any, buffers: Any = None) -> None:
            super().send(to_page(content), buffers)

    return InspectorWidget


def _front_end() -> ipywidgets.Widget:
    """The hidden widget that holds the front end; another one when the kernel's comms were reset."""
    if not _made or _made[-1].comm is None:
        _made[:] = [_front_end_class()()]
    return _made[-1]


_made: list[ipywidgets.Widget] = []


@cache
def _front_end_class() -> Callable[..., ipywidgets.Widget]:
    import traitlets  # noqa: PLC0415 - a tenth of a second, when the first card is shown
    from ipywidgets import Widget  # noqa: PLC0415 - the same

    from notebook_routes.inspector.front_end import MODULES, file_text  # noqa: PLC0415 - the same

    written = [[name, file_text(name)] for name in MODULES]
    look = file_text("style.css")
    digest = blake2b("".join([look, *(text for _, text in written)]).encode(), digest_size=8).hexdigest()

    class FrontEnd(Widget):
        version = traitlets.Unicode(digest).tag(sync=True)
        sources = traitlets.List(written).tag(sync=True)
        css = traitlets.Unicode(look).tag(sync=True)

    return FrontEnd

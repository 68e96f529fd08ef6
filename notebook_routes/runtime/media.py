"""What a value can look like, and which look a client likes best (RFC 9110 §12.5.1).

A value offers what a notebook cell could show of it: `_repr_mimebundle_`, `_repr_html_`, `_repr_png_` and their kin.
Tables come as records first, figures as PNG first, and plain text last: the first is what `*/*` gets.
"""

from __future__ import annotations

import base64
import io
import sys
import threading
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias

from notebook_routes.errors import AnswerError
from notebook_routes.web import json_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

#: Makes a body; None where the value has none of this kind after all.
Renderer: TypeAlias = "Callable[[], bytes | str | None]"

#: IPython's display methods in the order of preference for a client that takes anything.
_METHODS = {
    "image/png": "_repr_png_",
    "image/jpeg": "_repr_jpeg_",
    "image/svg+xml": "_repr_svg_",
    "application/pdf": "_repr_pdf_",
    "text/html": "_repr_html_",
    "application/json": "_repr_json_",
    "text/markdown": "_repr_markdown_",
    "text/latex": "_repr_latex_",
}
#: What an Accept header can say that makes a difference.
_CHOICES = frozenset({*_METHODS, "text/csv", "text/plain", "*/*", "application/*", "image/*", "text/*"})
_drawing = threading.Lock()
_WITHOUT_WINDOWS = ("agg", "inline", "module://matplotlib_inline.backend_inline")
#: Objects that have every attribute one asks for also have this one (IPython looks for it too).
_CANARY = "_ipython_canary_method_should_not_exist_"
#: What `representations` looks for.
DISPLAYS = frozenset({_CANARY, *_METHODS.values(), "_repr_mimebundle_", "savefig", "get_figure", "to_csv", "write_csv"})


def representations(value: Any) -> dict[str, Renderer]:
    """Media type to a function that makes the value's body in it, most natural first; empty if it shows nothing.

    Nothing but a mime bundle is rendered before its function is called.
    """
    if isinstance(value, (type, ModuleType)) or callable(getattr(value, _CANARY, None)):
        return {}
    if hasattr(value, "to_dict") and (hasattr(value, "to_csv") or hasattr(value, "write_csv")):
        return _table(value)
    figure = _figure(value)
    if figure is not None:
        return {"image/png": lambda: _drawn(figure, "png"), "image/svg+xml": lambda: _drawn(figure, "svg")}
    shapes: dict[str, Renderer] = {}
    for media, method in _METHODS.items():
        if callable(getattr(value, method, None)):
            shapes[media] = _renderer(value, media, method)
    if callable(getattr(value, "_repr_mimebundle_", None)):
        bundle = _bundle(value)
        for media in sorted(bundle, key=_place):
            shapes.setdefault(media, lambda media=media: _decoded(media, bundle[media]))  # type: ignore[misc]
    return dict(sorted(shapes.items(), key=lambda shape: _place(shape[0])))


def best_match(accept: str, offered: list[str]) -> str | None:
    """The offered media type that an Accept header likes best; the first offered wins a tie; None if it takes none.

    A header without a media range takes anything.
    """
    ranges = [_media_range(part) for part in accept.split(",") if part.strip()] or [("*/*", 0, 1.0)]
    best: tuple[float, str | None] = (0.0, None)
    for media in offered:
        quality = max(
            ((specificity, q) for wanted, specificity, q in ranges if _covers(wanted, media)), default=(0, 0.0)
        )[1]
        if quality > best[0]:
            best = (quality, media)
    return best[1]


@lru_cache(maxsize=256)
def canonical_accept(accept: str) -> str:
    """An Accept header without what makes no difference here: the key under which a negotiated answer is kept.

    Ranges that no value of ours comes as are left out, so that the headers of most clients become one of a few.
    """
    ranges = {(media, q) for media, _, q in map(_media_range, accept.split(",")) if media in _CHOICES}
    return ",".join(f"{media};q={q:g}" for media, q in sorted(ranges)) or "*/*;q=1"


def _media_range(text: str) -> tuple[str, int, float]:
    media, *parameters = (part.strip().lower() for part in text.split(";"))
    if media == "*":
        media = "*/*"  # as Java's clients write it
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                quality = 0.0
    specificity = 0 if media == "*/*" else 1 if media.endswith("/*") else 2
    return media, specificity, quality


def _covers(wanted: str, media: str) -> bool:
    if wanted == "*/*":
        return True
    if wanted.endswith("/*"):
        return media.startswith(wanted[:-1])
    return wanted == media


def _table(frame: Any) -> dict[str, Renderer]:
    """A table of pandas, or of polars, which has other names for the same."""
    shapes: dict[str, Renderer] = {
        "application/json": lambda: _written(frame),
        "text/csv": lambda: str(frame.to_csv(index=False) if hasattr(frame, "to_csv") else frame.write_csv()),
    }
    if callable(getattr(frame, "to_html", None)):
        shapes["text/html"] = lambda: str(frame.to_html(index=False))
    elif callable(getattr(frame, "_repr_html_", None)):
        shapes["text/html"] = _renderer(frame, "text/html", "_repr_html_")
    shapes["text/plain"] = lambda: str(frame)
    return shapes


def _written(value: Any) -> bytes:
    try:
        return json_bytes(value)
    except (TypeError, ValueError) as error:
        raise AnswerError(f"the answer cannot be written: {error}") from error


def _figure(value: Any) -> Any:
    """A figure, also that of the axes that plotting methods return."""
    if not hasattr(value, "savefig") and hasattr(value, "get_figure") and hasattr(value, "plot"):
        value = value.get_figure()
    return value if callable(getattr(value, "savefig", None)) else None


def _drawn(figure: Any, form: str) -> bytes:
    buffer = io.BytesIO()
    # matplotlib changes a figure while it draws it: two threads at one figure would both fail.
    with _drawing:
        figure.savefig(buffer, format=form, bbox_inches="tight")
        _forget(figure)
    return buffer.getvalue()


def _forget(figure: Any) -> None:
    """Take a figure from pyplot, which would keep it for ever, and show it below the next cell that runs."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    figure = getattr(figure, "figure", figure)
    # In a window of its own it stays.
    if pyplot is not None and isinstance(figure, pyplot.Figure) and pyplot.get_backend().lower() in _WITHOUT_WINDOWS:
        pyplot.close(figure)


def _renderer(value: Any, media: str, method: str) -> Renderer:
    def render() -> bytes | str | None:
        try:
            shown = getattr(value, method)()
        except NotImplementedError:
            return None
        # With metadata, the methods return (data, metadata).
        return _decoded(media, shown[0] if isinstance(shown, tuple) else shown)

    return render


def _bundle(value: Any) -> dict[str, Any]:
    try:
        bundle = value._repr_mimebundle_(include=None, exclude=None)
    except NotImplementedError:
        return {}
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    return dict(data or {})


def _decoded(media: str, data: Any) -> bytes | str | None:
    if data is None or isinstance(data, bytes):
        return data
    if isinstance(data, str):
        # What is no text travels as base64 in a mime bundle.
        binary = media == "application/pdf" or (media.startswith("image/") and media != "image/svg+xml")
        return base64.b64decode(data) if binary else data
    return _written(data)


def _place(media: str) -> int:
    """Where a media type stands among a value's own; plain text is what IPython falls back to."""
    if media == "text/plain":
        return len(_METHODS) + 1
    return list(_METHODS).index(media) if media in _METHODS else len(_METHODS)

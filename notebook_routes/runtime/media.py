"""What a value can look like, and which look a client likes best (RFC 9110 §12.5.1).

A value offers what a notebook cell could show of it: `_repr_mimebundle_`, `_repr_html_`, `_repr_png_` and their kin.
Tables come as records first, figures as PNG first: that is what `*/*` gets.
"""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

from notebook_routes.web import json_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

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


def representations(value: Any) -> dict[str, Callable[[], bytes | str]]:
    """Media type to a function that makes the value's body in it, most natural first; empty if it shows nothing.

    Nothing is rendered before its function is called.
    """
    if _is_class(value):
        return {}
    if hasattr(value, "to_csv") and hasattr(value, "to_dict"):
        return _table(value)
    if hasattr(value, "savefig"):
        return {"image/png": lambda: _drawn(value, "png"), "image/svg+xml": lambda: _drawn(value, "svg")}
    shapes: dict[str, Callable[[], bytes | str]] = {}
    for media, method in _METHODS.items():
        if callable(getattr(value, method, None)):
            shapes[media] = _renderer(value, media, method)
    if callable(getattr(value, "_repr_mimebundle_", None)):
        for media, data in _bundle(value).items():
            shapes.setdefault(media, lambda media=media, data=data: _decoded(media, data))  # type: ignore[misc]
    return shapes


def best_match(accept: str, offered: list[str]) -> str | None:
    """The offered media type that an Accept header likes best; the first offered wins a tie; None if it takes none."""
    ranges = [_media_range(part) for part in accept.split(",") if part.strip()]
    best: tuple[float, str | None] = (0.0, None)
    for media in offered:
        quality = max(
            ((specificity, q) for wanted, specificity, q in ranges if _covers(wanted, media)), default=(0, 0.0)
        )[1]
        if quality > best[0]:
            best = (quality, media)
    return best[1]


def _media_range(text: str) -> tuple[str, int, float]:
    media, *parameters = (part.strip().lower() for part in text.split(";"))
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


def _table(frame: Any) -> dict[str, Callable[[], bytes | str]]:
    shapes: dict[str, Callable[[], bytes | str]] = {
        "application/json": lambda: json_bytes(frame),
        "text/csv": lambda: str(frame.to_csv(index=False)),
    }
    if callable(getattr(frame, "to_html", None)):
        shapes["text/html"] = lambda: str(frame.to_html(index=False))
    shapes["text/plain"] = lambda: str(frame)
    return shapes


def _drawn(figure: Any, form: str) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, bbox_inches="tight")
    return buffer.getvalue()


def _renderer(value: Any, media: str, method: str) -> Callable[[], bytes | str]:
    def render() -> bytes | str:
        shown = getattr(value, method)()
        # With metadata, the methods return (data, metadata).
        return _decoded(media, shown[0] if isinstance(shown, tuple) else shown)

    return render


def _bundle(value: Any) -> dict[str, Any]:
    bundle = value._repr_mimebundle_(include=None, exclude=None)
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    return dict(data or {})


def _decoded(media: str, data: Any) -> bytes | str:
    if isinstance(data, bytes):
        return data
    if isinstance(data, str):
        # Images travel as base64 in a mime bundle.
        return base64.b64decode(data) if media.startswith("image/") and media != "image/svg+xml" else data
    return json_bytes(data)


def _is_class(value: Any) -> bool:
    return isinstance(value, type)

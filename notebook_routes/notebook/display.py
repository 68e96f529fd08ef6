"""What cells show: the same content as plain text and as HTML.

Neither carries a port, an id or a time, so that notebooks can be checked against their saved output.
"""

from __future__ import annotations

import base64
import html
import json
import re
from typing import TYPE_CHECKING

import notebook_routes.cache as caching

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_routes.app import LogEntry
    from notebook_routes.inspector.kept import KeptEntry
    from notebook_routes.notebook.client import FinishedResponse
    from notebook_routes.notebook.middlewares import MiddlewareCell
    from notebook_routes.notebook.session import Definition
    from notebook_routes.routing import Route

#: Characters of a body that are shown.
_SHOWN = 4000
#: Headers that differ from run to run, or say nothing.
_LEFT_OUT = ("date", "content-length", "connection", "transfer-encoding", "age")

_EXPIRES = re.compile(r";\s*expires=[^;]*", re.IGNORECASE)
#: A cookie's value that is long enough to be a key: made anew in each run, and nobody's business in a saved notebook.
_KEY = re.compile(r"^([^=;]*=)[^;]{16,}")
#: An entity tag made of a file's time and size, as `FileResponse` and the usual file servers make them.
_TAG_OF_TIME = re.compile(r'(?:W/)?"[0-9a-f]{8,}-[0-9a-f]+"')

# The doubled class outweighs the front ends' own rules for HTML output.
_STYLE = """<style>
.nbr.nbr{font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:var(--jp-content-font-size1,14px);
color:var(--jp-content-font-color1,inherit);line-height:1.5}
.nbr.nbr code,.nbr.nbr pre{font-family:var(--jp-code-font-family,ui-monospace,monospace);
font-size:var(--jp-code-font-size,13px)}
.nbr.nbr a code{color:var(--jp-content-link-color,#0b57d0);text-decoration:underline}
.nbr.nbr pre{margin:.4em 0;padding:.5em .7em;border:1px solid var(--jp-border-color2,#ccc);border-radius:4px;
white-space:pre-wrap;overflow-wrap:anywhere;max-height:30em;overflow:auto}
.nbr.nbr table{border-collapse:collapse;margin:.4em 0}
.nbr.nbr th,.nbr.nbr td{text-align:left;padding:.15em 1em .15em 0;vertical-align:top;border:0}
.nbr.nbr tr{background:none}
.nbr-method{font-weight:700;font-family:var(--jp-code-font-family,ui-monospace,monospace);padding:.05em .45em;
border:1px solid currentColor;border-radius:3px;margin-right:.4em}
.nbr-quiet{color:var(--jp-content-font-color2,#666)}
.nbr-good{font-weight:700}.nbr-bad{font-weight:700;text-decoration:underline}
</style>"""
# The inspector's widget, which is the next output, hides the HTML while it lives; where its kernel is gone, the HTML
# hides the front end's complaint.
_STAND_IN = """<style>
.jp-OutputArea-child:has(.nbr-static):has(+.jp-OutputArea-child .nbi),
.jp-OutputArea-child:has(.nbr-static)+.jp-OutputArea-child:has(.jupyter-widgets):not(:has(.nbi)){display:none}
</style>"""


def definition_text(definition: Definition) -> str:
    """What a `%%route` cell says, as plain text."""
    lines = [f"{route.method} {route.pattern}  {what}" for route, what in definition.routes]
    return "\n".join([*lines, *definition.remarks])


def definition_html(definition: Definition) -> str:
    """The same as a card; links get their address from the page's script."""
    rows = []
    for route, what in definition.routes:
        path = html.escape(str(route.pattern))
        shown = f"<code>{path}</code>"
        if route.method == "GET" or route.is_api:
            sample = html.escape(sample_path(route))
            shown = f'<a data-path="{sample}" target="_blank" rel="noopener">{shown}</a>'
        rows.append(f'<div>{_badge(route.method)}{shown} <span class="nbr-quiet">{html.escape(what)}</span></div>')
    rows += [f'<div class="nbr-quiet">{html.escape(remark)}</div>' for remark in definition.remarks]
    return _stand_in("".join(rows))


def sample_path(route: Route) -> str:
    """A path that the route answers, with 1 for each dynamic segment."""
    from notebook_routes.routing import Dynamic  # noqa: PLC0415 - only for the type's name

    values: dict[str, str | list[str]] = {
        name: "1" if isinstance(segment, Dynamic) else ["1"] for name, segment in route.pattern.params.items()
    }
    return route.pattern.build(**values)


def middleware_text(cells: Sequence[MiddlewareCell], what: str = "") -> str:
    """Middleware in the order in which it runs, as plain text."""
    return "\n".join("  ".join(part for part in row if part) for row in _middleware_rows(cells, what))


def middleware_html(cells: Sequence[MiddlewareCell], what: str = "") -> str:
    """The same."""
    rows = "".join(
        f"<div>{_badge(name)}<code>{html.escape(matcher)}</code> "
        f'<span class="nbr-quiet">{html.escape(said)}</span></div>'
        for name, matcher, said in _middleware_rows(cells, what)
    )
    return f'{_STYLE}<div class="nbr">{rows}</div>'


def _middleware_rows(cells: Sequence[MiddlewareCell], what: str) -> list[tuple[str, str, str]]:
    return [
        (
            getattr(layer.function, "__name__", "middleware"),
            "every path" if layer.matcher is None else " ".join(layer.matcher.sources),
            what,
        )
        for cell in cells
        for layer in cell.layers
    ]


def routes_text(routes: Sequence[Route]) -> str:
    """The table of routes as plain text."""
    if not routes:
        return "No routes yet: write a cell that begins with %%route GET /hello"
    return _table(("METHOD", "PATH", "CONFIG"), [_row(route) for route in routes])


def routes_html(routes: Sequence[Route]) -> str:
    """The table of routes."""
    if not routes:
        return _stand_in(html.escape(routes_text(routes)))
    body = "".join(
        f"<tr><td>{_badge(method)}</td><td><code>{html.escape(path)}</code></td><td>{html.escape(config)}</td></tr>"
        for method, path, config in map(_row, routes)
    )
    head = "<tr><th>Method</th><th>Path</th><th>Config</th></tr>"
    return _stand_in(f"<table><thead>{head}</thead><tbody>{body}</tbody></table>")


def _stand_in(content: str) -> str:
    """What the inspector's widget shows live, as HTML."""
    return f'{_STYLE}{_STAND_IN}<div class="nbr nbr-static">{content}</div>'


def log_text(entries: Sequence[LogEntry]) -> str:
    """The request log as plain text: what was asked, answered and printed."""
    if not entries:
        return "No requests yet"
    return "\n".join(line for entry in entries for line in _log_lines(entry))


def log_html(entries: Sequence[LogEntry]) -> str:
    """The request log."""
    if not entries:
        return f'{_STYLE}<div class="nbr">No requests yet</div>'
    rows = []
    for entry in entries:
        details = _log_lines(entry)[1:]
        shown = f"<pre>{html.escape(chr(10).join(line[2:] for line in details))}</pre>" if details else ""
        rows.append(
            f"<tr><td>{_badge(entry.method)}</td><td><code>{html.escape(entry.target)}</code>{shown}</td>"
            f"<td>{_status(entry.status)}</td></tr>"
        )
    return f'{_STYLE}<div class="nbr"><table>{"".join(rows)}</table></div>'


def kept_text(entries: Sequence[KeptEntry]) -> str:
    """The cache as plain text."""
    if not entries:
        return "Nothing is kept: --revalidate 60 on a route's line keeps its answers for a minute"
    return _table(("KEPT", "STATE", "AGE", "TAGS", "SIZE", "HITS"), [_kept_row(entry) for entry in entries])


def kept_html(entries: Sequence[KeptEntry]) -> str:
    """The cache."""
    if not entries:
        return f'{_STYLE}<div class="nbr">{html.escape(kept_text(entries))}</div>'
    body = "".join(
        f"<tr><td><code>{html.escape(what)}</code></td>"
        + "".join(f"<td>{html.escape(text)}</td>" for text in rest)
        + "</tr>"
        for what, *rest in map(_kept_row, entries)
    )
    head = "".join(f"<th>{name}</th>" for name in ("Kept", "State", "Age", "Tags", "Size", "Hits"))
    return f'{_STYLE}<div class="nbr"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _kept_row(entry: KeptEntry) -> tuple[str, ...]:
    lasts = "for ever" if entry.revalidate is None else f"for {_seconds(entry.revalidate)}"
    state = f"fresh {lasts}" if entry.fresh else "stale"
    return (entry.what, state, _seconds(entry.age), ", ".join(entry.tags), f"{entry.size:,} B", str(entry.hits))


def _seconds(seconds: float) -> str:
    if seconds < 120:
        return f"{int(seconds)} s"
    return f"{int(seconds // 60)} min" if seconds < 7200 else f"{int(seconds // 3600)} h"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def response_text(response: FinishedResponse) -> str:
    """A response as plain text: status, type, body, and what became of the `??` lines."""
    lines = [_summary(response)]
    if not response.streamed:
        body = _body_text(response)
        lines += [body] if body else []
    lines += [_outcome(outcome.ok, outcome.text, outcome.detail) for outcome in response.outcomes]
    return "\n".join(lines)


def response_html(response: FinishedResponse) -> str:
    """A response: status, body by type, headers folded."""
    media = (response.headers.get("content-type") or "").partition(";")[0].strip().lower()
    if response.streamed:
        body = ""
    elif media.startswith("image/") and response.bytes:
        data = base64.b64encode(response.bytes).decode()
        body = f'<img alt="the answer, an image" src="data:{html.escape(media)};base64,{data}">'
    else:
        text = _body_text(response)
        body = f"<pre>{html.escape(text)}</pre>" if text else ""
    headers = "".join(
        f"<tr><td><code>{html.escape(name)}</code></td>"
        f"<td><code>{html.escape(_steady(name, value, response))}</code></td></tr>"
        for name, value in response.headers.raw
        if name not in _LEFT_OUT
    )
    outcomes = "".join(
        f'<div class="{"nbr-good" if outcome.ok else "nbr-bad"}">'
        f"{html.escape(_outcome(outcome.ok, outcome.text, outcome.detail))}</div>"
        for outcome in response.outcomes
    )
    folded = f"<details><summary>Headers</summary><table>{headers}</table></details>" if headers else ""
    return f'{_STYLE}<div class="nbr"><div>{html.escape(_summary(response))}</div>{body}{outcomes}{folded}</div>'


def _badge(method: str) -> str:
    return f'<span class="nbr-method">{html.escape(method)}</span>'


def _status(status: int) -> str:
    return str(status) if status else "left"


def _row(route: Route) -> tuple[str, str, str]:
    # Of a function, which would show its address, the name says enough.
    explicit = route.config.explicit.items()
    config = [name if callable(value) else f"{name}={_plain(value)}" for name, value in explicit]
    kind = ["page"] if route.is_page else ["API Route"] if route.is_api else []
    return route.method, str(route.pattern), ", ".join([*kind, *config])


def _plain(value: object) -> str:
    origins = getattr(value, "origins", None)
    shown = origins if origins is not None else value
    return " ".join(map(str, shown)) if isinstance(shown, (tuple, list)) else str(shown)


def _log_lines(entry: LogEntry) -> list[str]:
    behind = "  made for the cache, nobody waited" if entry.is_behind else ""
    lines = [f"{entry.method} {entry.target}  {_status(entry.status)}{behind}"]
    for text in (entry.output, *entry.notes, entry.error or ""):
        lines += [f"  {line}" for line in text.rstrip().splitlines()]
    return lines


def _summary(response: FinishedResponse) -> str:
    parts = [f"{response.status} {response.reason}".strip()]
    if response.is_one_of_several:
        parts.insert(0, f"{response.method} {response.target}")
    media = response.headers.get("content-type")
    if media:
        parts.append(media)
    location = response.headers.get("location")
    if location:
        parts.append(f"to {_steady('location', location, response)}")
    kept = response.headers.get("cache-status")
    if kept is not None:
        parts.append(_cache_status(kept))
    if not response.complete:
        parts.append("stopped")
    return " · ".join(parts)


def _cache_status(said: str) -> str:
    """What our own `Cache-Status` says, in few words; another server's as it is."""
    words = {
        caching.HIT: "cache hit",
        caching.STALE: "cache stale, made anew behind",
        caching.MISS: "cache miss, now kept",
    }
    return words.get(said, f"cache {said}")


def _steady(name: str, value: str, response: FinishedResponse) -> str:
    """A header without what differs from run to run: our own address, a session's key, an end, the time of a file."""
    if name == "location":
        return value.removeprefix(response.origin)
    if name == "set-cookie":
        without_key = _KEY.sub(r"\1…", value)
        return _EXPIRES.sub("", without_key) if "max-age" in value.lower() else without_key
    if name == "last-modified" or (name == "etag" and _TAG_OF_TIME.fullmatch(value)):
        return "…"
    return value


def _body_text(response: FinishedResponse) -> str:
    if not response.bytes:
        return ""
    media = (response.headers.get("content-type") or "").partition(";")[0].strip().lower()
    if media == "application/json" or media.endswith("+json"):
        try:
            text = json.dumps(response.json(), indent=2, ensure_ascii=False)
        except ValueError:
            text = response.text
        # Short answers read best on the line that they have.
        text = response.text if len(response.text) <= 80 else text
    elif media.startswith("text/") or media in ("application/x-ndjson", "application/xml", "image/svg+xml"):
        text = response.text
    else:
        return f"{len(response.bytes):,} bytes"
    text = text.rstrip("\n")
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}\n… {len(text) - _SHOWN:,} more characters"


def _outcome(held: bool, text: str, detail: str | None) -> str:  # noqa: FBT001 - a row's first column
    if held:
        return f"✓ {text}"
    return f"✗ {text}" + (f"  ({detail})" if detail else "")

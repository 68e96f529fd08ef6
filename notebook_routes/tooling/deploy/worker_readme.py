"""`README.md` of a Worker: how it is tried and uploaded, and what is different there from `serve`."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from notebook_routes.runtime import Invoker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from notebook_routes.app import App
    from notebook_routes.routing import Route

_TEXT = """\
# {name}

The routes of {name} as a Worker of Cloudflare's, in Python. `notebook-routes build --target cloudflare` has written it:
`src/site` is the project, unchanged, `src/notebook_routes` what answers with it, `python_modules` the packages for the
isolate. Edit the project and build again; what is edited here stays, and a build that would change it says so.

## Try it, and upload it

Both need Node 22.12 or newer; the first fetches the platform's Python from the internet.

    npx wrangler dev
    npx wrangler deploy

`npx wrangler deploy --dry-run` only lists what would be uploaded.

## What is different there

A request has the same answer as under `notebook-routes serve`, in status, headers and body, except where the platform
works in another way:

{differences}

## What nobody has checked

The build has compiled each file, followed the imports and added up the sizes. It has not run the Worker at the
platform, and does not know the plan of your account: the free plan gives a request 10 ms of processor time.
"""
#: What is different for everybody, by what it is about.
_GENERAL = {
    "The project is loaded": """when it is uploaded, and the platform keeps the memory as it is then: there is neither
        randomness nor the time while modules load, and what they open then is gone. That may take a second.""",
    "The clock": """stands still while code computes, and goes on when something was waited for: a measurement of
        `time.perf_counter()` around a computation gives 0.""",
    "Files": """are those of this folder, and can only be read. What is written to the temporary folder is gone with the
        isolate.""",
    "`os.environ`": """has none of your machine's variables. Those of the Worker, and its secrets, are in `self.env` of
        `src/entry.py`; put them into `os.environ` there if the project reads it.""",
    "Draft mode": """has a secret that each isolate makes for itself: a browser that has switched it on may meet another
        isolate, which does not know its cookie.""",
    "`after()`": "is given to `waitUntil`, and has 30 seconds after the answer.",
    "`request.geo`": """is the platform's `request.cf`: country, region, city, latitude, longitude. The preview in its
        dashboard has none.""",
    "`ETag` and `Last-Modified`": """of files in `public` and of a `FileResponse` come from the moment at which an
        isolate got its files, and differ from isolate to isolate.""",
    "What `serve` is told": """on its command line, a cache, a token, hosts, cors, the size of a body, nobody tells it
        here. `src/entry.py` is the place: `load_tree(SITE, cors=...)`. A body may have what the plan allows, and an
        isolate has 128 MB of memory.""",
    "Prints and tracebacks": "go to `npx wrangler tail`; there is no access log of ours.",
}
_SHOWN = 6


def readme_text(name: str, app: App, *, asks_others: bool) -> str:
    """The text.

    Args:
        name: the Worker's.
        app: the project's.
        asks_others: whether it sends requests to other servers.
    """
    points = dict([*_of_routes(app), *_GENERAL.items()])
    if asks_others:
        points[
            "Requests to other servers"
        ] = """by `fetch(...)` and by rewrites that leave are sent by the platform's own
            `fetch`: 50 of them for a request in the free plan, 6 at once."""
    return _TEXT.format(name=name, differences="\n".join(_point(about, text) for about, text in points.items()))


def in_short(app: App) -> str:
    """One sentence for the terminal."""
    kept = _named(app, _keeps_answers)
    what = [f"each isolate keeps answers for itself ({_listed(kept)})"] if kept else []
    what += ["def handlers run one at a time"] if _named(app, _is_plain) else []
    return f"Different there: {', '.join([*what, 'files can only be read'])}; README.md has the whole list"


def _of_routes(app: App) -> Iterator[tuple[str, str]]:
    yield (
        "Kept answers and data",
        """are in the memory of one isolate. There are many of them, and each begins with none: nothing is prepared, a
        route with `revalidate = 60` is run about once a minute by every isolate, and `revalidate_path`,
        `revalidate_tag` and `update_tag` reach only the one that runs them. """
        + _here(_named(app, _keeps_answers)),
    )
    yield (
        "`def` handlers",
        """run on the loop, since there are no threads: while one computes, the other requests of its isolate wait. """
        + _here(_named(app, _is_plain)),
    )
    yield (
        "`max_duration`",
        """ends an `async def` while it waits. What computes only the platform ends, with its error 1102; when, says
        `limits.cpu_ms` in `wrangler.jsonc`, or `--cpu-ms` of the build. """
        + _here(_named(app, lambda route: route.config.max_duration is not None)),
    )


def _point(about: str, text: str) -> str:
    words = f"- **{about}** {' '.join(text.split())}"
    return textwrap.fill(words, 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _here(names: Sequence[str]) -> str:
    return f"Here: {_listed(names)}." if names else "No route here does."


def _named(app: App, is_meant: Callable[[Route], bool]) -> list[str]:
    return [f"{route.method} {route.pattern}" for route in app.routes.routes() if is_meant(route)]


def _keeps_answers(route: Route) -> bool:
    return route.method == "GET" and route.config.keeps_answers


def _is_plain(route: Route) -> bool:
    return isinstance(route.handler, Invoker) and not route.handler.runs_on_loop and not route.is_page


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown

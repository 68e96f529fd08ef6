"""What must be reached: one row for each promise, with its target."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Row:
    """One promise.

    Attributes:
        key: its name for `--only`; the part before the first dash is its group, which is measured together.
        what: what is measured.
        against: what it is divided by, round by round; empty if the figure itself is judged.
        target: the bound.
        bound: the side of the target on which the figure must lie.
        unit: of the figures before any division.
        judged: by the median of the rounds, or by the worst of them (for what must never happen).
    """

    key: str
    what: str
    against: str
    target: float
    bound: Literal[">=", "<=", "<"] = ">="
    unit: str = "req/s"
    judged: Literal["median", "worst"] = "median"

    @property
    def group(self) -> str:
        """The rows that are measured together."""
        return self.key.partition("-")[0]


ROWS = (
    Row("idle-bare", "dynamic JSON route, async, in-kernel", "bare Tornado delegate", 0.80),
    Row("idle-web", "the same", "tornado.web.Application", 1.5),
    Row("idle-fastapi", "the same, kernel idle", "FastAPI on uvicorn[standard]", 1.0),
    Row("typed", "seven typed parameters", "FastAPI on uvicorn[standard]", 1.0),
    Row("middleware", "three middlewares around a route", "Starlette's BaseHTTPMiddleware", 1.5),
    Row("model", "POST of a pydantic model, and back", "FastAPI on uvicorn[standard]", 1.0),
    # As who follows its documentation runs it. Without the access log uvloop hardly ever gives the interpreter away:
    # eight times that would be more than bare Tornado answers in an idle kernel, so there we must not be slower.
    Row("busy-fastapi", "the same, while a pure-Python cell runs", "FastAPI on uvicorn[standard]", 8),
    Row("busy-quiet", "the same", "FastAPI on it, access log off", 1),
    Row("busy-served", "speed of that cell, served at full load", "not served", 0.4, unit="M/s"),
    Row("busy-unserved", "speed of that cell, no requests", "kernel without a server", 0.95, unit="M/s"),
    Row("busy-p50", "p50 of one sequential client, cell running", "", 2, "<", "ms"),
    Row("stream-async", "stream in 64 KiB chunks, async generator", "bare Tornado stream", 0.9, unit="MiB/s"),
    Row("stream-sync", "stream in 64 KiB chunks, sync generator", "bare Tornado stream", 0.3, unit="MiB/s"),
    Row("stream-ahead", "read ahead of a stalled client, sync", "", 256, "<=", "KiB", "worst"),
    Row("stream-memory", "memory growth while streaming", "", 32, "<", "MiB", "worst"),
    Row("match", "match among 10,000 routes", "among 10", 2, "<=", "µs"),
    Row("cell", "running a %%route cell until it answers", "", 20, "<", "ms"),
    Row("load-time", "%load_ext notebook_routes", "", 150, "<", "ms"),
    Row("load-listening", "sockets listening after %load_ext", "", 0, "<=", "new", "worst"),
    Row("hit-made", "kept answer, memory HIT, in-kernel", "the same route, made each time", 1.0),
    Row("hit-runs", "runs of its handler meanwhile", "", 0, "<=", "runs", "worst"),
    Row("hit-redis", "kept answer, Redis HIT", "memory HIT", 0.5),
    Row("hit-trips", "round trips to Redis of a HIT", "", 1, "<=", "trips", "worst"),
    Row("next", "kept answer, memory HIT, in-kernel", "Next.js, force-static", 5),
    Row("burst-runs", "runs for 1,000 requests at once, cold key", "", 1, "<=", "runs", "worst"),
    Row("burst-time", "the last answer to them, handler of 200 ms", "", 1000, "<", "ms"),
    Row("burst-shared-runs", "the same, 4 processes with Redis", "", 1, "<=", "runs", "worst"),
    Row("burst-shared-time", "the last answer to them", "", 1000, "<", "ms"),
    Row("tags-memory", "expiring a tag of 100,000 entries, memory", "", 1, "<", "ms"),
    Row("tags-redis", "the same, Redis", "", 5, "<", "ms"),
    Row("bound-over", "kept over the limit, 10 GB of answers", "", 1, "<=", "entries", "worst"),
    Row("bound-memory", "growth of the process meanwhile", "the limit of 64 MiB", 1.5, "<=", "MiB", "worst"),
    Row("asgi-starlette", "a tree of files on uvicorn", "Starlette on it", 1.0),
    Row("asgi-fastapi", "the same", "FastAPI on it", 2.0),
    Row("asgi-workers", "gain of a second uvicorn worker", "Starlette's gain", 0.95, unit="times"),
    Row("start-bare", "serve of 200 routes until it answers", "", 400, "<", "ms"),
    Row("start-exported", "the same, two typed methods each", "", 400, "<", "ms"),
)

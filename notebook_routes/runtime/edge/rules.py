"""The rules of `runtime = "edge"`: one table, which the check reads before a handler runs and the guard while it runs.

An edge isolate is a WebAssembly sandbox with one thread: CPython as Pyodide builds it, at a worker platform. What it
lacks was measured there. An *error* is what fails in it, or gives another answer than the kernel; a *warning* is what
runs, and differs in a way that one should know.

    code     what                                                      check    guard
    EDGE000  an ignore comment that names no rule                      warning
    EDGE001  a module that the isolate's Python does not have          error    ModuleNotFoundError
    EDGE002  a package with compiled code and no wheel for the isolate error
    EDGE003  reading files                                             error    OSError
    EDGE004  writing files                                             error    OSError
    EDGE005  processes and signals                                     error    OSError
    EDGE006  threads                                                   error    RuntimeError
    EDGE007  sockets, and libraries that open them                     error    OSError
    EDGE008  waiting that blocks                                       error    RuntimeError (time.sleep)
    EDGE009  libraries of the machine, through ctypes                  error    OSError
    EDGE010  functions that are left out of the isolate's Python       error
    EDGE011  randomness while the module loads                         error
    EDGE012  the clock while the module loads                          error
    EDGE013  code made from text                                       warning
    EDGE014  environment variables                                     warning  KeyError
    EDGE015  time zones, which need the package tzdata                 warning
    EDGE016  values that a handler leaves in its module                warning
    EDGE017  a module over 1 MiB                                       warning
    EDGE018  a module over 64 MiB                                      error

A comment `# edge: ignore[EDGE003]` on the line overrules the check, not the guard: that does what the isolate would.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        code: "EDGE003".
        reason: why the isolate refuses it, or what is different there.
        instead: what to write instead.
        refuses: whether a finding refuses the route; otherwise it is a remark.
    """

    code: str
    reason: str
    instead: str
    refuses: bool = True

    def __str__(self) -> str:
        return f"{self.reason}; {self.instead}"


def _rule(code: str, reason: str, instead: str, *, refuses: bool = True) -> tuple[str, Rule]:
    return code, Rule(code, reason, instead, refuses)


RULES: dict[str, Rule] = dict(
    [
        _rule("EDGE000", "no rule of the edge has this code", "write # edge: ignore[EDGE003]", refuses=False),
        _rule(
            "EDGE001",
            "the isolate's Python has no such module",
            "leave the import out, or let the route run in Python",
        ),
        _rule(
            "EDGE002",
            "the package has compiled code, and PyPI has no wheel of it for the isolate",
            "use a package in plain Python, or let the route run in Python",
        ),
        _rule(
            "EDGE003",
            "an edge isolate has no files",
            "hold the data in the module, or ask for it with await fetch(...)",
        ),
        _rule(
            "EDGE004",
            "an edge isolate has no files, and what it writes is gone with it",
            "send the data to a store with await fetch(...)",
        ),
        _rule(
            "EDGE005",
            "an edge isolate has no processes and no signals",
            "ask a service with await fetch(...), or let the route run in Python",
        ),
        _rule(
            "EDGE006",
            "an edge isolate has one thread",
            "await what has to be waited for; asyncio.gather(...) and after(...) do things side by side",
        ),
        _rule(
            "EDGE007",
            "an edge isolate has no sockets",
            "ask other servers with await fetch(...)",
        ),
        _rule(
            "EDGE008",
            "an edge isolate has one thread, and a wait that blocks stops all of its requests",
            "write await asyncio.sleep(...), or await what is waited for",
        ),
        _rule(
            "EDGE009",
            "an edge isolate has none of the machine's libraries",
            "use plain Python, or let the route run in Python",
        ),
        _rule(
            "EDGE010",
            "the isolate's Python is built without it",
            "use another function, or let the route run in Python",
        ),
        _rule(
            "EDGE011",
            "a worker gives no randomness while its module loads",
            "move it into the handler",
        ),
        _rule(
            "EDGE012",
            "at a worker the clock stands at 1970 while its module loads",
            "move it into the handler",
        ),
        _rule(
            "EDGE013",
            "the isolate runs code from text, but neither this check nor an export sees what that code needs",
            "write it as code",
            refuses=False,
        ),
        _rule(
            "EDGE014",
            "an edge isolate has none of the machine's environment variables",
            "write the value where it is missing as a default, or hold it in the module",
            refuses=False,
        ),
        _rule(
            "EDGE015",
            "the isolate has no time zones of its own",
            "install the package tzdata, which the tree then needs, or use datetime.timezone",
            refuses=False,
        ),
        _rule(
            "EDGE016",
            "there are many isolates, and each holds a value of its own until it ends",
            "keep it in a store, or in a cookie",
            refuses=False,
        ),
        _rule(
            "EDGE017",
            "a module of over 1 MiB makes each start of an isolate slow, and some platforms take no more",
            "keep the data where await fetch(...) finds it",
            refuses=False,
        ),
        _rule(
            "EDGE018",
            "no platform takes a module of over 64 MiB",
            "keep the data where await fetch(...) finds it",
        ),
    ]
)

"""The cases that fail for want of something that is not built yet, or for a known defect: all of them, and no other.

The test fails for a case that is listed here and passes, so that the list only shrinks.
"""

from collections.abc import Iterable, Mapping

#: Cases by the reason why they fail, on every server.
_EVERYWHERE: Mapping[str, Iterable[str]] = {}
#: Cases that fail on one server only, by its name.
_ONLY: Mapping[str, Mapping[str, Iterable[str]]] = {
    "edge": {
        "the platform's Headers has joined the two fields before we can see that there were two": (
            "headers-merge-and-forwarded",
            "request-content-type-first-counts",
        ),
        "no request with a body is a GET in the Fetch standard": ("api-body-get",),
    },
}


def not_yet(server: str = "") -> dict[str, str]:
    """Why a case fails, by its id, on a server or, without a name, on every one."""
    listed = [*_EVERYWHERE.items(), *_ONLY.get(server, {}).items()]
    return {case: reason for reason, cases in listed for case in cases}

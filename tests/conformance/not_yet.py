"""The cases that fail for want of something that is not built yet, or for a known defect: all of them, and no other.

The test fails for a case that is listed here and passes, so that the list only shrinks.
"""

from collections.abc import Iterable, Mapping

#: Cases by the reason why they fail, on every server.
_EVERYWHERE: Mapping[str, Iterable[str]] = {
    # after
    "the cache is issue C, and brings the handlers /c/fs-after and /d/ops": (
        "after-not-run-on-background-regeneration",
    ),
    # draft
    "draft mode": (
        "draft-status-off",
        "draft-enable",
        "draft-disable",
        "draft-enable-then-redirect-keeps-cookie",
        "draft-wrong-cookie-cleared",
    ),
    # proxy, proxy-matcher
    "middleware": (
        "proxy-next",
        "proxy-rewrite-handler-sees-original-url",
        "proxy-rewrite-clone-keeps-query",
        "proxy-rewrite-external",
        "proxy-redirect-308",
        "proxy-raw-relative-redirect-500",
        "proxy-json-response",
        "proxy-json-response-post",
        "proxy-text-response",
        "proxy-stream-response",
        "proxy-request-header-override",
        "proxy-rewrite-with-request-headers",
        "proxy-response-header-beats-config-and-handler",
        "proxy-cookie-set",
        "proxy-request-cookie-forwarded",
        "proxy-cookie-delete",
        "proxy-throw-500",
        "proxy-badret-500",
        "proxy-nredirect-500",
        "proxy-options-passes-through",
        "proxy-405-passes-through",
        "proxy-encoded-path",
        "proxy-body-reread",
        "proxy-matcher-00",
        "proxy-matcher-03",
        "proxy-matcher-06",
        "proxy-matcher-09",
        "proxy-matcher-12",
        "proxy-matcher-19",
        "proxy-matcher-20",
        "proxy-matcher-23",
    ),
}
#: Cases that fail on one server only, by its name.
_ONLY: Mapping[str, Mapping[str, Iterable[str]]] = {}


def not_yet(server: str = "") -> dict[str, str]:
    """Why a case fails, by its id, on a server or, without a name, on every one."""
    listed = [*_EVERYWHERE.items(), *_ONLY.get(server, {}).items()]
    return {case: reason for reason, cases in listed for case in cases}

"""What the validator of a Worker folder finds, beside the rules of the edge (`runtime/edge/rules.py`).

    code       what
    WORKER001  a file that the target's Python cannot compile                        error
    WORKER002  a file that the Python here is too old to read                        warning
    WORKER003  an import that nothing in the folder answers                          error
    WORKER004  a module of the standard library that Python 3.14 has no longer       error
    WORKER005  a package of which there is no wheel for the isolate                  error
    WORKER006  a package that needs a module which is not there                      error
    WORKER007  a folder of over 64 MiB                                               error
    WORKER008  a folder of over 3 MB or 10 MB when compressed                        warning
    WORKER009  a file that wrangler would leave out                                  error
    WORKER010  a compatibility flag for Python that is not known                     warning
    WORKER011  settings of wrangler.jsonc with which the Worker cannot run           error
    WORKER012  a file below src/ that no build has written                           warning

The figures are the platform's, as its documentation and its tools had them in November 2026.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.errors import ExportError
from notebook_routes.runtime.edge import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from notebook_routes.runtime.edge import Finding


def _rule(code: str, reason: str, instead: str, *, refuses: bool = True) -> tuple[str, Rule]:
    return code, Rule(code, reason, instead, refuses)


WORKER_RULES: dict[str, Rule] = dict(
    [
        _rule("WORKER001", "Python 3.14 cannot compile the file", "mend it: `notebook-routes list` shows the line"),
        _rule(
            "WORKER002",
            "the Python that builds is older than the one that it builds for, and cannot read this",
            "build with Python 3.14 to have it checked",
            refuses=False,
        ),
        _rule(
            "WORKER003",
            "neither the project nor its packages nor the isolate's Python have such a module",
            "add its package to requirements.txt, or name its file with --include",
        ),
        _rule("WORKER004", "Python 3.14 has no such module any more", "leave the import out, or use a package for it"),
        _rule(
            "WORKER005",
            "PyPI has no wheel of it for the isolate, neither in plain Python nor for pyemscripten_2026_0",
            "use a package in plain Python, or let the routes that need it run under `notebook-routes serve`",
        ),
        _rule(
            "WORKER006",
            "a package that the project imports needs it, and it is not in python_modules",
            "add it to requirements.txt",
        ),
        _rule(
            "WORKER007",
            "the platform takes no Worker of over 64 MiB",
            "keep large files in a store, and have the route answer with a redirect or with await fetch(...)",
        ),
        _rule(
            "WORKER008",
            "the platform's older pages allow 3 MB of compressed code in its free plan and 10 MB in the paid one",
            "leave out what is not needed, or try it: its newest page names only the 64 MiB before compression",
            refuses=False,
        ),
        _rule(
            "WORKER009",
            "no rule in wrangler.jsonc names the file, and wrangler leaves it out without a word",
            'add it to the globs of the rule of type "Data"',
        ),
        _rule(
            "WORKER010",
            "no such flag is known for Python, and wrangler does not check flags",
            "look at its spelling; the build writes python_workers",
            refuses=False,
        ),
        _rule("WORKER011", "the Worker cannot run so", "let the build write wrangler.jsonc anew, with --force"),
        _rule(
            "WORKER012",
            "it is below src/, so that wrangler uploads it, and this build has not written it",
            "move it away if it does not belong there",
            refuses=False,
        ),
    ]
)


def refuse_build(findings: Iterable[Finding], *, but: str = "") -> list[str]:
    """Sentences about what is only to be told.

    Args:
        findings: what was found.
        but: a last line of the message, where something refuses.

    Raises:
        ExportError: some refuse the build; the message has all of these.
    """
    found = list(dict.fromkeys(findings))
    refusing = [str(finding) for finding in found if finding.rule.refuses]
    if refusing:
        raise ExportError("\n".join([*refusing, but] if but else refusing))
    return [finding.remark for finding in found]

"""The cases against a server that runs elsewhere: `python -m tests.conformance BASE_URL [--area AREA] [CASE ...]`.

It serves the tree in `fixture/`; where it is started with NOTEBOOK_ROUTES_UPSTREAM unset, the other server of the
cases is this program's, on port 4999. Exit status 1 if a case fails.
"""

import argparse
import sys
from collections import Counter
from contextlib import ExitStack

from tests.conformance.not_yet import not_yet
from tests.conformance.run import Case, load_cases, run
from tests.conformance.upstream import upstream


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description="Run the conformance cases.")
    parser.add_argument("base_url", help="http://127.0.0.1:8000")
    parser.add_argument("cases", nargs="*", help="ids; all by default")
    parser.add_argument("--area", action="append", help="only cases of this area; repeatable")
    parser.add_argument("--upstream-port", type=int, default=4999, help="port of the other server; 4999 by default")
    given = parser.parse_args()
    chosen = [
        case
        for case in load_cases()
        if (not given.area or case.area in given.area) and (not given.cases or case.id in given.cases)
    ]
    tally: Counter[tuple[str, str, str]] = Counter()
    with ExitStack() as stack:
        try:
            stack.enter_context(upstream(given.upstream_port))
        except OSError:
            print(f"port {given.upstream_port} is in use: what listens there is taken for the other server")
        for case in chosen:
            tally[case.area, case.verdict, _outcome(case, given.base_url.rstrip("/"))] += 1
    print()
    for (area, verdict, outcome), count in sorted(tally.items()):
        print(f"{area:18}{verdict:6}{outcome:10}{count:4}")
    return 1 if any(outcome == "failed" for _, _, outcome in tally) else 0


def _outcome(case: Case, base_url: str) -> str:
    if case.verdict == "skip":
        return "skipped"
    if case.serve:
        print(f"{case.id}: not run, it needs a server started with {' '.join(case.serve)}")
        return "not run"
    found = run(case, base_url)
    if found:
        reason = not_yet().get(case.id)
        known = f" (known: {reason})" if reason else ""
        print("\n    ".join([f"{case.id}: failed{known}", *found]))
    return "failed" if found else "passed"


if __name__ == "__main__":
    sys.exit(main())

"""The servers under test, and the table of what came of the cases."""

from collections import Counter
from contextlib import ExitStack

import pytest

from tests.conformance.servers import SERVERS, serving
from tests.conformance.upstream import upstream

_TALLY = pytest.StashKey[Counter]()
_OUTCOMES = ("passed", "not yet", "skipped", "failed")


@pytest.fixture(scope="session", params=SERVERS)
def server(request):
    """Gives the name of the server under test, and a function from the options of `serve` to its address."""
    addresses = {}
    with ExitStack() as stack:
        other = stack.enter_context(upstream())

        def address(options=()):
            if options not in addresses:
                addresses[options] = stack.enter_context(serving(request.param, options, upstream=other))
            return addresses[options]

        yield request.param, address


@pytest.fixture
def tally(request, server):
    """Count what came of a case, for the table at the end."""

    def count(area, outcome):
        request.config.stash.setdefault(_TALLY, Counter())[server[0], area, outcome] += 1

    return count


def pytest_terminal_summary(terminalreporter, config):
    tally = config.stash.get(_TALLY, None)
    if not tally:
        return
    terminalreporter.section("conformance")
    terminalreporter.line("server    area           " + "".join(f"{outcome:>9}" for outcome in _OUTCOMES))
    for name, area in dict.fromkeys((name, area) for name, area, _ in tally):
        counts = "".join(f"{tally[name, area, outcome]:9}" for outcome in _OUTCOMES)
        terminalreporter.line(f"{name:10}{area:15}{counts}")

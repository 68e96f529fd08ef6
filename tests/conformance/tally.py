"""The table of what came of the cases, whichever process they ran in: reports carry what the tests have counted."""

from collections import Counter

import pytest

_PROPERTY = "conformance"
_OUTCOMES = ("passed", "not yet", "skipped", "failed")


@pytest.fixture
def tally(record_property, server):
    """Count what came of a case, for the table at the end."""

    def count(area, outcome, kind=""):
        record_property(_PROPERTY, (f"{server} {kind}".rstrip(), area, outcome))

    return count


def pytest_terminal_summary(terminalreporter):
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    tally = Counter(
        tuple(value)
        for report in reports
        if getattr(report, "when", None) == "call"
        for name, value in report.user_properties
        if name == _PROPERTY
    )
    if not tally:
        return
    terminalreporter.section("conformance")
    terminalreporter.line("server          area              " + "".join(f"{outcome:>9}" for outcome in _OUTCOMES))
    for name, area in dict.fromkeys((name, area) for name, area, _ in tally):
        counts = "".join(f"{tally[name, area, outcome]:9}" for outcome in _OUTCOMES)
        terminalreporter.line(f"{name:16}{area:18}{counts}")

from __future__ import annotations

from notebook_routes.app import LogEntry
from notebook_routes.inspector.statistics import WINDOW, Figures, Statistics


def entry(seconds=0.1, *, method="GET", route="/a", status=200, behind=False):
    return LogEntry(1, method, "/a", route, status, seconds, 3, is_behind=behind)


def test_a_route_that_nobody_has_asked():
    assert Statistics(lambda key: True).of(("GET", "/a")) == Figures(0, None, None, None, 0)


def test_times_are_ranked():
    statistics = Statistics(lambda key: True)
    for hundredth in (5, 1, 4, 2, 3):
        assert statistics.add(entry(hundredth / 100)) == ("GET", "/a")
    figures = statistics.of(("GET", "/a"))
    assert (figures.hits, figures.p50, figures.p95) == (5, 0.03, 0.05)
    for percent in range(100):
        statistics.add(entry(percent, route="/b"))
    assert statistics.of(("GET", "/b"))[1:3] == (49, 94)


def test_only_the_last_count_for_times_and_all_for_hits():
    statistics = Statistics(lambda key: True)
    for seconds in [9.0] * 100 + [1.0] * WINDOW:
        statistics.add(entry(seconds))
    assert statistics.of(("GET", "/a"))[:3] == (WINDOW + 100, 1.0, 1.0)


def test_status_and_failures():
    statistics = Statistics(lambda key: True)
    for status in (500, 404, 503, 0):
        statistics.add(entry(status=status))
    assert statistics.of(("GET", "/a"))[3:] == (0, 2)


def test_what_breaks_off_behind_its_status_is_a_failure():
    statistics = Statistics(lambda key: True)
    statistics.add(entry()._replace(error="Traceback ..."))
    assert statistics.of(("GET", "/a"))[3:] == (200, 1)


def test_an_api_route_has_the_figures_of_all_methods():
    statistics = Statistics(lambda key: key in (("ANY", "/a"), ("GET", "/b")))
    for method in ("GET", "HEAD", "PURGE"):
        assert statistics.add(entry(method=method)) == ("ANY", "/a")
    assert statistics.add(entry(method="HEAD", route="/b")) == ("GET", "/b")
    assert statistics.of(("ANY", "/a")).hits == 3


def test_head_is_of_get_where_it_has_no_route_of_its_own():
    statistics = Statistics(lambda key: key == ("HEAD", "/b"))
    assert statistics.add(entry(method="HEAD")) == ("GET", "/a")
    assert statistics.add(entry(method="HEAD", route="/b")) == ("HEAD", "/b")


def test_what_nobody_has_asked_or_no_route_has_answered_is_no_hit():
    statistics = Statistics(lambda key: True)
    assert statistics.add(entry(route=None)) is None
    assert statistics.add(entry(behind=True)) is None
    assert statistics.of(("GET", "/a")).hits == 0

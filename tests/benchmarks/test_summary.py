"""The verdicts of the benchmark, without measuring anything."""

from pathlib import Path

import pytest


@pytest.fixture
def verdict(monkeypatch):
    # The benchmark is run from the root (`python -m tests.benchmarks`); pytest does not put it on the path.
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    from tests.benchmarks.rows import Row
    from tests.benchmarks.summary import Outcome, Samples

    def judge(ours, against=None, *, target, bound=">=", judged="median"):
        row = Row("row", "what", "other" if against else "", target, bound, judged=judged)
        return Outcome(row, Samples(ours, against)).verdict

    return judge


def test_the_median_of_the_ratios_of_each_round_is_judged(verdict):
    assert verdict([10, 40, 90], [10, 20, 30], target=2) == "ok"
    assert verdict([10, 10, 10], [10, 10, 10], target=2) == "FAIL"


def test_a_target_within_the_interquartile_range_is_reached(verdict):
    assert verdict([0.7, 0.78, 0.9], target=0.8) == "ok (iqr)"
    assert verdict([0.77, 0.78, 0.78], target=0.8) == "FAIL"


def test_an_upper_bound_may_exclude_the_target_itself(verdict):
    assert verdict([0], target=0, bound="<=") == "ok"
    assert verdict([2], target=2, bound="<") == "ok (iqr)"
    assert verdict([2.1], target=2, bound="<") == "FAIL"


def test_the_worst_round_decides_about_what_must_never_happen(verdict):
    assert verdict([0, 0, 1], target=0, bound="<=", judged="worst") == "FAIL"
    assert verdict([0.9, 0.1], target=0.5, judged="worst") == "FAIL"


def test_what_was_not_measured_has_failed(verdict):
    from tests.benchmarks.rows import ROWS
    from tests.benchmarks.summary import Outcome

    assert Outcome(ROWS[0], None, "the kernel died").verdict == "FAIL"
    assert Outcome(ROWS[0], None, "skipped: no /proc").verdict == "skipped"

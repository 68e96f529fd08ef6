"""Marks of tags, held against one that remembers everything."""

from hypothesis import given
from hypothesis import strategies as st

from notebook_routes.cache import TagMark
from notebook_routes.cache.mark_outbox import MarkOutbox
from notebook_routes.cache.mark_table import MarkTable
from tests.cache.entries import entry

_moments = st.integers(1, 100).map(float)
_marks = st.lists(st.tuples(_moments, st.sampled_from([0.0, 1.0, 5.0, 50.0])), max_size=6)


def marked(marks):
    found = TagMark()
    for at, expire in marks:
        found = found.marked(at, expire=expire)
    return found


def gone(marks, stored, when):
    return any(stored <= at and at + expire <= when for at, expire in marks)


@given(_marks, _moments, st.integers(0, 100))
def test_an_entry_never_goes_later_than_all_marks_together_say(marks, stored, later):
    when = max([at for at, _ in marks], default=0.0) + later
    if gone(marks, stored, when):
        assert marked(marks).expires(stored, when)


@given(_moments, st.sampled_from([0.0, 5.0]), _moments, _moments)
def test_one_mark_is_exact(at, expire, stored, when):
    assert marked([(at, expire)]).expires(stored, when) == (stored <= at and (expire == 0 or at + expire <= when))


@given(_marks, _moments)
def test_what_was_made_after_all_marks_is_not_touched(marks, when):
    newest = max([at for at, _ in marks], default=0.0)
    mark = marked(marks)
    assert mark.stale == newest
    assert not mark.expires(newest + 0.5, when)


@given(_marks)
def test_at_once_only_is_exact(marks):
    marks = [(at, 0.0) for at, _ in marks]
    assert marked(marks) == TagMark(*[max([at for at, _ in marks], default=0.0)] * 2)


@given(_marks)
def test_its_steps_say_the_same_again(marks):
    once = marked(marks)
    again = marked([*once.steps(), *once.steps()])
    assert again.stale == once.stale
    for stored in range(101):
        for when in range(100, 200, 5):
            assert again.expires(stored, when) == once.expires(stored, when)


@given(_marks, st.integers(1, 3))
def test_a_mark_that_is_told_twice_does_no_harm(marks, times):
    assert marked([mark for mark in marks for _ in range(times)]) == marked(marks)


def test_a_mark_of_another_clock_that_comes_late_takes_nothing_back():
    # Made at 100, to be gone at 160; then one of 99, from a machine whose clock is behind.
    mark = TagMark().marked(100, expire=60).marked(99)
    assert mark.expires(99, 100)
    assert not mark.expires(99.5, 159)
    assert mark.expires(99.5, 160)


class TestMarkTable:
    def test_marks_have_a_bearing_on_what_was_made_before_only(self):
        table = MarkTable()
        made = entry(tags=["a"])
        table.mark("a", made.stored - 1)
        assert table.of(made) == ()
        table.mark("a", made.stored + 1)
        assert table.of(made) == (TagMark(made.stored + 1, made.stored + 1),)
        assert table.of(made, ["a"]) == (TagMark(made.stored + 1, made.stored + 1),) * 2

    def test_steps_make_the_same_table(self):
        table, again = MarkTable(most_tags=3), MarkTable(most_tags=3)
        for number in range(6):
            table.mark(f"t{number}", 10.0 + number, expire=number)
        for tag, at, expire in table.steps():
            again.expire_all(at) if tag is None else again.mark(tag, at, expire=expire)
        assert list(again.steps()) == list(table.steps())


class TestMarkOutbox:
    def test_what_was_written_is_forgotten_but_not_what_has_happened_since(self):
        outbox = MarkOutbox()
        outbox.put(["a", "b"], 1.0)
        taken = outbox.waiting()
        outbox.put(["b", "c"], 2.0)
        outbox.written(taken)
        assert set(outbox.waiting()) == {"b", "c"}
        outbox.written(outbox.waiting())
        assert len(outbox) == 0

"""Marks in a file that many append to."""

import threading

import pytest

from notebook_routes.cache import TagMark, now, state_of
from notebook_routes.cache.handler import Found
from notebook_routes.cache.mark_log import MarkLog
from tests.cache.entries import entry


@pytest.fixture
def path(tmp_path):
    return tmp_path / "marks.log"


def put(log, tag, at, *, expire=0.0):
    log.mark([tag], at, expire=expire)
    log.write()


def test_another_reads_on_from_where_it_was(path):
    one, other = MarkLog(path), MarkLog(path)
    made = entry(tags=["a", "b"], ago=10)
    assert other.of(made) == ()
    at = now()
    put(one, "a", at)
    assert other.of(made) == (TagMark(at, at),)
    put(one, "b", at, expire=5)
    assert other.of(made) == (TagMark(at, at), TagMark(at, 0, at, at + 5))
    one.close()
    other.close()


def test_a_log_that_has_grown_is_made_shorter_and_says_the_same(path):
    one, other = MarkLog(path, short=2000), MarkLog(path, short=2000)
    made = entry(tags=["a", "once", "later"], ago=10)
    at = now()
    put(one, "once", at)
    put(one, "later", at, expire=60)
    sizes = []
    for number in range(200):
        put(one if number % 2 else other, "a", at + number)
        sizes.append(path.stat().st_size)
        assert one.of(made) == other.of(made)
    assert max(sizes) < 2200
    late = MarkLog(path)
    assert late.of(made) == one.of(made) == (TagMark(at + 199, at + 199), TagMark(at, at), TagMark(at, 0, at, at + 60))
    for log in (one, other, late):
        log.close()


def test_nothing_is_lost_between_writers_readers_and_shortening(path):
    at = now()

    def write(name):
        log = MarkLog(path, short=1000)
        for number in range(150):
            put(log, f"{name} {number % 30}", at + number)
        log.close()

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log = MarkLog(path)
    for name in "abcd":
        for number in range(30):
            found = log.of(entry(tags=[f"{name} {number}"], ago=10))
            assert found == (TagMark(at + 120 + number, at + 120 + number),)
    log.close()


def test_a_line_that_was_cut_off_swallows_no_other_and_what_it_said_goes(path):
    log = MarkLog(path)
    at = now()
    put(log, "a", at)
    with path.open("ab") as file:
        file.write(b'["lost", 17')
    assert len(log.of(entry(tags=["a"], ago=10))) == 1
    put(log, "b", at + 5)
    again = MarkLog(path)
    assert again.of(entry(tags=["b"], ago=10))[0] == TagMark(at + 5, at + 5)
    # Whose tag was lost, nobody knows: what is older than the next mark goes.
    made = entry(tags=["c"], ago=10)
    assert state_of(Found(made, again.of(made)), at) is None
    assert again.of(entry(tags=["c"], ago=-10)) == ()
    log.close()
    again.close()


@pytest.mark.parametrize("garbage", [b"\0\0\0\n", b"1\n", b"[]\n", b'["a","b","c"]\n', b"\n", b"\xff\n", b'{"a":1}\n'])
def test_lines_that_are_no_marks_expire_what_is_older(path, garbage):
    path.write_bytes(garbage)
    log = MarkLog(path)
    made = entry(ago=10)
    assert state_of(Found(made, log.of(made)), now()) is None
    log.close()


def test_a_log_that_somebody_cuts_off_is_read_again(path):
    log, other = MarkLog(path), MarkLog(path)
    at = now()
    for number in range(10):
        put(other, f"tag {number}", at)
    log.of(entry(ago=10))
    path.write_bytes(b"")
    put(other, "new", at)
    assert log.of(entry(tags=["new", "tag 3"], ago=10)) == (TagMark(at, at), TagMark(at, at))
    log.close()
    other.close()

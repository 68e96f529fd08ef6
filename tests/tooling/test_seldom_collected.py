import gc
import weakref

import pytest

from notebook_routes.tooling.seldom_collected import seldom_collected


class Ring:
    def __init__(self):
        self.itself = self


@pytest.fixture
def thresholds():
    before = gc.get_threshold()
    yield gc.set_threshold
    gc.set_threshold(*before)


def test_garbage_stays_for_a_while_but_not_for_ever(thresholds):
    thresholds(700, 10, 10)
    with seldom_collected():
        ring = weakref.ref(Ring())
        kept = [[] for _ in range(10_000)]
        assert ring() is not None
        kept += [[] for _ in range(250_000)]
        assert ring() is None
    assert gc.get_threshold() == (700, 10, 10)


def test_what_was_set_is_set_again_after_an_error(thresholds):
    thresholds(500, 5, 5)
    with pytest.raises(KeyError), seldom_collected():
        raise KeyError
    assert gc.get_threshold() == (500, 5, 5)


@pytest.mark.parametrize("own", [0, 1_000_000])
def test_one_who_collects_seldom_or_never_goes_on(thresholds, own):
    thresholds(own, 10, 10)
    with seldom_collected():
        assert gc.get_threshold()[0] == own

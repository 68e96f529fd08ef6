"""What a cell's own code raises, as one message."""

import linecache

import pytest

from notebook_routes.app import Failures
from notebook_routes.errors import CellError, ConfigError
from notebook_routes.notebook.cell_failures import refusing


@pytest.fixture
def listing():
    linecache.cache["<here>"] = (4, None, ["1/0\n"], "<here>")
    yield "<here>"
    linecache.cache.pop("<here>", None)


@pytest.mark.parametrize("error", [ZeroDivisionError("by zero"), SystemExit(3)])
def test_it_is_a_short_refusal_and_its_listing_goes(listing, error):
    with pytest.raises(CellError, match=type(error).__name__) as refused, refusing("here", Failures()):
        raise error
    assert refused.value.__cause__ is error
    assert listing not in linecache.cache


def test_refusals_of_ours_pass_as_they_are(listing):
    refusal = ConfigError("no")
    with pytest.raises(ConfigError) as passed, refusing("here", Failures()):
        raise refusal
    assert passed.value is refusal
    assert listing not in linecache.cache


def test_stop_passes_and_its_traceback_can_be_quoted(listing):
    with pytest.raises(KeyboardInterrupt), refusing("here", Failures()):
        raise KeyboardInterrupt
    assert listing in linecache.cache

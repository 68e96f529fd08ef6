"""What handlers print."""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager, redirect_stdout
from contextvars import copy_context

import pytest

from notebook_routes.notebook import output
from notebook_routes.runtime import Exchange, current_exchange
from notebook_routes.web import Request


@contextmanager
def screen():
    """A terminal with the proxy in front; pytest changes `sys.stdout` between a fixture and its test."""
    with redirect_stdout(io.StringIO()) as terminal:
        output.install()
        yield terminal


def within(exchange, function, *args):
    def run():
        current_exchange.set(exchange)
        function(*args)

    copy_context().run(run)


@pytest.fixture
def exchange():
    return Exchange(Request("http://localhost/x"))


def test_text_of_a_handler_is_kept_and_passed_on(exchange):
    with screen() as shown:
        within(exchange, print, "from the handler")
        assert exchange.output == shown.getvalue() == "from the handler\n"


def test_text_of_other_code_is_passed_on_alone(exchange):
    with screen() as shown:
        print("from the cell")
        assert shown.getvalue() == "from the cell\n"
        assert exchange.output == ""


def test_two_requests_at_once_keep_their_own(exchange):
    with screen():
        other = Exchange(Request("http://localhost/y"))
        within(exchange, print, "one")
        within(other, print, "two")
        within(exchange, print, "three")
        assert exchange.output == "one\nthree\n"
        assert other.output == "two\n"


def test_a_flood_is_cut_in_the_log_and_in_the_cell(exchange):
    with screen() as shown:
        for _ in range(10):
            within(exchange, print, "x" * 1_000_000)
        assert len(exchange.output) < 100_000
        assert len(shown.getvalue()) < 100_000
        assert shown.getvalue().endswith("output of this request cut at 65,536 characters\n")
        assert exchange.output.endswith("more characters")


def test_write_says_how_much_was_taken(exchange):
    with screen() as shown:
        written = []
        within(exchange, lambda: written.append(sys.stdout.write("x" * 100_000)))
        assert written == [100_000]
        sys.stdout.writelines(["a\n", "b\n"])
        assert shown.getvalue().endswith("a\nb\n")


def test_all_else_is_the_stream_s_own():
    with screen():
        assert sys.stdout.getvalue() == ""
        assert sys.stdout.writable()
        assert not sys.stdout.isatty()
        sys.stdout.flush()
        with pytest.raises(AttributeError):
            _ = sys.stdout.no_such_thing


def test_it_is_installed_once_and_leaves_nothing_behind():
    with screen() as shown:
        output.install()
        assert sys.stdout.stream is shown
        output.uninstall()
        assert sys.stdout is shown
        output.uninstall()
        assert sys.stdout is shown


def test_a_proxy_in_front_of_a_stream_in_front_of_a_proxy_counts_once(exchange):
    class Theirs:
        def __init__(self, stream):
            self.stream = stream

        def write(self, text):
            return self.stream.write(text.upper())

    with screen() as shown, redirect_stdout(Theirs(sys.stdout)):
        output.install()
        within(exchange, print, "once")
        assert shown.getvalue() == "ONCE\n"
        assert exchange.output == "once\n"
        print("twice")
        assert shown.getvalue() == "ONCE\nTWICE\n"


def test_a_stream_that_others_put_in_front_stays():
    with screen():
        with redirect_stdout(io.StringIO()) as theirs:
            output.uninstall()
            assert sys.stdout is theirs
            print("theirs")
        assert theirs.getvalue() == "theirs\n"
        assert isinstance(sys.stdout, output.HandlerOutput)

"""A sign of life for what takes long."""

import io
import threading

import rich.console

from notebook_routes.tooling import progress as module
from notebook_routes.tooling.progress import progress


class Terminal(io.StringIO):
    def __init__(self):
        super().__init__()
        self.shown = threading.Event()

    def write(self, text):
        if "Loading" in text:
            self.shown.set()
        return super().write(text)

    def isatty(self):
        return True


def watched(monkeypatch, terminal):
    real = rich.console.Console
    monkeypatch.setattr(
        rich.console, "Console", lambda **_: real(file=terminal, force_terminal=terminal.isatty() or None)
    )


def test_it_is_shown_in_a_terminal_when_it_takes_long(monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    terminal = Terminal()
    watched(monkeypatch, terminal)
    with progress("Loading shop"):
        assert terminal.shown.wait(20)


def test_what_is_quick_shows_nothing(monkeypatch):
    terminal = Terminal()
    watched(monkeypatch, terminal)
    with progress("Loading shop"):
        pass
    assert terminal.getvalue() == ""


def test_elsewhere_it_shows_nothing(monkeypatch):
    # As in what a notebook's cell starts.
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    stream = io.StringIO()
    watched(monkeypatch, stream)
    with progress("Loading shop"):
        threading.Event().wait(0.05)
    assert stream.getvalue() == ""

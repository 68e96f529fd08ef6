"""Where a cell's magic line stands."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from notebook_routes.notebook.cell_text import (
    RunningCell,
    cell_id,
    cell_label,
    give_body,
    lift_magic,
    remember_cell,
    running_cell,
)


@pytest.fixture
def transformers():
    manager = TransformerManager()
    manager.cleanup_transforms += [lift_magic, give_body]
    return manager


def magic(line, body):
    name, _, rest = line.partition(" ")
    return f"get_ipython().run_cell_magic({name[2:]!r}, {rest!r}, {body!r})\n"


# What IPython is given


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%%route GET /x\n1", magic("%%route GET /x", "1\n")),
        ("# about it\n\n  # more\n%%route GET /x\n1", magic("%%route GET /x", "1\n")),
        ("\n\n%%route GET /x\n1", magic("%%route GET /x", "1\n")),
        ("%%route GET /x", magic("%%route GET /x", "\n")),
        ("%%route GET /x\n", magic("%%route GET /x", "\n")),
        ("# about it\n%%route GET /x", magic("%%route GET /x", "\n")),
        ("%%route", magic("%%route", "\n")),
        ("%%request GET /x", magic("%%request GET /x", "\n")),
        ("# about it\n%%request\nGET /x", magic("%%request", "GET /x\n")),
        ("  # about it\n  %%route GET /x\n  1", magic("%%route GET /x", "1\n")),
    ],
)
def test_our_cell_magics_may_stand_below_comments_and_alone(transformers, cell, expected):
    assert transformers.transform_cell(cell) == expected


@pytest.mark.parametrize(
    "cell",
    [
        "%%timeit\n1",
        "%%routes\n1",
        "%%requests\n1",
        "x = 1\n",
        "# only a comment\n",
        "",
        "%routes\n",
        "%%route?\n",
        'text = """\n%%route GET /x\n"""\n',
        "x = 1\n%%route GET /x\n",
    ],
)
def test_every_other_cell_is_left_to_ipython(transformers, cell):
    assert transformers.transform_cell(cell) == TransformerManager().transform_cell(cell)


@pytest.mark.parametrize("above", ["", "# about it\n"])
def test_a_terminal_waits_for_the_body(transformers, above):
    def state(text):
        return transformers.check_complete(above + text)[0]

    assert state("%%route GET /x") == state("%%route GET /x\n") == "incomplete"
    assert state("%%route GET /x\nx = 1\n") == "incomplete"
    assert state("%%route GET /x\nx = 1\n\n") == "complete"
    assert state("%%route GET /x\n\n") == "complete"


# What the running cell looks like


@pytest.mark.parametrize(
    ("text", "first_line", "header"),
    [
        ("%%route GET /x\n1", 2, "%%route GET /x\n"),
        ("# a\n\n# b\n%%route GET /x\n1", 5, "# a\n\n# b\n%%route GET /x\n"),
        ("\n\n%%request\nGET /x", 4, "\n\n%%request\n"),
        ("  # a\n  %%route GET /x\n  1", 3, "  # a\n  %%route GET /x\n"),
        ("# a\fb\u2028c\n%%route GET /x\n1", 3, "# a\fb\u2028c\n%%route GET /x\n"),
        ("%%route GET /x", 2, "%%route GET /x\n"),
    ],
)
def test_lines_are_counted_as_the_editor_shows_them(text, first_line, header):
    cell = RunningCell("id", text)
    assert (cell.first_line, cell.header) == (first_line, header)


def test_outside_of_cells_a_magic_line_is_line_1():
    assert RunningCell().first_line == 2
    assert running_cell() == RunningCell()


def test_the_cell_that_runs_is_remembered():
    from contextvars import copy_context

    def run():
        remember_cell(SimpleNamespace(cell_id="abc", raw_cell="%%route GET /x\n1"))
        return running_cell()

    assert copy_context().run(run) == RunningCell("abc", "%%route GET /x\n1")


def test_front_ends_need_not_send_an_id():
    from contextvars import copy_context

    def run():
        remember_cell(SimpleNamespace(raw_cell="1"))
        return running_cell()

    assert copy_context().run(run) == RunningCell(None, "1")


def test_runs_without_a_number_are_told_apart():
    from contextvars import copy_context

    def run():
        remember_cell(SimpleNamespace(raw_cell="1", store_history=False))
        return cell_label(None)

    first, second = copy_context().run(run), copy_context().run(run)
    assert first.startswith("cell [unnumbered ")
    assert first != second


def test_a_kernel_is_asked_for_the_cells_id_where_ipython_is_not_told():
    class LiteKernel:
        def get_parent(self):
            return {"metadata": {"cellId": "abc"}}

    class Silent:
        def get_parent(self):
            return {}

    told = SimpleNamespace(cell_id="told", raw_cell="", store_history=True)
    untold = SimpleNamespace(cell_id=None, raw_cell="", store_history=True)
    assert cell_id(told, LiteKernel()) == "told"
    assert cell_id(untold, LiteKernel()) == "abc"
    assert cell_id(untold, Silent()) is None
    assert cell_id(untold) is None

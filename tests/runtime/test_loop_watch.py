import asyncio
import textwrap
import threading
import time

import pytest

from notebook_routes.routing import parse_directive
from notebook_routes.runtime.exchange import Exchange, current_exchange
from notebook_routes.runtime.loop_watch import LoopWatch
from notebook_routes.runtime.module import RouteModule
from notebook_routes.web import Request


@pytest.fixture
def watched(answer_to, workers):
    """Run handlers of a cell, one after another, on a loop that is watched; gives their notes."""
    modules = []

    def run(cell, *names, times=1, **namespace):
        namespace = {"time": time, "asyncio": asyncio, "hold": hold, **namespace}
        module = RouteModule.from_source(
            textwrap.dedent(cell).lstrip(), parse_directive("/x"), namespace=namespace, label="cell [7] /x"
        )
        modules.append(module)

        async def story():
            watch = LoopWatch()
            watch.start()
            try:
                answers = []
                for name in names * times:
                    handler = module.handlers[name]
                    answers.append(await answer_to(handler, method=name, workers=workers, watch=watch))
                return [answer.notes for answer in answers]
            finally:
                watch.stop()

        return asyncio.run(story())

    yield run
    for module in modules:
        module.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "notebook_routes loop watch"]


def hold():
    """Hold the loop until that has been noticed."""
    exchange = current_exchange.get()
    end = time.monotonic() + 20
    while not exchange.notes:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_line_that_holds_the_loop_is_named(watched):
    cell = """
        async def GET():
            await asyncio.sleep(0)
            time.sleep(1)
            return 1
    """
    (notes,) = watched(cell, "GET")
    (note,) = notes
    assert note.startswith("line 4 held the server for over 100 ms: time.sleep(1)\n")
    assert "write `await asyncio.to_thread(...)` around the slow call" in note


def test_it_is_the_line_of_the_cell_below_which_a_library_waits(watched):
    cell = """
        import threading

        def slow():
            threading.Event().wait(1)

        async def GET():
            return slow()
    """
    ((note,),) = watched(cell, "GET")
    assert note.startswith("line 5 held the server for over 100 ms: threading.Event().wait(1)\n")


def test_a_helper_of_a_file_is_named_by_the_line_that_calls_it(watched):
    ((note,),) = watched("async def GET():\n    hold()\n", "GET")
    assert note.startswith("line 3 held the server for over 100 ms: hold()\n")


def test_code_that_python_makes_up_has_no_line(watched):
    cell = """
        from dataclasses import dataclass

        @dataclass
        class Lamp:
            price: int

            def __post_init__(self):
                helper()

        async def GET():
            Lamp(1)
    """
    made_up = {"hold": hold}
    # Of text that was never a file, nothing can be shown.
    exec(compile("def helper():\n    hold()", "<made up>", "exec"), made_up)
    ((note,),) = watched(cell, "GET", helper=made_up["helper"])
    assert note.startswith("line 9 held the server for over 100 ms: helper()\n")


def test_a_generator_is_watched_between_its_values_and_said_once(watched):
    cell = """
        async def GET():
            for number in range(2):
                yield number
                time.sleep(0.7)
    """
    ((note,),) = watched(cell, "GET")
    assert note.startswith("line 5 held the server for over 100 ms: time.sleep(0.7)\n")


def test_waiting_as_one_should_is_silent_and_so_is_a_thread(watched):
    cell = """
        async def GET():
            for _ in range(20):
                await asyncio.sleep(0.02)

        async def PUT():
            await asyncio.to_thread(time.sleep, 0.4)

        def POST():
            time.sleep(0.4)

        def DELETE():
            for number in range(2):
                yield number
                time.sleep(0.2)

        async def PATCH():
            return 1
    """
    assert watched(cell, "GET", "PUT", "POST", "DELETE", "PATCH") == [[]] * 5


def test_every_request_is_told_of_its_own(watched):
    cell = """
        async def GET():
            hold()

        async def PUT():
            return 1
    """
    blocked, quick, again = watched(cell, "GET", "PUT", "GET")
    assert (len(blocked), quick, len(again)) == (1, [], 1)


def test_it_wakes_again_after_a_pause(watched, monkeypatch):
    from notebook_routes.runtime import loop_watch

    monkeypatch.setattr(loop_watch, "_IDLE_TICKS", 1)
    cell = """
        async def GET():
            await asyncio.sleep(0.4)
            hold()
    """
    blocked, again = watched(cell, "GET", times=2)
    assert (len(blocked), len(again)) == (1, 1)


def test_a_handler_of_a_file_is_named_with_the_file(answer_to):
    async def handler():
        hold()

    async def story():
        watch = LoopWatch()
        watch.start()
        try:
            return (await answer_to(handler, workers=None, watch=watch)).notes
        finally:
            watch.stop()

    (note,) = asyncio.run(story())
    lines = range(hold.__code__.co_firstlineno, hold.__code__.co_firstlineno + 8)
    assert any(note.startswith(f"line {line} of test_loop_watch.py held the server") for line in lines)


def test_stopping_ends_the_thread_in_every_state():
    for work in (lambda watch: None, lambda watch: watch.enter(Exchange(Request("http://127.0.0.1/")))):
        watch = LoopWatch()
        watch.start()
        work(watch)
        watch.stop()
        assert not watch._thread.is_alive()
    LoopWatch().stop()

"""What the notebook's cache holds, as people look at it, and how they make it go."""

from __future__ import annotations

import time

import pytest

from notebook_routes import cache_tag, cached, fetch, revalidate_path, revalidate_tag
from notebook_routes.cache import MemoryCache, open_cache
from notebook_routes.errors import ConfigError, ServerError
from notebook_routes.notebook.cell_text import RunningCell
from notebook_routes.notebook.session import Session
from notebook_routes.project import parse_request_cell


class Notebook:
    """A notebook whose cells are all `%%route` cells, with a server on a free port."""

    def __init__(self, **options):
        self.names = {"__name__": "__main__", "runs": [], "cached": cached, "fetch": fetch}
        self.session = Session(self.names)
        self.kept = self.session.kept
        self.session.start(port=0, **options)

    def run(self, text, *, cell="a"):
        line, _, body = text.partition("\n")
        running = RunningCell(cell, text)
        self.session.define(
            line.removeprefix("%%route").strip(), body, cell=running, label=f"cell {cell}", own_names=set()
        )
        self.session.cell_ran(cell)

    def get(self, target):
        (spec,) = parse_request_cell(f"GET {target}", "").requests
        answer = self.session.client.send(spec)
        return answer.text, answer.headers.get("cache-status", "").removeprefix("notebook-routes; ")

    def what(self):
        return [entry.what for entry in self.kept.entries()]


HIT, MISS, STALE = "hit", "fwd=uri-miss; stored", "hit; fwd=stale"
#: The body of a handler that counts its runs.
COUNT = "runs.append(1)\nlen(runs)"


@pytest.fixture
def start():
    """Starts a notebook; it is closed at the end, if the test has not done so."""
    started = []

    def begin(**options):
        started.append(Notebook(**options))
        return started[-1]

    yield begin
    for notebook in started:
        notebook.session.close()


@pytest.fixture
def notebook(start):
    return start()


# What there is


def test_nothing_is_kept_at_first(notebook):
    notebook.run(f"%%route GET /x\n{COUNT}")
    notebook.get("/x")
    assert notebook.kept.entries() == []


def test_an_answer(notebook):
    notebook.run('%%route GET /x/[id] q:str="" --revalidate 60 --tag a --tag b\nid + q')
    assert [notebook.get("/x/1?q=hello&other=2")[1] for _ in range(3)] == [MISS, HIT, HIT]
    (entry,) = notebook.kept.entries()
    assert (entry.what, entry.kind, entry.fresh) == ("/x/1?q=hello", "route", True)
    assert 0 <= entry.age < 30
    assert (entry.revalidate, entry.tags, entry.size, entry.hits) == (60, ("a", "b"), 6, 2)


def test_data(notebook):
    notebook.run("%%route GET /rate\n3")
    notebook.run("%%route GET /price\n(await (await fetch(request.url[:-5] + 'rate', revalidate=9)).text())", cell="b")
    notebook.names["square"] = square = cached(lambda n: n * n, tags=["squares"])
    assert [square(3), square(3), square(3)] == [9, 9, 9]
    assert [notebook.get("/price")[0] for _ in range(2)] == ["3", "3"]
    shown = [(entry.kind, entry.what, entry.revalidate, entry.hits) for entry in notebook.kept.entries()]
    assert shown == [("fetch", "GET /rate", 9, 1), ("value", "<lambda>(3)", None, 2)]


def test_the_address_of_another_server_is_shown(notebook, start):
    other = start()
    other.run("%%route GET /rate\n3")
    notebook.names["elsewhere"] = other.session.serving.url()
    notebook.run("%%route GET /price\nawait (await fetch(elsewhere + '/rate', revalidate=9)).text()")
    # The notebook that was started last is the one whose cells ask; a handler asks for its own.
    assert notebook.get("/price")[0] == "3"
    assert notebook.what() == [f"GET {notebook.names['elsewhere']}/rate"]
    notebook.session.serving.stop()
    assert notebook.what() == [f"GET {notebook.names['elsewhere']}/rate"]


def test_one_that_is_stale_is_shown_as_such_and_one_that_is_gone_is_not(notebook):
    notebook.run(f"%%route GET /x --revalidate false --tag x\n{COUNT}")
    notebook.get("/x")
    revalidate_tag("x", "max")
    assert [entry.fresh for entry in notebook.kept.entries()] == [False]
    assert notebook.get("/x") == ("1", STALE)
    # The run behind it says so, and must have done so before the test ends.
    notebook.session.serving.stop()
    revalidate_tag("x")
    assert notebook.kept.entries() == []


# Having it made anew


@pytest.mark.parametrize(
    ("wanted", "gone"),
    [
        ("ones", ["/x/1"]),
        ("/x/1", ["/x/1"]),
        ("/x/[id]", ["/x/1", "/x/2"]),
        ("/y", ["/y"]),
        ("all", ["/x/1", "/x/2", "/y"]),
        ("/nowhere", []),
        ("nothing", []),
    ],
)
def test_revalidate_says_how_many(notebook, wanted, gone):
    notebook.names["cache_tag"] = cache_tag
    notebook.run("%%route GET /x/[id] --revalidate 60 --tag all\nif id == '1': cache_tag('ones')\nid")
    notebook.run("%%route GET /y --revalidate 60 --tag all\n1", cell="b")
    for target in ("/x/1", "/x/2", "/y"):
        notebook.get(target)
    before = notebook.what()
    assert notebook.kept.revalidate(wanted) == len(gone)
    assert [what for what in before if what not in notebook.what()] == gone
    assert notebook.kept.revalidate(wanted) == 0


def test_a_cell_that_runs_again_drops_its_answers_and_no_others(notebook):
    notebook.run(f"%%route GET /x/[id] --revalidate 60\n{COUNT}")
    notebook.run("%%route GET /y --revalidate 60\n1", cell="b")
    assert [notebook.get("/x/1")[0], notebook.get("/x/2")[0], notebook.get("/y")[0]] == ["1", "2", "1"]
    notebook.run(f"%%route GET /x/[id] --revalidate 60\n{COUNT}")
    assert notebook.what() == ["/y"]
    assert notebook.get("/x/1") == ("3", MISS)


@pytest.mark.parametrize("how", ["remove", "clear", "rename", "another cell"])
def test_a_route_that_goes_takes_its_answers_along(notebook, how):
    notebook.run(f"%%route GET /x --revalidate 60\n{COUNT}")
    notebook.get("/x")
    match how:
        case "remove":
            notebook.session.remove(None, "/x")
        case "clear":
            notebook.session.clear()
        case "rename":
            notebook.run(f"%%route GET /z --revalidate 60\n{COUNT}")
        case _:
            notebook.run("%%route GET /x --revalidate 60\n'other'", cell="b")
    assert notebook.what() == []
    notebook.run(f"%%route GET /x --revalidate 60\n{COUNT}", cell="b")
    assert notebook.get("/x") == ("2", MISS)


# Where it is


def test_memory_begins_empty_and_files_are_found_again(notebook, tmp_path):
    notebook.run(f"%%route GET /x --revalidate 60\n{COUNT}")
    folder = f"file:{tmp_path}"
    assert notebook.get("/x") == ("1", MISS)
    notebook.session.start(cache=folder)
    assert notebook.get("/x") == ("2", MISS)
    notebook.session.start(cache="memory")
    assert notebook.kept.entries() == []
    assert notebook.get("/x") == ("3", MISS)
    notebook.session.start(cache=folder)
    assert notebook.get("/x") == ("2", HIT)


def test_starting_again_without_a_word_about_it_leaves_the_cache(notebook):
    notebook.run(f"%%route GET /x --revalidate 60\n{COUNT}")
    notebook.get("/x")
    notebook.session.serving.stop()
    notebook.session.start()
    assert notebook.get("/x") == ("1", HIT)


def test_files_outlive_the_kernel(start, tmp_path):
    cell = f"%%route GET /x --revalidate 60\n{COUNT}"
    first = start(cache=f"file:{tmp_path}")
    first.run(cell)
    assert first.get("/x") == ("1", MISS)
    first.session.close()
    second = start(cache=f"file:{tmp_path}")
    second.run(cell)
    assert second.get("/x") == ("1", HIT)
    assert second.names["runs"] == []
    second.run(cell)
    assert second.get("/x") == ("1", MISS)


def test_another_code_finds_nothing_of_the_old(start, tmp_path):
    first = start(cache=f"file:{tmp_path}")
    first.run("%%route GET /x --revalidate 60\n'old'")
    first.get("/x")
    first.session.close()
    second = start(cache=f"file:{tmp_path}")
    second.run("%%route GET /x --revalidate 60\n'new'")
    assert second.get("/x") == ("new", MISS)


def test_two_notebooks_share_redis(start, redis_server):
    cell = f"%%route GET /shared --revalidate false --tag shared\n{COUNT}"
    one, other = start(cache=redis_server.url), start(cache=redis_server.url)
    for notebook in (one, other):
        notebook.run(cell)
    one.kept.revalidate("/shared")
    assert one.get("/shared") == ("1", MISS)
    assert other.get("/shared") == ("1", HIT)
    other.names["runs"].append("before")
    assert other.kept.revalidate("shared") == 1
    deadline = time.monotonic() + 10
    while one.get("/shared") == ("1", HIT):
        assert time.monotonic() < deadline


def test_a_cell_asks_the_cache_of_the_notebook(notebook):
    square = cached(lambda n: n * n)
    square(3)
    assert len(notebook.kept.entries()) == 1
    notebook.kept.use(MemoryCache())
    assert notebook.kept.entries() == []
    square(3)
    assert len(notebook.kept.entries()) == 1


def test_a_former_cache_is_closed(notebook):
    class Closing(MemoryCache):
        closed = 0

        async def close(self):
            self.closed += 1

    cache = Closing()
    notebook.kept.use(cache)
    notebook.kept.use(open_cache("memory"))
    assert cache.closed == 1


def test_a_start_that_fails_leaves_the_cache(notebook, tmp_path):
    notebook.run(f"%%route GET /x --revalidate 60\n{COUNT}")
    notebook.get("/x")
    with pytest.raises(ConfigError, match="there is no cache 'nonsense'; there is memory"):
        notebook.session.start(cache="nonsense")
    with pytest.raises(ServerError):
        notebook.session.start(cache=f"file:{tmp_path}", host="203.0.113.1")
    assert notebook.get("/x") == ("1", HIT)
    assert list(tmp_path.iterdir()) == []


# What is said about it


def notes(notebook):
    """Of the last request; its client may be told before the log is."""
    deadline = time.monotonic() + 10
    while not (entries := notebook.session.app.log.entries()):
        assert time.monotonic() < deadline
    return list(entries[-1].notes)


def test_a_route_that_was_to_be_kept_and_cannot_be(notebook):
    notebook.run("%%route GET /x --revalidate 60\nrequest.headers.get('x')")
    assert notebook.get("/x") == ("", "")
    (note,) = notes(notebook)
    assert "uses request.headers" in note
    assert note.endswith('say dynamic = "force-dynamic" (on the line of a cell: --dynamic force-dynamic)')


def test_a_fetch_that_is_not_to_be_kept(notebook):
    notebook.run(
        "%%route GET /x --revalidate 60\n"
        "from notebook_routes import FetchError\n"
        "try: await fetch('http://127.0.0.1:1/', cache='no-store')\n"
        "except FetchError: pass\n"
        "return 1"
    )
    assert notebook.get("/x") == ("1", "")
    (note,) = notes(notebook)
    assert "uses fetch('http://127.0.0.1:1/') anew each time, so " in note


def test_a_path_without_its_slash_in_a_cell():
    with pytest.raises(ValueError, match=r'revalidate_path\("products"\) has no effect: a path begins with a slash'):
        revalidate_path("products")


def test_a_remark_on_what_keeps_nothing(notebook):
    line, body = "GET /x --tag a", "dynamic = 'error'\n1"
    definition = notebook.session.define(line, body, cell=RunningCell("a", body), label="cell a", own_names=set())
    assert definition.remarks == (
        "`dynamic` is an ordinary variable in a handler's body: to declare it, write --dynamic error on the line",
        "A tag keeps nothing by itself: --revalidate 60 on the line keeps the answers for a minute",
    )


def test_a_kept_answer_knows_the_address_of_the_server(notebook):
    notebook.run("%%route GET /x --revalidate 60\nrequest.next_url.host")
    assert notebook.get("/x") == (notebook.session.serving.url().partition("://")[2], MISS)

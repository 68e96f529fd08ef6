"""`%load_ext notebook_routes` and its undoing, in real kernels."""

from __future__ import annotations

import pytest

import notebook_routes

SERVER_THREADS = "[t.name for t in __import__('threading').enumerate() if 'notebook_routes' in t.name]"


def test_loading_opens_nothing_and_says_nothing(kernel):
    kernel.ok("%unload_ext notebook_routes")
    # Other tests have had this process: the watch over threads of the edge ends when it has nobody to watch.
    before = set(kernel.value(SERVER_THREADS))
    assert before <= {"notebook_routes edge watch"}
    assert kernel.ok("%load_ext notebook_routes").text == ""
    assert kernel.listening() == set()
    assert set(kernel.value(SERVER_THREADS)) <= before


def test_the_public_face_is_there_without_an_import(kernel):
    names = kernel.value("[name for name in dir() if not name.startswith('_')]")
    assert set(notebook_routes.public_names()) <= set(names)
    assert kernel.ok("Response.json({}).status").text == "200"
    assert kernel.ok("%who").text == "Interactive namespace is empty.\n"


def test_loading_never_replaces_a_name_of_the_user_s(newest):
    newest.ok("%unload_ext notebook_routes")
    newest.ok("headers = {'mine': 1}\nRequest = 2")
    newest.ok("%load_ext notebook_routes")
    assert newest.ok("headers, Request").text == "({'mine': 1}, 2)"
    newest.ok("cookies = 3")
    newest.ok("%unload_ext notebook_routes")
    assert newest.ok("headers, Request, cookies").text == "({'mine': 1}, 2, 3)"


def test_the_public_face_survives_a_reset(kernel):
    kernel.ok("headers = 'mine'")
    kernel.ok("%reset -f")
    kernel.ok("%%route GET /x\nnot_found(str(callable(headers)))", cell="a")
    assert kernel.get("/x") == (404, "True")
    assert kernel.ok("%who").text == "Interactive namespace is empty.\n"
    kernel.ok("del Response")
    assert kernel.value("'Response' in dir()") is False
    kernel.ok("%unload_ext notebook_routes")
    assert kernel.value("sorted(set(__import__('notebook_routes').__all__) & set(dir()))") == []


def test_unloading_leaves_nothing(kernel):
    kernel.ok("mine = 1")
    kernel.ok("%%route /x\ndef GET(): return __name__", cell="a")
    module = kernel.get("/x")[1]
    kernel.ok("%unload_ext notebook_routes")
    assert kernel.listening() == set()
    assert kernel.value("sorted(set(__import__('notebook_routes').__all__) & set(dir()))") == []
    assert kernel.value(f"{module!r} in __import__('sys').modules") is False
    assert kernel.value("type(__import__('sys').stdout).__module__").startswith("ipykernel")
    assert kernel.ok("mine").text == "1"
    for magic in ("%routes", "%request GET /x", "%%route GET /x\n1", "%%request\nGET /x"):
        gone = kernel.run(magic)
        assert "not found" in gone.stderr + str(gone.error)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("%%Route GET /x", "Cell magic `%%Route` not found: write %%route"),
        ("# a comment\n%%reqest GET /x", "Cell magic `%%reqest` not found: write %%request"),
        ("%%routes", "Cell magic `%%routes` not found: write %%route, or %routes for the command"),
    ],
)
def test_a_misspelt_magic_is_told_how_it_is_spelt(newest, written, said):
    shown = newest.run(f"{written}\n1")
    assert shown.stderr == f"UsageError: {said}\n"
    newest.ok("%%time\n1")
    assert "not found.\n" in newest.run("%%rust\n1").stderr


@pytest.mark.parametrize("magic", ["%%route GET /x", "%%request GET /x"])
@pytest.mark.parametrize("above", ["import os\n", "import os\n\n# a comment\n", "x = (1,\n     2)\n"])
def test_a_magic_below_code_is_told_where_it_belongs(newest, magic, above):
    name = magic.split()[0]
    shown = newest.run(f"{above}{magic}\nreturn 1")
    assert shown.stderr == f"UsageError: `{name}` begins a cell: move what stands above it to a cell of its own\n"


def test_a_text_that_holds_a_magic_is_a_text(newest):
    assert newest.ok('len("""\n%%route GET /x\n""")').text == "16"
    newest.ok("%%capture\n%%route GET /x\n1")


def test_a_magic_of_somebody_else_is_left_alone(newest):
    newest.ok("get_ipython().register_magic_function(lambda line, cell: None, 'cell', 'pages')")
    newest.ok("%%pages\n1")


def test_unloading_twice_and_loading_twice(newest):
    newest.ok("%load_ext notebook_routes")
    newest.ok("%unload_ext notebook_routes")
    newest.run("%unload_ext notebook_routes")
    newest.ok("%load_ext notebook_routes")
    newest.ok("%%route GET /x\n1", cell="a")


def test_reloading_starts_afresh(kernel):
    kernel.ok("%%route GET /x\n1", cell="a")
    kernel.ok("%reload_ext notebook_routes")
    assert kernel.listening() == set()
    assert "No routes yet" in kernel.ok("%routes").text
    assert kernel.ok("%%route GET /x\n1", cell="a").text.startswith("GET /x  new")


def test_reloading_does_not_pile_up(newest):
    before = newest.value(
        "[len(get_ipython().input_transformers_cleanup), len(get_ipython().events.callbacks['post_run_cell'])]"
    )
    for _ in range(3):
        newest.ok("%reload_ext notebook_routes")
    after = newest.value(
        "[len(get_ipython().input_transformers_cleanup), len(get_ipython().events.callbacks['post_run_cell'])]"
    )
    assert after == before


def test_the_server_starts_with_the_first_route(kernel):
    kernel.ok("%reload_ext notebook_routes")
    kernel.ok("products = {}")
    assert kernel.listening() == set()
    kernel.ok("%%route GET /x\n1", cell="a")
    assert len(kernel.listening()) == 1


def test_stop_before_a_cell_has_begun_is_no_trouble(newest):
    """IPython then has no result to tell its hooks of."""
    newest.ok("%%route GET /x\n1", cell="a")
    assert newest.ok("get_ipython().events.trigger('post_run_cell', None)", cell="b").text == ""
    assert newest.get("/x") == (200, "1")


def test_functions_do_what_the_commands_do(newest):
    newest.ok("from notebook_routes import notebook as nr")
    newest.ok("%%route GET /x\n1", cell="a")
    assert newest.value("[str(route.pattern) for route in nr.routes()]") == ["/x"]
    assert newest.value("nr.url() == nr.url(public=True).replace('localhost', '127.0.0.1')") is True
    assert newest.value("nr.request('GET /x').json()") == 1
    assert newest.value("[entry.target for entry in nr.log()]") == ["/x"]
    assert "def GET():\n    return 1" in newest.value("nr.source('/x')")
    assert newest.value("[route.method for route in nr.remove('/x')]") == ["GET"]
    assert newest.value("nr.clear()") == 0
    assert newest.value("[nr.stop(), nr.stop()]") == [True, False]
    assert newest.value("nr.start(port=0).startswith('http://localhost:')") is True


def test_without_the_extension_the_functions_say_what_to_run(newest):
    newest.ok("%unload_ext notebook_routes")
    refused = newest.refuses("import notebook_routes.notebook as nr\nnr.routes()")
    assert refused == "notebook_routes is not loaded: run %load_ext notebook_routes first"

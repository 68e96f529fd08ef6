"""What each `%routes` command does and shows, in real kernels."""

from __future__ import annotations

import json
import re
import socket
from http.client import HTTPConnection, IncompleteRead

import pytest


def test_list(newest):
    assert newest.ok("%routes").text == "No routes yet: write a cell that begins with %%route GET /hello"
    newest.ok("%%route GET /b/[id] --max-duration 5\n1", cell="a")
    newest.ok("%%route /a\ndef GET(): return 1\ndef DELETE(): return 1", cell="b")
    for line in ("%routes", "%routes list"):
        shown = newest.ok(line)
        assert shown.text == ("METHOD  PATH     CONFIG\nGET     /a\nDELETE  /a\nGET     /b/[id]  max_duration=5")
        assert "<td><code>/b/[id]</code></td>" in shown.html


def test_source(newest):
    newest.ok("%%route GET /a/[id] page:int=1\n# kept\nid * page", cell="a")
    newest.ok("%%route /b\ndef GET(): return 1", cell="b")
    assert newest.ok("%routes source /a/[id]").stdout == (
        "# /a/[id]\ndef GET(id, page: int = 1):\n    # kept\n    return id * page\n\n"
    )
    both = newest.ok("%routes source").stdout
    assert "# /a/[id]\n" in both
    assert "# /b\ndef GET(): return 1\n" in both


def test_log(kernel):
    assert kernel.ok("%routes log").text == "No requests yet"
    kernel.ok("%%route GET /x\nprint('one')\nprint('two')\n1", cell="a")
    kernel.ok("%%route GET /fails\n1/0", cell="b")
    kernel.get("/x?a=b")
    kernel.get("/fails")
    kernel.get("/nowhere")
    shown = kernel.ok("%routes log")
    lines = shown.text.splitlines()
    assert lines[:4] == ["GET /x?a=b  200", "  one", "  two", "GET /fails  500"]
    assert lines[-2:] == ["  ZeroDivisionError: division by zero", "GET /nowhere  404"]
    assert "one\ntwo" in shown.html


def test_the_log_names_what_was_given_up_and_still_runs(newest):
    newest.ok("import time\nstop = False")
    newest.ok("%%route GET /slow --max-duration 0.05\nwhile not stop: time.sleep(0.01)\n1", cell="a")

    def is_given_up():
        # On a busy machine the time may be over before a thread has begun; then nothing runs on.
        assert newest.get("/slow")[0] == 504
        return "given up" in newest.ok("%routes log").text

    newest.listen(is_given_up)
    lines = newest.ok("%routes log").text.splitlines()
    assert (lines[0], lines[-1]) == ("GET /slow was given up and still runs in its thread", "GET /slow  504")
    newest.ok("stop = True")
    newest.listen(lambda: "given up" not in newest.ok("%routes log").text)


def test_url(newest):
    shown = newest.run("%routes url")
    assert shown.stdout == "this machine:\n"
    assert shown.bundles[0]["text/plain"] == f"'http://localhost:{newest.port}'"
    newest.ok("address = %routes url")
    assert newest.value("address") == f"http://localhost:{newest.port}"


def test_remove(newest):
    newest.ok("%%route /a\ndef GET(): return 1\ndef POST(): return 1", cell="a")
    assert newest.ok("%routes remove POST /a").stdout == "POST /a withdrawn\n"
    assert newest.ok("%routes remove /a").stdout == "GET /a withdrawn\n"
    assert newest.refuses("%routes remove /a") == "There is no route /a: %routes lists those there are"
    assert newest.get("/a")[0] == 404
    assert newest.ok("%%route GET /a\n1", cell="a").text == "GET /a  new"


def test_clear(newest):
    newest.ok("%%route GET /a\n1", cell="a")
    newest.get("/a")
    assert newest.ok("%routes clear").stdout == "1 route withdrawn\n"
    assert newest.ok("%routes clear").stdout == "0 routes withdrawn\n"
    newest.ok("%%middleware /a\nNone", cell="b")
    assert newest.ok("%routes clear").stdout == "0 routes and 1 middleware withdrawn\n"
    assert newest.ok("%routes log").text == "No requests yet"


def test_cache(kernel):
    nothing = "Nothing is kept: --revalidate 60 on a route's line keeps its answers for a minute"
    assert kernel.ok("%routes cache").text == nothing
    kernel.ok("runs = []")
    kernel.ok("%%route GET /x/[id] --revalidate 3600 --tag xs\nruns.append(id)\nlen(runs)", cell="a")
    kernel.get("/x/1")
    kernel.get("/x/1")
    lines = kernel.ok("%routes cache").text.splitlines()
    assert lines[0].split() == ["KEPT", "STATE", "AGE", "TAGS", "SIZE", "HITS"]
    assert re.fullmatch(r"/x/1  fresh for 60 min  \d+ s  xs    1 B   1", lines[1])
    assert kernel.value("[(e.what, e.hits) for e in __import__('notebook_routes.notebook').notebook.cache()]") == [
        ["/x/1", 1]
    ]
    assert kernel.ok("%request GET /x/1").text == "200 OK · application/json · cache hit\n1"
    kernel.ok("%%route GET /x/[id] --revalidate 3600 --tag xs\nruns.append(id)\nlen(runs)", cell="a")
    assert kernel.ok("%routes cache").text == nothing
    assert kernel.ok("%request GET /x/1").text == "200 OK · application/json · cache miss, now kept\n2"


def test_revalidate(newest):
    newest.ok("runs = []")
    newest.ok("%%route GET /x/[id] --revalidate false --tag xs\nruns.append(id)\nlen(runs)", cell="a")
    for target in ("/x/1", "/x/2"):
        newest.get(target)
    anew = "when asked for next\n"
    assert newest.ok("%routes revalidate nothing").stdout == "nothing: nothing is kept there\n"
    assert newest.ok("%routes revalidate /x/2").stdout == f"/x/2: 1 entry is made anew {anew}"
    assert newest.get("/x/2") == (200, "3")
    assert newest.ok("%routes revalidate xs").stdout == f"xs: 2 entries are made anew {anew}"
    assert [newest.get("/x/1")[1], newest.get("/x/2")[1]] == ["4", "5"]
    assert newest.value("__import__('notebook_routes.notebook').notebook.revalidate('/x/[id]')") == 2
    newest.ok("revalidate_tag('xs', 'max')")
    assert newest.ok("%routes cache").text.count("stale") == 0
    newest.get("/x/1")
    newest.ok("revalidate_tag('xs', 'max')")
    assert newest.ok("%routes cache").text.count("stale") == 1


def test_a_cache_in_files_outlives_the_kernel(start_kernel, tmp_path):
    cell = "%%route GET /x --revalidate 3600\nruns.append(1)\nlen(runs)"
    answers = []
    for runs in ("[]", "[1, 2, 3]"):
        kernel = start_kernel()
        try:
            kernel.fresh()
            kernel.ok(f"runs = {runs}")
            assert kernel.ok(f"%routes start --cache 'file:{tmp_path}'").stdout == (
                "The server runs: %routes url shows its address\n"
            )
            kernel.ok(cell, cell="a")
            answers.append(kernel.ok("%request GET /x").text)
            assert kernel.exits(within=10)
        finally:
            kernel.close()
    assert answers == [
        "200 OK · application/json · cache miss, now kept\n1",
        "200 OK · application/json · cache hit\n1",
    ]


def test_a_cache_that_there_is_not(newest):
    newest.ok("%%route GET /x --revalidate 3600\n1", cell="a")
    newest.get("/x")
    refused = newest.refuses("%routes start --cache nonsense")
    assert refused == "there is no cache 'nonsense'; there is memory, memory:256mb, file:FOLDER, redis://HOST:6379/0"
    assert newest.ok("%request GET /x").text == "200 OK · application/json · cache hit\n1"
    newest.ok("%routes start --cache memory:1mb")
    assert newest.ok("%request GET /x").text == "200 OK · application/json · cache miss, now kept\n1"


def test_stop_and_start_keep_the_routes_and_the_address(kernel):
    kernel.ok("%%route GET /a\n1", cell="a")
    assert kernel.ok("%routes stop").stdout == "The server is stopped; the routes stay\n"
    assert kernel.listening() == set()
    assert kernel.ok("%routes stop").stdout == "The server does not run\n"
    refused = "The server does not run: define a route with %%route, or run %routes start"
    assert kernel.refuses("%request GET /a") == kernel.refuses("%routes url") == refused
    assert kernel.ok("%routes start").stdout == "The server runs: %routes url shows its address\n"
    assert kernel.get("/a") == (200, "1")
    kernel.ok("%routes stop")
    assert kernel.ok("%%route GET /b\n2", cell="b").text == "GET /b  new"
    assert kernel.get("/a") == (200, "1")


def test_a_port_in_use_keeps_the_running_server(kernel):
    kernel.ok("%%route GET /a\n1", cell="a")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        refused = kernel.run(f"%routes start --port {port}").refusal
        assert refused == f"port {port} on 127.0.0.1 is in use: leave --port out for the next free one"
    assert kernel.get("/a") == (200, "1")
    assert kernel.listening() == {kernel.port}


def test_an_address_of_another_machine_keeps_the_running_server(newest):
    newest.ok("%%route GET /a\n1", cell="a")
    assert "is it an address of this machine?" in newest.refuses("%routes start --host 203.0.113.7")
    assert newest.get("/a") == (200, "1")


def test_all_addresses_come_with_a_warning(newest):
    newest.ok("%%route GET /a\n1", cell="a")
    said = newest.ok("%routes start --host 0.0.0.0").stdout.splitlines()
    assert said[1] == (
        "Careful: it listens on 0.0.0.0, so every machine that reaches this one can call your routes; "
        "--token SECRET asks them for a password"
    )
    assert newest.get("/a", headers={"host": socket.gethostname()}) == (200, "1")
    assert newest.get("/a", headers={"host": "evil.example"})[0] == 421
    said = newest.ok("%routes start --host 0.0.0.0 --token s3cret").stdout
    assert "Careful" in said
    assert "--token" not in said
    assert newest.get("/a")[0] == 401
    assert "Careful" not in newest.ok("%routes start --host 127.0.0.1").stdout


def test_a_token_is_asked_of_all_but_the_notebook(newest):
    newest.ok("%%route GET /a\n1", cell="a")
    newest.ok("%routes start --token s3cret")
    assert newest.get("/a")[0] == newest.get("/nowhere")[0] == 401
    assert newest.get("/a", headers={"authorization": "Bearer wrong"})[0] == 401
    assert newest.get("/a", headers={"authorization": "Bearer s3cret"}) == (200, "1")
    assert newest.ok("%request GET /a").text.startswith("200 OK")
    newest.ok("%routes stop")
    newest.ok("%%route GET /b\n1", cell="b")
    assert newest.get("/a")[0] == 401


def test_further_hosts_and_an_address_for_browsers(newest):
    newest.ok("%%route GET /a\n1", cell="a")
    assert newest.get("/a", headers={"host": "notebook.example"})[0] == 421
    newest.ok("%routes start --allow-host notebook.example --url https://hub.example/proxy/{port}")
    assert newest.get("/a", headers={"host": "notebook.example"}) == (200, "1")
    assert newest.get("/a", headers={"host": "hub.example"}) == (200, "1")
    shown = newest.run("%routes url")
    assert shown.stdout == "set by --url:\n"
    assert shown.bundles[0]["text/plain"] == f"'https://hub.example/proxy/{newest.port}'"


def test_another_port(newest, free_port):
    newest.ok("%%route GET /a\n1", cell="a")
    newest.ok(f"%routes start --port {free_port}")
    assert newest.get("/a", port=free_port) == (200, "1")
    assert newest.listening() == {free_port}


def test_a_new_start_ends_what_is_being_answered(newest):
    newest.ok("import asyncio\nended = []")
    newest.ok(
        "%%route GET /x\ntry:\n    while True:\n        yield 'x'\n        await asyncio.sleep(0.01)\n"
        "finally:\n    ended.append(True)",
        cell="a",
    )
    connection = HTTPConnection("127.0.0.1", newest.port, timeout=30)
    connection.request("GET", "/x")
    answer = connection.getresponse()
    assert answer.read(3) == b"xxx"
    newest.ok("%routes start")
    with pytest.raises((IncompleteRead, ConnectionError)):  # noqa: PT012 - it may be cut at any byte
        while answer.read(1):
            pass
    connection.close()
    newest.listen(lambda: newest.value("ended") == [True])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("lst", "did you mean list?"),
        ("log 5", 'takes no "5"'),
        ("remove x", "write %routes remove /path"),
        ("remove /{id}", "write [id]"),
        ("source nope", 'write "/nope"'),
        ("source /nope", "There is no route at /nope"),
        ("start --port abc", "a number from 0 to 65535"),
        ("start --port 1 --prot", "is no option"),
        ("'", "No closing quotation"),
    ],
)
def test_bad_words_are_refused_with_the_fix(newest, line, message):
    assert message in newest.refuses(f"%routes {line}")


def test_openapi(newest):
    newest.ok("%%route GET /lamps/[id] id:int\n'''One lamp.'''\n{'id': id}", cell="a")
    shown = newest.ok("%routes openapi")
    document = json.loads(shown.text)
    assert shown.bundles[0]["application/json"] == document
    assert document["paths"]["/lamps/{id}"]["get"]["summary"] == "One lamp."
    newest.ok("from notebook_routes.notebook import openapi\nassert openapi()['openapi'] == '3.1.0'")
    assert newest.get("/_routes/openapi.json")[0] == 403
    newest.ok("from notebook_routes.notebook.extension import current_session")
    newest.ok("token = current_session().app.guard.page_token")
    served = newest.ok(
        "%%request GET /_routes/openapi.json as page\nAuthorization: Bearer {{token}}\n\n?? status == 200"
    )
    assert "200" in served.text
    newest.ok("assert page.json() == openapi()")

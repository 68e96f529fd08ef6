"""The codemod `api-routes`: golden files, what the results answer, and what is left alone."""

import json

import pytest

from notebook_routes.tooling.codemod.catalogue import Options
from notebook_routes.tooling.codemod.run import run_codemod
from tests.tooling.codemod.conftest import texts_below


def convert(write, handler, *, path="pages/api/x.py"):
    """A handler as the text of its route.py; what was left alone, if anything was."""
    root = write({path: handler})
    outcome = run_codemod("api-routes", root)
    written = [each.after for each in outcome.writes]
    return written[0] if written else "", "".join(outcome.plan.left.values())


def test_golden_files(golden):
    root, expected = golden("api_routes")
    outcome = run_codemod("api-routes", root)
    assert texts_below(root) == expected
    assert outcome.status == 3
    assert [todo.reason for todo in outcome.plan.todos] == [
        "the body was limited to 10kb: serve --max-body-size limits all of them"
    ]
    assert "GET /api/products/[id]" in outcome.plan.routes


def test_a_second_run_changes_nothing(golden):
    root, _ = golden("api_routes")
    run_codemod("api-routes", root)
    before = texts_below(root)
    again = run_codemod("api-routes", root)
    assert (again.status, again.summary) == (0, "nothing to do")
    assert texts_below(root) == before


def test_another_folder_keeps_the_sources(golden, tmp_path):
    root, expected = golden("api_routes")
    before = texts_below(root)
    for _ in range(2):
        run_codemod("api-routes", root, Options(destination=tmp_path / "new"))
        assert texts_below(root) == before
        assert texts_below(tmp_path / "new") == expected
    assert not run_codemod("api-routes", root, Options(destination=tmp_path / "new")).writes


def test_the_results_answer(golden, asking, write):
    root, _ = golden("api_routes")
    run_codemod("api-routes", root)
    write({"shop.py": "products = {'1': {'name': 'Lamp', 'price': 30}}\n"}, root)
    ask = asking(root)
    lamp = ask("GET", "/api/products/1")
    assert (lamp.status, lamp.json, lamp.headers["x-asked"]) == (200, {"name": "Lamp", "price": 30}, "yes")
    assert not lamp.headers.has("cache-control")
    assert ask("GET", "/api/products/1?fresh=1").headers["cache-control"] == "no-store"
    assert ask("GET", "/api/products/2").json == {"error": "no such product"}
    assert ask("PUT", "/api/products/1", json_body={"name": "Big lamp"}).json["name"] == "Big lamp"
    assert ask("PUT", "/api/products/1").json["name"] == "Big lamp"
    refused = ask("POST", "/api/products/1")
    assert (refused.status, refused.text) == (405, "Method POST Not Allowed")
    assert ask("DELETE", "/api/products/1").status == 204
    assert ask("GET", "/api/products/1").status == 404
    users = ask("GET", "/api/users?page=1", headers={"origin": "https://a.example"})
    assert users.headers["access-control-allow-origin"] == "https://a.example"
    assert users.headers["vary"] == "Origin"
    assert ask("POST", "/api/users", json_body={}).status == 400
    made = ask("POST", "/api/users", json_body={"name": "Bo"})
    assert (made.status, made.headers.get_set_cookie()) == (201, ["last=1; Path=/", "seen=1"])
    assert ask("GET", "/api/echo").text == "a012z"
    assert ask("PUT", "/api/echo").headers["location"].endswith("/login")
    session = {"cookie": "session=1"}
    assert ask("POST", "/api/echo?kind=text", headers=session).text == "<p>text</p>"
    raw = ask("POST", "/api/echo?kind=raw", headers=session)
    assert (raw.status, raw.headers["content-type"], raw.headers["x-rows"]) == (202, "text/csv", "2")
    assert ask("POST", "/api/echo", headers=session, json_body={"a": 1}).json == {"a": 1}
    assert ask("GET", "/api/posts/a/b?x=1&x=2").json == {
        "slug": ["a", "b"],
        "all": {"x": ["1", "2"], "slug": ["a", "b"]},
        "url": "/api/posts/a/b?x=1&x=2",
        "method": "GET",
    }


def test_a_cell(write):
    cell = "%%api /api/products/[id]\ndef handler(req, res):\n    res.status(201).json({'id': req.query['id']})"
    document = {"cells": [{"cell_type": "code", "source": [cell], "outputs": [1], "metadata": {}}], "nbformat": 4}
    root = write({"shop.ipynb": json.dumps(document)})
    outcome = run_codemod("api-routes", root / "shop.ipynb")
    written = json.loads((root / "shop.ipynb").read_text())
    assert outcome.status == 0
    assert "".join(written["cells"][0]["source"]) == (
        "%%route /api/products/[id]\nfrom notebook_routes import Response\n\n\ndef GET(id):\n"
        "    return Response.json({'id': id}, status=201)\n\n\n"
        "POST = GET\nPUT = GET\nDELETE = GET\nPATCH = GET"
    )
    assert written["cells"][0]["outputs"] == []


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        ("def handler(req, res):\n    other(res)\n", "other(res) is no answer"),
        ("def handler(req, res):\n    res.on('finish', print)\n    res.end()\n", "res.on()"),
        ("def handler(req, res):\n    call(lambda: res.json(1))\n", "no answer that can be written as a value"),
        ("@guarded\ndef handler(req, res):\n    res.end()\n", "decorators"),
        ("def handler(req):\n    res.end()\n", None),
        ("def handler(req, res, next):\n    res.end()\n", "does not take a request and a response"),
        ("def handler(req, res:\n", "it is no Python"),
        ("x = 1\n", "no def handler"),
        ("def handler(req, res):\n    res.end(req.socket.remote_address)\n", "req.socket"),
        ("def GET(): ...\n\n\ndef handler(req, res):\n    res.end()\n", "function GET beside"),
        ("def ok(req, res):\n    res.end()\n\n\ndef handler(req, res):\n    if ok(req, res):\n        return\n", "ok("),
    ],
)
def test_what_is_not_understood_is_left_alone_byte_for_byte(write, tmp_path, handler, reason):
    _, left = convert(write, handler)
    if reason is not None:
        assert reason in left
        assert (tmp_path / "pages/api/x.py").read_text() == handler
        assert not (tmp_path / "app").exists()


def test_a_route_that_is_there_is_not_overwritten(write, tmp_path):
    write({"app/api/x/route.py": "def GET():\n    return 1\n"})
    _, left = convert(write, "def handler(req, res):\n    res.end()\n")
    assert "is there already" in left
    assert (tmp_path / "app/api/x/route.py").read_text() == "def GET():\n    return 1\n"
    assert (tmp_path / "pages/api/x.py").exists()


def test_an_answer_without_return_gets_one_and_a_question(write):
    text, _ = convert(
        write, "def handler(req, res):\n    if req.url:\n        res.status(400).end()\n    res.json(1)\n"
    )
    assert "        # TODO(codemod): there was no return behind this answer" in text
    assert "        return Response(status=400)\n    return Response.json(1)\n" in text


def test_a_body_that_is_asked_for_names_is_a_dict_where_nothing_came(write):
    text, _ = convert(write, "def handler(req, res):\n    data = req.body\n    res.json(data.get('x'))\n")
    assert "if body is None:\n        body = {}\n    data = body\n" in text


@pytest.mark.parametrize(
    ("end", "answer"),
    [
        ("res.status(404).end('GET only')", (404, "GET only")),
        ("res.status(405).json({'asked': req.method})", (405, '{"asked":"METHOD"}')),
        ("res.set_header('Allow', ['GET'])\n    return res.status(405).send(f'{req.method}!')", (405, "METHOD!")),
    ],
)
def test_other_methods_answer_what_the_author_wrote(write, asking, tmp_path, end, answer):
    status, body = answer
    handler = f"def handler(req, res):\n    if req.method == 'GET':\n        return res.send('got')\n    {end}\n"
    text, _ = convert(write, handler)
    assert "HEAD = POST = PUT = DELETE = PATCH = OPTIONS = other_methods" in text
    ask = asking(tmp_path)
    assert ask("GET", "/api/x").text == "got"
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        asked = ask(method, "/api/x")
        assert (asked.status, asked.text) == (status, body.replace("METHOD", method))
    assert ask("HEAD", "/api/x").status == status


def test_a_method_that_is_not_named_is_answered_as_all_others(write, asking, tmp_path):
    handler = (
        "def handler(req, res):\n    if req.method == 'GET':\n        return res.send('got')\n    res.send('other')\n"
    )
    convert(write, handler)
    ask = asking(tmp_path)
    assert [ask(method, "/api/x").text for method in ("GET", "POST", "OPTIONS")] == ["got", "other", "other"]


def test_one_other_method_has_its_own_name(write):
    handler = (
        "def handler(req, res):\n    if req.method in ('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'):\n"
        "        return res.end()\n    res.status(405).end()\n"
    )
    text, _ = convert(write, handler)
    assert "def OPTIONS():\n    return Response(status=405)\n" in text


def test_other_methods_that_were_not_answered_are_a_405_of_the_server(write):
    text, _ = convert(write, "def handler(req, res):\n    if req.method == 'GET':\n        res.end()\n")
    assert "other_methods" not in text


def test_other_methods_whose_answer_is_not_understood_are_a_question(write):
    handler = (
        "def handler(req, res):\n    if req.method == 'GET':\n        return res.end()\n"
        "    res.status(405).end(req.socket)\n"
    )
    text, _ = convert(write, handler)
    reason = "req.socket has no counterpart in a Request"
    assert f"# TODO(codemod): other methods were refused in another way, and are answered with 405: {reason}" in text
    assert "other_methods" not in text


def test_a_name_that_is_taken(write):
    handler = (
        "other_methods = 1\n\n\ndef handler(req, res):\n    if req.method == 'GET':\n        return res.end()\n"
        "    res.status(405).end()\n"
    )
    text, _ = convert(write, handler)
    assert "OPTIONS = other_methods_\n" in text


def test_a_raw_body_is_read_in_one_piece(write, asking, tmp_path):
    handler = (
        'config = {"api": {"bodyParser": False}}\n\n\n'
        "async def handler(req, res):\n    size = 0\n    async for chunk in req:\n        size += len(chunk)\n"
        "    res.json({'size': size})\n"
    )
    convert(write, handler)
    assert asking(tmp_path)("POST", "/api/x", body="12345").json == {"size": 5}


def test_who_asks_for_lists_gets_the_values_of_a_repeated_name(write, asking, tmp_path):
    text, _ = convert(
        write,
        "def handler(req, res):\n    tag = req.query.get('tag')\n"
        "    res.json({'tags': tag if isinstance(tag, list) else [tag], 'id': req.query['id']})\n",
        path="pages/api/[id].py",
    )
    assert "_query_of(request, params).get('tag')" in text
    ask = asking(tmp_path)
    assert ask("GET", "/api/1?tag=a&tag=b").json == {"tags": ["a", "b"], "id": "1"}
    assert ask("GET", "/api/1?tag=a").json == {"tags": ["a"], "id": "1"}


WHOLE = """
def log(req, res):
    res.set_header("x-names", ",".join(req.body))


def handler(req, res):
    data = req.body
    if req.method == "PUT":
        log(req, res)
        return res.status(201).json({"name": data["name"], "all": data})
    if req.method == "PATCH":
        return res.json({**(req.body or {}), "seen": True})
    res.json(req.body)
"""


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("POST", {"name": "Lamp", "tag": ["a", "b", "c"]}),
        ("PUT", {"name": "Lamp", "all": {"name": "Lamp", "tag": ["a", "b", "c"]}}),
        ("PATCH", {"name": "Lamp", "tag": ["a", "b", "c"], "seen": True}),
    ],
)
def test_a_form_that_is_handed_on_whole_is_a_dict(write, asking, tmp_path, method, expected):
    root = write({"pages/api/x.py": WHOLE})
    given = {"headers": {"content-type": "application/x-www-form-urlencoded"}, "body": "name=Lamp&tag=a&tag=b&tag=c"}
    before = asking(root)(method, "/api/x", **given)
    run_codemod("api-routes", root)
    after = asking(root)(method, "/api/x", **given)
    assert before.json == after.json == expected
    assert before.status == after.status
    assert before.headers.get("x-names") == after.headers.get("x-names")
    assert asking(root)(method, "/api/x", json_body={"name": "Lamp"}).status == after.status


def test_a_form_that_is_read_by_its_names_stays_one(write):
    text, left = convert(
        write, "def handler(req, res):\n    form = req.body\n    res.json([form.get('a'), form['b']])\n"
    )
    assert left == ""
    assert "_body_of" not in text

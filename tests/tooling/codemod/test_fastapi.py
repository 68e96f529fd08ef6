"""The codemod `fastapi`: golden files, what the results answer, and what is left alone."""

import re

import pytest

from notebook_routes.tooling.codemod.catalogue import Options
from notebook_routes.tooling.codemod.run import run_codemod
from tests.tooling.codemod.conftest import texts_below

_TOP = """
from typing import Annotated

from fastapi import Body, Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel

app = FastAPI()


""".lstrip()
_ANN = {"authorization": "Bearer ann"}


@pytest.fixture
def convert(converting):
    return converting("fastapi", _TOP)


def without_versions(texts):
    return {
        path: re.sub(r"==.*", "==VERSION", text) if path.endswith("requirements.txt") else text
        for path, text in texts.items()
    }


def test_golden_files(golden):
    root, expected = golden("fastapi")
    todo = run_codemod("fastapi", root / "todo.py")
    shop = run_codemod("fastapi", root / "shop")
    run_codemod("fastapi", root / "shop", Options(to_notebook=True))
    assert without_versions(texts_below(root)) == expected
    assert (todo.status, shop.status) == (3, 0)
    assert todo.plan.left == {root / "todo.py": "live(): app.websocket has no counterpart"}
    assert shop.plan.routes == ["GET /lamps", "GET /people/[name]", "PUT /people/[name]"]


def test_a_second_run_changes_nothing(golden):
    root, _ = golden("fastapi")
    run_codemod("fastapi", root / "shop")
    before = texts_below(root)
    again = run_codemod("fastapi", root / "shop")
    assert (again.status, again.writes) == (0, [])
    assert texts_below(root) == before


def test_the_results_answer(golden, asking):
    root, _ = golden("fastapi")
    run_codemod("fastapi", root / "todo.py")
    ask = asking(root / "todo_routes")
    index = ask("GET", "/")
    assert (index.text, index.headers["content-type"]) == ("<h1>Todo</h1>", "text/html; charset=utf-8")
    assert index.headers["x-path"] == "/"
    lamp = {"id": 1, "title": "Buy a lamp", "kind": "small"}
    assert ask("GET", "/api/tasks").json == [lamp]
    assert ask("GET", "/api/tasks?skip=1").json == []
    kind = ask("GET", "/api/tasks?kind=none&limit=x")
    assert (kind.status, kind.json) == (
        422,
        {
            "detail": [
                {
                    "type": "int_parsing",
                    "loc": ["query", "limit"],
                    "msg": "Input should be a valid integer, unable to parse string as an integer",
                    "input": "x",
                },
                {
                    "type": "enum",
                    "loc": ["query", "kind"],
                    "msg": "Input should be 'small' or 'big'",
                    "input": "none",
                    "ctx": {"expected": "'small' or 'big'"},
                },
            ]
        },
    )
    other = ask("PUT", "/log")
    assert (other.status, other.json, other.headers["allow"]) == (
        405,
        {"detail": "Method Not Allowed"},
        "GET, HEAD, OPTIONS",
    )
    for accept in ("*/*", "application/json", "text/html"):
        assert ask("GET", "/no/such/path", headers={"accept": accept}).json == {"detail": "Not Found"}
    assert ask("GET", "/api/tasks/1").json == lamp
    missing = ask("GET", "/api/tasks/9")
    assert (missing.status, missing.json) == (404, {"detail": "no task 9"})
    refused = ask("POST", "/api/tasks", json_body={"title": "x"})
    assert (refused.status, refused.json) == (401, {"detail": "Not authenticated"})
    stranger = ask("POST", "/api/tasks", json_body={"title": "x"}, headers={"authorization": "Bearer bo"})
    assert (stranger.json, stranger.headers["www-authenticate"]) == ({"detail": "who are you?"}, "Bearer")
    made = ask("POST", "/api/tasks", json_body={"title": "Sell", "secret": "s"}, headers=_ANN)
    assert (made.status, made.json) == (201, {"id": 2, "title": "Sell", "kind": "small"})
    assert (made.headers["x-by"], made.headers.get_set_cookie()) == ("ann", ["last=2; Path=/; HttpOnly; SameSite=lax"])
    assert ask("POST", "/api/tasks", json_body={}, headers=_ANN).json["detail"] == [
        {"type": "missing", "loc": ["body", "title"], "msg": "Field required", "input": {}}
    ]
    broken = ask("POST", "/api/tasks", body='{"title": }', headers={**_ANN, "content-type": "application/json"})
    assert broken.json["detail"] == [
        {
            "type": "json_invalid",
            "loc": ["body", 10],
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": "Expecting value"},
        }
    ]
    changed = ask("PATCH", "/api/tasks/2", json_body={"title": "Sell it"}, headers={"x-reason": "why"})
    assert changed.json == {"changed": ["title"], "reason": "why"}
    assert ask("DELETE", "/api/tasks/2", headers=_ANN).status == 204
    assert ask("GET", "/log").json == ["begin", "open", "close", "open", "close", "added 2"]
    assert ask("GET", "/search?tag=a&tag=b", headers={"cookie": "theme=dark"}).json == {
        "q": "x",
        "tags": ["a", "b"],
        "theme": "dark",
    }
    assert ask("GET", "/search?q=long").status == 422
    assert ask("GET", "/files/a/b").json == "a/b"
    form = (
        '--b\r\ncontent-disposition: form-data; name="name"\r\n\r\nAnn\r\n'
        '--b\r\ncontent-disposition: form-data; name="photo"; filename="a.png"\r\n\r\nabc\r\n--b--\r\n'
    )
    sent = ask("POST", "/form", body=form, headers={"content-type": "multipart/form-data; boundary=b"})
    assert sent.json == {"name": "Ann", "photo": "a.png", "size": 3}
    old = ask("POST", "/old", body="x")
    assert (old.status, old.json, old.headers["x-old"]) == (202, {"body": "x"}, "1")
    assert ask("GET", "/old").status == 307
    assert ask("GET", "/nothing").text == "null"
    shared = ask("GET", "/log", headers={"origin": "https://a.example"})
    assert shared.headers["access-control-allow-origin"] == "https://a.example"


def test_routers_answer(golden, asking):
    root, _ = golden("fastapi")
    run_codemod("fastapi", root / "shop")
    ask = asking(root / "shop_routes")
    refused = ask("GET", "/lamps")
    assert (refused.status, refused.json) == (400, {"wrong": [["header", "x-key"]], "body": None})
    wrong = ask("GET", "/lamps", headers={"x-key": "x"})
    assert (wrong.status, wrong.json) == (403, {"error": "the key is wrong", "path": "/lamps"})
    missing = ask("GET", "/nobody", headers={"accept": "text/html"})
    assert (missing.status, missing.json) == (404, {"error": "Not Found", "path": "/nobody"})
    assert ask("GET", "/lamps", headers={"x-key": "k"}).json == [{"name": "Desk"}]
    unknown = ask("GET", "/people/ann")
    assert (unknown.status, unknown.json) == (418, {"unknown": "ann"})
    assert ask("PUT", "/people/ann", json_body={"age": 3}).text == "null"
    assert ask("PUT", "/people/ann", json_body={"age": -3}).json == {"wrong": [["body", "age"]], "body": {"age": -3}}
    assert ask("PUT", "/people/ann", body="{", headers={"content-type": "application/json"}).json == {
        "wrong": [["body", 1]],
        "body": "{",
    }
    assert ask("GET", "/people/ann").json == {"name": "ann", "age": 3}


@pytest.mark.parametrize(
    ("operation", "written"),
    [
        ("@app.get('/x')\ndef x():\n    return {'a': 1}\n", "    return {'a': 1}"),
        (
            "@app.get('/x')\ndef x():\n    return other()\n\n\ndef other():\n    return 1\n",
            "return Response.json(other())",
        ),
        (
            "@app.head('/x')\ndef x(response: Response):\n    response.headers['a'] = 'b'\n",
            "def HEAD():\n    response = Response()",
        ),
        ("@app.get('/x', status_code=202)\ndef x():\n    return 1\n", "return Response.json(1, status=202)"),
        (
            "@app.get('/x')\nasync def x(n: int = Query(1, ge=1)):\n    return [n]\n",
            "n: Annotated[int, Field(ge=1)] = 1",
        ),
        ("@app.get('/x')\ndef x(a: str = Header(alias='X-A')):\n    return [a]\n", 'a: Annotated[str, Header("X-A")]'),
        ("@app.post('/x')\ndef x(data: dict = Body()):\n    return data\n", "def POST(body: dict):\n    data = body"),
        ("@app.get('/x')\ndef x(r: Request):\n    return [r.method]\n", "def GET(request):\n    r = request"),
        ("@app.get('/x')\ndef x(r: Request):\n    return [r.query_params['a']]\n", "    return [r.query['a']]"),
        ("@app.get('/x')\ndef x(request: Request):\n    return [request.path_params]\n", "def GET(request, params):"),
    ],
)
def test_what_an_operation_becomes(convert, operation, written):
    files, outcome = convert(operation)
    assert written in files["app/x/route.py"]
    assert outcome.status == 0


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("@app.get('/x')\ndef x():\n    return FileResponse('a')\n", "GET /x: it sends a file"),
        ("@app.get('/x')\n@cached\ndef x():\n    return 1\n", "x() has decorators of its own"),
        ("@app.get('/x')\ndef x():\n    yield 1\n", "GET /x: it yields"),
        (
            "@app.get('/x')\ndef x(m: Annotated[BaseModel, Query()]):\n    return 1\n",
            "m is a model of more than one value",
        ),
        ("@app.get('/a-{b}')\ndef x(b):\n    return b\n", '"a-{b}" in "/a-{b}" is not a whole segment'),
        ("@app.get('/x')\ndef x(a=Depends(other.thing)):\n    return 1\n", "is none of the program's functions"),
        ("@app.get('/x')\ndef x(a: str = Query(alias='b-c')):\n    return 1\n", "a is called b-c in the query"),
        ("@app.get('/x'\n", "it is no Python"),
    ],
)
def test_what_is_not_understood_is_left_out_and_named(convert, program, reason):
    files, outcome = convert(program)
    assert files == {}
    assert reason in "".join(outcome.plan.left.values())
    assert outcome.status == 3


def test_two_parameters_of_the_body_are_the_fields_of_a_class(convert, asking, tmp_path):
    models = "class A(BaseModel):\n    a: int\n\n\nclass B(BaseModel):\n    b: int = 2\n\n\n"
    convert(
        models
        + "@app.post('/x')\ndef x(one: A, two: B, n: Annotated[int, Body()] = 3):\n    return [one.a, two.b, n]\n"
    )
    ask = asking(tmp_path / "prog_routes")
    assert ask("POST", "/x", json_body={"one": {"a": 1}, "two": {}}).json == [1, 2, 3]
    assert ask("POST", "/x", json_body={"one": {"a": 1}}).status == 422


def test_what_is_declared_holds(convert, asking, tmp_path):
    _, outcome = convert(
        "@app.post('/file')\ndef file(data: Annotated[bytes, File()], more: bytes | None = File(None)):\n"
        "    return [len(data), more]\n\n\n"
        "@app.put('/status', status_code=201)\ndef status(old: bool, response: Response):\n"
        "    if old:\n        response.status_code = 200\n    return {}\n\n\n"
        "@app.get('/old', response_class=RedirectResponse)\ndef old():\n    return '/new'\n\n\n"
        "@app.post('/two')\ndef two(a: int = Body(gt=0), b: Annotated[str, Body(max_length=1)] = 'x'):\n"
        "    return [a, b]\n",
        top=_TOP.replace("Body, ", "Body, File, Response, ").replace("FileResponse", "RedirectResponse"),
    )
    assert outcome.status == 0
    ask = asking(tmp_path / "prog_routes")
    form = '--b\r\ncontent-disposition: form-data; name="data"; filename="a"\r\n\r\nabc\r\n--b--\r\n'
    sent = ask("POST", "/file", body=form, headers={"content-type": "multipart/form-data; boundary=b"})
    assert sent.json == [3, None]
    assert [ask("PUT", f"/status?old={old}").status for old in (0, 1)] == [201, 200]
    moved = ask("GET", "/old")
    assert (moved.status, moved.headers["location"][-4:]) == (307, "/new")
    assert ask("POST", "/two", json_body={"a": 1}).json == [1, "x"]
    assert [each["loc"] for each in ask("POST", "/two", json_body={"a": 0, "b": "xy"}).json["detail"]] == [
        ["body", "a"],
        ["body", "b"],
    ]


_ERRORS = """
class Teapot(HTTPException):
    pass


def no(request, exc):
    return JSONResponse({"no": request.url.path}, status_code=exc.status_code)


app.add_exception_handler(404, no)


@app.exception_handler(Teapot)
async def teapot(request: Request, exc: Teapot):
    return JSONResponse({"tea": exc.detail}, status_code=418, headers=exc.headers)


@app.exception_handler(Exception)
def failed(request: Request, exc: Exception):
    return JSONResponse({"failed": str(exc)}, status_code=500)


async def checked(n: int):
    if n == 1:
        raise Teapot(418, {"n": n}, {"x-tea": "1"})
    if n == 2:
        raise HTTPException(404)
    if n == 3:
        raise HTTPException(403)
    if n == 4:
        raise ValueError("four")


@app.get("/x/{n}")
def x(n: Annotated[int, Depends(checked)]):
    return {}


@app.get("/y/{n}")
async def y(n: int):
    await checked(n)
    return n
"""


def test_a_program_answers_its_errors_itself(convert, asking, tmp_path):
    _, outcome = convert(_ERRORS)
    assert outcome.status == 0
    ask = asking(tmp_path / "prog_routes")
    for path in ("/x", "/y"):
        tea = ask("GET", f"{path}/1")
        assert (tea.status, tea.json, tea.headers["x-tea"]) == (418, {"tea": {"n": 1}}, "1")
        assert ask("GET", f"{path}/2").json == {"no": f"{path}/2"}
        assert ask("GET", f"{path}/3").json == {"detail": "Forbidden"}
        four = ask("GET", f"{path}/4")
        assert (four.status, four.json) == (500, {"failed": "four"})
        assert ask("GET", f"{path}/a").json["detail"][0]["loc"] == ["path", "n"]
    assert ask("GET", "/z").json == {"no": "/z"}
    assert ask("POST", "/x/1").json == {"detail": "Method Not Allowed"}


def test_a_handler_of_errors_that_cannot_be_is_named_and_the_rest_converted(convert):
    handler = (
        "@app.exception_handler(ValueError)\nasync def wrong(request, exc):\n    return await other(request, exc)\n"
    )
    files, outcome = convert(f"{handler}\n\n@app.get('/x')\ndef x():\n    return {{}}\n")
    assert "".join(outcome.plan.left.values()) == "wrong() answers errors: it waits for something"
    assert "def wrong" not in "".join(files.values())
    assert "app/x/route.py" in files


def test_without_old_errors_there_are_only_the_programs_own(write, asking, tmp_path):
    operation = "@app.get('/x')\ndef x(n: int):\n    return n\n"
    run_codemod("fastapi", write({"a.py": _TOP + operation}) / "a.py", Options(old_errors=False))
    assert not (tmp_path / "a_routes/middleware.py").exists()
    handler = "@app.exception_handler(404)\ndef no(request, exc):\n    return JSONResponse({'no': exc.detail}, 404)\n"
    run_codemod("fastapi", write({"b.py": f"{_TOP}{handler}\n\n{operation}"}) / "b.py", Options(old_errors=False))
    ask = asking(tmp_path / "b_routes")
    assert ask("GET", "/none").json == {"no": "Not Found"}
    assert ask("GET", "/x").json == {"detail": [{"loc": ["query", "n"], "msg": "Field required", "type": "missing"}]}
    assert ask("POST", "/x").text == "POST is not allowed here: GET, HEAD, OPTIONS\n"


def test_without_fastapi_there_is_nothing_to_do(convert):
    assert convert("x = 1\n", top="")[1].summary == "nothing to do"


def test_options_of_a_cookie(convert):
    files, _ = convert(
        "OPTIONS = {}\n\n\n@app.get('/')\ndef home(response: Response):\n"
        "    response.set_cookie(key='a', value='b', httponly = True, **OPTIONS)\n    return {}\n",
        _TOP.replace("import FastAPI", "import FastAPI, Response"),
    )
    assert "response.cookies.set(name='a', value='b', http_only=True, **_shared.OPTIONS)" in files["app/route.py"]


def test_the_line_that_a_file_is_run_by(convert):
    files, outcome = convert(
        "@app.get('/')\ndef home():\n    return {}\n\n\nif (__name__ == '__main__'):\n    uvicorn.run(app)\n"
    )
    assert (outcome.status, "uvicorn" in files["app/route.py"]) == (0, False)


def test_what_an_app_does_when_it_starts(convert, asking, tmp_path):
    found, outcome = convert(
        "from contextlib import asynccontextmanager\n\nlamps = {}\n\n\n@asynccontextmanager\nasync def lifespan(app):\n"
        "    lamps[1] = named(1)\n    yield\n    lamps.clear()\n\n\ndef named(n):\n    return f'lamp {n}'\n\n\n"
        "app = FastAPI(lifespan=lifespan)\n\n\n@app.get('/lamps')\ndef read():\n    return lamps\n"
    )
    assert list(outcome.plan.left.values()) == ["what lifespan() does when the app ends has no counterpart"]
    assert "clear()" not in "".join(found.values())
    assert asking(tmp_path / "prog_routes")("GET", "/lamps").json == {"1": "lamp 1"}


@pytest.mark.parametrize("start", ["await connect()", "app.state.n = 1", "async with x: pass", "x = yield"])
def test_a_start_that_a_module_cannot_have_is_named(convert, start):
    _, outcome = convert(
        f"async def lifespan(app):\n    {start}\n    yield\n\n\napp = FastAPI(lifespan=lifespan)\n\n\n"
        "@app.get('/a')\ndef read():\n    return 1\n"
    )
    assert list(outcome.plan.left.values()) == [
        "the lifespan of the app has no counterpart: do it where the module begins"
    ]


def test_what_a_request_says(convert, asking, tmp_path):
    _, outcome = convert(
        "from fastapi import Query, Request, Response\nfrom fastapi.responses import StreamingResponse\n\n\n"
        "@app.get('/asked')\ndef asked(request: Request):\n"
        "    return {'from': request.client is None, 'cookies': request.cookies, 'query': request.url.query}\n\n\n"
        "@app.get('/scope')\ndef scope(request: Request):\n    return request.scope['type']\n\n\n"
        "@app.get('/rows')\ndef rows(q: str = Query('a', alias='search', max_length=3)):\n"
        "    return {'q': q}\n\n\n"
        "@app.get('/stream')\ndef stream():\n    def each():\n        yield 'a'\n"
        "    return StreamingResponse(each(), media_type='text/csv')\n\n\n"
        "@app.get('/cookie')\ndef cookie(response: Response):\n    response.set_cookie('a', 'b')\n    return {}\n"
    )
    assert list(outcome.plan.left.values()) == ["GET /scope: request.scope has no counterpart"]
    ask = asking(tmp_path / "prog_routes")
    assert ask("GET", "/asked?x=1", headers={"cookie": "a=1"}).json["cookies"] == {"a": "1"}
    assert ask("GET", "/asked?x=1").json["query"] == "x=1"
    assert ask("GET", "/rows?search=b").json == {"q": "b"}
    assert ask("GET", "/rows").json == {"q": "a"}
    assert ask("GET", "/stream").headers["content-type"] == "text/csv"
    assert ask("GET", "/rows?search=long").status == 422
    assert ask("GET", "/cookie").headers["set-cookie"] == "a=b; Path=/; SameSite=lax"

"""The codemod `flask`: golden files, what the results answer, and what is left alone."""

import sys

import pytest

from notebook_routes import __version__
from notebook_routes.project.current_folder import within
from notebook_routes.project.export import export_tree
from notebook_routes.project.notebook_source import read_notebook
from notebook_routes.tooling.codemod.catalogue import Options
from notebook_routes.tooling.codemod.run import run_codemod
from tests.tooling.codemod.conftest import texts_below

_TOP = "from flask import Flask, abort, jsonify, request, session\n\napp = Flask(__name__)\n\n\n"


@pytest.fixture
def convert(converting):
    return converting("flask", _TOP)


def test_golden_files(golden):
    root, expected = golden("flask")
    todo = run_codemod("flask", root / "todo.py")
    shop = run_codemod("flask", root / "shop")
    run_codemod("flask", root / "shop", Options(to_notebook=True))
    found = texts_below(root)
    assert {
        path: text.replace(__version__, "VERSION") if "requirements" in path else text for path, text in found.items()
    } == (expected)
    assert (todo.status, shop.status) == (3, 0)
    assert todo.plan.left == {root / "todo.py": "GET /page: it uses render_template()"}
    assert shop.plan.routes == ["GET /api/lamps", "POST /people", "GET /people/[name]"]


def test_a_second_run_changes_nothing(golden):
    root, _ = golden("flask")
    run_codemod("flask", root / "shop")
    before = texts_below(root)
    again = run_codemod("flask", root / "shop")
    assert (again.status, again.writes) == (0, [])
    assert texts_below(root) == before


def test_the_program_is_not_touched(golden):
    root, _ = golden("flask")
    before = texts_below(root)
    run_codemod("flask", root / "todo.py")
    after = texts_below(root)
    assert {path: after[path] for path in before} == before


def test_the_results_answer(golden, asking):
    root, _ = golden("flask")
    run_codemod("flask", root / "todo.py")
    ask = asking(root / "todo_routes")
    tasks = ask("GET", "/tasks?as=ann&most=x")
    assert tasks.json == {"tasks": [{"id": 1, "title": "Buy a lamp", "done": False}], "asked": "ann"}
    assert tasks.headers["x-served"] == "yes"
    made = ask("POST", "/tasks", json_body={"title": "Sell it"})
    assert (made.status, made.headers["x-id"], made.json["uri"]) == (201, "2", "/tasks/2")
    assert ask("POST", "/tasks", json_body={}).status == 400
    assert ask("POST", "/tasks", body="title", headers={"content-type": "text/plain"}).status == 415
    assert ask("GET", "/tasks/2").json["title"] == "Sell it"
    assert ask("GET", "/tasks/7").json == {"error": "there is no task 7"}
    assert ask("GET", "/tasks/x").status == 404
    for accept in ("*/*", "application/json", "text/html"):
        missing = ask("GET", "/no/such/path", headers={"accept": accept})
        assert missing.json["error"].startswith("The requested URL was not found on the server.")
    other = ask("PATCH", "/tasks")
    assert other.status == 405
    assert other.text == (
        "<!doctype html>\n<html lang=en>\n<title>405 Method Not Allowed</title>\n<h1>Method Not Allowed</h1>\n"
        "<p>The method is not allowed for the requested URL.</p>\n"
    )
    assert (other.headers["allow"], other.headers["x-served"]) == ("GET, HEAD, OPTIONS, POST", "yes")
    assert ask("DELETE", "/tasks/1").json == {"error": "no key"}
    gone = ask("DELETE", "/tasks/1", headers={"x-key": "secret"})
    assert (gone.status, gone.text) == (204, "")
    blocked = ask("GET", "/blocked")
    assert (blocked.status, blocked.text, blocked.headers["x-served"]) == (403, "blocked", "yes")
    index = ask("GET", "/")
    assert (index.status, index.headers["location"][-6:]) == (302, "/tasks")
    hello = ask("GET", "/hello/Ann")
    assert (hello.text, hello.headers["content-type"]) == ("<p>Hello Ann</p>", "text/html; charset=utf-8")
    assert hello.headers.get_set_cookie() == ["name=Ann; Path=/; HttpOnly"]
    form = {"content-type": "application/x-www-form-urlencoded", "cookie": "theme=dark"}
    assert ask("POST", "/form", body="name=Bo", headers=form).json == {"name": "Bo", "rest": "-", "theme": "dark"}
    assert ask("POST", "/form", body="x=1", headers=form).status == 400


def test_blueprints_answer_from_the_tree_and_from_the_notebook(golden, asking, tmp_path, monkeypatch):
    root, _ = golden("flask")
    run_codemod("flask", root / "shop")
    run_codemod("flask", root / "shop", Options(to_notebook=True))
    export_tree(read_notebook(root / "shop_routes.ipynb"), tmp_path / "tree", replay=False)
    (tmp_path / "tree/shop").mkdir()
    (tmp_path / "tree/shop/stock.py").write_text((root / "shop/stock.py").read_text())
    for tree in (root / "shop_routes", tmp_path / "tree"):
        for name in ("shop", "shop.stock"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        with within(tree) as here:
            ask = asking(here)
            assert ask("GET", "/api/lamps").json == [{"name": "Desk", "kind": "lamp"}]
            made = ask("POST", "/people", json_body={"name": "Ann"})
            short = ask("POST", "/people", json_body={"name": "A"})
            broken = ask("POST", "/people", json_body={})
            absent = ask("GET", "/people/bo")
        assert (made.status, made.json) == (201, {"name": "Ann", "kind": "person"})
        assert (short.status, short.json) == (422, {"error": "A", "path": "/people"})
        assert (broken.status, "<p>The server encountered an internal error" in broken.text) == (500, True)
        assert (absent.status, "<p>bo isn&#39;t here</p>" in absent.text) == (404, True)


@pytest.mark.parametrize(
    ("view", "written"),
    [
        ("@app.route('/x')\ndef x():\n    return 'text'\n", "return Response('text', headers="),
        ("@app.route('/x')\ndef x():\n    return jsonify(1, 2)\n", "return Response.json([1, 2])"),
        ("@app.route('/x')\ndef x():\n    return {'a': 1}, 202\n", "return Response.json({'a': 1}, status=202)"),
        ("@app.route('/x')\ndef x():\n    abort(403)\n", "forbidden()"),
        ("@app.route('/x')\ndef x():\n    abort(409, 'no')\n", "raise HTTPError(409, 'no')"),
        ("@app.route('/x/<path:p>')\ndef x(p):\n    return p\n", '    p = "/".join(p)\n    return answer_of(p)'),
        ("@app.route('/x')\ndef x():\n    return request.headers['A']\n", "answer_of(request.headers['A'])"),
        ("@app.post('/x')\ndef x():\n    return request.data\n", "def POST(body: bytes):"),
    ],
)
def test_what_a_view_becomes(convert, view, written):
    files, outcome = convert(view)
    path = "app/x/[...p]/route.py" if "<path" in view else "app/x/route.py"
    assert written in files[path]
    assert outcome.status == 0


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("@app.route('/x')\ndef x():\n    return session['a']\n", "GET /x: it uses Flask's session"),
        ("@app.route('/x')\n@auth.required\ndef x():\n    return 'a'\n", "@auth.required is none of the program's"),
        ("@app.route('/a-<b>')\ndef x(b):\n    return b\n", '"a-<b>" in "/a-<b>" is not a whole segment'),
        ("db = SQL(app)\n\n\n@app.route('/x')\ndef x():\n    return 'a'\n", "it uses app in a way that only Flask has"),
        ("@app.route('/x'\n", "it is no Python"),
    ],
)
def test_what_is_not_understood_is_left_out_and_named(convert, program, reason):
    files, outcome = convert(program)
    assert files == {}
    assert reason in "".join(outcome.plan.left.values())
    assert outcome.status == 3


def test_without_flask_there_is_nothing_to_do(convert):
    assert convert("x = 1\n", top="")[1].summary == "nothing to do"


def test_files_that_were_edited_are_not_overwritten(convert, tmp_path):
    convert("@app.route('/x')\ndef x():\n    return 'a'\n")
    route = tmp_path / "prog_routes/app/x/route.py"
    route.write_text("def GET():\n    return 'mine'\n")
    _, outcome = convert("@app.route('/x')\ndef x():\n    return 'b'\n")
    assert "is there already" in "".join(outcome.plan.left.values())
    assert route.read_text() == "def GET():\n    return 'mine'\n"


_ERRORS = """
@app.errorhandler(HTTPException)
def said(error):
    return jsonify(code=error.code, name=error.name, said=error.description, whole=str(error)), error.code


@app.errorhandler(418)
def teapot(error):
    return "short and stout", 418


@app.errorhandler(LookupError)
def lost(error):
    return jsonify(lost=type(error).__name__)


@app.errorhandler(KeyError)
def no_key(error):
    return jsonify(key=error.args[0]), 404


@app.before_request
def begin():
    if "key" in request.args:
        return {}[request.args["key"]]


@app.route("/x/<what>")
def x(what):
    if what == "conflict":
        raise Conflict
    if what == "list":
        return [][1]
    if what == "key":
        return {}["k"]
    if what == "zero":
        return 1 / 0
    abort(int(what))
"""


def test_a_program_answers_its_errors_itself(convert, asking, tmp_path):
    top = _TOP.replace("\n\napp", "\nfrom werkzeug.exceptions import Conflict, HTTPException\n\napp")
    _, outcome = convert(_ERRORS, top=top)
    assert outcome.status == 0
    ask = asking(tmp_path / "prog_routes")
    conflict = ask("GET", "/x/conflict")
    assert (conflict.status, conflict.json["code"], conflict.json["name"]) == (409, 409, "Conflict")
    assert conflict.json["whole"].startswith("409 Conflict: A conflict happened")
    assert ask("GET", "/x/418").text == "short and stout"
    assert (ask("GET", "/x/list").status, ask("GET", "/x/list").json) == (200, {"lost": "IndexError"})
    assert (ask("GET", "/x/key").status, ask("GET", "/x/key").json) == (404, {"key": "k"})
    assert ask("GET", "/x/418?key=a").json == {"key": "a"}
    assert ask("GET", "/x/zero").json["name"] == "Internal Server Error"
    assert ask("PUT", "/x/1").json["said"] == "The method is not allowed for the requested URL."
    assert ask("GET", "/none").json["code"] == 404


def test_a_handler_of_errors_that_cannot_be_is_named_and_the_rest_converted(convert):
    handler = (
        "@app.errorhandler(Exception)\ndef all_of_them(error):\n"
        "    return error if isinstance(error, HTTPException) else ('no', 500)\n\n\n"
    )
    top = f"from werkzeug.exceptions import HTTPException\n{_TOP}"
    files, outcome = convert(f"{handler}@app.route('/x')\ndef x():\n    return 'a'\n", top=top)
    assert "all_of_them(): it answers errors, and asks for those of Werkzeug" in "".join(outcome.plan.left.values())
    assert "all_of_them" not in "".join(files.values())
    assert "app/x/route.py" in files


def test_without_old_errors_there_are_only_the_programs_own(write, asking, tmp_path):
    view = "@app.route('/x')\ndef x():\n    abort(404)\n"
    run_codemod("flask", write({"a.py": _TOP + view}) / "a.py", Options(old_errors=False))
    assert not (tmp_path / "a_routes/middleware.py").exists()
    handler = "@app.errorhandler(404)\ndef no(error):\n    return f'no: {error.description[:7]}', 404\n\n\n"
    run_codemod("flask", write({"b.py": _TOP + handler + view}) / "b.py", Options(old_errors=False))
    ask = asking(tmp_path / "b_routes")
    assert ask("GET", "/x").text == "no: The req"
    assert ask("POST", "/x").text == "POST is not allowed here: GET, HEAD, OPTIONS\n"


_SESSION = """
app.secret_key = 'dev'


def required(view):
    @wraps(view)
    def guarded(**given):
        if 'user' not in session:
            return 'who?', 401
        return view(**given)

    return guarded


@app.after_request
def sign(response):
    response.headers['x-user'] = session.get('user', '-')
    return response


@app.post('/login/<user>')
def login(user):
    session.clear()
    session['user'] = user
    session.permanent = user == 'bo'
    return ''


@app.get('/visits')
@required
def visits():
    session['visits'] = session.get('visits', 0) + 1
    db.session = 1
    return jsonify(session=dict(session), other=db.session)


@app.get('/logout')
def logout():
    session.clear()
    return ''


class db:
    session = 0
"""


def test_the_session_is_in_the_cookie_that_flask_had(convert, asking, tmp_path):
    _, outcome = convert(_SESSION, top=f"from functools import wraps\n{_TOP}")
    assert outcome.status == 0
    ask = asking(tmp_path / "prog_routes")

    def cookie_of(asked):
        (line,) = asked.headers.get_set_cookie()
        return {"cookie": line.partition(";")[0]}, line

    assert (ask("GET", "/visits").status, ask("GET", "/visits").headers.get_set_cookie()) == (401, [])
    ann, line = cookie_of(ask("POST", "/login/ann"))
    assert line.endswith("; Path=/; HttpOnly")
    once = ask("GET", "/visits", headers=ann)
    assert once.json == {"session": {"user": "ann", "_permanent": False, "visits": 1}, "other": 1}
    assert (once.headers["x-user"], once.headers["vary"]) == ("ann", "Cookie")
    again, _ = cookie_of(once)
    assert ask("GET", "/visits", headers=again).json["session"]["visits"] == 2
    assert "Expires=Thu, 01 Jan 1970" in cookie_of(ask("GET", "/logout", headers=again))[1]
    assert "Max-Age=2678400" in cookie_of(ask("POST", "/login/bo"))[1]
    forged = {"cookie": f"{ann['cookie'][:-2]}xx"}
    assert [ask("GET", "/visits", headers=each).status for each in (forged, {"cookie": "session=x"})] == [401, 401]


@pytest.mark.parametrize(
    ("cookie", "session"),
    [
        ("eyJ1c2VyIjoiYW5uIiwibiI6WzEsMl19.9IZXAA.h87JQDi6vkPJdBt_OF94IZtclkA", {"user": "ann", "n": [1, 2]}),
        (
            ".eJyrViotTi1SslJKzMtT0lEqSa0oAXGGCVCqBQAJOVMy.9IZXAA.XYqqFhWfmk5WCvrfgsDnVHZhvyw",
            {"user": "ann", "text": "a" * 200},
        ),
    ],
)
def test_a_session_that_flask_has_written_goes_on(convert, asking, tmp_path, cookie, session):
    # Flask has written them with its clock at 2100.
    convert(_SESSION, top=f"from functools import wraps\n{_TOP}")
    asked = asking(tmp_path / "prog_routes")("GET", "/visits", headers={"cookie": f"session={cookie}"})
    assert asked.json["session"] == {**session, "visits": 1}


def test_settings_of_the_sessions_cookie_are_named(convert):
    view = "@app.get('/x')\ndef x():\n    return session['a']\n"
    settings = "app.config.from_mapping(SECRET_KEY='dev', SESSION_COOKIE_SECURE=True)\n\n\n"
    files, outcome = convert(settings + view)
    assert "settings that begin with SESSION_ are not read" in "".join(outcome.plan.left.values())
    assert "app_config.update(SECRET_KEY='dev'" in files["app/_shared.py"]


def test_a_traceback_is_left_as_it_is(convert, asking, tmp_path):
    convert("@app.route('/x')\ndef x():\n    return 1 / 0\n")
    assert asking(tmp_path / "prog_routes", explain=True)("GET", "/x").text.startswith("Traceback")
    assert asking(tmp_path / "prog_routes")("GET", "/x").text.startswith("<!doctype html>")


def test_what_is_streamed(convert, asking, tmp_path):
    convert("@app.route('/x')\ndef x():\n    return (f'{n};' for n in range(2)), {'content-type': 'text/csv'}\n")
    asked = asking(tmp_path / "prog_routes")("GET", "/x")
    assert (asked.status, asked.headers["content-type"]) == (200, "text/csv")


def test_several_slashes_in_a_path_are_one(convert):
    _, outcome = convert("@app.route('/a//b/')\ndef x():\n    return 'a'\n")
    assert outcome.plan.routes == ["GET /a/b"]


def test_options_of_a_cookie(convert):
    files, _ = convert(
        "OPTIONS = {}\n\n\n@app.get('/')\ndef home():\n    response = jsonify([])\n"
        "    response.set_cookie('a', 'b=c', httponly = True, **OPTIONS)\n    return response\n"
    )
    assert "response.cookies.set('a', 'b=c', http_only=True, **_shared.OPTIONS)" in files["app/route.py"]


def test_a_handler_of_errors_of_one_blueprint_is_named(convert):
    blueprint = "bp = Blueprint('bp', __name__)\napp.register_blueprint(bp)\n\n\n"
    handler = "@bp.errorhandler(ValueError)\ndef wrong(error):\n    return 'wrong', 400\n\n\n"
    views = "@bp.get('/a')\ndef a():\n    return 'a'\n"
    top = _TOP.replace("import Flask", "import Blueprint, Flask")
    both = f"{views}\n\n@app.get('/b')\ndef b():\n    return 'b'\n"
    _, outcome = convert(blueprint + handler + both, top=top)
    assert "wrong() answered errors of bp alone, and answers those of all now" in "".join(outcome.plan.left.values())


def test_a_handler_of_a_status_may_read_the_request(convert, asking, tmp_path):
    handlers = (
        "@app.errorhandler(404)\ndef no(error):\n    return f'{request.path}: {error.description[:3]}', 404\n\n\n"
        "@app.errorhandler(HTTPException)\ndef rest(error):\n"
        "    return f'{request.method} {error.code}', error.code\n\n\n"
    )
    view = "@app.route('/x')\ndef x():\n    raise NotFound('lost')\n"
    top = f"from werkzeug.exceptions import HTTPException, NotFound\n{_TOP}"
    _, outcome = convert(handlers + view, top=top)
    assert outcome.status == 0
    ask = asking(tmp_path / "prog_routes")
    assert [ask("GET", "/x").text, ask("GET", "/y").text, ask("PUT", "/x").text] == ["/x: los", "/y: The", "PUT 405"]


def test_hooks_of_a_blueprint_are_in_front_of_its_paths(convert, asking, tmp_path):
    found, outcome = convert("""
from flask import Blueprint, g

api = Blueprint("api", __name__, url_prefix="/api")


@api.before_request
def who():
    g.user = request.headers.get("x-user")
    if g.user is None:
        abort(401)


@api.after_request
def stamp(response):
    response.headers["x-stamp"] = "1"
    return response


@api.get("/lamps")
def lamps():
    return jsonify(g.user)


@api.get("/files/<path:name>")
def files(name):
    return name


@app.get("/")
def index():
    return "index"


app.register_blueprint(api)
""")
    assert outcome.status == 0
    assert '(who, ["/api/lamps", "/api/files/:name+"])' in found["middleware.py"]
    ask = asking(tmp_path / "prog_routes")
    assert ask("GET", "/api/lamps").status == 401
    assert ask("GET", "/api/files/a/b").status == 401
    lamps = ask("GET", "/api/lamps", headers={"x-user": "ann"})
    assert (lamps.json, lamps.headers["x-stamp"]) == ("ann", "1")
    index = ask("GET", "/")
    assert (index.status, "x-stamp" in index.headers) == (200, False)


def test_views_that_are_declared_by_a_line_of_their_own(convert, asking, tmp_path):
    found, outcome = convert("""
from flask.views import MethodView
from flask import url_for


def ping():
    return "pong"


class Lamps(MethodView):
    def get(self, id):
        return jsonify(id)

    def delete(self, id):
        return "", 204


class Held(MethodView):
    def get(self):
        return self.name


app.add_url_rule("/ping", "pinged", ping, methods=["GET", "POST"])
app.add_url_rule("/lamps/<int:id>", view_func=Lamps.as_view("lamp"))
app.add_url_rule("/held", view_func=Held.as_view("held"))


@app.get("/where")
def where():
    return url_for("lamp", id=3) + url_for("pinged", page=2, q="a b")
""")
    held = 'app.add_url_rule("/held", view_func=Held.as_view("held"))'
    assert list(outcome.plan.left.values()) == [
        f"{held}: the view is neither a function nor a MethodView of the program"
    ]
    assert "class Lamps" not in "".join(found.values())
    ask = asking(tmp_path / "prog_routes")
    assert ask("POST", "/ping").text == "pong"
    assert ask("GET", "/lamps/3").json == 3
    assert ask("DELETE", "/lamps/3").status == 204
    assert ask("GET", "/lamps/x").status == 404
    assert ask("GET", "/where").text == "/lamps/3/ping?page=2&q=a+b"


def test_what_responses_are_given(convert, asking, tmp_path):
    _, outcome = convert("""
from flask import Response, stream_with_context


def cached(seconds):
    def outer(view):
        def inner(*args, **kwargs):
            return view(*args, **kwargs)
        inner.__name__ = view.__name__
        return inner
    return outer


@app.get("/status/<int:code>")
@cached(3)
def status(code):
    return Response("x", code, {"X-Code": code})


@app.get("/rows.csv")
def rows():
    def lines():
        yield "1,2"
    return Response(stream_with_context(lines()), mimetype="text/csv")


@app.get("/added")
def added():
    answer = Response("x")
    answer.headers.add("x-a", "1")
    return answer


@app.get("/extended")
def extended():
    answer = Response("x")
    answer.headers.extend({"x-a": "1"})
    return answer


@app.get("/n/<int(min=3):n>")
def n(n):
    return jsonify(n), 200, {"X-N": n, "X-T": f"{n}"}
""")
    (left,) = outcome.plan.left.values()
    assert left == (
        'n(): "/n/<int(min=3):n>" asks more of a part than its type, which is not tested; '
        "GET /extended: answer.headers.extend has no counterpart"
    )
    ask = asking(tmp_path / "prog_routes")
    assert (ask("GET", "/status/418").status, ask("GET", "/status/418").headers["x-code"]) == (418, "418")
    assert ask("GET", "/rows.csv").headers["content-type"] == "text/csv; charset=utf-8"
    assert ask("GET", "/added").headers["x-a"] == "1"
    assert ask("GET", "/n/4").headers["x-n"] == "4"


def test_what_a_path_does_not_say_is_what_its_defaults_say(convert, asking, tmp_path):
    files, outcome = convert(
        "@app.route('/lamps', defaults={'page': 1, 'kind': 'all'})\n"
        "@app.route('/lamps/<kind>/<int:page>')\n"
        "def lamps(page, kind, size=10):\n    return jsonify([page, kind, size])\n\n\n"
        "def rest(name):\n    return jsonify(name)\n\n\n"
        "app.add_url_rule('/rest', view_func=rest, defaults={'name': None})\n"
    )
    assert outcome.status == 0
    assert "app/lamps/[kind]/[page]/route.py" in files
    ask = asking(tmp_path / "prog_routes")
    assert ask("GET", "/lamps").json == [1, "all", 10]
    assert ask("GET", "/lamps/desk/2").json == [2, "desk", 10]
    assert ask("GET", "/rest").text == "null"


def test_defaults_that_are_not_written_out_are_named(convert):
    _, outcome = convert("FIRST = {'a': 1}\n\n\n@app.route('/x', defaults=FIRST)\ndef x(a):\n    return jsonify(a)\n")
    assert "defaults" in "".join(outcome.plan.left.values())

"""What there is to do."""

import os
from functools import wraps

from flask import Flask, abort, g, jsonify, make_response, redirect, request, url_for
from flask_cors import CORS

app = Flask(__name__)
CORS(app)
app.config["KEY"] = os.environ.get("TODO_KEY", "secret")

# By number.
tasks = [{"id": 1, "title": "Buy a lamp", "done": False}]


def require_key(view):
    @wraps(view)
    def guarded(*args, **kwargs):
        if request.headers.get("X-Key") != app.config["KEY"]:
            return jsonify(error="no key"), 401
        return view(*args, **kwargs)

    return guarded


def find(number):
    found = [task for task in tasks if task["id"] == number]
    if not found:
        abort(404, f"there is no task {number}")
    return found[0]


@app.before_request
def begin():
    g.asked = request.args.get("as", "nobody")
    if request.path == "/blocked":
        return "blocked", 403


@app.after_request
def sign(response):
    response.headers["X-Served"] = "yes"
    return response


@app.errorhandler(404)
def missing(error):
    return make_response(jsonify({"error": error.description or "nothing here"}), 404)


@app.route("/")
def index():
    return redirect(url_for("all_tasks"))


# All of them, or a new one.
@app.route("/tasks", methods=["GET", "POST"])
def all_tasks():
    """All tasks."""
    if request.method == "POST":
        if not request.json or "title" not in request.json:
            abort(400)
        task = {"id": tasks[-1]["id"] + 1, "title": request.json["title"], "done": False}
        tasks.append(task)  # at the end
        return jsonify({"task": task, "uri": url_for("one_task", number=task["id"])}), 201, {"X-Id": str(task["id"])}
    most = request.args.get("most", 10, type=int)
    return jsonify({"tasks": tasks[:most], "asked": g.asked})


@app.get("/tasks/<int:number>")
def one_task(number):
    return find(number)


@app.delete("/tasks/<int:number>")
@require_key
def remove_task(number):
    tasks.remove(find(number))
    return "", 204


@app.route("/hello/<name>")
def hello(name):
    response = make_response(f"<p>Hello {name}</p>")
    response.set_cookie("name", name, httponly=True)
    return response


@app.route("/form", methods=["POST"])
def form():
    return {"name": request.form["name"], "rest": request.form.get("rest", "-"), "theme": request.cookies.get("theme")}


@app.route("/page")
def page():
    return render_template("page.html")


if __name__ == "__main__":
    app.run()

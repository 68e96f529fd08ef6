# From todo.py.

from notebook_routes import Response

cors = "*"


def GET():
    return Response.redirect("/tasks", 302)

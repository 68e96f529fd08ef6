# From todo.py.

from notebook_routes import Response

from app import _shared  # noqa: F401 - for what it does

cors = ["https://a.example"]


async def GET(request):
    if request.method == "POST":
        return Response.json({"body": (await request.bytes()).decode()}, status=202, headers={"X-Old": "1"})
    return Response.redirect("/log", 307)


async def POST(request):
    if request.method == "POST":
        return Response.json({"body": (await request.bytes()).decode()}, status=202, headers={"X-Old": "1"})
    return Response.redirect("/log", 307)

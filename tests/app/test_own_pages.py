import asyncio

from notebook_routes.app import App, Guard, OwnPages, health
from notebook_routes.web import Response


def test_pages_by_path_for_who_has_the_token():
    app = App()
    pages = app.own_pages = OwnPages()
    pages.add("/_routes/openapi.json", lambda request: Response.json({"method": request.method}))
    token = {"authorization": f"Bearer {app.guard.page_token}"}

    def ask(target, method="GET", headers=token):
        return asyncio.run(app.request(target, method=method, headers=headers))

    assert ask("/_routes/openapi.json?x=1").content == b'{"method":"GET"}'
    assert ask("/_routes/openapi.json", "HEAD").status == 200
    assert ask("/_routes/openapi.json", headers={}).status == 403
    assert ask("/_routes/other").status == 404
    refused = ask("/_routes/openapi.json", "POST")
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")


def test_open_pages_ask_for_no_token_and_for_a_known_host():
    app = App(guard=Guard(hosts=["shop.example"], token="secret"))
    app.own_pages = OwnPages()
    app.own_pages.add("/_routes/closed", lambda request: Response("closed"))
    app.open_pages.add("/_routes/health", health)

    def ask(target, method="GET", host="shop.example"):
        return asyncio.run(app.request(target, method=method, headers={"host": host}))

    answer = ask("/_routes/health")
    assert (answer.status, answer.content) == (200, b'{"status":"ok"}')
    assert "access-control-allow-origin" not in answer.headers
    assert ask("/_routes/health", "HEAD").status == 200
    assert ask("/_routes/health", "POST").status == 405
    assert ask("/_routes/health", host="evil.example").status == 421
    assert ask("/_routes/closed").status == 403


def test_a_page_that_writes():
    app = App()
    pages = app.own_pages = OwnPages()

    async def take(request):
        return Response(await request.text(), status=202)

    pages.add("/_routes/in", take, method="POST")
    pages.add("/_routes/both", health)
    pages.add("/_routes/both", take, method="POST")
    token = {"authorization": f"Bearer {app.guard.page_token}"}

    def ask(target, method="POST", **headers):
        body = "hello" if method == "POST" else None
        return asyncio.run(app.request(target, method=method, headers={**token, **headers}, body=body))

    assert (ask("/_routes/in").status, ask("/_routes/in").content) == (202, b"hello")
    assert ask("/_routes/both", "GET").content == b'{"status":"ok"}'
    assert (ask("/_routes/in", "GET").status, ask("/_routes/in", "GET").headers["allow"]) == (405, "POST")
    assert ask("/_routes/both", "PUT").headers["allow"] == "GET, HEAD, POST"
    assert ask("/_routes/in", authorization="").status == 403


def test_a_foreign_page_may_not_write_even_with_the_token():
    app = App(guard=Guard())
    pages = app.own_pages = OwnPages()
    pages.add("/_routes/in", health, method="POST")
    headers = {"authorization": f"Bearer {app.guard.page_token}", "host": "localhost", "origin": "http://evil.example"}
    assert asyncio.run(app.request("/_routes/in", method="POST", headers=headers)).status == 403
    own = {**headers, "origin": "http://localhost"}
    assert asyncio.run(app.request("/_routes/in", method="POST", headers=own)).status == 200


def test_the_inspectors_page_has_a_slash_at_its_end():
    app = App()

    def ask(target):
        return asyncio.run(app.request(target))

    assert ask("/_routes").status == 404
    app.open_pages.add("/_routes/", health)
    assert ask("/_routes/").status == 200
    moved = ask("/_routes")
    assert (moved.status, moved.headers["location"]) == (308, "/_routes/")

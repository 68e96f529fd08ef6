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

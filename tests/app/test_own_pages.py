import asyncio

from notebook_routes.app import App, OwnPages
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

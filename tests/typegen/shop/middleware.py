from notebook_routes import Request, Response


def middleware(request: Request) -> Response:
    response = Response.next()
    response.cookies.set("visits", int(request.cookies.value("visits", "0")) + 1)
    return response

# From shop.

import html
from http import HTTPStatus

from notebook_routes import HTTPError, Response

# Errors as the pages that Flask makes of them, for clients that read them. If none does, delete answer_errors
# and all that it uses, or the whole file where it has nothing else.

#: What Flask says of an error that says nothing itself.
DESCRIPTIONS = {
    400: "The browser (or proxy) sent a request that this server could not understand.",
    404: (
        "The requested URL was not found on the server. If you entered the URL manually please check your "
        "spelling and try again."
    ),
    405: "The method is not allowed for the requested URL.",
    415: "The server does not support the media type transmitted in the request.",
    500: (
        "The server encountered an internal error and was unable to complete your request. Either the server "
        "is overloaded or there is an error in the application."
    ),
}

#: What the server says of errors by itself; in development it shows a traceback, which is left as it is.
BY_SERVER = ("no route answers", "is not allowed here", "the body is not", "internal server error")


class FlaskError(HTTPError):
    """An error as Flask has it: with a code, a name and a description."""

    def __init__(self, code, description=None):
        self.code = code
        self.name = HTTPStatus(code).phrase
        self.description = description or DESCRIPTIONS.get(code, "")
        super().__init__(code, self.description)

    def __str__(self):
        return f"{self.code} {self.name}: {self.description}"


def flask_error(response):
    """The error that an answer says; None for one that a view has given, and for tracebacks."""
    kind = response.headers.get("content-type")
    text = (response.content or b"").decode(errors="replace").strip()
    is_unknown_path = response.status == 404 and "no route answers" in text.lower()
    is_said = is_unknown_path or kind in (None, "text/plain; charset=utf-8")
    if response.status < 400 or not is_said or text.startswith("Traceback"):
        return None
    is_own = not any(words in text.lower() for words in BY_SERVER)
    return FlaskError(response.status, text if is_own else None)


def flask_page(error, headers):
    """The page that Flask makes of an error."""
    name = html.escape(error.name).replace("&#x27;", "&#39;")
    said = html.escape(error.description).replace("&#x27;", "&#39;").replace("&quot;", "&#34;").replace("\n", "<br>")
    text = f"<!doctype html>\n<html lang=en>\n<title>{error.code} {name}</title>\n<h1>{name}</h1>\n<p>{said}</p>\n"
    answer = Response(text, status=error.code, headers=headers)
    answer.headers.set("content-type", "text/html; charset=utf-8")
    return answer


async def answer_errors(request, next):
    """Errors as the pages that Flask makes of them."""
    response = await next()
    error = flask_error(response)
    if error is None:
        return response
    return flask_page(error, response.headers)


middleware = [answer_errors]

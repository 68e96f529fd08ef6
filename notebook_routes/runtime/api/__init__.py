"""API Routes, the older kind of the field's two: one `handler(req, res)` for all methods of a path.

    def handler(req, res):
        res.status(200).json({"id": req.query["id"], "method": req.method})

The surface is that of Next.js's `pages/api` in snake case. An answer is put together in memory and goes out whole when
the handler has returned: what a Route Handler streams, an API Route does not.

`handler` finds the function in a module and `config` what stands beside it; `body` reads what was sent, as
`request.ApiRequest` shows it; `response.ApiResponse` fills an `answer.Answer`; `invoke` makes an `Invoker` of it all.
"""

from notebook_routes.runtime.api.answer import AnsweredError
from notebook_routes.runtime.api.config import ApiConfig
from notebook_routes.runtime.api.handler import find_handler, without_effect
from notebook_routes.runtime.api.invoke import api_invoker
from notebook_routes.runtime.api.request import ApiRequest
from notebook_routes.runtime.api.response import ApiResponse

__all__ = [
    "AnsweredError",
    "ApiConfig",
    "ApiRequest",
    "ApiResponse",
    "api_invoker",
    "find_handler",
    "without_effect",
]

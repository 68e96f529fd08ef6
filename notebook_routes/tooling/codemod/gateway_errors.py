"""What the kernel gateway says of errors, as a `%%middleware` cell of the result, for clients that read it."""

from __future__ import annotations

#: The cell with the kernel gateway's answers to errors; it stands in a kernel, where a 500 says the exception last.
GATEWAY_CELL = r"""
%%middleware
# Errors in the words of the kernel gateway, for clients that read them: delete this cell if none does.
async def middleware(request, next):
    response = await next()
    text = (response.content or b"").decode(errors="replace")
    if response.status == 404 and "no route answers" in text.lower():
        return Response.json({"reason": "Not Found", "message": ""}, status=404)
    if response.status == 405 and "is not allowed here" in text:
        if request.method in ("GET", "POST", "PUT", "DELETE"):
            return Response(status=405)
        return Response.json({"reason": "Method Not Allowed", "message": ""}, status=405)
    if response.status == 500 and text.startswith("Traceback"):
        kind, _, said = text.strip().split("\n")[-1].partition(": ")
        return Response(
            f"Error {kind.rpartition('.')[2]}: {said} \n", status=500, headers={"content-type": "text/plain"}
        )
    return response
""".strip()

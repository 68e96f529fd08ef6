from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from .guard import need_key
from .routers import lamps, people

app = FastAPI()
app.include_router(lamps.router, prefix="/lamps", dependencies=[Depends(need_key)])
app.include_router(people.router)


@app.exception_handler(StarletteHTTPException)
async def in_short(request: Request, exc: StarletteHTTPException):
    return JSONResponse({"error": exc.detail, "path": request.url.path}, status_code=exc.status_code)


@app.exception_handler(RequestValidationError)
async def refused(request, exc):
    return JSONResponse({"wrong": [each["loc"] for each in exc.errors()], "body": exc.body}, status_code=400)


@app.exception_handler(people.Unknown)
def unknown(request: Request, exc: people.Unknown):
    return JSONResponse({"unknown": exc.name}, status_code=418)

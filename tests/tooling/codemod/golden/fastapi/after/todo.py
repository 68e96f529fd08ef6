"""What there is to do."""

from enum import Enum
from typing import Annotated

from fastapi import (
    APIRouter,
    BackgroundTasks,
    Cookie,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    HTTPException,
    Query,
    Request,
    Response,
    UploadFile,
    status,
)
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, StreamingResponse
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel

app = FastAPI(title="Todo")
app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])
router = APIRouter(prefix="/tasks", tags=["tasks"])
token = OAuth2PasswordBearer(tokenUrl="token")


class Kind(str, Enum):
    small = "small"
    big = "big"


class TaskIn(BaseModel):
    title: str
    kind: Kind = Kind.small
    secret: str | None = None


class Task(BaseModel):
    id: int
    title: str
    kind: Kind


tasks = {1: {"id": 1, "title": "Buy a lamp", "kind": "small", "secret": "s"}}
log = []


class Pages:
    def __init__(self, skip: int = 0, limit: int = 10):
        self.skip = skip
        self.limit = limit


def connect():
    log.append("open")
    try:
        yield tasks
    finally:
        log.append("close")


def find(number: int) -> dict:
    # Asked of more than one function.
    if number not in tasks:
        raise HTTPException(status_code=404, detail=f"no task {number}")
    return tasks[number]


async def current_user(token: Annotated[str, Depends(token)]):
    if token != "ann":
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "who are you?", headers={"WWW-Authenticate": "Bearer"})
    return {"name": token}


CurrentUser = Annotated[dict, Depends(current_user)]


@app.middleware("http")
async def sign(request: Request, call_next):
    response = await call_next(request)
    response.headers["X-Path"] = request.url.path
    return response


@app.on_event("startup")
def begin():
    log.append("begin")


@app.get("/", response_class=HTMLResponse)
def index():
    return "<h1>Todo</h1>"


# All of them.
@router.get("/", response_model=list[Task])
def all_tasks(pages: Annotated[Pages, Depends()], kind: Kind | None = None, db: dict = Depends(connect)):
    """All tasks."""
    found = [task for task in db.values() if kind is None or task["kind"] == kind]  # of one kind
    return found[pages.skip : pages.skip + pages.limit]


@router.post("/", response_model=Task, status_code=status.HTTP_201_CREATED)
async def add_task(task: TaskIn, response: Response, background: BackgroundTasks, user: CurrentUser):
    number = len(tasks) + 1
    tasks[number] = {"id": number, **task.model_dump()}
    response.headers["X-By"] = user["name"]
    response.set_cookie("last", str(number), httponly=True)
    background.add_task(log.append, f"added {number}")
    return tasks[number]


@router.get("/{number}")
def one_task(number: int) -> Task:
    return find(number)


@router.delete("/{number}", status_code=204, dependencies=[Depends(current_user)])
def remove_task(number: int):
    find(number)
    del tasks[number]


@router.patch("/{number}")
def change_task(number: int, changes: dict, x_reason: Annotated[str | None, Header()] = None):
    find(number).update(changes)
    return {"changed": sorted(changes), "reason": x_reason}


app.include_router(router, prefix="/api")


@app.get("/log")
def show_log():
    return log


@app.get("/search")
def search(q: str = Query("x", max_length=3), tag: list[str] = Query([]), theme: str | None = Cookie(None)):
    return {"q": q, "tags": tag, "theme": theme}


@app.get("/files/{path:path}")
def file(path: str):
    return path


@app.post("/form")
async def form(name: Annotated[str, Form()], photo: UploadFile = File(...)):
    return {"name": name, "photo": photo.filename, "size": len(await photo.read())}


@app.get("/count/{to}")
def count(to: int):
    return StreamingResponse((f"{n}\n" for n in range(to)), media_type="text/plain")


@app.api_route("/old", methods=["GET", "POST"])
async def old(request: Request):
    if request.method == "POST":
        return JSONResponse({"body": (await request.body()).decode()}, status_code=202, headers={"X-Old": "1"})
    return RedirectResponse("/log")


@app.get("/nothing")
def nothing():
    log.append("nothing")


@app.websocket("/live")
async def live(websocket):
    await websocket.accept()

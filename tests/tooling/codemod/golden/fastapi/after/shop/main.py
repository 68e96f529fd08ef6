from fastapi import Depends, FastAPI

from .guard import need_key
from .routers import lamps, people

app = FastAPI()
app.include_router(lamps.router, prefix="/lamps", dependencies=[Depends(need_key)])
app.include_router(people.router)

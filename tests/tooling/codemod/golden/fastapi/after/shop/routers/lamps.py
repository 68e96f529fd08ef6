from fastapi import APIRouter

from ..stock import lamps

router = APIRouter()


@router.get("/")
def index():
    return lamps

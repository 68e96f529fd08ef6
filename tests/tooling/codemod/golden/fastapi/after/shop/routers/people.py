from fastapi import APIRouter

router = APIRouter(prefix="/people")
people = []


@router.get("/{name}")
def one(name: str):
    return {"name": name, "known": name in people}


@router.put("/{name}")
def add(name: str):
    people.append(name)

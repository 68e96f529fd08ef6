from fastapi import APIRouter, Body

router = APIRouter(prefix="/people")
people = {}


class Unknown(Exception):
    def __init__(self, name: str):
        self.name = name


@router.get("/{name}")
def one(name: str):
    if name not in people:
        raise Unknown(name)
    return {"name": name, "age": people[name]}


@router.put("/{name}")
async def add(name: str, age: int = Body(embed=True, ge=0)):
    people[name] = age

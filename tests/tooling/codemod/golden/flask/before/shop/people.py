from flask import Blueprint, request

bp = Blueprint("people", __name__, url_prefix="/people")
people = []


def shown(person):
    return {**person, "kind": "person"}


@bp.post("/")
def add():
    people.append(request.get_json())
    return shown(people[-1]), 201

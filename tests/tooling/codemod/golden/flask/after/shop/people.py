from flask import Blueprint, jsonify, request
from werkzeug.exceptions import NotFound

bp = Blueprint("people", __name__, url_prefix="/people")
people = []


class TooShort(ValueError):
    status = 422


@bp.app_errorhandler(TooShort)
def too_short(error):
    return jsonify(error=str(error), path=request.path), error.status


def shown(person):
    return {**person, "kind": "person"}


@bp.post("/")
def add():
    person = request.get_json()
    if len(person["name"]) < 2:
        raise TooShort(person["name"])
    people.append(person)
    return shown(people[-1]), 201


@bp.get("/<name>")
def one(name):
    for person in people:
        if person["name"] == name:
            return shown(person)
    raise NotFound(f"{name} isn't here")

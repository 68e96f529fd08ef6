from flask import Blueprint, jsonify

from .stock import lamps

bp = Blueprint("lamps", __name__)


def shown(lamp):
    return {**lamp, "kind": "lamp"}


@bp.route("/lamps")
def index():
    return jsonify([shown(lamp) for lamp in lamps])

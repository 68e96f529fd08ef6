# From shop.

from notebook_routes import HTTPError

from app import _shared


@_shared.handles_errors
def GET(request, name):
    for person in _shared.people:
        if person["name"] == name:
            return _shared.answer_of(_shared.people_shown(person))
    raise HTTPError(404, f"{name} isn't here")

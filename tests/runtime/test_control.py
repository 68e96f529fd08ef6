import pytest

from notebook_routes.errors import HTTPError, RedirectError
from notebook_routes.runtime.control import forbidden, not_found, permanent_redirect, redirect, unauthorized
from notebook_routes.web import URL


@pytest.mark.parametrize(("leave", "status"), [(not_found, 404), (forbidden, 403), (unauthorized, 401)])
def test_leaving_with_a_status(leave, status):
    with pytest.raises(HTTPError) as error:
        leave()
    assert (error.value.status, error.value.message) == (status, None)
    with pytest.raises(HTTPError) as error:
        leave("no lamp")
    assert (error.value.status, error.value.message) == (status, "no lamp")


@pytest.mark.parametrize("leave", [not_found, forbidden, unauthorized])
def test_a_message_is_text(leave):
    with pytest.raises(TypeError, match=rf"{leave.__name__}\(\) takes a text, not dict: write return Response.json"):
        leave({"error": "no lamp"})


@pytest.mark.parametrize(("leave", "permanent"), [(redirect, False), (permanent_redirect, True)])
def test_leaving_for_another_place(leave, permanent):
    for location in ("/lamps?page=2", URL("http://127.0.0.1/lamps?page=2")):
        with pytest.raises(RedirectError) as error:
            leave(location)
        assert (error.value.location, error.value.permanent) == (str(location), permanent)


@pytest.mark.parametrize("leave", [redirect, permanent_redirect])
def test_there_is_no_place_called_none(leave):
    with pytest.raises(TypeError, match=rf"{leave.__name__}\(\) takes a str or a URL, not NoneType"):
        leave(None)


def test_it_works_from_below_and_is_an_expression():
    def find(lamps, name):
        return lamps.get(name) or not_found()

    assert find({"a": 1}, "a") == 1
    with pytest.raises(HTTPError):
        find({}, "a")


@pytest.mark.parametrize("status", ["404", None, 404.0, True])
def test_a_status_that_is_raised_is_an_int(status):
    with pytest.raises(TypeError, match="HTTPError takes an int from 400 to 599 as its status, not"):
        HTTPError(status)

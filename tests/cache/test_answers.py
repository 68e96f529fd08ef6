import pytest

from notebook_routes.cache import CachePolicy, Rendering, answer
from notebook_routes.cache.answers import HIT, backed_off, entry_of, may_be_kept
from notebook_routes.web import Response


def entry(response, **policy):
    rendering = Rendering(CachePolicy(**policy), label="GET /")
    return entry_of(response, response.content, rendering, began=1000.0, source="/")


@pytest.mark.parametrize("status", [206, 304, 412, 416, 500, 503])
def test_what_is_for_one_request_by_its_status(status):
    assert not may_be_kept(Response(None, status=status), Rendering(CachePolicy(), label="GET /"))


def test_what_was_refused():
    rendering = Rendering(CachePolicy(), label="GET /")
    assert may_be_kept(Response("x"), rendering)
    rendering.refused = True
    assert not may_be_kept(Response("x"), rendering)


def test_an_answer_comes_back_as_it_was():
    response = Response("text", status=201, headers=[("x-two", "1"), ("x-two", "2")])
    again = answer(entry(response), None)
    assert (again.status, again.content) == (201, b"text")
    assert [pair for pair in again.headers.raw if pair[0] != "cache-control"] == response.headers.raw


def test_one_without_a_body():
    again = answer(entry(Response(None, status=204)), HIT)
    assert (again.status, again.content) == (204, b"")


def test_an_etag_is_made_of_the_body_unless_there_is_one():
    one, two = entry(Response("a")), entry(Response("b"))
    assert dict(one.headers)["etag"] != dict(two.headers)["etag"]
    assert dict(entry(Response("a", headers={"etag": '"own"'})).headers)["etag"] == '"own"'


@pytest.mark.parametrize(("own", "told"), [(None, "5"), ("7", "12"), ("nonsense", "nonsense"), ("-1", "-1")])
def test_the_age_adds_up(own, told):
    headers = {} if own is None else {"age": own}
    assert answer(entry(Response("a", headers=headers)), HIT, age=5.9).headers.get("age") == told


def test_a_cache_status_from_elsewhere_stays():
    again = answer(entry(Response("a", headers={"cache-status": "cdn; hit", "cache-control": "max-age=5"})), HIT)
    assert again.headers.get("cache-status") == "cdn; hit, notebook-routes; hit"
    assert again.headers.get("cache-control") == "max-age=5"


def test_after_a_failed_refresh_it_counts_as_fresh_for_a_while():
    old = entry(Response("a"), revalidate=60.0)
    later = backed_off(old, 2000.0)
    assert (later.stored, later.checked, later.excused, later.revalidate) == (1000.0, 2000.0, 2000.0, 30.0)

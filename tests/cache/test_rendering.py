import pytest

from notebook_routes.cache import CachePolicy, Life, Rendering
from notebook_routes.errors import DynamicError


def rendering(mode="auto", **options):
    return Rendering(CachePolicy(mode, 60.0, ("shop",)), label="GET /a", **options)


def test_the_shortest_life_holds():
    life = Life(tags=["a", "b", "a"])
    life.tag(["b", "c"])
    assert life.tags == ("a", "b", "c")
    life.shorten(revalidate=60, expire=3600)
    life.shorten(revalidate=90, expire=60)
    life.shorten()
    assert (life.revalidate, life.expire) == (60, 60)


def test_what_is_read_is_remembered_and_told_once():
    run, told = rendering(), []
    run.on_dynamic = lambda: told.append(run.dynamic)
    assert run.tags == ("shop",)
    assert run.reads("cookies()") is run.reads("headers()") is True
    assert (run.dynamic, told) == ("cookies()", ["cookies()"])


def test_declared_static_there_is_nothing_to_read():
    run = rendering("static")
    assert run.reads("cookies()") is False
    assert run.dynamic is None


def test_declared_so_that_it_is_an_error():
    with pytest.raises(DynamicError, match=r'GET /a is declared dynamic = "error".*uses cookies\(\)'):
        rendering("error").reads("cookies()")


def test_for_no_client_there_is_nobody_to_read_of():
    run = rendering(background=True)
    with pytest.raises(DynamicError, match="is run for no request"):
        run.reads("cookies()")
    assert run.dynamic == "cookies()"


@pytest.mark.parametrize(("background", "given"), [(False, True), (True, False)])
@pytest.mark.parametrize("mode", ["auto", "error"])
def test_what_is_read_after_the_end_has_no_bearing(mode, background, given):
    run = rendering(mode, background=background)
    run.ended = True
    assert run.reads("cookies()") is given
    assert run.dynamic is None

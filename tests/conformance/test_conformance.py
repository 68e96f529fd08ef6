"""Every case of `cases.json` over real sockets, on every server there is."""

import pytest

from tests.conformance.not_yet import not_yet
from tests.conformance.run import load_cases
from tests.conformance.servers import SERVERS, WITH_CACHES

CASES = load_cases()
ON_EVERY_CACHE = [case for case in CASES if case.area in ("isr", "revalidate") and case.steps]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case, server, servers, tally):
    if case.verdict == "skip":
        tally(case.area, "skipped")
        pytest.skip(case.why)
    found = servers.run(case, server, on_every_cache=case in ON_EVERY_CACHE)
    reason = not_yet(server).get(case.id)
    if reason is None:
        tally(case.area, "failed" if found else "passed")
        assert not found, "\n".join(found)
    else:
        tally(case.area, "not yet" if found else "failed")
        assert found, f"it passes: take it out of not_yet.py ({reason})"
        pytest.skip(f"not yet: {reason}")


@pytest.fixture(params=["file", "redis"])
def kind(request):
    """The kind of a cache that there is here."""
    if request.param == "redis":
        request.getfixturevalue("redis_program")
    return request.param


@pytest.mark.parametrize("server", WITH_CACHES, indirect=True, scope="session")
@pytest.mark.parametrize("case", ON_EVERY_CACHE, ids=lambda case: case.id)
def test_a_case_with_another_cache(case, kind, server, servers, tally):
    found = servers.run(case, server, kind, on_every_cache=True)
    tally(case.area, "failed" if found else "passed", kind)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", SERVERS)
def test_the_list_of_what_is_not_yet_names_cases_only(name):
    assert not set(not_yet(name)) - {case.id for case in CASES if case.verdict != "skip"}


def test_every_verdict_that_was_changed_has_its_reason():
    assert [case.id for case in CASES if case.was and not case.ours] == []

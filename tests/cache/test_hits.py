"""How often what is kept was given out."""

from notebook_routes.cache import hits as module
from notebook_routes.cache.hits import Hits


def test_counts_by_key():
    hits = Hits()
    for key in ("a", "b", "a"):
        hits.count(key)
    assert hits == {"a": 2, "b": 1}


def test_it_does_not_grow_without_end(monkeypatch):
    monkeypatch.setattr(module, "_MOST_COUNTED", 3)
    hits = Hits()
    for key in "abca":
        hits.count(key)
    assert hits == {"a": 2, "b": 1, "c": 1}
    hits.count("d")
    assert hits == {"d": 1}

from hypothesis import given
from hypothesis import strategies as st

from notebook_routes.web import Headers, WireHeaders

NAMES = st.sampled_from([b"accept", b"cookie", b"host", b"user-agent", b"x-a", b"x-b"])
VALUES = st.binary(max_size=6).filter(lambda value: not set(value) & set(b"\r\n\0"))


def wire(*fields):
    named = dict(fields)
    return WireHeaders(fields, named if len(named) == len(fields) else None)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_they_are_as_headers_that_were_decoded_at_once(fields):
    pairs = [(name.decode(), value.decode("latin-1").strip(" \t")) for name, value in fields]
    plain = Headers.from_pairs(pairs)
    for name in ("Accept", "cookie", "HOST", "user-agent", "x-a", "x-c", "é", "\ud800"):
        assert wire(*fields).get(name) == plain.get(name)
        assert wire(*fields).has(name) == plain.has(name)
    assert wire(*fields).raw == plain.raw
    assert wire(*fields) == plain
    assert repr(wire(*fields)) == repr(plain)
    assert dict(wire(*fields)) == dict(plain)


def test_what_is_changed_is_read_back():
    headers = wire((b"host", b"a"), (b"x-a", b" 1\t"))
    assert headers["x-a"] == "1"
    headers.set("x-a", "2")
    headers.append("x-a", "3")
    headers.delete("host")
    assert (headers.get("x-a"), headers.get("host")) == ("2, 3", None)
    assert headers.copy().get("x-a") == "2, 3"

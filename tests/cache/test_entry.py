"""Entries written out and read again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_routes.cache import CacheEntry, CorruptEntry
from tests.cache.entries import entry

_times = st.floats(0, 1e11)
_entries = st.builds(
    CacheEntry,
    status=st.integers(100, 599),
    headers=st.lists(st.tuples(st.text(), st.text())).map(tuple),
    body=st.binary(),
    stored=_times,
    checked=_times,
    revalidate=st.none() | _times,
    expire=_times | st.just(float("inf")),
    tags=st.lists(st.text(st.characters())).map(tuple),
    source=st.text(),
)


@given(_entries)
def test_what_is_encoded_is_decoded(made):
    assert CacheEntry.decode(made.encode()) == made


@given(_entries, st.data())
def test_a_changed_byte_is_noticed(made, data):
    written = bytearray(made.encode())
    place = data.draw(st.integers(0, len(written) - 1))
    written[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CorruptEntry):
        CacheEntry.decode(bytes(written))


@given(_entries, st.data())
def test_what_was_cut_off_or_grew_is_noticed(made, data):
    written = made.encode()
    cut = data.draw(st.integers(0, len(written) - 1))
    for other in (written[:cut], written + b"x", written[1:]):
        with pytest.raises(CorruptEntry):
            CacheEntry.decode(other)


@given(st.binary(max_size=100))
def test_anything_else_is_no_entry(data):
    with pytest.raises(CorruptEntry):
        CacheEntry.decode(data)


@pytest.mark.parametrize("about", [b"{}", b"[]", b"1", b'{"headers":1,"tags":[]}', b'{"headers":[],"tags":[],"new":1}'])
def test_an_entry_of_another_version_is_none(about):
    from hashlib import blake2b

    content = about + b"\nbody"
    whole = b"nbr1" + blake2b(content, digest_size=16).digest() + content
    with pytest.raises(CorruptEntry):
        CacheEntry.decode(whole)


def test_size_counts_what_is_large():
    small = entry().size
    assert entry(b"x" * 10_000).size - small == pytest.approx(10_000, abs=10)
    assert entry(tags=["x" * 10_000]).size - small > 10_000
    assert entry(headers=(("x" * 10_000, "y" * 10_000),)).size - small > 19_000

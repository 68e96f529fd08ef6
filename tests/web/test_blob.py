from __future__ import annotations

import asyncio
import time

import pytest

from notebook_routes.web import Blob, File


def test_parts_are_joined():
    blob = Blob(["é", b"\x00", bytearray(b"b"), Blob(["c"])], type="Text/Plain")
    assert blob.content == "é".encode() + b"\x00bc"
    assert blob.size == len(blob) == 5
    assert blob.type == "text/plain"
    assert asyncio.run(blob.bytes()) == blob.content


@pytest.mark.parametrize("part", ["whole", b"whole"])
def test_a_single_part_needs_no_list(part):
    assert Blob(part).content == b"whole"
    assert Blob().content == b""


def test_text_is_utf_8():
    assert asyncio.run(Blob([b"caf\xc3\xa9\xff"]).text()) == "café\ufffd"


def test_slices_have_a_type_of_their_own():
    blob = Blob(["abcdef"], type="text/plain")
    assert (blob.slice(1, 3).content, blob.slice(1, 3).type) == (b"bc", "")
    assert blob.slice(-2, type="a/b") == Blob(["ef"], type="a/b")


def test_the_stream_gives_pieces():
    async def story():
        return [len(chunk) async for chunk in Blob([bytes(150_000)]).stream()]

    assert asyncio.run(story()) == [65_536, 65_536, 18_928]


def test_a_type_with_control_characters_is_none():
    assert Blob(type="text/plain\r\nx: y").type == ""


def test_a_file_has_a_name_and_a_time():
    before = time.time_ns() // 1_000_000
    file = File(["x"], "a.txt", type="text/plain")
    assert (file.name, file.type, file.content) == ("a.txt", "text/plain", b"x")
    assert before <= file.last_modified <= before + 60_000
    assert File(["x"], "a", last_modified=5).last_modified == 5
    assert isinstance(file, Blob)


def test_equality_is_by_content():
    assert Blob(["x"]) == Blob([b"x"])
    assert hash(Blob(["x"])) == hash(Blob([b"x"]))
    assert Blob(["x"]) != Blob(["x"], type="a/b")
    assert File(["x"], "a") != File(["x"], "b")
    assert File(["x"], "a") != Blob(["x"])


def test_an_empty_blob_is_still_a_blob():
    assert Blob()


def test_mistakes():
    with pytest.raises(TypeError, match="made of str, bytes and blobs, not int"):
        Blob([5])
    for parts in (5, {"a": 1}):
        with pytest.raises(TypeError, match=f"str, bytes and blobs, not of {type(parts).__name__}"):
            Blob(parts)
    with pytest.raises(TypeError, match=r"name is a str.*File\(parts, name\)"):
        File("a.txt", b"x")


def test_the_repr_says_what_it_is():
    assert repr(File(["abc"], "a.txt", type="text/plain")) == "<File 'a.txt' text/plain, 3 bytes>"
    assert repr(Blob(["abc"])) == "<Blob no type, 3 bytes>"

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_routes.errors import BodyTooLarge, BodyUsed, InvalidBody
from notebook_routes.web import Blob, File, FormData, Request, Response, URLSearchParams, json_bytes
from notebook_routes.web import body as body_module
from notebook_routes.web.body import parsed_json


def run(coroutine):
    return asyncio.run(coroutine)


async def pieces(*chunks):
    for chunk in chunks:
        yield chunk


def known():
    return Response(b'{"a": 1}', headers={"content-type": "application/json"})


def streamed():
    return Response(pieces(b'{"a"', b": 1}"), headers={"content-type": "application/json"})


@pytest.mark.parametrize("make", [known, streamed])
def test_each_way_of_reading(make):
    assert run(make().text()) == '{"a": 1}'
    assert run(make().bytes()) == b'{"a": 1}'
    assert run(make().json()) == {"a": 1}
    assert run(make().blob()) == Blob(['{"a": 1}'], type="application/json")
    assert run(make().body.collect()) == b'{"a": 1}'


@pytest.mark.parametrize("make", [known, streamed])
@pytest.mark.parametrize("first", ["text", "json", "bytes", "blob"])
def test_a_body_is_read_once(make, first):
    async def story():
        response = make()
        assert not response.body_used
        await getattr(response, first)()
        assert response.body_used
        assert response.body.disturbed
        for again in ("text", "json", "bytes", "blob"):
            with pytest.raises(BodyUsed, match=r"response's body was read already.*clone\(\)"):
                await getattr(response, again)()
        with pytest.raises(BodyUsed):
            await response.body.collect()
        with pytest.raises(BodyUsed, match="before the first read"):
            response.clone()

    run(story())


@pytest.mark.parametrize("make", [known, streamed])
def test_reading_a_piece_of_the_stream_uses_the_body(make):
    async def story():
        response = make()
        reader = response.body.get_reader()
        with pytest.raises(BodyUsed):
            await response.text()
        await reader.read()
        assert response.body_used
        reader.release_lock()
        with pytest.raises(BodyUsed):
            await response.text()

    run(story())


@pytest.mark.parametrize("make", [known, streamed])
def test_clones_read_by_themselves(make):
    async def story():
        response = make()
        twin = response.clone()
        third = twin.clone()
        assert await twin.json() == {"a": 1}
        assert not response.body_used
        assert await asyncio.gather(response.text(), third.text()) == ['{"a": 1}'] * 2

    run(story())


def test_no_body_reads_as_nothing_and_is_never_used():
    async def story():
        response = Response()
        assert response.body is None
        assert [await response.text(), await response.text()] == ["", ""]
        assert await response.bytes() == b""
        assert not response.body_used
        with pytest.raises(InvalidBody, match="it is empty"):
            await response.json()

    run(story())


def test_text_is_utf_8_without_its_mark():
    assert run(Response(b"\xef\xbb\xbfcaf\xc3\xa9\xff").text()) == "café\ufffd"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{bad", r"^The body is not JSON: .* at line 1 column 2$"),
        (b'{"a":\n  oops}', r"line 2 column 3"),
        (b'{"a":1} x', r"Extra data at line 1 column 9"),
        (b'"\t"', r"Invalid control character at line 1 column 2"),
        (b"", "it is empty"),
        (b"NaN", "NaN is no JSON"),
        (b"[1, -Infinity]", "-Infinity is no JSON"),
        (b'"\xff"', "byte 1 is not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b"1" * 5000, "digits"),
    ],
)
def test_bad_json_is_a_400_that_says_where(body, message):
    with pytest.raises(InvalidBody, match=message) as caught:
        run(Request("http://a/", method="POST", body=body).json())
    assert caught.value.status == 400


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)
    )
)
def test_json_comes_back(value):
    assert parsed_json(json_bytes(value)) == value


def test_json_may_begin_with_a_mark():
    assert parsed_json(b"\xef\xbb\xbf[1]") == [1]


@pytest.mark.parametrize(
    "form",
    [URLSearchParams([("a", "1"), ("a", "é &=")]), FormData([("a", "1"), ("f", File([b"\x00"], "x", type="a/b"))])],
)
@pytest.mark.parametrize("stream", [False, True])
def test_forms(form, stream):
    response = Response(form)
    if stream:
        response = Response(pieces(response.content[:9], response.content[9:]), headers=response.headers)
    assert list(run(response.form_data())) == list(form)
    with pytest.raises(BodyUsed):
        run(response.form_data())


@pytest.mark.parametrize("content_type", ["application/json", "text/plain;charset=UTF-8", None])
def test_what_is_no_form_is_said(content_type):
    headers = {"content-type": content_type} if content_type else None
    response = Response(b"{}", headers=headers)
    with pytest.raises(InvalidBody, match=rf"Content-Type {'is ' + content_type if content_type else 'is missing'}"):
        run(response.form_data())
    assert not response.body_used


def test_a_form_without_a_body():
    empty = Request("http://a/", method="POST", headers={"content-type": "application/x-www-form-urlencoded"})
    assert list(run(empty.form_data())) == []
    with pytest.raises(InvalidBody, match="closing boundary"):
        run(Response(b"", headers={"content-type": "multipart/form-data; boundary=B"}).form_data())


def test_an_upload_that_breaks_off_reaches_the_reader():
    async def cut():
        yield b"part"
        raise ConnectionResetError("aborted")

    with pytest.raises(ConnectionResetError):
        run(Request("http://a/", method="POST", body=cut()).text())


def test_a_form_of_a_thousand_fields_and_no_more():
    assert len(run(Response(URLSearchParams([("a", "1")] * 1000)).form_data())) == 1000
    with pytest.raises(BodyTooLarge, match="more than 1,000 fields"):
        run(Response(URLSearchParams([("a", "1")] * 1001)).form_data())


@pytest.fixture
def deepest(monkeypatch):
    """Three levels are the most, as if this were WebAssembly."""
    monkeypatch.setattr(body_module, "_DEEPEST", 3)


@pytest.mark.parametrize(
    "content", [b"[[[[", b'{"a":[{"b":[1]}]}', rb'["\"]]]",[[[1]]]]', rb'"[[[" [[[[', rb'[[["\\",[1]]]]']
)
@pytest.mark.usefixtures("deepest")
def test_where_python_does_not_count_levels_they_are_counted(content):
    with pytest.raises(InvalidBody, match="nested too deeply"):
        parsed_json(content)


@pytest.mark.parametrize("content", [b"[[[1]],[],[[]],{}]", rb'[["[[[[", "\"[["], "]{\\", {"[{": [1]}]'])
@pytest.mark.usefixtures("deepest")
def test_many_brackets_are_not_many_levels(content):
    assert parsed_json(content) == json.loads(content)

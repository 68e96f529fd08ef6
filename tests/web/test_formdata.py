from __future__ import annotations

import pytest

from notebook_routes.web import Blob, File, FormData

FILE = File(["x"], "a.txt", type="text/plain")


def test_reading():
    form = FormData([("tag", "a"), ("photo", FILE), ("tag", "b")])
    assert form.get("tag") == form["tag"] == "a"
    assert form.get_all("tag") == ["a", "b"]
    assert form.get("photo") is FILE
    assert form.get("none") is None
    assert form.get("none", "x") == "x"
    assert form.has("photo")
    assert "none" not in form
    assert list(form) == form.items() == [("tag", "a"), ("photo", FILE), ("tag", "b")]
    assert form.keys() == ["tag", "photo", "tag"]
    assert form.values() == ["a", FILE, "b"]
    assert len(form) == 3
    assert dict(form) == {"tag": "a", "photo": FILE}
    with pytest.raises(KeyError):
        form["none"]


def test_writing():
    form = FormData({"a": "1"})
    form.append("b", "2")
    form.append("a", "3")
    form.set("a", "4")
    form.set("c", "5")
    assert list(form) == [("a", "4"), ("b", "2"), ("c", "5")]
    form.delete("a")
    assert form == FormData({"b": "2", "c": "5"})


def test_a_blob_becomes_a_file():
    form = FormData()
    form.append("x", Blob(["1"], type="a/b"))
    form.append("x", Blob(["2"]), "named.txt")
    form.append("x", FILE, "renamed.txt")
    assert [(file.name, file.type, file.content) for file in form.get_all("x")] == [
        ("blob", "a/b", b"1"),
        ("named.txt", "", b"2"),
        ("renamed.txt", "text/plain", b"x"),
    ]


def test_encode_writes_multipart():
    body, content_type = FormData({"a": "1"}).encode("B")
    assert content_type == "multipart/form-data; boundary=B"
    assert body == b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n'


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (lambda form: form.append("n", 5), r"'n' takes a str or a File, not int: write str"),
        (lambda form: form.append("n", b"x"), r"not bytes: .*File\("),
        (lambda form: form.append("n", "x", "a.txt"), "holds text"),
        (lambda form: form.append(1, "x"), "name of a form field is a str"),
    ],
)
def test_mistakes(add, message):
    with pytest.raises(TypeError, match=message):
        add(FormData())

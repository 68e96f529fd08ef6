import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_routes.errors import HTTPError
from notebook_routes.web import FileResponse, Request

DATA = bytes(range(256)) * 1024


@pytest.fixture
def folder(tmp_path):
    """A folder with files, beside one that it must not be left for."""
    inside = tmp_path / "public"
    (inside / "sub").mkdir(parents=True)
    (inside / "a.txt").write_text("0123456789")
    (inside / "big.bin").write_bytes(DATA)
    (inside / "sub" / "b.html").write_text("<p>")
    (inside / "empty").touch()
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "public-not").mkdir()
    (tmp_path / "public-not" / "c.txt").write_text("secret")
    return inside


def read(response):
    return asyncio.run(response.bytes())


def ask(path, root, method="GET", **headers):
    request = Request("http://x/", method=method, headers={name.replace("_", "-"): v for name, v in headers.items()})
    return FileResponse(path, root=root).answering(request)


def test_a_whole_file(folder):
    response = ask("a.txt", folder)
    assert (response.status, read(response)) == (200, b"0123456789")
    headers = response.headers
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert (headers["content-length"], headers["accept-ranges"]) == ("10", "bytes")
    modified = datetime.fromtimestamp(int((folder / "a.txt").stat().st_mtime), UTC)
    assert parsedate_to_datetime(headers["last-modified"]) == modified
    assert headers["etag"].startswith('"')
    assert read(ask("big.bin", folder)) == DATA
    assert read(ask("empty", folder)) == b""


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.html", "text/html; charset=utf-8"),
        ("a.png", "image/png"),
        ("a.json", "application/json"),
        ("a.tar.gz", "application/gzip"),
        ("a", "application/octet-stream"),
        ("a.unheard-of", "application/octet-stream"),
    ],
)
def test_the_content_type_is_by_the_name(folder, name, kind):
    (folder / name).touch()
    response = FileResponse(name, root=folder)
    assert response.headers["content-type"] == kind
    assert not response.headers.has("content-encoding")


def test_headers_that_are_given_win(folder):
    response = FileResponse("a.txt", root=folder, headers={"Content-Type": "text/x", "ETag": '"mine"'})
    assert (response.headers["content-type"], response.headers["etag"]) == ("text/x", '"mine"')
    request = Request("http://x/", headers={"if-none-match": '"mine"'})
    assert response.answering(request).status == 304


@pytest.mark.parametrize(
    ("filename", "value"),
    [
        ("a b.txt", 'attachment; filename="a b.txt"'),
        ("Lämp.txt", "attachment; filename=\"L_mp.txt\"; filename*=UTF-8''L%C3%A4mp.txt"),
        ('a"\r\nx: y', "attachment; filename=\"a___x: y\"; filename*=UTF-8''a%22%0D%0Ax%3A%20y"),
    ],
)
def test_a_name_to_save_it_under(folder, filename, value):
    assert FileResponse("a.txt", root=folder, filename=filename).headers["content-disposition"] == value


# -- never out of the folder


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "sub/../../secret.txt",
        "../public-not/c.txt",
        "/etc/passwd",
        "nothing",
        "a.txt/x",
        "sub",
        ".",
        "",
        "..",
        "a.txt\0.png",
        "a\udcff",
        "x" * 5000,
    ],
)
def test_what_is_not_a_file_of_the_folder_is_not_found(folder, path):
    with pytest.raises(HTTPError) as missing:
        FileResponse(path, root=folder)
    assert (missing.value.status, missing.value.message) == (404, "There is no such file\n")


@given(st.lists(st.sampled_from(["..", ".", "sub", "a.txt", "secret.txt", "public-not", "c.txt", "", "~"]), max_size=7))
def test_no_path_leaves_the_folder(tmp_path_factory, parts):
    inside = tmp_path_factory.getbasetemp() / "world" / "public"
    (inside / "sub").mkdir(parents=True, exist_ok=True)
    (inside / "sub" / "a.txt").write_text("open")
    (inside.parent / "secret.txt").write_text("secret")
    try:
        response = FileResponse("/".join(parts), root=inside)
    except HTTPError:
        return
    assert read(response) == b"open"


def test_links_may_stay_inside_and_not_lead_out(folder, tmp_path):
    (folder / "inner").symlink_to("a.txt")
    (folder / "outer").symlink_to(tmp_path / "secret.txt")
    (folder / "up").symlink_to(tmp_path)
    (folder / "circle").symlink_to("circle")
    assert read(FileResponse("inner", root=folder)) == b"0123456789"
    for path in ("outer", "up/secret.txt", "circle"):
        with pytest.raises(HTTPError):
            FileResponse(path, root=folder)
    # The folder itself may be behind a link.
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert read(FileResponse("a.txt", root=link)) == b"0123456789"
    assert read(FileResponse(link / "a.txt", root=link)) == b"0123456789"
    assert read(FileResponse(folder / "a.txt", root=link)) == b"0123456789"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")
def test_only_files_are_served(folder):
    os.mkfifo(folder / "pipe")
    with pytest.raises(HTTPError):
        FileResponse("pipe", root=folder)


def test_without_a_root_it_is_the_current_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert read(FileResponse(Path("sub") / "b.html")) == b"<p>"
    with pytest.raises(HTTPError):
        FileResponse("../secret.txt")
    with pytest.raises(ValueError, match=r"is absolute: .* FileResponse\(path, root=folder\)"):
        FileResponse(folder / "a.txt")
    with pytest.raises(ValueError, match="is no folder"):
        FileResponse("a.txt", root="nowhere")


def test_a_file_that_is_exchanged_before_it_is_sent_is_not_sent(folder, tmp_path):
    for change in (
        lambda file: file.write_text("another"),
        lambda file: (file.unlink(), file.symlink_to(tmp_path / "secret.txt")),
        lambda file: file.unlink(),
    ):
        file = folder / "changing"
        file.unlink(missing_ok=True)
        file.write_text("0123456789")
        response = FileResponse("changing", root=folder)
        change(file)
        with pytest.raises(OSError, match=r"changed|link|No such file|symbolic"):
            read(response)


# -- in part, or not at all


def test_one_range(folder):
    response = ask("a.txt", folder, range="bytes=2-4")
    assert (response.status, read(response)) == (206, b"234")
    assert response.headers["content-range"] == "bytes 2-4/10"
    assert response.headers["content-length"] == "3"
    assert response.headers["etag"] == ask("a.txt", folder).headers["etag"]
    response = ask("big.bin", folder, range="bytes=1000-200000")
    assert read(response) == DATA[1000:200001]


def test_a_range_that_is_not_there(folder):
    for name, size in (("a.txt", 10), ("empty", 0)):
        response = ask(name, folder, range="bytes=10-")
        assert (response.status, response.headers["content-range"]) == (416, f"bytes */{size}")


def test_several_ranges_are_answered_with_the_whole(folder):
    assert read(ask("a.txt", folder, range="bytes=1-2,4-5")) == b"0123456789"


def test_head_and_post_have_no_ranges(folder):
    assert ask("a.txt", folder, "HEAD", range="bytes=1-2").status == 200
    response = ask("a.txt", folder, "POST", range="bytes=1-2", if_none_match="*")
    assert (response.status, read(response)) == (200, b"0123456789")


def test_what_the_client_has_already_is_not_sent_again(folder):
    first = ask("a.txt", folder)
    etag, modified = first.headers["etag"], first.headers["last-modified"]
    for headers in (
        {"if_none_match": etag},
        {"if_modified_since": modified},
        {"if_none_match": etag, "range": "bytes=0-1"},
    ):
        for method in ("GET", "HEAD"):
            response = ask("a.txt", folder, method, **headers)
            assert (response.status, response.content) == (304, b"")
            assert response.headers["etag"] == etag
            assert not response.headers.has("content-length")
    assert ask("a.txt", folder, if_match='"other"').status == 412
    os.utime(folder / "a.txt", (0, 0))
    assert ask("a.txt", folder, if_none_match=etag).status == 200


def test_a_download_that_goes_on(folder):
    etag = ask("a.txt", folder).headers["etag"]
    assert read(ask("a.txt", folder, range="bytes=5-", if_range=etag)) == b"56789"
    (folder / "a.txt").write_text("abcdefghijk")
    assert read(ask("a.txt", folder, range="bytes=5-", if_range=etag)) == b"abcdefghijk"


def test_a_file_of_tomorrow_was_not_modified_after_now(folder):
    os.utime(folder / "a.txt", (4e9, 4e9))
    modified = parsedate_to_datetime(ask("a.txt", folder).headers["last-modified"])
    assert modified <= datetime.now(UTC)


def test_whoever_audits_a_process_hears_of_a_file_that_is_not_there(tmp_path):
    # An audit hook stays for good: in a process of its own.
    code = (
        "import sys\n"
        "heard = []\n"
        "sys.addaudithook(lambda event, args: event == 'notebook_routes.file' and heard.append(args))\n"
        "from notebook_routes import FileResponse, HTTPError\n"
        "for path, root in (('a/b.txt', None), ('../c.txt', 'x')):\n"
        "    try:\n"
        "        FileResponse(path, root=root)\n"
        "    except (HTTPError, ValueError):\n"
        "        pass\n"
        "print(heard)\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert found.stdout == f"[({str(tmp_path / 'a/b.txt')!r},)]\n"

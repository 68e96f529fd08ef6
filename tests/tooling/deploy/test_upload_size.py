"""How large a Worker is, and what the platform says to that."""

import os

import pytest

from notebook_routes.tooling.deploy.upload_size import UploadSize, counted, too_large


def found_in(files):
    return [(each.rule.code, each.what) for each in UploadSize(files).check()]


def test_what_is_small_is_only_told():
    size = UploadSize({"a": b"x" * 1_500_000, "b": b""})
    assert str(size) == "2 files, 1.5 MB, 0.0 MB compressed"
    assert 0 < size.compressed < 10_000
    assert found_in({"a": b"x" * 1_500_000}) == []


def test_what_does_not_compress():
    noise = os.urandom(3_100_000)
    assert found_in({"a": noise}) == [("WORKER008", "3.1 MB compressed is over the free plan's 3.0 MB")]
    ((_, what),) = found_in(dict.fromkeys("abcd", noise))
    assert what == "12.4 MB compressed is over the free plan's 3.0 MB and the paid plan's 10.0 MB"


def test_what_is_too_large_is_refused():
    assert found_in({"a.css": bytes(65 << 20), "b": b"1"}) == [
        ("WORKER007", "68.2 MB in all, of which a.css is 68.2 MB")
    ]
    assert too_large({"a": 64 << 20}) is None
    assert too_large({"a": 1, "b": 64 << 20}) is not None


@pytest.mark.parametrize(("number", "said"), [(0, "0 files"), (1, "1 file"), (2, "2 files")])
def test_numbers_of_files(number, said):
    assert counted(number) == said

"""`FileResponse`: a file as an answer, whole or in part, or not at all where the client has it already."""

from __future__ import annotations

import mimetypes
import os
import stat
import sys
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from notebook_routes.errors import HTTPError
from notebook_routes.web.conditions import asked_range, failed_condition
from notebook_routes.web.headers import Headers
from notebook_routes.web.response import Response

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_routes.types import HeadersInit
    from notebook_routes.web.request import Request

# How much one step of the stream gives: what a socket takes at once, more or less.
_STEP = 65536
_COMPRESSED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}


class FileResponse(Response):
    """A file, with `ETag`, `Last-Modified` and `Accept-Ranges`; the file is read while it is sent.

    A request that has the file already is answered 304, one for a part of it 206 (RFC 9110 §13 and §14): one range,
    while several are answered with the whole file.

    Args:
        path: the file; relative to `root`, or inside it.
        root: the folder that the file is never out of, whatever `path` holds: `..`, another root, a link to outside.
            Without it the current folder, and `path` must be relative.
        filename: have browsers save the file under this name, instead of showing it.
        headers: header fields; those given here win over the file's own.

    Raises:
        HTTPError: 404, because there is no such file in the folder; uncaught it is the answer.
        ValueError: the path is absolute and there is no root, or the root is no folder.

    Example:
        >>> FileResponse(name, root="photos")
        <Response 200 image/png, a stream>
    """

    __slots__ = ("_found",)

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        root: str | os.PathLike[str] | None = None,
        filename: str | None = None,
        headers: Headers | HeadersInit | None = None,
    ) -> None:
        self._found = found = _Found.of(path, root)
        super().__init__(found.pieces(range(found.size)), headers=headers)
        own = {
            "content-type": _content_type(found.path),
            "content-length": str(found.size),
            "etag": found.etag,
            "last-modified": format_datetime(found.modified, usegmt=True),
            "accept-ranges": "bytes",
        }
        if filename is not None:
            own["content-disposition"] = _attachment(filename)
        for name, value in own.items():
            if not self.headers.has(name):
                self.headers.set(name, value)

    def answering(self, request: Request) -> Response:
        """What to send for a request: this response, or 206, 304, 412 or 416 in its place."""
        found, headers, asked = self._found, self.headers, request.headers
        if request.method not in ("GET", "HEAD") or self.status != 200:
            return self
        etag = headers.get("etag") or found.etag
        status = failed_condition(asked, etag=etag, modified=found.modified)
        if status is not None:
            kept = [(name, value) for name, value in headers.raw if not name.startswith("content-")]
            return Response(None, status=status, headers=Headers.from_pairs(kept))
        # Range is for GET alone (RFC 9110 §14.2).
        wanted = None
        if request.method == "GET":
            wanted = asked_range(asked, etag=etag, modified=found.modified, size=found.size)
        if wanted is None:
            return self
        if not wanted:
            return Response(None, status=416, headers={"content-range": f"bytes */{found.size}"})
        part = Headers(headers)
        part.set("content-length", str(len(wanted)))
        part.set("content-range", f"bytes {wanted.start}-{wanted.stop - 1}/{found.size}")
        return Response(found.pieces(wanted), status=206, headers=part)


class _Found:
    """A file that is there, and inside its folder."""

    __slots__ = ("_stat", "path")

    def __init__(self, path: Path, status: os.stat_result) -> None:
        self.path = path
        self._stat = status

    @classmethod
    def of(cls, path: str | os.PathLike[str], root: str | os.PathLike[str] | None) -> _Found:
        if root is None and Path(path).is_absolute():
            raise ValueError(
                f"{os.fspath(path)} is absolute: name the folder that the answer may never leave, "
                "FileResponse(path, root=folder)"
            )
        base = Path(os.path.abspath(root or "."))  # noqa: PTH100 - Path.absolute keeps ".."
        named = Path(os.path.normpath(base / path))
        if named.is_relative_to(base):
            # An export wants to know which files its code needs; what is not there would never be opened.
            sys.audit("notebook_routes.file", str(named))
        if not base.is_dir():
            raise ValueError(f"{base} is no folder: FileResponse(path, root=...) takes the folder that holds the file")
        folder = base.resolve()
        # By its name first, so that nothing outside is even looked at; then by where links lead.
        try:
            if not (named.is_relative_to(base) or named.is_relative_to(folder)):
                raise _missing()
            place = named.resolve(strict=True)
            status = place.stat()
        except (OSError, ValueError, RuntimeError):
            # No such file, a NUL in its name, a circle of links.
            raise _missing() from None
        if not place.is_relative_to(folder) or not stat.S_ISREG(status.st_mode):
            raise _missing()
        return cls(place, status)

    @property
    def size(self) -> int:
        return self._stat.st_size

    @property
    def etag(self) -> str:
        return f'"{self._stat.st_mtime_ns:x}-{self._stat.st_size:x}"'

    @property
    def modified(self) -> datetime:
        """In whole seconds, and not in the future (RFC 9110 §8.8.2.1)."""
        now = datetime.now(UTC)
        return min(datetime.fromtimestamp(int(self._stat.st_mtime), UTC), now.replace(microsecond=0))

    def pieces(self, part: range) -> Iterator[bytes]:
        """The bytes of a part; the file is opened for the first, so that an answer without a body opens none."""
        with open(self.path, "rb", opener=_open) as file:
            if not self._is_same(os.fstat(file.fileno())):
                raise OSError(f"{self.path} was changed before it was sent")
            file.seek(part.start)
            left = len(part)
            while left:
                piece = file.read(min(left, _STEP))
                if not piece:
                    raise OSError(f"{self.path} was cut while it was sent")
                left -= len(piece)
                yield piece

    def _is_same(self, now: os.stat_result) -> bool:
        # Not another file that was put in its place, nor a link: then the headers would be wrong, or the folder left.
        known = self._stat
        return (now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns) == (
            known.st_dev,
            known.st_ino,
            known.st_size,
            known.st_mtime_ns,
        )


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


def _missing() -> HTTPError:
    return HTTPError(404, "There is no such file\n")


def _content_type(path: Path) -> str:
    kind, compression = mimetypes.guess_type(path.name)
    if compression is not None:
        # What is sent is the archive; a Content-Encoding would have it unpacked on the way.
        return _COMPRESSED.get(compression, "application/octet-stream")
    if kind is None:
        return "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def _attachment(filename: str) -> str:
    """The value of Content-Disposition (RFC 6266): a name for old clients, and the exact one where that differs."""
    plain = "".join(char if " " <= char <= "~" and char not in '"\\%/' else "_" for char in filename)
    exact = "" if plain == filename else f"; filename*=UTF-8''{quote(filename, safe='', errors='replace')}"
    return f'attachment; filename="{plain}"{exact}'

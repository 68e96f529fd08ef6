"""The other server of the cases: it counts how often each query of /c was asked, and tells at /ext what it was sent."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@contextmanager
def upstream(port: int = 0) -> Iterator[str]:
    """Run it on a port, by default a free one; gives its address."""
    with _Counting(("127.0.0.1", port), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Counting(ThreadingHTTPServer):
    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.counts: Counter[str] = Counter()
        self.lock = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Counting

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/counts":
            self._answer(json.dumps(self.server.counts), {"content-type": "application/json"})
            return
        if url.path == "/ext":
            host, forwarded = self.headers["host"], self.headers["x-forwarded-host"]
            self._answer(f"ext:{self.path} host={host} xfh={forwarded}", {"x-ext": "1"})
            return
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        key = f"?{url.query}" if url.query else ""
        with self.server.lock:
            self.server.counts[key] += 1
            count = self.server.counts[key]
        status = int(parse_qs(url.query).get("status", ["200"])[0])
        self._answer(f"#{count}" + (f" body={body}" if body else ""), {"content-type": "text/plain"}, status)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET  # noqa: N815 - http.server's names

    def _answer(self, text: str, headers: dict[str, str], status: int = 200) -> None:
        content = text.encode()
        self.send_response(status)
        for name, value in {**headers, "content-length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

"""A server of somebody else's pages, for tests with a browser."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def page_server(page, *, headers=()):
    """Answer every GET while the block runs; gives the port.

    Args:
        page: called with the path, gives content type and bytes.
        headers: pairs that each answer has beside them.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            media, content = page(self.path)
            self.send_response(200)
            self.send_header("Content-Type", media)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

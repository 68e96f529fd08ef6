"""The fixture for an ASGI server, with the Host check that `serve --allow-host` switches on."""

from pathlib import Path

from notebook_routes.app import LOOPBACK_HOSTS, Guard
from notebook_routes.project.load import load_tree
from notebook_routes.servers.asgi import ASGIApp


def asgi():
    app = load_tree(Path(__file__).with_name("fixture"))
    app.guard = Guard(hosts=LOOPBACK_HOSTS)
    return ASGIApp(app)

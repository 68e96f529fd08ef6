"""Flask's session in a converted program: a dict that a middleware keeps in the signed cookie that Flask had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_routes.tooling.codemod.old_errors import statements_of

if TYPE_CHECKING:
    from notebook_routes.tooling.codemod.nodes import Statement

#: How the middleware is called that keeps the session.
KEEPS_SESSION = "keep_session"
#: What a view may ask of its session.
SESSION_PARTS = frozenset(
    {"get", "pop", "clear", "setdefault", "update", "keys", "values", "items", "permanent", "modified"}
)

# The signature is that of itsdangerous, so that who was logged in before stays so:
# HMAC-SHA1 over "payload.time", by a key that is the HMAC-SHA1 of the salt.
_SESSION = '''
import base64
import hmac
import json
import time
import zlib
from datetime import timedelta


class Session(dict):
    """What is kept for one client; what is left in it is there at the next request."""

    modified = False

    @property
    def permanent(self):
        return self.get("_permanent", False)

    @permanent.setter
    def permanent(self, value):
        self["_permanent"] = bool(value)


async def keep_session(request, next):
    """The session of Flask, `request.state.session`: in a cookie that is signed, and that a client can read."""
    cookie = request.cookies.value("session")
    before, session = read_session(cookie), Session(read_session(cookie))
    request.state.session = session
    response = await next()
    if session or before:
        response.headers.append("vary", "Cookie")
    if before and not session:
        response.cookies.delete("session")
    elif session != before or session.permanent or session.modified:
        lasting = {"max_age": session_lifetime()} if session.permanent else {}
        response.cookies.set("session", written_session(session), http_only=True, path="/", **lasting)
    return response


def written_session(session):
    """A session as the text of a cookie."""
    payload = session_text(json.dumps(session, separators=(",", ":")).encode())
    moment = int(time.time())
    signed = f"{payload}.{session_text(moment.to_bytes((moment.bit_length() + 7) // 8, 'big'))}"
    return f"{signed}.{session_signature(signed)}"


def read_session(cookie):
    """The session that a cookie says; an empty one where there is none, or its signature is not ours."""
    try:
        signed, signature = (cookie or "").rsplit(".", 1)
        payload, moment = signed.rsplit(".", 1)
        is_ours = hmac.compare_digest(signature, session_signature(signed))
        is_old = time.time() - int.from_bytes(session_bytes(moment), "big") > session_lifetime()
        if is_old or not is_ours:
            return {}
        content = session_bytes(payload.lstrip("."))
        return json.loads(zlib.decompress(content) if payload.startswith(".") else content)
    except (TypeError, ValueError, zlib.error):
        return {}


def session_lifetime():
    """How many seconds a session lasts."""
    lifetime = app_config.get("PERMANENT_SESSION_LIFETIME", timedelta(days=31))
    return int(lifetime.total_seconds()) if isinstance(lifetime, timedelta) else lifetime


def session_signature(text):
    """What only who knows the secret can write below a text."""
    secret = app_config["SECRET_KEY"]
    key = hmac.digest(secret.encode() if isinstance(secret, str) else secret, b"cookie-session", "sha1")
    return session_text(hmac.digest(key, text.encode(), "sha1"))


def session_text(content):
    """Bytes as a cookie can have them."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def session_bytes(text):
    """The same back."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
'''


def flask_session() -> list[Statement]:
    """The middleware that keeps the session, and what it needs."""
    return statements_of(_SESSION)

"""What the tests of the isolate share: asking one, and a cache of a test's own."""

import http.client
import json

import pytest

from notebook_routes.project.isolate.engine import CACHE_VARIABLE, cache_folder
from tests.waiting import wait_until

#: Seconds: the first isolate after a change of ours boots cold, and the machine may be busy.
BOOTING = 120.0


class Client:
    """Asks an isolate, and has what it says in `heard`, pairs of a text and whether it is an error."""

    def __init__(self):
        self.heard = []
        self.isolate = None

    def hear(self, text, is_error):
        self.heard.append((text, is_error))

    def connection(self):
        host, port = self.isolate.url.removeprefix("http://").split(":")
        return http.client.HTTPConnection(host, int(port), timeout=BOOTING)

    def ask(self, method, target, body=None, **headers):
        """Status and body of an answer; None where the connection is cut."""
        connection = self.connection()
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def get(self, target):
        return self.ask("GET", target)

    def json(self, target):
        status, body = self.get(target)
        assert status == 200, body
        return json.loads(body)

    def becomes(self, target, answer):
        """Ask until it answers so: one that is being replaced takes a while."""
        wait_until(lambda: self.get(target) == answer, seconds=BOOTING)

    def says(self, part):
        """Wait until a text with this part has been heard; whether it was an error."""
        return wait_until(lambda: [pair for pair in self.heard if part in pair[0]])[0][1]


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """A cache without snapshots, which has all that was fetched."""
    real, place = cache_folder(), tmp_path / "cache"
    place.mkdir()
    for name in ("deno", "wheels"):
        (real / name).mkdir(parents=True, exist_ok=True)
        (place / name).symlink_to(real / name, target_is_directory=True)
    monkeypatch.setenv(CACHE_VARIABLE, str(place))
    return place

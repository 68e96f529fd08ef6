from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notebook_routes.app import LOOPBACK_HOSTS, Guard
from notebook_routes.app.guard import host_name
from notebook_routes.errors import HTTPError
from notebook_routes.web import Headers, Request


def request(method="GET", **headers):
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Request.from_target(method, "/", origin="http://localhost", headers=Headers.from_pairs(pairs))


def refusal(check, asked):
    with pytest.raises(HTTPError) as caught:
        check(asked)
    return caught.value


class TestHost:
    @pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1:8000", "[::1]", "[::1]:8000", "localhost:"])
    def test_known(self, host):
        Guard(hosts=LOOPBACK_HOSTS).check_host(request(host=host))

    @pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.11", "[::2]", "::1"])
    def test_unknown(self, host):
        assert refusal(Guard(hosts=LOOPBACK_HOSTS).check_host, request(host=host)).status in (400, 421)

    @pytest.mark.parametrize(
        "host", ["", " ", "a b", "a@b", "localhost:80@evil.example", "a/b", "a:b", "a,b", "[", "é"]
    )
    def test_malformed(self, host):
        assert refusal(Guard(hosts=["a", "localhost", "b"]).check_host, request(host=host)).status == 400

    def test_none(self):
        assert refusal(Guard(hosts=()).check_host, request()).status == 400
        Guard().check_host(request())

    def test_any(self):
        Guard().check_host(request(host="any.example:1"))

    def test_the_list_may_grow_and_be_exchanged(self):
        guard = Guard(hosts=["One.Example"])
        guard.check_host(request(host="one.example"))
        guard.allow_host("Two.Example")
        guard.check_host(request(host="TWO.example:80"))
        guard.hosts = {"three.example"}
        guard.check_host(request(host="three.example"))
        assert refusal(guard.check_host, request(host="one.example")).status == 421

    def test_allowing_one_where_any_may_ask_changes_nothing(self):
        guard = Guard()
        guard.allow_host("x")
        assert guard.hosts is None

    def test_a_hostile_name_is_not_repeated_as_it_is(self):
        said = refusal(Guard(hosts=()).check_host, request(host="x" * 500)).message
        assert len(said) < 400


class TestToken:
    def test_nobody_needs_one_that_is_not_set(self):
        Guard().check_token(request())

    @pytest.mark.parametrize("given", ["Bearer tök", "bearer tök", "BEARER   tök  "])
    def test_right(self, given):
        Guard(token="tök").check_token(request(authorization=given))

    @pytest.mark.parametrize("given", ["", "tök", "Basic tök", "Bearer", "Bearer tö", "Bearer tök x"])
    def test_wrong(self, given):
        error = refusal(Guard(token="tök").check_token, request(authorization=given))
        assert (error.status, error.headers) == (401, {"www-authenticate": "Bearer"})

    def test_the_page_token_is_another(self):
        guard = Guard(token="tok")
        assert refusal(guard.check_page_token, request(authorization="Bearer tok")).status == 403
        assert refusal(guard.check_page_token, request()).status == 403
        guard.check_page_token(request(authorization=f"Bearer {guard.page_token}"))


class TestForeign:
    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
    def test_safe_methods_are_let_through(self, method):
        Guard().check_foreign(request(method, host="h", origin="https://evil.example", sec_fetch_site="cross-site"))

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"origin": "http://h:1"},
            {"origin": "https://H:1"},
            {"sec_fetch_site": "same-origin"},
            {"sec_fetch_site": "none"},
            {"origin": "http://h:1", "sec_fetch_site": "same-origin"},
        ],
    )
    def test_our_own_and_programs(self, headers):
        Guard().check_foreign(request("POST", host="h:1", **headers))

    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"origin": ""},
            {"origin": "http://h"},
            {"origin": "h:1"},
            {"origin": "http://h:1.evil.example"},
            {"sec_fetch_site": "cross-site"},
        ],
    )
    def test_foreign(self, headers):
        assert refusal(Guard().check_foreign, request("POST", host="h:1", **headers)).status == 403

    def test_the_message_names_the_option_and_nothing_dangerous(self):
        asked = request("POST", host="h", origin="https://evil.example<script>\x1b[31m")
        said = refusal(Guard().check_foreign, asked).message
        assert "--cors https://evil.examplescript" in said
        assert said.rstrip("\n").isprintable()
        unnamed = refusal(Guard().check_foreign, request("POST", host="h", sec_fetch_site="cross-site")).message
        assert unnamed.startswith("A page of another site may not send POST here")
        assert "--cors ORIGIN" in unnamed

    def test_it_can_be_switched_off(self):
        Guard(check_origin=False).check_foreign(request("POST", host="h", origin="https://evil.example"))


HOSTS = st.text("a0.:[]%-_~@/ xé", max_size=12) | st.from_regex(r"[0-9.:xa]{0,14}", fullmatch=True)


@given(HOSTS)
@example("a:99999")
@example("1.2.3.256")
@example("%")
def test_of_a_host_that_is_let_in_a_url_can_be_made(host):
    asked = Request.from_target("GET", "/x", origin=f"http://{host}", headers=Headers.from_pairs([("host", host)]))
    try:
        Guard(hosts=[(host_name(host) or host).lower()]).check_host(asked)
    except HTTPError as error:
        refused = error
    else:
        refused = None
    assert asked.url.endswith("/x") if refused is None else refused.status == 400

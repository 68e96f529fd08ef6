"""The redis-server of the tests is a real one, and leaves nothing behind."""

import socket
import stat
import sys

import pytest

from tests.redis_server import RedisServer


def told(server, command):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(f"{command}\r\n".encode())
        return connection.recv(4096).decode()


def test_it_answers_and_keeps_nothing_on_disk(redis_server):
    assert told(redis_server, "PING") == "+PONG\r\n"
    assert told(redis_server, "CONFIG GET save").endswith("$0\r\n\r\n")
    assert redis_server.url == f"redis://127.0.0.1:{redis_server.port}/0"


@pytest.mark.parametrize("end", [RedisServer.stop, RedisServer.kill])
def test_it_comes_back_at_the_same_address_with_nothing_in_it(redis_program, tmp_path, end):
    with RedisServer(redis_program, tmp_path) as server:
        assert told(server, "SET lamp 30") == "+OK\r\n"
        end(server)
        with pytest.raises(ConnectionError):
            told(server, "PING")
        server.start()
        assert told(server, "GET lamp") == "$-1\r\n"
    with pytest.raises(ConnectionError):
        told(server, "PING")


def test_one_that_does_not_start_says_why(tmp_path):
    program = tmp_path / "redis-server"
    program.write_text(f"#!{sys.executable}\nraise SystemExit('no memory left')\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(RuntimeError, match="no memory left"):
        RedisServer(str(program), tmp_path).start()

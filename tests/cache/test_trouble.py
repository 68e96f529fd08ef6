"""What is wrong with a store is said, but not with every request."""

from notebook_routes.cache import trouble


def test_one_line_a_minute(caplog, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(trouble, "monotonic", lambda: clock[0])
    said = trouble.Trouble("The cache at redis://host")
    for seconds in range(0, 120, 10):
        clock[0] = 100.0 + seconds
        said.say(f"after {seconds}")
    assert [record.getMessage() for record in caplog.records] == [
        "The cache at redis://host: after 0. Requests are answered without it",
        "The cache at redis://host: after 60. Requests are answered without it",
    ]
    assert {(record.name, record.levelname) for record in caplog.records} == {("notebook_routes.cache", "WARNING")}


def test_a_problem_that_ends_with_a_full_stop_has_one(caplog):
    trouble.Trouble("The cache at redis://host").say(ConnectionError("Connect call failed ('127.0.0.1', 1)."))
    assert caplog.records[0].getMessage() == (
        "The cache at redis://host: Connect call failed ('127.0.0.1', 1). Requests are answered without it"
    )

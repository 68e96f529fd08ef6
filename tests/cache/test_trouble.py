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

"""What views are told without asking."""

from __future__ import annotations

import asyncio

import pytest

from notebook_routes.app import App
from notebook_routes.inspector import board as boards


@pytest.fixture
def shop(world):
    @world.route("/a")
    async def a():
        return {"a": 1}

    @world.route("/b/[key]")
    async def b(key):
        return {"b": key}

    world.start()
    return world


async def answering():
    return {}


def test_opening_the_table(shop):
    client = shop.client()
    for target in ("/a", "/a", "/b/1", "/none"):
        client.get(target)
    opened = shop.page.opened
    assert [(row["method"], row["path"], row["hits"], row["last"]) for row in opened["routes"]] == [
        ("GET", "/a", 2, 200),
        ("GET", "/b/[key]", 1, 200),
    ]
    assert "form" not in opened["routes"][0]
    assert [(line["target"], line["status"]) for line in opened["log"]["entries"]] == [
        ("/a", 200),
        ("/a", 200),
        ("/b/1", 200),
        ("/none", 404),
    ]
    assert opened["server"]["running"] is True
    assert opened["server"]["origin"] == shop.subject.base_url()


def test_opening_a_card(shop):
    card = shop.connect()
    opened = card.open({"method": "GET", "path": "/b/[key]"})
    (row,) = opened["routes"]
    assert row["path"] == "/b/[key]"
    assert row["form"]["segments"][0]["name"] == "key"
    assert "log" not in opened


def test_a_view_is_told_nothing_before_it_is_opened(shop):
    silent, page = shop.connect(), shop.page
    shop.client().get("/a")
    page.row("/a", where=lambda row: row["hits"] == 1)
    assert silent.messages == []


def test_requests_from_outside_are_told_as_they_come(shop):
    page = shop.page
    card = shop.connect()
    card.open({"method": None, "path": "/b/[key]"})
    client = shop.client()
    client.get("/a")
    client.get("/b/2")
    row = page.row("/a", where=lambda row: row["hits"] == 1)
    assert (row["last"], row["p50"] > 0, row["p95"] > 0, row["state"]) == (200, True, True, None)
    page.wait_for(lambda m: m.get("push") == "log" and m["entries"][-1]["target"] == "/b/2")
    assert card.row("/b/[key]", where=lambda row: row["hits"] == 1)["form"]
    assert {message.get("push") for message in card.messages[2:]} == {"routes"}
    assert {row["path"] for message in card.messages[2:] for row in message["rows"]} == {"/b/[key]"}


def test_many_requests_are_told_in_few_pushes(shop):
    page = shop.page
    since = len(page.messages)

    async def many():
        for _ in range(1000):
            await shop.app.request("/b/1", headers={"host": "localhost"})

    # Without a socket, so that they come faster than any client asks.
    asyncio.run(many())
    page.row("/b/[key]", where=lambda row: row["hits"] == 1000)
    pushes = [message for message in page.messages[since:] if message.get("push") == "log"]
    assert sum(len(push["entries"]) + push["skipped"] for push in pushes) == 1000
    assert max(len(push["entries"]) for push in pushes) <= boards.MOST_LINES
    assert len(pushes) < 100
    assert pushes[-1]["total"] == 1000


def test_a_failure_is_marked(shop):
    @shop.route("/broken")
    async def broken():
        return 1 / 0

    page = shop.page
    shop.client().get("/broken")
    row = page.row("/broken", where=lambda row: row["hits"] == 1)
    assert (row["state"], row["errors"], row["last"]) == ("error", 1, 500)


def test_routes_that_come_change_and_go(shop, make_route):
    page = shop.page
    since = len(page.messages)
    shop.app.routes.put(make_route(answering, "/new", cell="cell [2]"))
    assert page.row("/new", since=since)["cell"] == "cell [2]"
    shop.app.routes.put(make_route(answering, "/a", cell="cell [3]"))
    shop.inspector.changed()
    assert page.row("/a", since=since)["cell"] == "cell [3]"
    shop.app.routes.remove("GET", shop.app.routes.routes()[0].pattern)
    page.wait_for(lambda message: message.get("gone") == [["GET", "/a"]], since=since)


def test_a_change_that_one_view_has_noticed_is_told_to_all(shop, make_route):
    page, other = shop.page, shop.page
    shop.app.routes.put(make_route(answering, "/new"))
    assert "error" not in other.ask("detail", method="GET", path="/new")
    page.row("/new")


def test_a_server_that_is_stopped_and_started(shop):
    page = shop.page
    shop.thread.stop()
    said = page.wait_for(lambda message: "server" in message and message.get("push") == "routes")["server"]
    assert (said["running"], said["note"]) == (False, "The server does not run: run %routes start")
    since = len(page.messages)
    shop.subject.address = {"url": "http://localhost:2", "reason": "there", "room": "http://192.0.2.3:2/"}
    shop.start()
    said = page.wait_for(lambda message: "server" in message, since=since)["server"]
    assert (said["running"], said["url"], said["room"]) == (True, "http://localhost:2", "http://192.0.2.3:2/")
    since = len(page.messages)
    shop.subject.address = {"url": "http://localhost:3", "reason": "elsewhere"}
    shop.inspector.changed()
    assert page.wait_for(lambda message: "server" in message, since=since)["server"]["url"] == "http://localhost:3"


def test_another_app_in_its_place_with_the_same_log(shop, make_route):
    page = shop.page
    shop.client().get("/a")
    page.row("/a", where=lambda row: row["hits"] == 1)
    since = len(page.messages)
    app = App()
    app.log = shop.app.log
    app.routes.replace(put=[make_route(answering, "/a"), make_route(answering, "/new")])
    shop.app = app
    assert page.row("/new", since=since)["hits"] == 0
    assert page.row("/a", since=since)["hits"] == 1


def test_another_app_with_a_log_of_its_own(shop, make_route):
    page = shop.page
    shop.client().get("/a")
    page.row("/a", where=lambda row: row["hits"] == 1)
    since = len(page.messages)
    before = shop.app.log
    app = App()
    app.routes.put(make_route(answering, "/a"))
    shop.app = app
    assert page.row("/a", since=since)["hits"] == 0
    assert before._listeners == ()
    asyncio.run(app.request("/a"))
    page.row("/a", since=since, where=lambda row: row["hits"] == 1)


def test_without_a_view_nothing_is_followed(shop, wait_until):
    page = shop.page
    assert len(shop.app.log._listeners) == 1
    page.view.close()
    wait_until(lambda: shop.app.log._listeners == ())
    shop.client().get("/a")
    assert shop.page.opened["routes"][0]["hits"] == 1
    assert len(shop.app.log._listeners) == 1


def test_what_is_kept_is_counted(world):
    @world.route("/kept/[key]", revalidate=1000)
    async def kept(key):
        return {}

    page = world.page
    client = world.client()
    for target in ("/kept/1", "/kept/1", "/kept/2"):
        client.get(target)
    row = page.row("/kept/[key]", where=lambda row: row["kept"] == 2)
    assert (row["hits"], row["state"]) == (3, None)
    assert [entry.cache for entry in world.app.log.entries()] == ["miss", "hit", "miss"]


def test_a_listener_that_fails_silences_itself_alone(shop, caplog):
    def broken(message):
        raise OSError("gone")

    view = shop.inspector.connect(broken)
    view.receive({"do": "open", "id": 1, "route": None})
    page = shop.page
    shop.client().get("/a")
    page.row("/a", where=lambda row: row["hits"] == 1)
    assert [record.message for record in caplog.records] == [
        "The inspector could not reach one of its pages, and tells it nothing more"
    ]


def test_the_end_is_told_and_leaves_no_thread(shop):
    page = shop.page
    page.run("/a")
    shop.inspector.close("The extension was unloaded")
    assert page.messages[-1] == {"push": "bye", "said": "The extension was unloaded"}
    page.view.receive({"do": "open", "id": 99})
    page.view.close()
    assert shop.app.log._listeners == ()
    # Another view begins anew.
    assert shop.page.opened["server"]["running"]

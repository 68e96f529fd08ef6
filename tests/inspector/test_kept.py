"""What a page sees of the cache; what notebooks see of theirs is tested with them."""

from __future__ import annotations


def test_entries_and_how_they_go(world):
    @world.route("/kept/[key]", revalidate=1000, tags=("shop",))
    async def kept(key):
        return {}

    page, client = world.page, world.client()
    for target in ("/kept/1", "/kept/2", "/kept/3"):
        client.get(target)
    entries = page.ask("cache")["entries"]
    assert [(entry["what"], entry["kind"], entry["fresh"], entry["tags"]) for entry in entries] == [
        (f"/kept/{number}", "route", True, ["shop"]) for number in (1, 2, 3)
    ]
    assert page.ask("revalidate", what=entries[0]["key"])["count"] == 1
    assert [entry["what"] for entry in page.ask("cache")["entries"]] == ["/kept/2", "/kept/3"]
    assert page.ask("revalidate", what="/kept/2")["count"] == 1
    assert page.ask("revalidate", what="shop")["count"] == 1
    assert page.ask("revalidate", what="shop")["count"] == 0
    assert page.ask("cache")["entries"] == []

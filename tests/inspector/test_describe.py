from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from notebook_routes import File, Form, Header
from notebook_routes.runtime.markers import CookieParam


class Lamp(BaseModel):
    """A thing that shines."""

    name: str
    price: float = Field(3.5, description="in euros")
    colour: Literal["red", "blue"] = "blue"
    within: Lamp | None = None


def detail(world, method, path):
    answer = world.page.ask("detail", method=method, path=path)
    assert "error" not in answer, answer
    return answer["detail"]


def test_what_a_route_takes_is_its_form(world):
    @world.route("/shops/[shop]/[...slug]")
    async def get(  # noqa: PLR0917 - a handler takes them by name
        shop: int,
        slug: list[str],
        page: int = 1,
        tag: list[str] = ["a", "b"],  # noqa: B006 - as users write it
        kind: Literal["a", "b"] | None = None,
        agent: Annotated[str, Header("user-agent")] = "",
        session: Annotated[str | None, CookieParam()] = None,
    ):
        """List the things."""

    found = detail(world, "GET", "/shops/[shop]/[...slug]")
    form = found["row"]["form"]
    assert form["segments"] == [
        {"name": "shop", "many": False, "optional": False, "type": "integer", "default": None},
        {"name": "slug", "many": True, "optional": False, "type": "string", "default": None},
    ]
    page, tag, kind = form["query"]
    assert (page["name"], page["type"], page["required"], page["default"]) == ("page", "integer", False, "1")
    assert (page["many"], tag["many"], tag["type"]) == (False, True, "list of string")
    # As it would be typed: several with commas.
    assert tag["default"] == "a, b"
    assert (kind["enum"], kind["required"]) == (["a", "b"], False)
    assert [field["name"] for field in form["headers"] + form["cookies"]] == ["user-agent", "session"]
    assert form["body"] is None
    assert found["help"] == "List the things."
    assert found["row"]["sample"] == "/shops/1/1"


def test_a_model_is_a_template(world):
    @world.route("/lamps", "POST")
    def post(lamp: Lamp):
        return {}

    found = detail(world, "POST", "/lamps")
    body = found["row"]["form"]["body"]
    assert (body["media"], body["required"], body["fields"]) == ("application/json", True, [])
    assert '"name": "",\n  "price": 3.5,\n  "colour": "blue"' in body["template"]
    assert "Lamp" in found["openapi"]["components"]["schemas"]
    assert list(found["openapi"]["paths"]) == ["/lamps"]


def test_fields_and_files(world):
    @world.route("/upload", "POST")
    async def post(title: Annotated[str, Form()], picture: File, more: list[File] = ()):
        return {}

    body = detail(world, "POST", "/upload")["row"]["form"]["body"]
    assert (body["media"], body["required"]) == ("multipart/form-data", True)
    assert [(field["name"], field["file"], field["required"], field["many"]) for field in body["fields"]] == [
        ("title", False, True, False),
        ("picture", True, True, False),
        ("more", True, False, True),
    ]


def test_fields_without_a_file_have_no_place_for_one(world):
    @world.route("/login", "POST")
    async def post(name: Annotated[str, Form()]):
        return {}

    assert detail(world, "POST", "/login")["row"]["form"]["body"]["media"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(("method", "body"), [("PUT", True), ("DELETE", False), ("GET", False), ("OPTIONS", False)])
def test_a_body_that_nothing_is_said_of(world, method, body):
    @world.route("/a", method)
    async def handle(request):
        return {}

    plain = {"media": "application/json", "required": False, "template": "", "fields": []}
    assert detail(world, method, "/a")["row"]["form"]["body"] == (plain if body else None)


def test_config_and_where_it_is_said(world):
    @world.route("/a", revalidate=60, tags=("shop", "new"))
    async def get():
        return {}

    found = detail(world, "GET", "/a")
    assert found["row"]["policy"] == "revalidate 60 s, tags shop new"
    assert found["config"] == [["revalidate", "60", "cell [1]"], ["tags", "shop new", "cell [1]"]]
    assert found["source"] == "# GET /a"


@pytest.mark.parametrize(
    ("config", "policy"),
    [
        ({}, ""),
        ({"revalidate": False}, "kept for ever"),
        ({"revalidate": 0}, "not kept"),
        ({"dynamic": "force-static"}, "force-static"),
        ({"generate_static_params": list, "dynamic_params": False}, "prepared paths only"),
    ],
)
def test_the_policy_in_words(world, config, policy):
    @world.route("/a/[key]", **config)
    async def get(key):
        return {}

    assert world.page.opened["routes"][0]["policy"] == policy


def test_types_that_have_gone_are_said_and_the_form_is_there(world):
    def post(lamp: Lamp):
        return {}

    world.route("/lamps/[id]", "POST")(post)
    post.__annotations__["return"] = "Gone"
    found = detail(world, "POST", "/lamps/[id]")
    assert "Gone" in found["openapi"]["x-error"]
    assert [segment["name"] for segment in found["row"]["form"]["segments"]] == ["id"]


def test_a_route_that_is_gone(world):
    answer = world.page.ask("detail", method="GET", path="/gone")
    assert answer["error"] == "There is no route GET /gone any more"

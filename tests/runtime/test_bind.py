import asyncio
import functools
import textwrap
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal, Protocol, TypedDict
from uuid import UUID

import pytest
from pydantic import BaseModel, Field

from notebook_routes.errors import CellError, InvalidBody, ValidationFailed
from notebook_routes.routing import RoutePattern, parse_directive
from notebook_routes.runtime.bind import Binder, RouteContext
from notebook_routes.runtime.module import RouteModule
from notebook_routes.web import FormData, Request, URLSearchParams

UUID_TEXT = "12345678-1234-5678-1234-567812345678"


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Lamp:
    name: str
    price: int = 0


class LampDict(TypedDict):
    name: str
    price: int


class LampModel(BaseModel):
    name: str
    price: int = Field(default=0, ge=0)


@pytest.fixture
def bind(exchange_for):
    """The arguments that a handler is given for one request."""

    def run(function, target="/x", *, pattern="/x", method="GET", headers=None, body=None):
        exchange = exchange_for(None, target, pattern=pattern, method=method, headers=headers, body=body)
        binder = Binder(function, method=method, pattern=RoutePattern.parse(pattern))

        async def story():
            read = await binder.read_body(exchange.request) if binder.needs_body else None
            return binder.arguments(exchange, read)

        return asyncio.run(story())

    return run


@pytest.fixture
def post(bind):
    """The same, of a request with a body."""

    def run(function, body, content_type=None, **options):
        headers = {"content-type": content_type} if content_type else {}
        return bind(function, method="POST", body=body, headers=headers, **options)

    return run


@pytest.fixture
def problems(bind):
    """Where and why the arguments of a request are refused."""

    def run(*args, **options):
        with pytest.raises(ValidationFailed) as failed:
            bind(*args, **options)
        assert failed.value.status == 422
        return [(problem["loc"], problem["type"]) for problem in failed.value.problems]

    return run


def refused(function, *, pattern="/x", method="GET"):
    """The sentence with which the handler is refused."""
    with pytest.raises(CellError) as error:
        Binder(function, method=method, pattern=RoutePattern.parse(pattern))
    return error.value.message


# -- by name


def test_the_special_names(bind):
    def handler(request, context, params, query, body): ...

    given = bind(handler, "/a/1?q=2", pattern="/a/[id]")
    assert isinstance(given["request"], Request)
    assert given["context"] == RouteContext({"id": "1"}, "/a/[id]")
    assert given["params"] == {"id": "1"}
    assert given["query"].get("q") == "2"
    assert given["body"] is None


def test_their_own_types_may_stand_on_them(bind):
    class HasUrl(Protocol):
        url: str

    class Params(TypedDict):
        id: str

    def handler(request: Request, context: RouteContext, params: dict[str, str], query: URLSearchParams, body: Any): ...
    def loose(request: object, context: Any, params: Mapping): ...
    def narrow(request: HasUrl, params: Params): ...

    for each in (handler, loose, narrow):
        assert bind(each, "/a/1", pattern="/a/[id]")["params"] == {"id": "1"}


@pytest.mark.parametrize(
    ("name", "hint"), [("query", str), ("query", Lamp), ("params", int), ("context", str), ("request", LampModel)]
)
def test_another_type_on_them_is_refused(name, hint):
    function = {"query": lambda query: 0, "params": lambda params: 0, "context": lambda context: 0}.get(
        name, lambda request: 0
    )
    function.__annotations__[name] = hint
    said = refused(function)
    assert f"`{name}` can never be filled" in said
    assert f"write another name, `{name}_: {hint.__name__}`" in said


def test_nothing_is_read_that_is_not_asked_for(bind):
    binder = Binder(lambda request: 0, method="POST", pattern=RoutePattern.parse("/x"))
    assert not binder.needs_body
    assert Binder(lambda body: 0, method="POST", pattern=RoutePattern.parse("/x")).needs_body
    assert bind(lambda: 0) == {}


# -- segments


@pytest.mark.parametrize(
    ("hint", "text", "value"),
    [
        (str, "7", "7"),
        (int, "7", 7),
        (float, "0.5", 0.5),
        (bool, "yes", True),
        (UUID, UUID_TEXT, UUID(UUID_TEXT)),
        (date, "2030-01-02", date(2030, 1, 2)),
        (Colour, "red", Colour.RED),
        (Literal["a", 1], "1", 1),
        (Annotated[int, Field(ge=1)], "1", 1),
        (int | None, "3", 3),
        (Any, "3", "3"),
    ],
)
def test_a_segment_has_the_type_it_is_given(bind, hint, text, value):
    def handler(id): ...  # noqa: A002 - a segment's usual name

    handler.__annotations__["id"] = hint
    assert bind(handler, f"/a/{text}", pattern="/a/[id]") == {"id": value}


def test_a_segment_without_a_type_is_text(bind):
    assert bind(lambda id: 0, "/a/%C3%A4%20b", pattern="/a/[id]") == {"id": "ä b"}  # noqa: A006 - the same


def test_a_wrong_segment_is_named(problems):
    def handler(id: int): ...  # noqa: A002 - the same

    assert problems(handler, "/a/lamp", pattern="/a/[id]") == [(("path", "id"), "int_parsing")]


@pytest.mark.parametrize(
    ("hint", "values"), [(list, ["1", "b"]), (list[str], ["1", "b"]), (tuple[int, ...], (1, 2)), (list[int], [1, 2])]
)
def test_a_catch_all_is_a_list(bind, hint, values):
    def handler(path): ...

    handler.__annotations__["path"] = hint
    for pattern in ("/a/[...path]", "/a/[[...path]]"):
        assert bind(handler, "/a/" + "/".join(map(str, values)), pattern=pattern) == {"path": values}
        assert bind(lambda path: 0, "/a/1/b", pattern=pattern) == {"path": ["1", "b"]}


def test_each_wrong_segment_of_a_catch_all_is_named(problems):
    def handler(path: list[int]): ...

    assert problems(handler, "/a/1/b/c", pattern="/a/[...path]") == [
        (("path", "path", 1), "int_parsing"),
        (("path", "path", 2), "int_parsing"),
    ]


def test_an_absent_optional_catch_all_is_its_default_or_none(bind):
    def typed(path: list[int]): ...
    def optional(path: list[int] | None): ...
    def default(path: list[int] = [0]): ...  # noqa: B006 - what a user writes
    def untyped(path=()): ...
    def params(params): ...

    expected = {typed: None, optional: None, default: [0], untyped: (), params: {}}
    for handler, value in expected.items():
        (found,) = bind(handler, "/a", pattern="/a/[[...path]]").values()
        assert found == value


def test_a_segment_cannot_have_the_type_of_several_nor_a_catch_all_that_of_one():
    def several(id: list[int]): ...  # noqa: A002 - the same
    def one(path: str): ...
    def model(id: Lamp): ...  # noqa: A002 - the same

    assert "[id] gives one value, not list[int]" in refused(several, pattern="/a/[id]")
    assert "[...path] gives a list, not str" in refused(one, pattern="/a/[...path]")
    assert "write `path: list[str]`" in refused(one, pattern="/a/[[...path]]")
    assert "Lamp is no type that a segment can have" in refused(model, pattern="/a/[id]")


def test_a_segment_that_is_no_name_is_in_params_alone(bind):
    assert bind(lambda params: 0, "/a/1", pattern="/a/[product-id]") == {"params": {"product-id": "1"}}


# -- the query


def test_query_parameters_of_every_kind(bind):
    def handler(  # noqa: PLR0917 - they are given by name
        text: str,
        number: int,
        flag: bool,  # noqa: FBT001 - a handler has no callers
        day: date,
        key: UUID,
        colour: Colour,
        size: Literal[1, 2],
        many: list[int],
        names: set[str],
        missing: int | None = None,
        page=1,
        ratio=0.5,
        on=False,  # noqa: FBT002 - the same
        nothing=None,
        rest=(),
        tint=Colour.RED,
    ): ...

    query = f"text=a+b%26&number=-3&flag=off&day=2030-01-02&key={UUID_TEXT}&colour=blue&size=2&many=1&many=2&names=x"
    given = bind(handler, f"/x?{query}")
    assert given == {
        "text": "a b&",
        "number": -3,
        "flag": False,
        "day": date(2030, 1, 2),
        "key": UUID(UUID_TEXT),
        "colour": Colour.BLUE,
        "size": 2,
        "many": [1, 2],
        "names": {"x"},
        "missing": None,
        "page": 1,
        "ratio": 0.5,
        "on": False,
        "nothing": None,
        "rest": (),
        "tint": Colour.RED,
    }
    given = bind(handler, f"/x?{query}&missing=4&page=2&ratio=1&on=1&nothing=n&rest=a&rest=b&tint=blue")
    assert [given[name] for name in ("missing", "page", "ratio", "on", "nothing", "rest", "tint")] == [
        4,
        2,
        1.0,
        True,
        "n",
        ("a", "b"),
        Colour.BLUE,
    ]


def test_the_first_of_several_is_taken_where_one_is_wanted(bind):
    def handler(page: int): ...

    assert bind(handler, "/x?page=1&page=2") == {"page": 1}


def test_all_wrong_parameters_are_named_at_once(problems):
    def handler(*, a: int, b: bool, c: Literal["x"], d: Colour, e: list[int], f: str, g: int = 0): ...

    assert problems(handler, "/x?a=&b=2&c=y&d=green&e=1&e=z&g=g") == [
        (("query", "a"), "int_parsing"),
        (("query", "b"), "bool_parsing"),
        (("query", "c"), "literal_error"),
        (("query", "d"), "enum"),
        (("query", "e", 1), "int_parsing"),
        (("query", "f"), "missing"),
        (("query", "g"), "int_parsing"),
    ]


def test_wrong_values_of_path_query_and_body_come_together(problems):
    def handler(id: int, page: int, body: Lamp): ...  # noqa: A002 - the same

    found = problems(handler, "/a/b?page=c", pattern="/a/[id]", method="POST", body="{}")
    assert [place for place, _ in found] == [("path", "id"), ("query", "page"), ("body", "name")]


def test_keyword_only_parameters_are_as_good(bind):
    def handler(*, id: int, page: int = 1): ...  # noqa: A002 - the same

    assert bind(handler, "/a/7", pattern="/a/[id]") == {"id": 7, "page": 1}


# -- the body


@pytest.mark.parametrize("model", [Lamp, LampModel, LampDict, LampModel | None, Annotated[Lamp, "the lamp"]])
@pytest.mark.parametrize("name", ["body", "lamp"])
def test_a_model_is_the_json_body(post, model, name):
    def body(body): ...
    def lamp(lamp): ...

    handler = body if name == "body" else lamp
    handler.__annotations__[name] = model
    # The content type of `curl -d` is a form's.
    for content_type in ("application/json", "application/x-www-form-urlencoded", None):
        (found,) = post(handler, '{"name": "L", "price": "30"}', content_type).values()
        assert (found["price"] if isinstance(found, dict) else found.price) == 30


def test_a_list_of_models_is_the_json_body(post, problems):
    def handler(lamps: list[Lamp]): ...

    assert post(handler, '[{"name": "a"}, {"name": "b"}]') == {"lamps": [Lamp("a"), Lamp("b")]}
    found = problems(handler, method="POST", body='[{"name": "a"}, {"price": 1}]')
    assert found == [(("body", 1, "name"), "missing")]


def test_other_types_on_body_are_json_too(post, problems):
    def mapping(body: dict[str, int]): ...
    def number(body: int): ...

    assert post(mapping, '{"a": 1}') == {"body": {"a": 1}}
    assert post(number, "7") == {"body": 7}
    assert problems(mapping, method="POST", body='{"a": "b"}') == [(("body", "a"), "int_parsing")]


def test_text_bytes_and_forms_can_be_asked_for_by_type(post, bind):
    def text(body: str): ...
    def raw(body: bytes): ...
    def form(body: FormData): ...
    def perhaps(body: str | None): ...
    def default(body: bytes = b"-"): ...

    assert post(text, '{"a"', "application/json") == {"body": '{"a"'}
    assert post(text, b"\xef\xbb\xbfa\xff") == {"body": "a�"}
    assert post(raw, b"\x00\xff", "text/plain") == {"body": b"\x00\xff"}
    assert post(form, "a=1", "application/x-www-form-urlencoded")["body"].get("a") == "1"
    assert post(perhaps, "") == {"body": ""}
    assert bind(perhaps, method="POST") == {"body": None}
    assert bind(default, method="POST") == {"body": b"-"}
    with pytest.raises(InvalidBody, match="not a form"):
        post(form, "a=1", "text/plain")


def multipart(*parts):
    lines = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts]
    return "".join(lines) + "--b--\r\n"


def test_an_untyped_body_is_read_by_its_content_type(post, bind):
    def handler(body): ...

    assert post(handler, '{"a": [1]}', "application/json") == {"body": {"a": [1]}}
    assert post(handler, "null", "application/problem+json; charset=utf-8") == {"body": None}
    assert post(handler, "a", "Text/Plain; charset=utf-8") == {"body": "a"}
    assert post(handler, b"\x00", "image/png") == {"body": b"\x00"}
    assert post(handler, b"\x00") == {"body": b"\x00"}
    assert post(handler, b"") == {"body": None}
    assert bind(handler, method="POST") == {"body": None}
    assert bind(handler) == {"body": None}
    form = post(handler, "a=1&b=%20&a=2", "application/x-www-form-urlencoded")["body"]
    assert (form.get_all("a"), form.get("b")) == (["1", "2"], " ")
    assert [*post(handler, b"", "application/x-www-form-urlencoded")["body"]] == []
    form = post(handler, multipart(("a", "1"), ("b", "ä")), "multipart/form-data; boundary=b")["body"]
    assert (form.get("a"), form.get("b")) == ("1", "ä")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("{", "application/json"),
        ("", "application/json"),
        (b"\xff", "application/json"),
        ("NaN", "application/json"),
        ("[" * 100_000, "application/json"),
        ("--b\r\n", "multipart/form-data; boundary=b"),
        ("--b--", "multipart/form-data"),
    ],
)
def test_a_malformed_body_is_a_400(post, body, content_type):
    with pytest.raises(InvalidBody) as invalid:
        post(lambda body: 0, body, content_type)
    assert invalid.value.status == 400


def test_a_model_of_a_body_that_is_no_json_is_a_400(post):
    def handler(lamp: Lamp): ...

    with pytest.raises(InvalidBody, match=r"not JSON: .* line 1 column 1"):
        post(handler, "name=L", "application/x-www-form-urlencoded")


def test_a_body_that_is_missing(bind, problems):
    def needed(lamp: Lamp): ...
    def perhaps(lamp: Lamp | None): ...
    def default(lamp: Lamp = Lamp("none")): ...
    def untyped(body="none"): ...

    for body in (None, b""):
        assert problems(needed, method="POST", body=body) == [(("body",), "missing")]
        assert bind(perhaps, method="POST", body=body) == {"lamp": None}
        assert bind(default, method="POST", body=body) == {"lamp": Lamp("none")}
        assert bind(untyped, method="POST", body=body) == {"body": "none"}


@pytest.mark.parametrize(
    ("body", "content_type", "again"),
    [
        ('{"name": "L"}', "application/json", lambda request: request.json()),
        ('{"name": "L"}', "application/json", lambda request: request.text()),
        ("a=1", "application/x-www-form-urlencoded", lambda request: request.form_data()),
        (multipart(("a", "1")), "multipart/form-data; boundary=b", lambda request: request.form_data()),
        (b"\x00", None, lambda request: request.bytes()),
    ],
)
def test_the_request_can_still_be_read_once(bind, body, content_type, again):
    def handler(request, body): ...

    given = bind(handler, method="POST", body=body, headers={"content-type": content_type} if content_type else {})
    request = given["request"]
    assert not request.body_used
    assert asyncio.run(_read(again, request))
    assert request.body_used


async def _read(read, request):
    return await read(request)


# -- what can never be filled


def untyped(lamp): ...
def starred(*lamps): ...
def doubly_starred(**lamps): ...
def positional(lamp: int, /): ...
def mapped(lamp: dict): ...
def keyword_only(*, lamp): ...
def anything(lamp: object): ...
def nested(lamp: list[list[int]]): ...


def by_default(lamp={}): ...  # noqa: B006 - what a user writes


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (untyped, "`lamp` can never be filled: it has neither a type nor a default"),
        (lambda req: 0, "query, body, id by name; write `request`"),
        (lambda ctx: 0, "query, body, id by name; write `context`"),
        (keyword_only, "`lamp` can never be filled: it has neither a type nor a default"),
        (lambda lamp: 0, "`lamp` can never be filled: it has neither a type nor a default"),
        (starred, "`*lamps` can never be filled: arguments are given by name"),
        (doubly_starred, "`**lamps` can never be filled: arguments are given by name"),
        (positional, "`lamp` can never be filled: it stands before the `/`"),
        (mapped, "dict is no type that a query parameter can have"),
        (by_default, "dict is no type that a query parameter can have"),
        (anything, "object is no type that a query parameter can have"),
        (nested, "list[list[int]] is no type that a query parameter can have"),
    ],
)
def test_a_parameter_that_can_never_be_filled_is_refused(function, said):
    message = refused(function, pattern="/a/[id]")
    assert message.startswith("GET /a/[id]: the parameter ")
    assert said in message
    assert "A handler is given request, context, params, query, body, id by name; write " in message


def test_a_decorator_without_wraps_is_told_about_it():
    def logged(function):
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        return wrapper

    assert "functools.wraps on a decorator's function" in refused(logged(untyped))


def test_the_line_is_the_functions_own():
    with pytest.raises(CellError) as error:
        Binder(untyped, method="GET", pattern=RoutePattern.parse("/x"))
    assert error.value.line == untyped.__code__.co_firstlineno


def test_a_type_of_ours_is_given_by_name():
    def request(req: Request): ...
    def form(form: FormData): ...

    assert "`req` can never be filled: a Request is given by name" in refused(request)
    assert refused(request).endswith("write `request`")
    assert refused(form, method="POST").endswith("write `body`")


def test_there_is_one_body_and_none_in_a_get():
    def two(lamp: Lamp, shade: LampModel): ...
    def one(lamp: Lamp): ...

    assert "`shade` can never be filled: `lamp` is the body already" in refused(two, method="POST")
    assert "a GET request has no body to read Lamp from" in refused(one)


def test_the_body_and_a_model_of_it_may_be_asked_for(post):
    def handler(body, lamp: Lamp): ...

    assert post(handler, '{"name": "L"}') == {"body": {"name": "L"}, "lamp": Lamp("L")}


# -- callables and annotations of other kinds


def test_decorators_classes_partials_lambdas_and_methods(bind):
    def decorated(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        return wrapper

    class Handler:
        def __call__(self, page: int = 1): ...
        def method(self, page: int = 1): ...

    @dataclass
    class Made:
        page: int = 1

    def plain(shelf, page: int = 1): ...

    callables = [
        decorated(decorated(lambda page=1: 0)),
        Handler(),
        Handler().method,
        Made,
        functools.partial(plain, "shelf"),
    ]
    for function in callables:
        assert bind(function, "/x?page=2") == {"page": 2}
        assert bind(function) == {"page": 1}


def test_what_a_partial_has_fixed_stays_fixed(bind):
    def handler(page: int, role: str = "guest"): ...

    assert bind(functools.partial(handler, role="user"), "/x?page=1&role=admin") == {"page": 1}


def test_annotations_that_are_text(bind, post):
    made = types.ModuleType("cells")
    source = """
        from __future__ import annotations
        from typing import TypedDict

        class Lamp(TypedDict):
            price: Price

        Price = int

        def GET(price: Price, page: Price | None = None): ...
        def POST(lamp: Lamp): ...
    """
    import sys

    sys.modules["cells"] = made
    try:
        exec(textwrap.dedent(source), made.__dict__)
        assert bind(made.GET, "/x?price=1&page=2") == {"price": 1, "page": 2}
        assert post(made.POST, '{"price": "3"}') == {"lamp": {"price": 3}}
    finally:
        del sys.modules["cells"]


def test_a_module_form_cell_with_models_of_its_own_and_of_the_notebook(bind, post):
    cell = """
        from __future__ import annotations
        from dataclasses import dataclass
        from pydantic import BaseModel

        @dataclass
        class Part:
            price: Price

        class Lamp(BaseModel):
            parts: list[Part]

        def GET(price: Price, colour: Colour): ...
        def POST(lamp: Lamp): ...
        def PUT(thing: Thing): ...
    """
    namespace = {"Price": int, "Colour": Colour, "Thing": Lamp}
    module = RouteModule.from_source(
        textwrap.dedent(cell), parse_directive("/x"), namespace=namespace, label="cell [1] /x"
    )
    try:
        handlers = module.handlers
        assert bind(handlers["GET"], "/x?price=1&colour=red") == {"price": 1, "colour": Colour.RED}
        assert post(handlers["POST"], '{"parts": [{"price": "3"}]}')["lamp"].parts[0].price == 3
        assert post(handlers["PUT"], '{"name": "L"}') == {"thing": Lamp("L")}
    finally:
        module.close()


def test_the_parameters_of_the_line(bind, post):
    line = "POST /a/[id] id:int page:int=1 lamp:Lamp"
    module = RouteModule.from_body(
        "id, page, lamp", parse_directive(line), namespace={"Lamp": Lamp}, label="cell [1] POST /a/[id]"
    )
    try:
        given = post(module.handlers["POST"], '{"name": "L"}', target="/a/7?page=2", pattern="/a/[id]")
        assert given == {"id": 7, "page": 2, "lamp": Lamp("L")}
    finally:
        module.close()


def test_an_annotation_that_names_nothing_is_refused():
    def handler(lamp: "Nowhere"): ...  # noqa: F821 - the point

    assert "names `Nowhere`, which is not defined: define it in a cell above" in refused(handler)


def test_optional_of_the_older_spelling(bind):
    def handler(page: typing.Optional[int] = None, ids: typing.List[int] = ()): ...  # noqa: UP006, UP045 - the point

    assert bind(handler, "/x?page=3&ids=1&ids=2") == {"page": 3, "ids": [1, 2]}

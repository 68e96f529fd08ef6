from __future__ import annotations

import ast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notebook_routes.errors import ConfigError, DirectiveError, InvalidPattern
from notebook_routes.routing import METHODS, LineParameter, RoutePattern, parse_directive


def test_the_line_of_the_manual():
    directive = parse_directive(" GET /products/[id] id:int page:int=1 --revalidate 60 --tag a --tag b ")
    assert directive.method == "GET"
    assert directive.pattern == RoutePattern.parse("/products/[id]")
    assert directive.parameters == (LineParameter("id", "int"), LineParameter("page", "int", "1"))
    assert directive.options == {"revalidate": 60, "tags": ("a", "b")}


def test_without_a_method_the_cell_is_a_module():
    directive = parse_directive("/products/[id] --runtime edge")
    assert (directive.method, directive.parameters, directive.options) == (None, (), {"runtime": "edge"})


@pytest.mark.parametrize("method", METHODS)
def test_every_method(method):
    assert parse_directive(f"{method} /").method == method


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("page=1", [("page", "int", "1")]),
        ("page=-1", [("page", "int", "-1")]),
        ("on=True", [("on", "bool", "True")]),
        ("ratio=.5", [("ratio", "float", ".5")]),
        ("q='a b'", [("q", "str", "'a b'")]),
        ('q:str="a \\" b=c"', [("q", "str", '"a \\" b=c"')]),
        ("q:dict[str, int]={'a': 1}", [("q", "dict[str, int]", "{'a': 1}")]),
        ("n:Annotated[int, Ge(ge=1)]=5 m:int", [("n", "Annotated[int, Ge(ge=1)]", "5"), ("m", "int", None)]),
        ("q: str | None = None page : int=1", [("q", "str | None", "None"), ("page", "int", "1")]),
        ("q:str|None =None", [("q", "str|None", "None")]),
        ("q:Literal['#', '=']='#'", [("q", "Literal['#', '=']", "'#'")]),
        ("q:'Model'", [("q", "'Model'", None)]),
        ("size:int=PAGE_SIZE", [("size", "int", "PAGE_SIZE")]),
        ("pair:tuple=(1, 2)", [("pair", "tuple", "(1, 2)")]),
        ("match:str größe:int", [("match", "str", None), ("größe", "int", None)]),
        ("--tag a q:int --tag b r:int", [("q", "int", None), ("r", "int", None)]),
    ],
)
def test_parameters(text, parameters):
    directive = parse_directive(f"GET /x {text}")
    assert directive.parameters == tuple(LineParameter(*row) for row in parameters)


def test_a_parameter_may_type_a_segment():
    parse_directive("GET /x/[id] id:int")
    parse_directive("GET /x/[...rest] rest:list[int]")
    parse_directive("GET /x/[[...rest]] rest:list[int]=()")
    with pytest.raises(DirectiveError, match=r"has a default, and \[id\] is always there: write id:int"):
        parse_directive("GET /x/[id] id:int=1")
    with pytest.raises(DirectiveError, match="is always there"):
        parse_directive("GET /x/[...rest] rest:list=[]")


@pytest.mark.parametrize(
    ("line", "word", "fix"),
    [
        ("", "", "write GET /path"),
        ("GET", "", "write GET /path"),
        ("--tag a", "", "write GET /path"),
        ("get /x", "get", "write GET"),
        ("Post /x", "Post", "write POST"),
        ("FETCH /x", "FETCH", "write one of GET HEAD"),
        ("TRACE /x", "TRACE", "write one of GET HEAD"),
        ("products", "products", "write /products"),
        ("GET products/[id]", "products/[id]", "write /products/[id]"),
        ('GET "/with space"', '"/with space"', "no quotes, write /with space"),
        ("GET https://a.example/b", "https://a.example/b", "write /b"),
        ("GET POST /x", "POST", "write one"),
        ("GET /x /y", "/y", "write one path"),
        ("GET /x name", "name", "write name:str"),
        ("GET /x 2", "2", "write name:type"),
        ("GET /x [id]", "[id]", "write name:type"),
        ("GET /x 2a:int", "2a:int", "write n2a:int"),
        ("GET /x a-b:int=1", "a-b:int=1", "write a_b:int=1"),
        ("GET /x class:str", "class:str", "write class_:str"),
        ("GET /x :int", ":int", "write name:int"),
        ("GET /x a:int a:str", "a:str", "write it once"),
        ("GET /x query:str", "query:str", "write another name"),
        ("GET /x a:", "a:", "write a:str"),
        ("GET /x a:int=", "a:int=", "write a:int=1"),
        ("GET /x a:int= --tag x", "a:int=", "write a:int=1"),
        ("GET /x a=", "a=", "write a=1"),
        ("GET /x a=None", "a=None", "write a:type=None"),
        ("GET /x a=SIZE", "a=SIZE", "write a:type=SIZE"),
        ("GET /x a=[]", "a=[]", "write a:type=[]"),
        ("GET /x a:int, b:int", "a:int,", "write a:int, spaces are enough"),
        ("GET /x a:int,str", "a:int,str", "one plain type"),
        ("GET /x a:int=1,2", "a:int=1,2", "one plain default"),
        ("GET /x a:int=(b:=1)", "a:int=(b:=1)", "one plain default"),
        ("GET /x a:int=(yield)", "a:int=(yield)", "one plain default"),
        ("GET /x a:int==1", "a:int==1", "no Python expression"),
        ("GET /x a:in t", "a:in", "no Python expression"),
        ("GET /x a:int)", "a:int)", "no Python expression"),
        ("GET /x a:list[int", "a:list[int", "no closing ]"),
        ("GET /x a:str='b", "a:str='b", "no closing '"),
        ("GET /x a:int # the id", "# the id", "on a line above"),
        ("GET /x a:int#the", "#the", "on a line above"),
        ("GET /x -r 60", "-r", "write --r"),
        ("GET /x --revaldate 60", "--revaldate", "write --revalidate"),
        ("GET /x --revalidate", "--revalidate", "write --revalidate 60"),
        ("GET /x --revalidate 1 --revalidate 1", "--revalidate 1", "write it once"),
        ("/x a:int", "a:int", "write GET /x a:int"),
        ("/x GET", '"GET" stands behind the path', "write GET /x"),
        ("POST /x GET", '"GET" stands behind the path', "write one, POST /x"),
        ("GET /my page", "page", "write page:str, or %20 for a space in the path"),
        ("GET /a/[my id]", '"/a/[my id]" has a space', "write /a/[my_id]"),
    ],
)
def test_a_mistake_is_quoted_with_its_fix(line, word, fix):
    with pytest.raises(DirectiveError) as caught:
        parse_directive(line)
    assert word in str(caught.value)
    assert fix in str(caught.value)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("GET /x/{id}", InvalidPattern),
        ("GET /x/[id", InvalidPattern),
        ("GET /it's/", InvalidPattern),
        ("GET /x --runtime nodejs", ConfigError),
        ("GET /x --revalidate soon", ConfigError),
    ],
)
def test_other_floors_mistakes_keep_their_own_error(line, error):
    with pytest.raises(error):
        parse_directive(line)


def test_a_long_word_is_shortened():
    with pytest.raises(DirectiveError) as caught:
        parse_directive("GET /x " + "a" * 5000)
    assert len(str(caught.value)) < 200


LINE = (
    "GET post /x /[id] /[[...r]] id:int q:str='a_b' q : = | [ ' \" ( ) # --tag --revalidate 60 false "
    "--cors=* --max-duration -- -x \\ , None \0 lambda:0"
)
WORDS = st.sampled_from(LINE.split(" "))


@settings(deadline=None, max_examples=400)
@given(
    st.one_of(st.text(), st.lists(st.one_of(WORDS, st.text(max_size=4))).map(" ".join), st.lists(WORDS).map("".join))
)
@example("GET /x a:" + "(" * 500 + ")" * 500)
@example("GET /x a:int=" + "-" * 5000 + "1")
@example("GET /x a=" + "9" * 5000)
@example("GET /x a:int\0")
@example("GET /x a:\ud800")
@example("GET /x a:'\\N{nothing}'")
def test_any_line_is_read_or_refused(line):
    try:
        directive = parse_directive(line)
    except (DirectiveError, InvalidPattern, ConfigError):
        return
    # What was read can stand in the signature of a function, and means one parameter each.
    signature = ", ".join(map(str, directive.parameters))
    function = ast.parse(f"def handler(*, {signature}): ..." if signature else "def handler(): ...").body[0]
    assert isinstance(function, ast.FunctionDef)
    assert [argument.arg for argument in function.args.kwonlyargs] == [p.name for p in directive.parameters]


NAMES = st.from_regex(r"[a-z]{1,3}[0-9]", fullmatch=True)
TYPES = st.sampled_from(["int", "str | None", "list[str]", "dict[str, int]", "Literal['a b', '=']"])
DEFAULTS = st.sampled_from([None, "1", "-1", "'a b'", "{'a': [1, 2]}", "(1, 2)", "None", '"="'])


@settings(deadline=None)
@given(st.lists(st.builds(LineParameter, NAMES, TYPES, DEFAULTS), unique_by=lambda parameter: parameter.name))
def test_parameters_survive_being_written(parameters):
    line = " ".join(["GET /x", *map(str, parameters)])
    assert parse_directive(line).parameters == tuple(parameters)

"""`{{expr}}` inside text."""

from __future__ import annotations

import json as json_module
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_routes.errors import CellError
from notebook_routes.project import template
from notebook_routes.project.template import expand_template, find_templates, split_words

NOTEBOOK = {"id": 7, "name": "Lamp", "tags": ["a", "b"], "user": {"a": {"b": 1}}}


def read(expression):
    return eval(expression, dict(NOTEBOOK))


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("", ""),
        ("/products/1", "/products/1"),
        ("/products/{{id}}", "/products/7"),
        ("/{{ name.lower() }}/{{id + 1}}?q={{id}}", "/lamp/8?q=7"),
        ('{{ {"a": 1}["a"] }}', "1"),
        ('{{{"a": {"b": id}}["a"]["b"]}}', "7"),
        ("{{ '}}' }}", "}}"),
        ('{{ "}}{{" }}|{{id}}', "}}{{|7"),
        ("{{ f'{id}' }}", "7"),
        ("{{ [x for x in tags][-1] }}", "b"),
        ("{{\n  id\n  + 1  # one more\n}}", "8"),
        (r"\{{id}}", "{{id}}"),
        (r"\{{id}} {{id}} \{{", "{{id}} 7 {{"),
        ('{"a": {"b": 1}}', '{"a": {"b": 1}}'),
        ("}} {{id}} }}", "}} 7 }}"),
        (r"\n\\{{name}}", r"\n" + "\\{{name}}"),
    ],
)
def test_expressions_are_replaced(text, expanded):
    assert expand_template(text, read) == expanded


def test_a_body_gets_json_and_everything_else_str():
    assert expand_template("{{tags}} {{user}}", read, json=True) == '["a","b"] {"a":{"b":1}}'
    assert expand_template("{{tags}} {{user}}", read) == "['a', 'b'] {'a': {'b': 1}}"
    assert expand_template("{{name}} {{id}} {{None}}", read, json=True) == "Lamp 7 None"


def test_a_value_is_not_expanded_again():
    assert expand_template("{{ '{' + '{id}}' }}", read) == "{{id}}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("/{{id", "`{{` is never closed"),
        ("/{{id}", "`{{` is never closed"),
        ("{{}}", "`{{}}` is empty"),
        ("{{ }} {{id}}", "`{{}}` is empty"),
        ("{{id +}}", "`id +` is not a Python expression"),
        ("{{x = 1}} {{id}}", "`x = 1` is not a Python expression"),
        ("{{await x}}", "`await x` is not a Python expression"),
    ],
)
def test_what_is_no_template_is_refused_with_the_fix(text, message):
    with pytest.raises(CellError, match=re.escape(message)) as caught:
        expand_template(text, read, lines=[4])
    assert caught.value.line == 4
    assert caught.value.text == text
    assert r"\{{" in caught.value.message


def test_an_error_names_the_expression_its_line_and_what_python_said():
    with pytest.raises(CellError) as caught:
        expand_template('{\n  "id": {{ids[0]}}\n}', read, lines=[5, 7, 8])
    assert caught.value.message == (
        "`{{ids[0]}}` could not be read from the notebook: NameError: name 'ids' is not defined"
    )
    assert (caught.value.line, caught.value.text) == (7, '  "id": {{ids[0]}}')
    assert isinstance(caught.value.__cause__, NameError)


def test_without_lines_the_error_has_none():
    with pytest.raises(CellError) as caught:
        expand_template("{{1 / 0}}", read)
    assert caught.value.line is None


def test_what_json_cannot_write_is_the_same_error():
    with pytest.raises(CellError, match=r"an object at .* cannot be written as JSON"):
        expand_template("{{ [object()] }}", read, json=True)


def test_an_interrupt_is_left_alone():
    def interrupted(expression):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        expand_template("{{id}}", interrupted)


def test_finding_evaluates_nothing_and_knows_the_places():
    text = "a {{x}}\n{{ y }}"
    first, second = find_templates(text, lines=[3, 4])
    assert (first.expression, first.line, second.expression, second.line) == ("x", 3, "y", 4)
    assert text[first.start : first.end] == "{{x}}"


def test_words_keep_templates_whole():
    assert split_words("  GET /{{ a or b }}/x  as\tr ") == ["GET", "/{{ a or b }}/x", "as", "r"]
    assert split_words("") == []


def test_a_mistake_above_thousands_of_braces_is_not_sought_in_all_of_them(monkeypatch):
    tried = []
    parse = template.parse_expression
    monkeypatch.setattr(template, "parse_expression", lambda source: (tried.append(source), parse(source))[1])
    with pytest.raises(CellError, match="`dear customer` is not a Python expression"):
        find_templates("{{dear customer}}" + '{"a":{"b":1}}' * 20_000)
    assert len(tried) == 200


@settings(deadline=None)
@given(st.text())
def test_any_text_is_expanded_or_refused(text):
    try:
        expand_template(text, lambda expression: expression)
    except CellError:
        assert "{{" in text


SOUP = st.lists(st.sampled_from(["{{", "}}", "{", "}", "\\", "id", " ", "'", '"', "#", "\n", "(", "x"]))


@settings(deadline=None)
@given(SOUP.map("".join))
def test_any_soup_of_braces_is_expanded_or_refused(text):
    try:
        expand_template(text, lambda expression: expression)
    except CellError:
        assert "{{" in text


@settings(deadline=None)
@given(st.text())
def test_escaped_text_comes_back(text):
    plain = text.replace("\\", "")
    assert expand_template(plain.replace("{{", r"\{{"), read) == plain


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    ).filter(lambda value: isinstance(value, (list, dict)))
)
def test_a_literal_of_any_depth_is_read_whole(value):
    text = expand_template(f"[{{{{{value!r}}}}}, {{{{ {value!r} }}}}]", eval, json=True)
    assert json_module.loads(text) == [value, value]

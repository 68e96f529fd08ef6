from __future__ import annotations

import pytest

from notebook_routes.errors import ConfigError, DirectiveError
from notebook_routes.routing.options import is_option, read_options, take_option


@pytest.mark.parametrize(
    ("words", "taken", "left"),
    [
        (["--revalidate", "60", "x"], ("--revalidate", "60"), ["x"]),
        (["--revalidate=60", "x"], ("--revalidate", "60"), ["x"]),
        (["--tag=a=b"], ("--tag", "a=b"), []),
        (["--tag", "'a b'"], ("--tag", "a b"), []),
        (["--max-duration", "-1"], ("--max-duration", "-1"), []),
    ],
)
def test_an_option_takes_its_value(words, taken, left):
    assert take_option(words.pop(0), words) == taken
    assert words == left


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--revaldate", "60"],
            '"--revaldate" is no option: write --revalidate (the options are --revalidate, --tag,',
        ),
        (["--zzz"], "the options are --revalidate, --tag, --dynamic, --runtime, --max-duration, --cors"),
        (["--"], "the options are"),
        (["--tag"], '"--tag" has no value: write --tag products'),
        (["--tag="], "write --tag products"),
        (["--tag", "''"], "write --tag products"),
        (["--tag", "--cors"], "write --tag products"),
        (["\N{EM DASH}tag", "a"], "long dash: write --tag"),
        (["\N{EN DASH}-tag", "a"], "long dash: write --tag"),
    ],
)
def test_what_is_no_option(words, message):
    with pytest.raises(DirectiveError) as caught:
        take_option(words.pop(0), words)
    assert message in str(caught.value)


def test_options_become_constants():
    given = {
        "--cors": ["https://a.example", "https://b.example"],
        "--revalidate": ["60"],
        "--tag": ["a", "b", "a"],
        "--dynamic": ["error"],
        "--runtime": ["edge"],
        "--max-duration": ["2.5"],
    }
    assert read_options(given) == {
        "revalidate": 60,
        "tags": ("a", "b"),
        "dynamic": "error",
        "runtime": "edge",
        "max_duration": 2.5,
        "cors": {"origins": ["https://a.example", "https://b.example"]},
    }


@pytest.mark.parametrize(("value", "constant"), [("0", 0), ("60", 60), ("false", False), ("False", False)])
def test_the_lifetimes(value, constant):
    assert read_options({"--revalidate": [value]})["revalidate"] is constant


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("--revalidate", "-1", "whole seconds"),
        ("--revalidate", "1.5", "whole seconds"),
        ("--revalidate", "1m", "whole seconds"),
        ("--revalidate", "9" * 5000, "whole seconds"),
        ("--revalidate", "\N{SUPERSCRIPT TWO}", "whole seconds"),
        ("--max-duration", "0", "above 0"),
        ("--max-duration", "30s", "above 0"),
        ("--max-duration", ".", "above 0"),
        ("--dynamic", "static", "one of"),
        ("--runtime", "node", "one of"),
        ("--cors", "shop.example", "no origin"),
    ],
)
def test_a_wrong_value(name, value, message):
    with pytest.raises(ConfigError, match=message):
        read_options({name: [value]})


def test_only_tags_and_origins_are_repeated():
    with pytest.raises(DirectiveError, match='"--revalidate 5" is a second --revalidate: write it once'):
        read_options({"--revalidate": ["60", "5"]})


@pytest.mark.parametrize(("word", "option"), [("--x", True), ("\N{EM DASH}x", True), ("-x", False), ("x--", False)])
def test_which_words_are_options(word, option):
    assert is_option(word) is option

from __future__ import annotations

import pytest

from notebook_routes.errors import ConfigError
from notebook_routes.routing import CONFIG_NAMES, CorsPolicy, SegmentConfig


def params():
    return [{"id": "1"}]


def test_constants_are_read_and_other_names_passed_over():
    config = SegmentConfig.from_constants(
        {
            "dynamic": "force-static",
            "revalidate": 60,
            "runtime": "edge",
            "max_duration": 0.5,
            "dynamic_params": False,
            "fetch_cache": "default-no-store",
            "tags": ["b", "a", "b"],
            "cors": "*",
            "generate_static_params": params,
            "GET": print,
            "counter": 0,
        }
    )
    assert config == SegmentConfig(
        dynamic="force-static",
        revalidate=60,
        runtime="edge",
        max_duration=0.5,
        dynamic_params=False,
        fetch_cache="default-no-store",
        tags=("b", "a"),
        cors=CorsPolicy(("*",)),
        generate_static_params=params,
    )
    assert set(config.explicit) == CONFIG_NAMES


def test_a_value_that_was_said_is_told_from_a_default():
    assert SegmentConfig.from_constants({"dynamic": "auto"}).explicit == {"dynamic": "auto"}
    assert SegmentConfig(dynamic="auto", revalidate=0).explicit == {"revalidate": 0}
    assert SegmentConfig().explicit == {}


@pytest.mark.parametrize("value", [None, False, 0, 60])
def test_the_lifetimes(value):
    assert SegmentConfig.from_constants({"revalidate": value}).revalidate is value


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "dynamic",
            "force-statc",
            'one of "auto", "force-dynamic", "force-static", "error"; did you mean "force-static"',
        ),
        ("dynamic", None, "one of"),
        ("runtime", "nodejs", '"python", "edge"'),
        ("fetch_cache", "no-store", '"force-no-store"'),
        ("revalidate", -1, "whole seconds"),
        ("revalidate", "60", "whole seconds"),
        ("revalidate", True, "whole seconds"),
        ("revalidate", 1.5, "whole seconds"),
        ("max_duration", 0, "above 0"),
        ("max_duration", float("inf"), "above 0"),
        ("max_duration", float("nan"), "above 0"),
        ("max_duration", True, "above 0"),
        ("max_duration", "30", "above 0"),
        ("dynamic_params", 0, "neither True nor False"),
        ("tags", "shop", "write tags = ['shop']"),
        ("tags", 3, "no list of texts"),
        ("tags", [""], "no tag"),
        ("tags", [1], "no tag"),
        ("tags", ["x" * 257], "longer than 256"),
        ("cors", "shop.example", "no origin"),
        ("generate_static_params", [{"id": "1"}], "write def generate_static_params"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(name, value, message):
    with pytest.raises(ConfigError) as caught:
        SegmentConfig.from_constants({name: value}, where="cell [3]")
    assert str(caught.value).startswith(name)
    assert message in str(caught.value)
    assert str(caught.value).endswith("(in cell [3])")


def test_made_directly_the_values_are_checked_too():
    with pytest.raises(ConfigError, match="runtime = 'deno'"):
        SegmentConfig(runtime="deno")


@pytest.mark.parametrize(
    ("name", "ours"),
    [("maxDuration", "max_duration"), ("fetchCache", "fetch_cache"), ("dynamicParams", "dynamic_params")],
)
def test_the_spelling_of_javascript_is_not_passed_over(name, ours):
    with pytest.raises(ConfigError, match=f"{name} is spelled {ours} here"):
        SegmentConfig.from_constants({name: 1})


def test_configs_of_one_path_are_joined():
    joined = SegmentConfig(revalidate=60).merged(SegmentConfig(tags=["a"]))
    assert (joined.revalidate, joined.tags) == (60, ("a",))
    assert set(joined.explicit) == {"revalidate", "tags"}
    assert SegmentConfig(revalidate=60).merged(SegmentConfig(revalidate=5)).revalidate == 5
    assert joined.merged(SegmentConfig()) is joined


@pytest.mark.parametrize(
    ("one", "other", "names"),
    [
        ({"revalidate": 60}, {"revalidate": 60}, ()),
        ({"revalidate": 60}, {"tags": ["a"]}, ()),
        ({"revalidate": 60, "tags": ["a"]}, {"revalidate": 5, "tags": ["b"]}, ("revalidate", "tags")),
        ({"revalidate": 0}, {"revalidate": False}, ("revalidate",)),
        ({"dynamic": "auto"}, {"dynamic": "error"}, ("dynamic",)),
        ({}, {"dynamic": "error"}, ()),
        ({"cors": "*"}, {"cors": {"origins": ["*"]}}, ()),
    ],
)
def test_what_two_cells_say_differently(one, other, names):
    assert SegmentConfig.from_constants(one).differences(SegmentConfig.from_constants(other)) == names


def test_configs_are_values():
    assert len({SegmentConfig(tags=["a"]), SegmentConfig(tags=("a",)), SegmentConfig()}) == 2

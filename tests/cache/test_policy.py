import pytest

from notebook_routes.cache import EXPIRE, CachePolicy
from notebook_routes.cache.policy import cache_control, retry_after
from notebook_routes.routing import SegmentConfig


def gsp():
    return []


@pytest.mark.parametrize(
    ("config", "policy"),
    [
        ({}, None),
        ({"dynamic": "auto", "tags": ["a"]}, None),
        ({"revalidate": 0}, None),
        ({"revalidate": 0, "dynamic": "force-static"}, None),
        ({"revalidate": 60, "dynamic": "force-dynamic"}, None),
        ({"dynamic": "force-dynamic", "generate_static_params": gsp}, None),
        ({"revalidate": 60}, CachePolicy("auto", 60.0)),
        ({"revalidate": False}, CachePolicy("auto", None)),
        ({"revalidate": False, "dynamic": "error", "tags": ["a"]}, CachePolicy("error", None, ("a",))),
        ({"dynamic": "force-static", "revalidate": 5}, CachePolicy("static", 5.0)),
        ({"generate_static_params": gsp}, CachePolicy("auto", None)),
    ],
)
def test_what_a_config_says(config, policy):
    assert CachePolicy.of(SegmentConfig.from_constants(config)) == policy


@pytest.mark.parametrize(
    ("revalidate", "expire", "said"),
    [
        (None, EXPIRE, "s-maxage=31536000"),
        (60.0, EXPIRE, "s-maxage=60, stale-while-revalidate=31535940"),
        (60.0, 3600.0, "s-maxage=60, stale-while-revalidate=3540"),
        (60.0, 60.0, "s-maxage=60"),
        (600.0, 60.0, "s-maxage=60"),
        (None, 60.0, "s-maxage=60"),
        (0.5, EXPIRE, "s-maxage=0, stale-while-revalidate=31535999"),
    ],
)
def test_what_caches_on_the_way_are_told(revalidate, expire, said):
    assert cache_control(revalidate, expire) == said


@pytest.mark.parametrize(("revalidate", "seconds"), [(None, 3), (1.0, 3), (10.0, 10), (3600.0, 30)])
def test_when_a_refresh_that_failed_is_tried_again(revalidate, seconds):
    assert retry_after(revalidate) == seconds

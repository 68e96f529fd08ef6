"""What `config` may say."""

from __future__ import annotations

import pytest

from notebook_routes.errors import ConfigError
from notebook_routes.runtime.api import ApiConfig

MB = 1024**2


@pytest.mark.parametrize(
    ("config", "body", "response", "duration"),
    [
        ({}, MB, 4 * MB, None),
        ({"api": {}}, MB, 4 * MB, None),
        ({"api": {"body_parser": False, "response_limit": False}}, None, None, None),
        ({"api": {"body_parser": True, "response_limit": True}}, MB, 4 * MB, None),
        ({"api": {"body_parser": {}}}, MB, 4 * MB, None),
        ({"api": {"body_parser": {"size_limit": "500kb"}, "response_limit": "8mb"}}, 500 * 1024, 8 * MB, None),
        ({"api": {"body_parser": {"size_limit": 100}, "response_limit": 5}}, 100, 5, None),
        ({"api": {"body_parser": {"size_limit": "1.5 MB"}}}, 1536 * 1024, 4 * MB, None),
        ({"api": {"external_resolver": True}, "max_duration": 5, "runtime": "nodejs"}, MB, 4 * MB, 5),
    ],
)
def test_limits(config, body, response, duration):
    found = ApiConfig.of(config)
    assert (found.body_limit and found.body_limit.bytes) == body
    assert (found.response_limit and found.response_limit.bytes) == response
    assert found.segment.max_duration == duration


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, "config is None: write config ="),
        ({"api": False}, r'config\["api"\] is False: write config ='),
        ({"apis": {}}, 'config has no "apis": there are api, max_duration, runtime'),
        ({"maxDuration": 5}, 'config has no "maxDuration": it is spelled max_duration here'),
        ({"api": {"bodyParser": False}}, "it is spelled body_parser here"),
        ({"api": {"body_parser": "1mb"}}, '"body_parser": \'1mb\': write False, or {"size_limit": "1mb"}'),
        ({"api": {"body_parser": {"sizeLimit": 1}}}, "it is spelled size_limit here"),
        ({"api": {"body_parser": {"size_limit": "much"}}}, "\"size_limit\": 'much': write a size such as"),
        ({"api": {"body_parser": {"size_limit": -1}}}, '"size_limit": -1: write a size'),
        ({"api": {"body_parser": {"size_limit": None}}}, '"size_limit": None: write a size'),
        ({"api": {"body_parser": {"size_limit": False}}}, 'or "body_parser": False'),
        ({"api": {"response_limit": []}}, r'"response_limit": \[\]: write a size'),
        ({"api": {"external_resolver": 1}}, '"external_resolver" is True or False'),
        ({"runtime": "edge"}, "an API Route runs in Python"),
        ({"max_duration": "long"}, "max_duration"),
    ],
)
def test_what_it_cannot_say(config, message):
    with pytest.raises(ConfigError, match=message):
        ApiConfig.of(config)

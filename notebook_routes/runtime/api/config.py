"""What the `config` of an API Route says: how its body is read, how large its answer should be, how long it may take.

config = {"api": {"body_parser": {"size_limit": "500kb"}, "response_limit": "8mb"}, "max_duration": 30}
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from notebook_routes.errors import ConfigError
from notebook_routes.routing import SegmentConfig

_UNITS = {"b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3}
_SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>b|kb|mb|gb)?", re.IGNORECASE)
_TOP = ("api", "max_duration", "runtime")
_API = ("body_parser", "response_limit", "external_resolver")
_RUNTIMES = ("python", "nodejs")


@dataclass(frozen=True, slots=True)
class Size:
    """A number of bytes, and how it was written."""

    bytes: int
    text: str

    def __str__(self) -> str:
        return self.text


_BODY = Size(1024**2, "1mb")
_RESPONSE = Size(4 * 1024**2, "4mb")


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """What an API Route declares.

    Attributes:
        body_limit: how large a body may be that is parsed; None where it is not parsed, and the handler reads it.
        response_limit: a larger answer gets a remark in the log; None for none.
        segment: `max_duration`, as the config of a route.
    """

    body_limit: Size | None = _BODY
    response_limit: Size | None = _RESPONSE
    segment: SegmentConfig = field(default_factory=SegmentConfig)

    @classmethod
    def of(cls, value: object) -> ApiConfig:
        """Read a module's `config`.

        Args:
            value: a dict with `api`, `max_duration` and `runtime`, all of them optional.

        Raises:
            ConfigError: it says something else; the message names it.
        """
        config = _mapping("config", value, _TOP)
        api = _mapping('config["api"]', config.get("api", {}), _API)
        runtime = config.get("runtime", "python")
        if runtime not in _RUNTIMES:
            raise ConfigError(f'config: "runtime": {runtime!r}: an API Route runs in Python, leave it out')
        if not isinstance(api.get("external_resolver", False), bool):
            raise ConfigError('config["api"]: "external_resolver" is True or False')
        stated = {"max_duration": config["max_duration"]} if "max_duration" in config else {}
        return cls(
            _body_limit(api.get("body_parser", True)),
            _size("response_limit", api.get("response_limit", True), _RESPONSE),
            SegmentConfig.from_constants(stated, where="config"),
        )


def _mapping(where: str, value: object, known: Collection[str]) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ConfigError(f'{where} is {value!r}: write config = {{"api": {{"body_parser": False}}}}, say')
    for name in value:
        if name not in known:
            snake = re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", str(name))
            fix = f"it is spelled {snake} here" if snake in known else f"there are {', '.join(known)}"
            raise ConfigError(f'{where} has no "{name}": {fix}')
    return value


def _body_limit(value: object) -> Size | None:
    if isinstance(value, Mapping):
        parser = _mapping('"body_parser"', value, ("size_limit",))
        value = parser.get("size_limit", True)
        if value is False:
            raise ConfigError('"size_limit": False: write "1mb" or a number of bytes, or "body_parser": False')
        return _size("size_limit", value, _BODY)
    if isinstance(value, bool):
        return _BODY if value else None
    raise ConfigError(f'"body_parser": {value!r}: write False, or {{"size_limit": "1mb"}}')


def _size(name: str, value: object, default: Size) -> Size | None:
    if isinstance(value, bool):
        return default if value else None
    found = _SIZE.fullmatch(str(value).strip()) if isinstance(value, (str, int, float)) else None
    if found is None:
        raise ConfigError(f'"{name}": {value!r}: write a size such as "500kb" or "1mb", or a number of bytes')
    return Size(int(float(found["number"]) * _UNITS[(found["unit"] or "b").lower()]), str(value).strip())

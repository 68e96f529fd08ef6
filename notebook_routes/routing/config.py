"""Segment config: what a route's module constants, or its line's options, say about the path.

    revalidate = 60
    tags = ["shop"]

The names and values are those of Next.js in snake case; `tags` and `cors` are ours. Config belongs to the
path: the cells of one path share it, so a config remembers which values were said (`explicit`) and which are
defaults.
"""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from notebook_routes.errors import ConfigError
from notebook_routes.routing.cors import CorsPolicy, cors

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Revalidate: TypeAlias = Literal[False] | int | None

DYNAMIC = ("auto", "force-dynamic", "force-static", "error")
RUNTIMES = ("python", "edge")
FETCH_CACHE = (
    "auto",
    "default-cache",
    "only-cache",
    "force-cache",
    "force-no-store",
    "default-no-store",
    "only-no-store",
)
# Next.js refuses longer tags as well.
_TAG_LENGTH = 256


@dataclass(frozen=True, slots=True)
class SegmentConfig:
    """How a path is run and cached. Values are checked however it is made.

    Attributes:
        dynamic: whether answers may be kept: one of `DYNAMIC`.
        revalidate: seconds for which an answer stays fresh; False for ever, 0 not at all, None for not said.
        runtime: "python", or "edge" for the isolate.
        max_duration: seconds after which a handler is given up with a 504; None for the server's limit.
        dynamic_params: whether a path is answered that `generate_static_params` did not list, or is a 404.
        fetch_cache: what `fetch` does about caching where its call does not say: one of `FETCH_CACHE`.
        tags: what `revalidate_tag` calls the answers of this path.
        cors: which other origins may read the answers; None for none.
        generate_static_params: the function that lists the parameters to prepare answers for, or None.
        explicit: the values that were said, by name; made directly, those that differ from the defaults.
    """

    dynamic: str = "auto"
    revalidate: Revalidate = None
    runtime: str = "python"
    max_duration: float | None = None
    dynamic_params: bool = True
    fetch_cache: str = "auto"
    tags: tuple[str, ...] = ()
    cors: CorsPolicy | None = None
    generate_static_params: Callable[..., Any] | None = None
    explicit: Mapping[str, object] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        said = set(self.explicit)
        values: dict[str, object] = {}
        for name, check in _CHECKS.items():
            given = getattr(self, name)
            value = check(name, given)
            object.__setattr__(self, name, value)
            if name in said or value != _default(name):
                values[name] = value
        object.__setattr__(self, "explicit", values)
        if not self.dynamic_params and self.generate_static_params is None:
            raise ConfigError(
                "dynamic_params = False answers only the paths that generate_static_params lists, and there is none: "
                "write def generate_static_params(): return [...], or leave it out"
            )

    @classmethod
    def from_constants(cls, constants: Mapping[str, object], *, where: str = "") -> SegmentConfig:
        """Read the config out of a module's constants; names that are no config are passed over.

        Args:
            constants: values by name, for instance the names that a module form cell binds.
            where: what the message calls their place, "cell [3]" or "app/products/route.py".

        Raises:
            ConfigError: a value is not one of those allowed, or a name is spelled as in JavaScript.
        """
        for name in constants:
            if name in _CAMEL_CASE:
                raise ConfigError(_placed(f"{name} is spelled {_CAMEL_CASE[name]} here", where))
        said = {name: value for name, value in constants.items() if name in _CHECKS}
        try:
            # The types are checked value by value, in __post_init__.
            return cls(**said, explicit=said)  # type: ignore[arg-type]
        except ConfigError as error:
            raise ConfigError(_placed(str(error), where)) from None

    @property
    def keeps_answers(self) -> bool:
        """Whether answers to GET are kept, so that the handler need not run for each."""
        # False and 0 are different lifetimes, yet equal in Python.
        lasts_never = self.revalidate == 0 and self.revalidate is not False
        if self.dynamic == "force-dynamic" or lasts_never:
            return False
        return self.dynamic != "auto" or self.revalidate is not None or self.generate_static_params is not None

    def differences(self, other: SegmentConfig) -> tuple[str, ...]:
        """Name the values that both say and that are not the same."""
        return tuple(
            name
            for name, value in self.explicit.items()
            if name in other.explicit and not _same(value, other.explicit[name])
        )

    def merged(self, other: SegmentConfig) -> SegmentConfig:
        """Join what both say; where both say something, the other's counts."""
        if not other.explicit:
            return self
        if not self.explicit:
            return other
        return SegmentConfig.from_constants({**self.explicit, **other.explicit})


def _same(one: object, other: object) -> bool:
    # False and 0 are different lifetimes, yet equal in Python.
    return isinstance(one, bool) is isinstance(other, bool) and one == other


def _default(name: str) -> object:
    return SegmentConfig.__dataclass_fields__[name].default


def _placed(message: str, where: str) -> str:
    return f"{message} (in {where})" if where else message


def _one_of(*allowed: str) -> Callable[[str, object], str]:
    def check(name: str, value: object) -> str:
        if isinstance(value, str) and value in allowed:
            return value
        close = difflib.get_close_matches(str(value), allowed, n=1, cutoff=0.4)
        hint = f'; did you mean "{close[0]}"?' if close else ""
        listed = ", ".join(f'"{item}"' for item in allowed)
        raise ConfigError(f"{name} = {_short(value)} is not a value it can have: write one of {listed}{hint}")

    return check


def _revalidate(name: str, value: object) -> Revalidate:
    if value is None or value is False:
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ConfigError(
        f"{name} = {_short(value)} is no lifetime: write whole seconds such as 60, "
        f"0 for never kept, or False for kept for ever"
    )


def _max_duration(name: str, value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf:
        return value
    raise ConfigError(f"{name} = {_short(value)} is no time limit: write a number of seconds above 0")


def _boolean(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ConfigError(f"{name} = {_short(value)} is neither True nor False: write one of them")


def _tags(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        raise ConfigError(f"{name} = {_short(value)} is one text, not a list: write {name} = [{_short(value)}]")
    if not isinstance(value, list | tuple | set | frozenset):
        raise ConfigError(f'{name} = {_short(value)} is no list of texts: write {name} = ["products"]')
    for tag in value:
        if not isinstance(tag, str) or not tag:
            raise ConfigError(f'{name} holds {_short(tag)}, which is no tag: write texts, {name} = ["products"]')
        if len(tag) > _TAG_LENGTH:
            raise ConfigError(f"{name} holds {_short(tag)}, which is longer than {_TAG_LENGTH} characters: shorten it")
    ordered = value if isinstance(value, list | tuple) else sorted(value)
    return tuple(dict.fromkeys(ordered))


def _cors(name: str, value: object) -> CorsPolicy | None:
    # A file that imports the function `cors`, and says nothing with it.
    return None if value is None or value is cors else CorsPolicy.of(value, name=name)


def _function(name: str, value: object) -> Callable[..., Any] | None:
    if value is None or callable(value):
        return value
    raise ConfigError(f"{name} = {_short(value)} is no function: write def {name}(): return [...]")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


_CHECKS: Mapping[str, Callable[[str, Any], object]] = {
    "dynamic": _one_of(*DYNAMIC),
    "revalidate": _revalidate,
    "runtime": _one_of(*RUNTIMES),
    "max_duration": _max_duration,
    "dynamic_params": _boolean,
    "fetch_cache": _one_of(*FETCH_CACHE),
    "tags": _tags,
    "cors": _cors,
    "generate_static_params": _function,
}
#: The names of a module that are config.
CONFIG_NAMES = frozenset(_CHECKS)
_CAMEL_CASE = {
    "dynamicParams": "dynamic_params",
    "fetchCache": "fetch_cache",
    "generateStaticParams": "generate_static_params",
    "maxDuration": "max_duration",
}

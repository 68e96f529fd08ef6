"""What is asked of Redis in one turn of an event loop, and who waits for which answer."""

from __future__ import annotations

from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from notebook_routes.cache.redis_scripts import READ, digest

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable, Sequence

_T = TypeVar("_T")
Command: TypeAlias = tuple[bytes | str | int, ...]

#: Entries that are read by one command.
_MOST = 256
_READ = digest(READ)


class Unreachable(Exception):
    """Redis does not answer, or not yet again."""


class Refused(Exception):
    """Redis answers with an error; the message is Redis's."""


class Batch(Generic[_T]):
    """Entries to read, and other commands, in the order of asking.

    Args:
        prefix: what the keys of marks begin with.
        decode: makes of what the script `READ` answers for one entry what its readers get.
    """

    def __init__(self, prefix: bytes, decode: Callable[[Any], _T]) -> None:
        self._prefix = prefix
        self._decode = decode
        self._reads: dict[tuple[bytes, tuple[bytes, ...]], list[asyncio.Future[_T]]] = {}
        self._others: list[tuple[Command | None, asyncio.Future[Any]]] = []

    def __bool__(self) -> bool:
        return bool(self._reads or self._others)

    def read(self, key: bytes, tags: tuple[bytes, ...], future: asyncio.Future[_T]) -> None:
        """Read an entry; one that several ask for is read once."""
        self._reads.setdefault((key, tags), []).append(future)

    def send(self, command: Command | None, future: asyncio.Future[Any]) -> None:
        """Send a command; None waits for what goes before it."""
        self._others.append((command, future))

    def commands(self) -> list[Command]:
        """What to send."""
        others = [command for command, _ in self._others if command is not None]
        asked = list(self._reads)
        return others + [self._read_command(asked[at : at + _MOST]) for at in range(0, len(asked), _MOST)]

    def answer(self, answers: Iterable[Any]) -> None:
        """Hand out what came back for `commands()`, an error in place of an answer among it."""
        given = iter(answers)
        for command, future in self._others:
            _settle([future], None if command is None else next(given))
        waiting = iter(self._reads.values())
        for answer in given:
            failed = isinstance(answer, Exception)
            for entry, futures in zip(repeat(answer) if failed else answer, islice(waiting, _MOST), strict=False):
                _settle(futures, entry if failed else self._decode(entry))

    def fail(self, error: Exception) -> None:
        """Tell everybody who still waits."""
        for future in self._futures():
            if not future.done():
                future.set_exception(error)

    def cancel(self) -> None:
        """Let nobody wait on."""
        for future in self._futures():
            future.cancel()

    def _futures(self) -> Iterable[asyncio.Future[Any]]:
        return chain((future for _, future in self._others), chain.from_iterable(self._reads.values()))

    def _read_command(self, asked: Sequence[tuple[bytes, tuple[bytes, ...]]]) -> Command:
        extra: list[bytes | int] = []
        for _, tags in asked:
            extra += (len(tags), *tags)
        return ("EVALSHA", _READ, len(asked), *(key for key, _ in asked), self._prefix, *extra)


def _settle(futures: Iterable[asyncio.Future[Any]], answer: object) -> None:
    for future in futures:
        if future.done():
            # Who waited has left.
            continue
        if isinstance(answer, Exception):
            future.set_exception(Refused(str(answer)))
        else:
            future.set_result(answer)

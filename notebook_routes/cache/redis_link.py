"""One event loop's connection to Redis: what is asked for in one turn of the loop goes out together.

While an answer is waited for, more gathers, and goes out next. So one connection is enough, the order is that of
asking, and the more there is to do the less each costs. Marks that Redis does not know yet go before everything else.

Where Redis does not answer, everything fails at once, until a try in the background has succeeded.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from contextvars import Context
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError, ResponseError

from notebook_routes.cache.redis_batch import Batch, Command, Unreachable
from notebook_routes.cache.redis_keys import tag_field
from notebook_routes.cache.redis_scripts import MARK, READ, RELEASE, WRITE, digest

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from notebook_routes.cache.mark_outbox import MarkOutbox
    from notebook_routes.cache.marks import TagMark

_T = TypeVar("_T")

#: Seconds that Redis has to answer in, and that nothing is tried for when it has not.
PATIENCE, _PAUSE = 1.0, 1.0
#: Milliseconds that a mark is kept: longer than any entry, which is kept for a year.
_MARK_KEPT = 400 * 24 * 3600 * 1000
_MARK = digest(MARK)
_FAILURES = (RedisError, OSError, TimeoutError)


class RedisLink(Generic[_T]):
    """Sends commands from the running event loop.

    Args:
        client: used by this loop alone, and closed when it ends.
        outbox: marks that Redis does not know yet.
        prefix: what the keys of marks begin with.
        decode: makes what `read` gives of what the script `READ` answers for one entry.
        failed: told each time that Redis does not answer.
    """

    def __init__(
        self,
        client: Redis,
        outbox: MarkOutbox,
        *,
        prefix: bytes,
        decode: Callable[[Any], _T],
        failed: Callable[[object], None],
    ) -> None:
        self.client = client
        self._outbox = outbox
        self._prefix = prefix
        self._decode = decode
        self._failed = failed
        self._loop = asyncio.get_running_loop()
        self._gathering: Batch[_T] = self._batch()
        self._sending: asyncio.Task[None] | None = None
        self._recovering: asyncio.Task[None] | None = None
        self._ending: AsyncGenerator[None, None] | None = None

    async def read(self, key: bytes, tags: tuple[bytes, ...]) -> _T:
        """The entry of a key, decoded.

        Raises:
            Unreachable: Redis does not answer.
            Refused: it answers with an error.
        """
        future: asyncio.Future[_T] = self._loop.create_future()
        self._gathering.read(key, tags, future)
        self._wake()
        return await future

    async def send(self, command: Command | None = None) -> Any:
        """The answer to a command; without one, send what is in the outbox.

        Raises:
            Unreachable: Redis does not answer.
            Refused: it answers with an error.
        """
        future: asyncio.Future[Any] = self._loop.create_future()
        self._gathering.send(command, future)
        self._wake()
        return await future

    async def close(self) -> None:
        """Stop what goes on, and close the connection."""
        for task in (self._sending, self._recovering):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        if self._ending is not None:
            await self._ending.aclose()

    def _wake(self) -> None:
        if self._recovering is not None:
            self._next().fail(Unreachable())
        elif self._sending is None:
            # Its first step comes after all that can run now, so that more gathers. It works for many: no context.
            self._sending = self._loop.create_task(self._send_all(), context=Context())

    async def _send_all(self) -> None:
        batch = self._gathering
        try:
            if self._ending is None:
                self._ending = self._close_with_loop()
                await anext(self._ending)
            while batch := self._next():
                await self._deliver(batch)
        except _FAILURES as error:
            self._failed(error)
            self._recovering = self._loop.create_task(self._recover(), context=Context())
            batch.fail(Unreachable())
            self._next().fail(Unreachable())
        except Exception as error:
            batch.fail(error)
            raise
        finally:
            self._sending = None
            batch.cancel()

    async def _recover(self) -> None:
        try:
            while True:
                await asyncio.sleep(_PAUSE)
                try:
                    return await self._deliver(self._batch())
                except _FAILURES as error:
                    self._failed(error)
        finally:
            self._recovering = None

    async def _deliver(self, batch: Batch[_T]) -> None:
        marks = self._outbox.waiting()
        first = self._mark_command(marks) if marks else ("PING",) if not batch else None
        commands = batch.commands()
        answers = await self._ask([first, *commands] if first else commands)
        if first:
            failure = answers.pop(0)
            if isinstance(failure, Exception):
                # What is read without the marks may be what they have expired.
                raise failure
        self._outbox.written(marks)
        batch.answer(answers)

    async def _ask(self, commands: list[Command]) -> list[Any]:
        if not commands:
            return []
        try:
            async with asyncio.timeout(PATIENCE):
                answers = await self._run(commands)
                if any(isinstance(answer, NoScriptError) for answer in answers):
                    await self._teach(commands, answers)
        except TimeoutError:
            raise TimeoutError(f"it did not answer within {PATIENCE:g} s") from None
        return answers

    async def _teach(self, commands: list[Command], answers: list[Any]) -> None:
        """Give Redis the scripts, and run those again that it did not know: it was started anew."""
        for script in (READ, WRITE, MARK, RELEASE):
            await self.client.script_load(script)
        # A script may run twice; a lease that was taken must not be asked for again.
        places = [place for place, command in enumerate(commands) if command[0] == "EVALSHA"]
        again = await self._run([commands[place] for place in places])
        for place, answer in zip(places, again, strict=True):
            answers[place] = answer

    async def _run(self, commands: list[Command]) -> list[Any]:
        if len(commands) == 1:
            try:
                return [await self.client.execute_command(*commands[0])]  # type: ignore[no-untyped-call]
            except ResponseError as error:
                return [error]
        async with self.client.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            return await pipeline.execute(raise_on_error=False)

    def _mark_command(self, marks: dict[str, TagMark]) -> Command:
        keys = [self._prefix + tag_field(tag) for tag in marks]
        numbers = [repr(number) for mark in marks.values() for number in (mark.expired, mark.pending, mark.due)]
        return ("EVALSHA", _MARK, len(keys), *keys, _MARK_KEPT, *numbers)

    def _batch(self) -> Batch[_T]:
        return Batch(self._prefix, self._decode)

    def _next(self) -> Batch[_T]:
        batch, self._gathering = self._gathering, self._batch()
        return batch

    async def _close_with_loop(self) -> AsyncGenerator[None, None]:
        """Waits to be closed: a loop that ends in order closes the generators that were begun in it."""
        try:
            yield
        finally:
            await self.client.aclose()


def connect(url: str) -> Redis:
    """A client for one event loop; it connects when it is used, and gives up at once.

    Raises:
        ValueError: the address cannot be read.
        TypeError: an option of it is none.
    """
    # The link has its own limit for all of an exchange, and tries again in its own way.
    client = Redis.from_url(url, socket_connect_timeout=PATIENCE, socket_timeout=None, retry=Retry(NoBackoff(), 0))
    # An option that does not exist is noticed only here.
    client.connection_pool.make_connection()  # type: ignore[no-untyped-call]
    return client

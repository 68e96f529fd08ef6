"""`AbortController` and `AbortSignal`: telling work that nobody waits for it any longer.

A signal may be watched from one thread and fired from another: handlers run in worker threads, the server on
its own loop. Listeners run in the thread that fires.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable
from typing import TypeAlias

from notebook_routes.errors import Aborted

Listener: TypeAlias = Callable[[], object]

_log = logging.getLogger("notebook_routes.web")


class AbortSignal:
    """Says whether, when and why something was aborted; `request.signal` is one.

    Example:
        >>> while not request.signal.aborted:
        ...     yield await next_reading()
    """

    __slots__ = ("__weakref__", "_fired", "_listeners", "_lock", "_reason")

    def __init__(self) -> None:
        self._fired = False
        self._reason: object = None
        self._listeners: list[Listener] = []
        self._lock = threading.Lock()

    @classmethod
    def abort(cls, reason: object = None) -> AbortSignal:
        """A signal that has fired already."""
        signal = cls()
        signal.fire(reason)
        return signal

    @classmethod
    def timeout(cls, seconds: float) -> AbortSignal:
        """A signal that fires after this many seconds, with a TimeoutError as its reason."""
        signal = cls()
        reason = TimeoutError(f"timed out after {seconds:g} s")
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            timer = threading.Timer(seconds, signal.fire, [reason])
            timer.daemon = True
            timer.start()
        else:
            loop.call_later(seconds, signal.fire, reason)
        return signal

    @classmethod
    def any(cls, signals: Iterable[AbortSignal]) -> AbortSignal:
        """A signal that fires as soon as one of these does, with its reason."""
        combined = cls()
        sources = list(signals)

        def follow() -> None:
            for source in sources:
                source.remove_listener(follow)
            combined.fire(next(source.reason for source in sources if source.aborted))

        for source in sources:
            if combined.aborted:
                break
            source.add_listener(follow)
        return combined

    @property
    def aborted(self) -> bool:
        """Whether the signal has fired."""
        return self._fired

    @property
    def reason(self) -> object:
        """What `abort` was given, an `Aborted` if nothing; None before the signal has fired."""
        return self._reason

    def throw_if_aborted(self) -> None:
        """Raises if the signal has fired.

        Raises:
            Aborted: or the reason itself, where that is an exception.
        """
        if not self._fired:
            return
        if isinstance(self._reason, BaseException):
            raise self._reason
        raise Aborted(self._reason)

    def add_listener(self, listener: Listener) -> None:
        """Calls `listener()` once when the signal fires; at once if it has."""
        with self._lock:
            if not self._fired:
                if listener not in self._listeners:
                    self._listeners.append(listener)
                return
        listener()

    def remove_listener(self, listener: Listener) -> None:
        """Takes a listener back; nothing happens if it is unknown."""
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    async def wait(self) -> object:
        """Waits until the signal fires.

        Returns:
            The reason.
        """
        loop = asyncio.get_running_loop()
        fired: asyncio.Future[None] = loop.create_future()

        def settle() -> None:
            if not fired.done():
                fired.set_result(None)

        def wake() -> None:
            # The loop may have closed since; then nobody waits any longer.
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle)

        self.add_listener(wake)
        try:
            await fired
        finally:
            self.remove_listener(wake)
        return self._reason

    def fire(self, reason: object = None) -> None:
        """Fires the signal, for its controller; only the first time counts."""
        with self._lock:
            if self._fired:
                return
            self._reason = Aborted() if reason is None else reason
            self._fired = True
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            try:
                listener()
            except Exception:  # noqa: BLE001 - the others must hear of it too; whoever aborts is not to blame
                _log.exception("a listener of an AbortSignal failed")

    def __repr__(self) -> str:
        return f"<AbortSignal aborted: {self._reason}>" if self._fired else "<AbortSignal>"


class AbortController:
    """Owns a signal and fires it.

    Example:
        >>> controller = AbortController()
        >>> task = asyncio.create_task(work(controller.signal))
        >>> controller.abort("no longer needed")
    """

    __slots__ = ("signal",)

    def __init__(self) -> None:
        self.signal = AbortSignal()

    def abort(self, reason: object = None) -> None:
        """Fires the signal; only the first time counts."""
        self.signal.fire(reason)

    def __repr__(self) -> str:
        return f"<AbortController {self.signal!r}>"

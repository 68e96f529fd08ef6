"""What an isolate may do, by default and else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolateLimits:
    """What an isolate may do.

    Attributes:
        cpu: seconds for which it may hold its one thread. A handler that takes longer is cut with a 503, and an isolate
            that cannot be interrupted is replaced.
        memory: bytes that its Python may have; more is a MemoryError. What JavaScript has beside it may be as much; an
            isolate that takes more is replaced.
        hosts: what it may connect to beside itself, "api.example.com" or "127.0.0.1:5000"; "*" is anything.
        environment: what `os.environ` has of this machine's, by name.
    """

    cpu: float = 5.0
    memory: int = 128 * 1024 * 1024
    hosts: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

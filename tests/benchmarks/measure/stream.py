"""Streams of 1 GiB in chunks of 64 KiB: how fast, how much memory, and how far ahead of its client."""

import json
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

from tests.benchmarks.failure import BenchmarkError
from tests.benchmarks.kernel import Kernel
from tests.benchmarks.load import drain_command
from tests.benchmarks.measure.idle import BARE, OURS
from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.measure.stalled import read_ahead
from tests.benchmarks.summary import Samples

MIB = 1024 * 1024
WARM_UP_BYTES = 64 * MIB
TCP_TABLE = Path("/proc/net/tcp")


def measure(settings: Settings) -> dict[str, Samples | str]:
    """Drain the three streams in turn; let a client stall. A string says why there are no samples."""
    with Kernel(OURS) as ours, Kernel(BARE) as bare:
        streams = {
            "async": (ours, f"{ours.value('url')}/stream/async"),
            "sync": (ours, f"{ours.value('url')}/stream/sync"),
            "bare": (bare, f"{bare.value('url')}/stream"),
        }
        for kernel, url in streams.values():
            drain(kernel, url, size=WARM_UP_BYTES)
        before = ours.resident_bytes()
        speeds: dict[str, list[float]] = {name: [] for name in streams}
        growth: list[float] = []
        ahead: list[float] = []
        for _, order in settings.each_round("stream", list(streams)):
            peak = before
            for name in order:
                kernel, url = streams[name]
                speed, highest = drain(kernel, url, size=settings.stream_bytes)
                speeds[name].append(speed)
                peak = max(peak, highest) if kernel is ours else peak
            growth.append((peak - before) / MIB)
            if TCP_TABLE.exists():
                ahead.append(_read_ahead_kib(ours))
    return {
        "stream-async": Samples(speeds["async"], speeds["bare"]),
        "stream-sync": Samples(speeds["sync"], speeds["bare"]),
        "stream-memory": Samples(growth),
        "stream-ahead": Samples(ahead) if ahead else f"skipped: no {TCP_TABLE} on this system",
    }


def drain(kernel: Kernel, url: str, *, size: int) -> tuple[float, int]:
    """Read one stream in a process of its own.

    Returns:
        MiB per second, and the most bytes of RAM that the kernel had meanwhile.
    """
    command = drain_command(f"{url}?size={size}", size=size)
    highest = kernel.resident_bytes()
    client = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        while client.poll() is None:
            highest = max(highest, kernel.resident_bytes())
            time.sleep(0.02)
        output, errors = client.communicate()
    finally:
        client.kill()
        client.wait()
    if client.returncode:
        raise BenchmarkError(f"{url}: {errors.strip()[-500:]}")
    return size / MIB / json.loads(output)["seconds"], highest


def _read_ahead_kib(ours: Kernel) -> float:
    parts = urlsplit(str(ours.value("url")))
    address = (str(parts.hostname), int(parts.port or 80))
    target = f"/stream/counted?size={1024**3}"
    return read_ahead(address, target, produced=lambda: int(ours.value("produced[0]"))) / 1024

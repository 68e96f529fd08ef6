"""`%load_ext notebook_routes` in fresh kernels: how long it takes, and that nothing listens after it."""

from tests.benchmarks.kernel import Kernel
from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.summary import Samples

TIMED = """
import time
start = time.perf_counter()
get_ipython().run_line_magic("load_ext", "notebook_routes")
milliseconds = (time.perf_counter() - start) * 1000
# IPython only prints a line when a module is no extension.
assert "route" in get_ipython().magics_manager.magics["cell"], "%load_ext registered no %%route"
"""


def measure(settings: Settings) -> dict[str, Samples]:
    """Load it once in each of several kernels; the first, which compiles the files, does not count."""
    load_in_fresh_kernel()
    loads = [load_in_fresh_kernel() for _ in settings.each_round("load", ["a fresh kernel"])]
    return {
        "load-time": Samples([milliseconds for milliseconds, _ in loads]),
        "load-listening": Samples([float(listening) for _, listening in loads]),
    }


def load_in_fresh_kernel() -> tuple[float, int]:
    """Return the milliseconds of the load, and how many sockets listen that did not before."""
    with Kernel() as kernel:
        before = kernel.listening()
        kernel.run(TIMED)
        milliseconds = float(kernel.value("milliseconds"))
        return milliseconds, len(kernel.listening() - before)

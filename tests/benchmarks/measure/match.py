"""Time of one match in a small and in a large table, in a process of its own."""

from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.program import run_program
from tests.benchmarks.summary import Samples


def measure(settings: Settings) -> dict[str, Samples]:
    """Run the program that interleaves the two tables."""
    times = run_program("route_table.py", f"--rounds={settings.rounds}")
    return {"match": Samples(times["10000"], times["10"])}

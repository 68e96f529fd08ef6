"""The one exception of the benchmark."""


class BenchmarkError(Exception):
    """A figure could not be taken. The message says which, why, and what to look at."""

"""An answer that is kept, beside Next.js that serves the same; only `--with next`."""

from tests.benchmarks.kernel import Kernel
from tests.benchmarks.load import requests_per_second
from tests.benchmarks.measure.hit import OURS, check_status
from tests.benchmarks.measure.settings import Settings
from tests.benchmarks.measure.side_by_side import check_equal
from tests.benchmarks.next_server import next_server
from tests.benchmarks.summary import Samples

NOT_ASKED_FOR = "skipped: installs Next.js from npm; `--with next` runs it"


def measure(settings: Settings) -> dict[str, Samples | str]:
    """Load both in turn."""
    if not settings.next:
        return {"next": NOT_ASKED_FOR}
    with Kernel(OURS) as ours, next_server() as there:
        urls = {"ours": f"{ours.value('url')}/kept/1", "next": f"{there}/kept/1"}
        check_equal(urls)
        check_status(urls["ours"], "notebook-routes; hit")
        rates: dict[str, list[float]] = {name: [] for name in urls}
        for url in urls.values():
            # Node compiles what runs often.
            requests_per_second(url, seconds=3)
        for _, order in settings.each_round("next", list(urls)):
            for name in order:
                rates[name].append(requests_per_second(urls[name], seconds=settings.seconds))
    return {"next": Samples(rates["ours"], rates["next"])}

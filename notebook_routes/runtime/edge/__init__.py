"""`runtime = "edge"`: the check of what a route does before it runs, and the guard while it runs in the kernel.

Both refuse what an edge isolate lacks, by one table of rules (`rules.py`). A route of the edge runs in this
process; what it answers in a real isolate is for `project/isolate/` to show.
"""

from __future__ import annotations

from notebook_routes.runtime.edge.check import Checked, check_nodes, check_text
from notebook_routes.runtime.edge.finding import Finding, refuse
from notebook_routes.runtime.edge.guard import guarded, install
from notebook_routes.runtime.edge.live import LiveNames, check_live
from notebook_routes.runtime.edge.rules import RULES, Rule
from notebook_routes.runtime.edge.thread_watch import watched

__all__ = [
    "RULES", "Checked", "Finding", "LiveNames", "Rule", "check_live", "check_nodes", "check_text", "guarded", "install",
    "refuse", "watched",
]  # fmt: skip

"""What `%load_ext` imports of the inspector: nothing but what the notebook's own commands need."""

from __future__ import annotations

import subprocess
import sys


def test_a_notebook_that_has_opened_none_has_loaded_none():
    probe = (
        "import sys; import notebook_routes.notebook.session, notebook_routes.notebook.magics; "
        "print(*sorted(name for name in sys.modules if 'routes.inspector.' in name or name in ('httpx2', 'segno')))"
    )
    found = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["notebook_routes.inspector.kept"]


def test_an_inspector_that_has_sent_nothing_has_no_client():
    probe = (
        "import sys; from notebook_routes.inspector import Inspector, InspectorPages; "
        "InspectorPages(Inspector(None)); print('httpx2' in sys.modules, 'pydantic' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "False"]

"""The validator of a Worker's folder."""

import sys

import pytest

from notebook_routes.errors import ExportError
from notebook_routes.runtime.edge import Finding
from notebook_routes.tooling.deploy.worker_check import check_site, check_worker
from notebook_routes.tooling.deploy.worker_rules import WORKER_RULES, refuse_build
from notebook_routes.tooling.deploy.wrangler_config import config_text

CONFIG = config_text("shop", ["site/a.css"])
GOOD = {"wrangler.jsonc": CONFIG, "src/entry.py": "import json\n", "src/site/app/route.py": "", "src/site/a.css": "",
        "python_modules/pyvenv.cfg": "", "python_modules/lamp.py": "x = 1\n"}  # fmt: skip


def found_in(files):
    content = {path: text if isinstance(text, bytes) else text.encode() for path, text in files.items()}
    return [(each.rule.code, each.what) for each in check_worker(content)]


def config_with(old, new):
    assert old in CONFIG
    return {**GOOD, "wrangler.jsonc": CONFIG.replace(old, new)}


def test_nothing_is_found_in_a_good_one():
    assert found_in(GOOD) == []


def test_a_file_that_cannot_be_compiled():
    assert found_in({**GOOD, "src/notebook_routes/x.py": "return 1\n"}) == [("WORKER001", "'return' outside function")]
    # Where this Python is the older one, it may just be newer than that.
    code = "WORKER002" if sys.version_info < (3, 14) else "WORKER001"
    assert [code for code, _ in found_in({**GOOD, "python_modules/lamp.py": "x = (\n"})] == [code]
    assert [code for code, _ in found_in({**GOOD, "python_modules/lamp.py": b"x = '\xff'\n"})] == [code]


def test_an_old_escape_warns_nobody():
    assert found_in({**GOOD, "python_modules/lamp.py": "x = '\\d'\nassert (1, 2)\n"}) == []


def test_the_projects_files_are_checked_by_the_rules_of_the_edge():
    files = {"app/route.py": b"import uuid\nid = uuid.uuid4()\n", "app/x.css": b"import tkinter", "a.py": b"def f(:\n"}
    found = check_site(files)
    assert [(each.rule.code, each.place, each.line) for each in found] == [
        ("EDGE011", "app/route.py", 2),
        ("WORKER001", "a.py", 1),
    ]


@pytest.mark.parametrize(
    ("old", "new", "code", "told"),
    [
        ('"python_workers"', '"nodejs_compat"', "WORKER011", "lack python_workers"),
        ("src/entry.py", "src/main.py", "WORKER011", "main is src/main.py"),
        ("2026-09-08", "2026-09-07", "WORKER011", "means an older Python"),
        ("2026-09-08", "20260908", "WORKER011", "is no date"),
        ("2026-09-08", "2026-02-30", "WORKER011", "is no date"),
        ("2026-09-08", "2999-01-01", "WORKER011", "is in the future"),
        ('"python_workers"', '"python_workers", "disable_python_external_sdk"', "WORKER011", "stops the packages"),
        ('"python_workers"', '"python_workers", "python_wrokers_314"', "WORKER010", "python_wrokers_314"),
        ('"main":', '"limits": {"cpu_ms": 400000}, "main":', "WORKER011", "limits.cpu_ms is 400000"),
        ('"main":', '"limits": {"cpu_ms": "50"}, "main":', "WORKER011", "limits.cpu_ms is 50"),
        ('"main":', '"main" = ', "WORKER011", "cannot be read"),
        ('"**/*.css"', '"**/*.json"', "WORKER009", "src/site/a.css"),
    ],
)
def test_settings_that_do_not_work(old, new, code, told):
    ((found, what),) = found_in(config_with(old, new))
    assert (found, told in what) == (code, True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"2026-09-08"', '"2026-01-01"'),
        ('"main":', '"limits": {"cpu_ms": 50}, "vars": {"A": "1"}, "main":'),
        ('"python_workers"', '"python_workers", "nodejs_compat"'),
    ],
)
def test_settings_that_work(old, new):
    files = config_with(old, new)
    if "2026-01-01" in new:
        files["wrangler.jsonc"] = files["wrangler.jsonc"].replace(
            '"python_workers"', '"python_workers", "python_workers_314"'
        )
    assert found_in(files) == []


def test_what_refuses_is_raised_and_the_rest_told():
    told = Finding(WORKER_RULES["WORKER010"], "python_x", 0, place="wrangler.jsonc")
    refusing = Finding(WORKER_RULES["WORKER003"], "import lamp", 3, "import lamp", "app/route.py")
    assert refuse_build([told, told]) == [told.remark]
    with pytest.raises(ExportError) as raised:
        refuse_build([told, refusing], but="Nothing was written.")
    assert str(raised.value).startswith("app/route.py, line 3: import lamp\nWORKER003 import lamp: neither the project")
    assert str(raised.value).endswith("\nNothing was written.")


def test_each_rule_is_in_the_table():
    from notebook_routes.tooling.deploy import worker_rules

    lines = [line.split() for line in worker_rules.__doc__.splitlines() if line.startswith("    WORKER")]
    assert {line[0]: line[-1] for line in lines} == {
        code: "error" if rule.refuses else "warning" for code, rule in WORKER_RULES.items()
    }

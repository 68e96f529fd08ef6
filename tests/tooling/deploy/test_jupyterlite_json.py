"""JSON files as JupyterLite hands them to Python."""

import pytest

from notebook_routes.tooling.deploy.jupyterlite_json import rewrite_json

pytest.importorskip("deno")


def test_they_are_written_as_javascript_writes_them(tmp_path):
    texts = {"a.json": '{ "a": 1.0,\n "é": [1e3, 1e-7, null] }', "b c.json": "no JSON", "d.json": '"x"\n'}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    rewrite_json(sorted(tmp_path.glob("*.json")))
    written = [(tmp_path / name).read_text(encoding="utf-8") for name in texts]
    assert written == ['{"a":1,"é":[1000,1e-7,null]}', "no JSON", '"x"']
    rewrite_json([])

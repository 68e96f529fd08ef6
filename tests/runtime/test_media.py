import base64
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from unittest.mock import MagicMock

import matplotlib as mpl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from notebook_routes.errors import AnswerError
from notebook_routes.runtime.media import best_match, representations

mpl.use("agg")
PNG = b"\x89PNG\r\n"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "offered", "chosen"),
    [
        ("*/*", "a/b c/d", "a/b"),
        ("", "a/b c/d", "a/b"),
        (" , ", "a/b c/d", "a/b"),
        ("c/d", "a/b c/d", "c/d"),
        ("C/D", "a/b c/d", "c/d"),
        ("c/*", "a/b c/d", "c/d"),
        ("*", "a/b", "a/b"),
        ("text/html, image/gif, *; q=.2", "a/b", "a/b"),
        ("a/b;q=0.5, c/d", "a/b c/d", "c/d"),
        ("a/b; q=0.5, c/d; q=0.4", "a/b c/d", "a/b"),
        ("a/*;q=0.9, a/b;q=0.1, c/d;q=0.5", "a/b c/d", "c/d"),
        ("*/*;q=0.1, a/b;q=0", "a/b c/d", "c/d"),
        ("a/b;q=0", "a/b", None),
        ("*/*;q=0", "a/b", None),
        ("x/y", "a/b", None),
        ("a/b;level=1;q=0.2, c/d;q=0.1", "a/b c/d", "a/b"),
        ("a/b;q=high, c/d;q=0.1", "a/b c/d", "c/d"),
        ("a/b;q=nan, c/d;q=0.1", "a/b c/d", "c/d"),
        ("a/b;q=-1, c/d;q=0.1", "a/b c/d", "c/d"),
        (BROWSER, "application/json text/csv text/html", "text/html"),
        (BROWSER, "image/png image/svg+xml", "image/png"),
        ("image/svg+xml,image/*;q=0.8", "image/png image/svg+xml", "image/svg+xml"),
        ("*/*", "", None),
    ],
)
def test_the_client_has_its_choice(accept, offered, chosen):
    assert best_match(accept, offered.split()) == chosen


@given(st.text("ab/*;q=0.1, ", max_size=40))
def test_any_header_has_an_outcome(accept):
    assert best_match(accept, ["a/b", "b/a"]) in ("a/b", "b/a", None)


def bodies(value):
    return {media: render() for media, render in representations(value).items()}


class Shown:
    """An object with the display methods that it is given."""

    def __init__(self, **methods):
        for name, made in methods.items():
            setattr(self, f"_repr_{name}_", made if callable(made) else lambda made=made: made)


def test_display_methods_in_the_order_of_preference():
    value = Shown(html="<b>", png=PNG, json={"a": 1}, markdown="*", svg="<svg/>", jpeg=b"J", latex="$", pdf=b"%PDF")
    assert bodies(value) == {
        "image/png": PNG,
        "image/jpeg": b"J",
        "image/svg+xml": "<svg/>",
        "application/pdf": b"%PDF",
        "text/html": "<b>",
        "application/json": b'{"a":1}',
        "text/markdown": "*",
        "text/latex": "$",
    }
    assert next(iter(representations(value))) == "image/png"


def test_data_may_come_with_metadata_or_not_at_all():
    def never():
        raise NotImplementedError

    assert bodies(Shown(html=("<b>", {"isolated": True}), png=lambda: None, svg=never)) == {
        "image/png": None,
        "image/svg+xml": None,
        "text/html": "<b>",
    }


def test_what_is_no_text_is_base64_in_a_bundle():
    data = {"image/png": base64.b64encode(PNG).decode(), "application/pdf": base64.b64encode(b"%PDF").decode()}
    assert bodies(Shown(mimebundle=lambda include=None, exclude=None: data)) == {
        "image/png": PNG,
        "application/pdf": b"%PDF",
    }


def test_a_bundle_is_put_in_order_plain_text_last():
    data = {"text/plain": "Lamp", "application/x+json": {"a": 1}, "text/html": "<b>", "image/svg+xml": "<svg/>"}
    for bundle in (data, (data, {"text/html": {}})):
        found = bodies(Shown(mimebundle=lambda include=None, exclude=None, bundle=bundle: bundle))
        assert list(found) == ["image/svg+xml", "text/html", "application/x+json", "text/plain"]
        assert found["application/x+json"] == b'{"a":1}'


def test_a_bundle_may_be_empty_or_missing():
    def never(**options):
        raise NotImplementedError

    for bundle in (lambda **options: None, lambda **options: {}, never):
        assert bodies(Shown(mimebundle=bundle, html="<b>")) == {"text/html": "<b>"}


def test_a_method_that_is_switched_off_is_none():
    value = Shown(html="<b>")
    value._repr_png_ = value._repr_mimebundle_ = None
    assert bodies(value) == {"text/html": "<b>"}


def test_nothing_is_rendered_before_it_is_wanted():
    def fails():
        raise AssertionError

    assert list(representations(Shown(html=fails))) == ["text/html"]


def test_what_a_method_raises_is_the_users_to_see():
    def fails():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bodies(Shown(html=fails))


class HasAll:
    def __getattr__(self, name):
        return lambda *args, **options: "anything"


@pytest.mark.parametrize(
    "value", [object(), Shown, pd.DataFrame, pd, ModuleType("m"), HasAll(), MagicMock(), 1, "a", {}, lambda: 0]
)
def test_what_shows_nothing(value):
    assert representations(value) == {}


def test_a_table_is_records_first():
    frame = pd.DataFrame({"name": ["L", "ä"], "price": [1.5, None]})
    found = bodies(frame)
    assert list(found) == ["application/json", "text/csv", "text/html", "text/plain"]
    assert json.loads(found["application/json"]) == [{"name": "L", "price": 1.5}, {"name": "ä", "price": None}]
    assert found["text/csv"] == "name,price\nL,1.5\nä,\n"
    assert "<table" in found["text/html"]
    assert "price" in found["text/plain"]


def test_a_series_is_a_list():
    found = bodies(pd.Series([1, 2], name="price"))
    assert found["application/json"] == b"[1,2]"
    assert found["text/csv"] == "price\n1\n2\n"


def test_a_table_of_another_library():
    class Frame:
        def to_dict(self): ...
        def write_csv(self):
            return "a\n1\n"

        def to_dicts(self):
            return [{"a": 1}]

        def _repr_html_(self):
            return "<table>"

    Frame.__name__ = "DataFrame"
    found = bodies(Frame())
    assert (found["application/json"], found["text/csv"], found["text/html"]) == (b'[{"a":1}]', "a\n1\n", "<table>")


def test_a_table_that_cannot_be_written_says_why():
    frame = pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")]))
    with pytest.raises(AnswerError, match="the answer cannot be written: the key"):
        bodies(frame)


def test_a_figure_is_a_png_or_svg_also_where_axes_are_returned():
    figure = Figure(figsize=(1, 1))
    axes = figure.subplots()
    axes.plot([1, 2])
    for value in (figure, axes):
        found = bodies(value)
        assert list(found) == ["image/png", "image/svg+xml"]
        assert found["image/png"].startswith(PNG)
        assert b"<svg" in found["image/svg+xml"]


def test_one_figure_can_be_sent_to_many_at_once():
    figure = Figure(figsize=(1, 1))
    figure.subplots().plot([1, 2])
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as pool:
            drawn = list(pool.map(lambda _: representations(figure)["image/png"](), range(12)))
    finally:
        sys.setswitchinterval(interval)
    assert len(set(drawn)) == 1


def test_pyplot_forgets_a_figure_that_was_sent():
    from matplotlib import pyplot as plt

    try:
        for _ in range(2):
            _, axes = plt.subplots(figsize=(1, 1))
            for _ in range(2):
                assert representations(axes)["image/png"]().startswith(PNG)
                assert plt.get_fignums() == []
    finally:
        plt.close("all")


def test_a_figure_in_a_window_stays(monkeypatch):
    from matplotlib import pyplot as plt

    try:
        figure = plt.figure(figsize=(1, 1))
        monkeypatch.setattr(plt, "get_backend", lambda: "TkAgg")
        representations(figure)["image/svg+xml"]()
        assert plt.get_fignums() == [figure.number]
    finally:
        plt.close("all")


def test_a_picture_of_pillow():
    found = representations(Image.new("RGB", (2, 2)))
    assert next(iter(found)) == "image/png"
    assert found["image/png"]().startswith(PNG)

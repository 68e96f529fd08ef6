"""The card under a `%%route` cell."""

from __future__ import annotations

import importlib.util

import pytest

from notebook_routes.notebook import card

VIEW = "application/vnd.jupyter.widget-view+json"


def test_the_card_is_a_widget_over_text_and_html():
    pytest.importorskip("anywidget")
    data = card.bundle("text", "<b>html</b>", url="http://localhost:8000")
    assert data["text/plain"] == "text"
    assert data["text/html"] == "<b>html</b>"
    assert set(data) == {"text/plain", "text/html", VIEW}


def test_the_address_is_the_widget_s_state_and_in_no_output(monkeypatch):
    pytest.importorskip("anywidget")
    made, card_class = [], card._card_class()
    monkeypatch.setattr(card, "_card_class", lambda: lambda **state: made.append(card_class(**state)) or made[0])
    data = card.bundle("text", "<b>html</b>", url="http://localhost:8000")
    assert (made[0].url, made[0].content) == ("http://localhost:8000", "<b>html</b>")
    assert data[VIEW]["model_id"] == made[0].model_id
    assert "8000" not in str(data)


def test_without_anywidget_there_is_the_html(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert card.bundle("text", "<b>html</b>", url="") == {"text/plain": "text", "text/html": "<b>html</b>"}

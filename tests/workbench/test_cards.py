# SPDX-License-Identifier: GPL-2.0-only
"""Cards are what they show, and look it."""

from __future__ import annotations

import pytest

from perc_scapy.workbench.cards import Card, Cards


def card(value: object) -> Card:
    return Card(value, lambda v: f"text {v}", lambda v: f"<b>{v}</b>")


def test_forms() -> None:
    one = card(3)
    assert str(one) == repr(one) == "text 3"
    assert one._repr_mimebundle_() == {"text/plain": "text 3", "text/html": "<b>3</b>"}


def test_attributes_are_those_of_the_value() -> None:
    assert card("abc").upper() == "ABC"
    with pytest.raises(AttributeError):
        _ = card(3).nothing


def test_several() -> None:
    both = Cards([card(1), card(2)], "none")
    assert len(both) == 2
    assert repr(both) == "text 1\ntext 2"
    assert both._repr_html_() == "<b>1</b><b>2</b>"
    assert repr(Cards([], "none")) == "none"

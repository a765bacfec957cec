# SPDX-License-Identifier: GPL-2.0-only
"""Colour and characters only where they can be shown."""

from perc_scapy.view.style import ASCII, UNICODE, Style, can_encode


def test_colour_is_a_choice() -> None:
    assert Style(color=False).paint("x", "bad") == "x"
    assert Style(color=True).paint("x", "bad") == "\033[1;31mx\033[0m"
    assert Style(color=True).paint("x", "plain") == "x"


def test_encodings() -> None:
    assert can_encode("utf-8")
    assert not can_encode("latin-1")
    assert not can_encode("ascii")
    assert not can_encode(None)
    assert not can_encode("no such encoding")


def test_both_sets_have_single_columns() -> None:
    assert all(len(glyph) == 1 for glyph in UNICODE)
    assert all(len(glyph) == 1 for glyph in ASCII if glyph != "->")
    "".join(ASCII).encode("ascii")


def test_free_text() -> None:
    assert Style(unicode=True).text("a -> b") == "a → b"
    assert Style(unicode=False).text("a -> b …") == "a -> b ?"

# SPDX-License-Identifier: GPL-2.0-only
"""Text and documents."""

import pytest

from perc_scapy.view.html.style import MARKS, page, styled, text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("<a b='c'>&", "&lt;a b=&#x27;c&#x27;&gt;&amp;"),
        ("a\x00\x1b", "a\ufffd\ufffd"),
        ("\u202e", "\ufffd"),
        (7, "7"),
    ],
)
def test_text(raw: object, shown: str) -> None:
    assert text(raw) == shown


def test_documents_may_run_nothing() -> None:
    document = page("a<b", "<p>x</p>")
    assert document.startswith("<!DOCTYPE html>")
    assert "<title>a&lt;b</title>" in document
    assert "script-src" not in document
    assert "default-src 'none'" in document


def test_marks_are_only_in_packets() -> None:
    assert f".r{MARKS - 1}:is(" in styled("", packet=True)
    assert ":has(" not in styled("")

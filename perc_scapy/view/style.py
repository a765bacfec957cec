# SPDX-License-Identifier: GPL-2.0-only
"""How text for people is drawn: with or without colour, with box characters or plain ASCII, how wide."""

from __future__ import annotations

from typing import Literal, NamedTuple

Tone = Literal["plain", "bold", "dim", "good", "bad", "note"]
_CODES = {"bold": "1", "dim": "2", "good": "32", "bad": "1;31", "note": "36"}


class Glyphs(NamedTuple):
    """The characters of a ladder."""

    line: str
    """Lifeline."""
    cross: str
    """Arrow over a lifeline."""
    right_from: str
    left_from: str
    dash: str
    missing: str
    """Dash of an arrow that was not seen."""
    right: str
    left: str
    yes: str
    no: str
    extra: str
    """Mark of a row that has no number."""
    bullet: str
    to: str
    more: str
    rule: str


UNICODE = Glyphs("│", "┼", "├", "┤", "─", "╌", "▶", "◀", "✓", "✗", "+", "·", "→", "…", "─")
ASCII = Glyphs("|", "+", "|", "|", "-", ".", ">", "<", "v", "X", "+", "*", "->", "~", "-")


class Style(NamedTuple):
    """What the reader's terminal can do."""

    unicode: bool = True
    color: bool = False
    width: int = 100

    @property
    def glyphs(self) -> Glyphs:
        return UNICODE if self.unicode else ASCII

    def paint(self, text: str, tone: Tone) -> str:
        """`text` in a tone; unchanged without colour."""
        code = _CODES.get(tone) if self.color else None
        return text if code is None else f"\033[{code}m{text}\033[0m"

    def text(self, text: str) -> str:
        """Free text with arrows that this terminal has."""
        return text.replace("->", self.glyphs.to) if self.unicode else _plain(text)


def can_encode(encoding: str | None) -> bool:
    """Whether the box characters exist in an output encoding."""
    try:
        "".join(UNICODE).encode(encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def _plain(text: str) -> str:
    return text.encode("ascii", "replace").decode()

# SPDX-License-Identifier: GPL-2.0-only
"""A story as a ladder diagram in text: one lifeline a participant, one row a step, facts below the step they follow."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from perc_scapy.capture.steps import Check, Section, Step, Story
from perc_scapy.view.style import Style, Tone

_PACKET = 6
"""Columns of a packet number."""
_MESSAGE = 32
"""Columns of the longest message text."""
_NARROW, _WIDE = 4, 10
"""Least and most columns between two lifelines."""


class Ladder:
    """Lays a story out for a width; `lines()` gives the text."""

    def __init__(self, story: Story, style: Style) -> None:
        self._story, self._style, self._glyphs = story, style, style.glyphs
        self._ids = max([6, *(len(step.id) for step in story.steps())])
        self._left = 2 + self._ids + _PACKET + 3
        gaps = max(1, len(story.columns) - 1)
        room = style.width - self._left - 4 - _MESSAGE
        self._gap = max(_NARROW, min(_WIDE, room // gaps))
        self._places = {name: i * self._gap for i, name in enumerate(story.columns)}
        self._last = self._gap * gaps

    def lines(self) -> Iterator[str]:
        """The whole diagram."""
        for section in self._story.sections:
            yield from self._section(section)
            yield ""
        if self._story.checks:
            yield self._style.paint("Checks", "bold")
            yield from map(self._check, self._story.checks)
            yield ""
        yield self._verdict()

    # -- sections

    def _section(self, section: Section) -> Iterator[str]:
        yield self._style.paint(section.title, "bold")
        yield self._style.paint(self._names(), "bold")
        for step in section.steps:
            yield self._row(step)
            for note in step.notes:
                yield from self._note(note)

    def _names(self) -> str:
        """Names centred over their lifelines."""
        row = [" "] * (self._left + self._last + 4)
        for name, place in self._places.items():
            start = self._left + place - (len(name) - 1) // 2
            row[start : start + len(name)] = name
        return "".join(row).rstrip()

    def _row(self, step: Step) -> str:
        mark = self._glyphs.yes if step.seen else self._glyphs.no
        mark = mark if step.id or not step.seen else self._glyphs.extra
        packet = f"{step.packet:>{_PACKET}}" if step.packet is not None else "-".rjust(_PACKET)
        tone: Tone = "good" if step.seen else "bad"
        front = f"{self._style.paint(mark, tone)} {step.id:<{self._ids}} {packet}  "
        room = self._style.width - self._left - self._last - 4
        text = self._cut(self._style.text(step.message), room)
        text = self._style.paint(text, "plain" if step.seen else "bad")
        return f"{front}{self._arrow(step)}  {text}"

    def _arrow(self, step: Step) -> str:
        glyphs = self._glyphs
        row = [" "] * (self._last + 1)
        for place in self._places.values():
            row[place] = glyphs.line
        start, end = self._places[step.src], self._places[step.dst]
        low, high = min(start, end), max(start, end)
        for column in range(low + 1, high):
            crossed = row[column] == glyphs.line
            row[column] = glyphs.cross if crossed else self._dash(step)
        self._heads(row, start, end, both=step.both_ways)
        return "".join(row)

    def _dash(self, step: Step) -> str:
        return self._glyphs.dash if step.seen else self._glyphs.missing

    def _heads(self, row: list[str], start: int, end: int, *, both: bool) -> None:
        forward = end > start
        row[end - 1 if forward else end + 1] = self._glyphs.right if forward else self._glyphs.left
        row[start] = self._glyphs.right_from if forward else self._glyphs.left_from
        if both:
            row[start] = self._glyphs.line
            row[start + 1] = self._glyphs.left

    def _note(self, note: str) -> Iterator[str]:
        indent = " " * self._left
        width = max(20, self._style.width - self._left)
        first, rest = f"{indent}{self._glyphs.bullet} ", f"{indent}  "
        for line in textwrap.wrap(
            self._style.text(note), width + self._left, initial_indent=first, subsequent_indent=rest
        ):
            yield self._style.paint(line, "note")

    def _cut(self, text: str, room: int) -> str:
        return text if len(text) <= room else text[: max(1, room - 1)] + self._glyphs.more

    # -- the end

    def _check(self, check: Check) -> str:
        mark = self._style.paint(self._glyphs.yes, "good")
        if not check.ok:
            mark = self._style.paint(self._glyphs.no, "bad")
        detail = f": {self._style.text(check.detail)}" if check.detail else ""
        return f"{mark} {check.name}{self._style.paint(detail, 'dim' if check.ok else 'bad')}"

    def _verdict(self) -> str:
        word, counts = self._story.verdict().split("  ", 1)
        tone: Tone = "note" if self._story.unsure else "good" if self._story.passed else "bad"
        return f"{self._style.paint(word, tone)}  {counts}"


def ladder(story: Story, style: Style | None = None) -> str:
    """The diagram as one text without a final line end."""
    return "\n".join(Ladder(story, style or Style()).lines())

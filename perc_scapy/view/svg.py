# SPDX-License-Identifier: GPL-2.0-only
"""A story as a ladder diagram in SVG: the same rows as the text form, for pages, reports and notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from perc_scapy.capture.steps import Section, Step, Story

_LEFT, _GAP, _RIGHT = 150, 96, 520
"""Pixels: id and packet number, between two lifelines, message text."""
_ROW, _NOTE, _HEAD = 24, 17, 62
"""Pixels: height of a step, of a note, of a section's title with its names."""
_STYLE = """
.perc-ladder text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#1f2933}
.perc-ladder .title{font-weight:700;font-size:15px}.perc-ladder .name{font-weight:700;text-anchor:middle}
.perc-ladder .note{fill:#0b6e75;font-size:12px}.perc-ladder .dim{fill:#52606d}
.perc-ladder .num{fill:#7b8794;text-anchor:end}
.perc-ladder .life{stroke:#cbd2d9}.perc-ladder .go{stroke:#1f2933;stroke-width:1.4;fill:none}
.perc-ladder .lost{stroke:#c0392b;stroke-dasharray:4 4}
.perc-ladder .good{fill:#1d7a3c}.perc-ladder .bad{fill:#c0392b;font-weight:700}
"""


class SvgLadder:
    """Lays a story out; `text()` gives the file."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._places = {name: _LEFT + 40 + i * _GAP for i, name in enumerate(story.columns)}
        self._text_at = max(self._places.values()) + 30
        self._width = self._text_at + _RIGHT
        self._y = 16

    def text(self) -> str:
        """The whole picture."""
        body = [part for section in self._story.sections for part in self._section(section)]
        body += self._end()
        size = f'width="{self._width}" height="{self._y}" viewBox="0 0 {self._width} {self._y}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" class="perc-ladder" {size} role="img"><style>{_STYLE}</style>'
        marker = (
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
            'orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" fill="#1f2933"/></marker></defs>'
        )
        return "\n".join(
            [head, marker, '<rect width="100%" height="100%" fill="#fff"/>', *body, "</svg>\n"]
        )

    def _section(self, section: Section) -> Iterator[str]:
        yield _text(12, self._y + 14, section.title, "title")
        top = self._y + 44
        for name, x in self._places.items():
            yield _text(x, self._y + 38, name, "name")
        self._y += _HEAD
        rows = [part for step in section.steps for part in self._step(step)]
        for x in self._places.values():
            yield f'<line class="life" x1="{x}" x2="{x}" y1="{top}" y2="{self._y - 8}"/>'
        yield from rows
        self._y += 14

    def _step(self, step: Step) -> Iterator[str]:
        y = self._y
        yield _text(12, y + 4, _mark(step), "good" if step.seen else "bad")
        yield _text(30, y + 4, step.id, "" if step.seen else "bad")
        yield _text(_LEFT - 8, y + 4, str(step.packet or "-"), "num")
        yield self._arrow(step, y)
        yield _text(self._text_at, y + 4, step.message, "" if step.id else "dim")
        self._y += _ROW
        for note in step.notes:
            yield _text(self._text_at + 12, self._y - 2, note, "note")
            self._y += _NOTE
        self._y += 5 if step.notes else 0

    def _arrow(self, step: Step, y: int) -> str:
        start, end = self._places[step.src], self._places[step.dst]
        kind = "go" if step.seen else "go lost"
        tips = 'marker-end="url(#tip)"' + (' marker-start="url(#tip)"' if step.both_ways else "")
        return f'<line class="{kind}" x1="{start}" x2="{end}" y1="{y}" y2="{y}" {tips}/>'

    def _end(self) -> Iterator[str]:
        for check in self._story.checks:
            mark, kind = ("✓", "good") if check.ok else ("✗", "bad")
            yield _text(12, self._y + 4, mark, kind)
            yield _text(
                30,
                self._y + 4,
                f"{check.name}: {check.detail}".rstrip(": "),
                "dim" if check.ok else "bad",
            )
            self._y += _NOTE + 3
        kind = "dim" if self._story.unsure else "good" if self._story.passed else "bad"
        self._y += 12
        yield _text(12, self._y, self._story.verdict(), f"title {kind}")
        self._y += 16


def _mark(step: Step) -> str:
    if not step.seen:
        return "✗"
    return "✓" if step.id else "+"  # a row that the flows do not number


def _text(x: int, y: int, content: str, kind: str = "") -> str:
    return (
        f'<text x="{x}" y="{y}" class="{kind}">{escape(content.replace("->", "→"))}</text>'
        if content
        else ""
    )


def svg_ladder(story: Story) -> str:
    """The diagram as one SVG document."""
    return SvgLadder(story).text()

# SPDX-License-Identifier: GPL-2.0-only
"""Cards for each kind of result. The HTML comes from `view.html`, imported when a notebook asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perc_scapy.view.style import Style
from perc_scapy.workbench.cards import Card

if TYPE_CHECKING:
    from perc_scapy.capture.steps import Story
    from perc_scapy.compare.parting import Comparison
    from perc_scapy.conform import Report
    from perc_scapy.explain.cause import Explanation
    from perc_scapy.view.packets import PacketView


def packet(view: PacketView) -> Card:
    """A tree beside a hex dump."""

    def text(v: PacketView) -> str:
        from perc_scapy.view.tree import tree

        return "\n".join(
            [f"{v.number} {v.src} -> {v.dst}  {v.summary}", *tree(v, Style(width=120))]
        )

    def html(v: PacketView) -> str:
        from perc_scapy.view.html import packet_html

        return packet_html(v)

    return Card(view, text, html)


def ladder(story: Story) -> Card:
    def text(s: Story) -> str:
        from perc_scapy.view.ladder import ladder as drawn

        return drawn(s)

    def html(s: Story) -> str:
        from perc_scapy.view.html import ladder_html

        return ladder_html(s)

    return Card(story, text, html)


def report(found: Report) -> Card:
    def html(r: Report) -> str:
        from perc_scapy.view.html import report_html

        return report_html(r)

    return Card(found, _report_text, html)


def _report_text(found: Report) -> str:
    lines = [
        f"{r.id} {r.level} packet {r.packet}: {r.expected} ({r.clause}); seen: {r.seen}"
        for r in found.failures
    ]
    return "\n".join([*lines, found.summary()])


def association(row: dict[str, Any]) -> Card:
    return Card(row, _row_text, lambda r: associations_html([r]))


def associations_html(rows: list[dict[str, Any]]) -> str:
    """One table of several."""
    from perc_scapy.view.html import associations_html as drawn

    return drawn(rows)


def _row_text(row: dict[str, Any]) -> str:
    return ", ".join(
        f"{name} {value}" for name, value in row.items() if value not in (None, "", [])
    )


def statistics(found: dict[str, Any]) -> Card:
    """Tables by name."""

    def text(figures: dict[str, Any]) -> str:
        from perc_scapy.view.stats_text import stats_lines

        return "\n".join(stats_lines(figures, Style(width=120)))

    def html(figures: dict[str, Any]) -> str:
        from perc_scapy.view.html import stats_html

        return stats_html(figures)

    return Card(found, text, html)


def explanation(found: Explanation) -> Card:
    return Card(found, _explanation_text, _explanation_html)


def _explanation_text(found: Explanation) -> str:
    parts = [f"{found.cause.subject}: {found.cause.text}"]
    parts += [f"  see {found.cause.clause}"] if found.cause.clause else []
    parts += [f"  {found.where}"] if found.where else []
    parts += [f"  packets {', '.join(map(str, found.packets[:8]))}"] if found.packets else []
    return "\n".join(parts)


def _explanation_html(found: Explanation) -> str:
    from perc_scapy.view.html import table_html

    cause = found.cause
    rows = [["what", cause.text], ["see", cause.clause], ["where", found.where],
            ["packets", ", ".join(map(str, found.packets[:20]))], ["tried", str(cause.tried)]]  # fmt: skip
    return table_html([cause.subject, ""], [row for row in rows if row[1]])


def comparison(found: Comparison) -> Card:
    return Card(found, _comparison_text, _comparison_html)


def _comparison_text(found: Comparison) -> str:
    if found.first is None:
        return f"{found.compared} messages and packets compared: no difference"
    lines = [f"{found.compared} messages and packets compared, {len(found.partings)} differ"]
    for parting in found.partings[:20]:
        places = f"A {parting.packet_a or '-'}, B {parting.packet_b or '-'}"
        lines.append(f"{parting.lane}: {parting.kind} ({places})")
        lines += [f"    {f.path}: {f.a} | {f.b}" for f in parting.fields]
    return "\n".join(lines)


def _comparison_html(found: Comparison) -> str:
    from perc_scapy.view.html import table_html

    rows = []
    for parting in found.partings[:50]:
        place = [parting.lane, parting.kind, parting.packet_a or "", parting.packet_b or ""]
        rows += [[*place, f.path, f.a, f.b] for f in parting.fields] or [
            [*place, "only on one side", "", ""]
        ]
    head = f"<p>{found.compared} messages and packets compared, {len(found.partings)} differ</p>"
    return head + (
        table_html(["lane", "what", "A", "B", "field", "in A", "in B"], rows) if rows else ""
    )


def facts_text(facts: list[tuple[str, str]]) -> str:
    return "\n".join(f"{name:<13} {value}" for name, value in facts)


def facts_html(name: str, facts: list[tuple[str, str]]) -> str:
    from perc_scapy.view.html import table_html

    return table_html(["capture", name], [list(fact) for fact in facts])

# SPDX-License-Identifier: GPL-2.0-only
"""What was sent again, noted at the steps of a story."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.repeats import repeats
from perc_scapy.capture.secured import SecuredSession
from perc_scapy.capture.steps import Step, Story

MOST = 6
"""Packet numbers in one note."""


def tell_repeats(analysis: Analysis, story: Story) -> None:
    """Add to each step the packets that repeat it: the last step before them in the same session and direction."""
    by_packet: dict[int, list[Step]] = defaultdict(list)
    for section in story.sections:
        for step in section.steps:
            if step.packet is not None:
                by_packet[step.packet].append(step)
    for session in _sessions(analysis):
        for step, packets in _repeated(session, by_packet):
            more = f" and {len(packets) - MOST} more" if len(packets) > MOST else ""
            step.notes.append(f"sent again in packet {', '.join(map(str, packets[:MOST]))}{more}")


def _sessions(analysis: Analysis) -> Iterator[SecuredSession]:
    yield from (session for session, _, _ in analysis.dtls_sessions())
    for tunnel in analysis.tunnels:
        for carrier in tunnel.associations.values():
            yield from carrier.flow.sessions


def _repeated(
    session: SecuredSession, by_packet: dict[int, list[Step]]
) -> Iterator[tuple[Step, list[int]]]:
    again = {repeat.packet for repeat in repeats(session)}
    last: dict[bool, Step] = {}
    found: dict[int, tuple[Step, list[int]]] = {}
    for seen in session.records:
        ours = seen.sender == session.client
        if seen.packet in again and ours in last and last[ours].packet != seen.packet:
            _, packets = found.setdefault(id(last[ours]), (last[ours], []))
            if not packets or packets[-1] != seen.packet:
                packets.append(seen.packet)
        elif seen.packet in by_packet:
            last[ours] = by_packet[seen.packet][0]
    yield from found.values()

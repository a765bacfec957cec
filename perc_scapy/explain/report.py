# SPDX-License-Identifier: GPL-2.0-only
"""Everything in a capture that needs explaining, each cause once with the packets it holds for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.media import MediaPacket
from perc_scapy.capture.notes import Note
from perc_scapy.capture.tunnel_streams import DRAFT00
from perc_scapy.capture.tunnels import SeenMessage, Tunnel
from perc_scapy.explain.absent import EKT
from perc_scapy.explain.cause import FOUND, MISSING, OPEN, Cause, Explanation, of_search
from perc_scapy.explain.handshake import HANDSHAKE, explain_association
from perc_scapy.explain.indices import jumps
from perc_scapy.explain.packets import PacketExplainer
from perc_scapy.explain.tunnel import explain_tunnel_message
from perc_scapy.explain.unrelayed import unrelayed

TUNNEL = "tunnel message"
SAMPLE = 40
"""Packets of one stream that are searched one by one; the others are told with the last cause of their stream."""
_NUMBERS = re.compile(r"\b(?:0x)?[0-9a-f]{8}\b|\b\d+\b")
Progress = Callable[[int, int], object]


def explain(analysis: Analysis, progress: Progress = lambda done, of: None) -> list[Explanation]:
    """All causes: handshakes, tunnel messages, then media by stream. Nothing to explain gives an empty list."""
    found = [
        *_handshakes(analysis),
        *_tunnels(analysis),
        *_media(analysis, progress),
        *jumps(analysis.media),
    ]
    found += unrelayed(analysis)
    told = {number for e in found if e.cause.subject != HANDSHAKE for number in e.packets}
    notes = [e for e in _notes(analysis) if not told.issuperset(e.packets or [0])]
    return [*notes, *found]


def explain_packet(analysis: Analysis, number: int) -> list[Explanation]:
    """What there is to say of one packet, also that it opens."""
    explainer = PacketExplainer(analysis)
    found = [
        Explanation(explainer.explain(m), [m.number], _stream(m))
        for m in analysis.media
        if m.number == number
    ]
    found += [e for e in (*_tunnels(analysis), *_handshakes(analysis)) if number in e.packets]
    return found


def _notes(analysis: Analysis) -> Iterator[Explanation]:
    notes: list[Note] = getattr(analysis, "notes", [])
    for note in notes:
        packets = [] if note.packet is None else [note.packet]
        yield Explanation(Cause("capture", MISSING, note.text), packets)


def _handshakes(analysis: Analysis) -> Iterator[Explanation]:
    for number, association in enumerate(analysis.associations, 1):
        for cause in explain_association(association):
            packets = sorted({seen.packet for s in association.sessions for seen in s.records})
            where = f"association {number}"
            where += f" of {association.endpoint}" if association.endpoint else ""
            yield Explanation(cause, packets, where)


def _tunnels(analysis: Analysis) -> Iterator[Explanation]:
    for number, tunnel in enumerate(analysis.tunnels, 1):
        grouped: dict[Cause, Explanation] = {}
        searched: dict[bytes, Cause] = {}
        for seen in tunnel.messages:
            if seen.message is None:
                cause = _tunnel_message(tunnel, seen, searched)
                found = grouped.setdefault(cause, Explanation(cause, [], f"tunnel {number}"))
                found.packets.append(seen.packet)
        yield from grouped.values()


def _tunnel_message(tunnel: Tunnel, seen: SeenMessage, searched: dict[bytes, Cause]) -> Cause:
    """Readings are those of draft-00; a flood of refused messages is not searched to its end."""
    fault = f"refused: {seen.fault}"
    if tunnel.version != DRAFT00 or (len(searched) >= SAMPLE and seen.raw not in searched):
        return Cause(TUNNEL, FOUND, fault)
    if seen.raw not in searched:
        outcome = explain_tunnel_message(seen.raw)
        cause = of_search(TUNNEL, outcome, fault)
        refused = Cause(TUNNEL, FOUND, fault, "", outcome.tried)
        searched[seen.raw] = refused if cause.kind == OPEN else cause
    return searched[seen.raw]


def _media(analysis: Analysis, progress: Progress) -> list[Explanation]:
    explainer = PacketExplainer(analysis)
    closed = [m for m in analysis.media if m.opened.plain is None or m.opened.late]
    grouped: dict[Cause, Explanation] = {}
    streams: dict[Cause, dict[str, None]] = {}
    searched: dict[str, int] = {}
    last: dict[str, Cause] = {}
    for done, media in enumerate(closed):
        progress(done, len(closed))
        where = _stream(media)
        searched[where] = searched.get(where, 0) + 1
        if searched[where] <= SAMPLE or where not in last:
            last[where] = explainer.explain(media)
        if media.opened.late and last[where].subject != EKT:
            continue  # keys that come a little late are how EKT works
        cause = _family(last[where])
        found = grouped.setdefault(cause, Explanation(last[where], [], where))
        found.packets.append(media.number)
        streams.setdefault(cause, {})[where] = None
    for cause, explanation in grouped.items():
        more = len(streams[cause]) - 1
        explanation.where += f" and {more} more" if more else ""
    return list(grouped.values())


def _family(cause: Cause) -> Cause:
    """Causes that differ only in numbers (packets, sequence numbers, trials) are one."""
    return Cause(cause.subject, cause.kind, _NUMBERS.sub("#", cause.text), cause.clause)


def _stream(media: MediaPacket) -> str:
    kind = "SRTP" if media.kind == "rtp" else "SRTCP"
    return f"{kind} of SSRC {media.ssrc:08x}, {media.datagram.src} to {media.datagram.dst}"

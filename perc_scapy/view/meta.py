# SPDX-License-Identifier: GPL-2.0-only
"""Values of the names that no layer declares: frame, addresses, association, expert information."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from perc_scapy.capture.hops import OpenedMedia
from perc_scapy.pcap.packets import Datagram, Segment
from perc_scapy.view.expert import SEVERITIES
from perc_scapy.view.packets import PacketView

Values = list[Any]


def _ends(kind: type[Datagram | Segment], index: int) -> Callable[[PacketView], Values]:
    def ports(view: PacketView) -> Values:
        payload = view.payload
        if not isinstance(payload, kind):
            return []
        both = [payload.src.port, payload.dst.port]
        return both if index < 0 else [both[index]]

    return ports


def _hosts(index: int) -> Callable[[PacketView], Values]:
    def hosts(view: PacketView) -> Values:
        if view.payload is None:
            both = [end for end in (view.src, view.dst) if end]
        else:
            both = [view.payload.src.host, view.payload.dst.host]
        return both if index < 0 else both[index : index + 1]

    return hosts


def _severe(severity: str) -> Callable[[PacketView], Values]:
    return lambda view: [True] if any(e.severity == severity for e in view.expert) else []


def _segment(name: str) -> Callable[[PacketView], Values]:
    return lambda view: [getattr(view.payload, name)] if isinstance(view.payload, Segment) else []


def _rocs(opened: OpenedMedia) -> Values:
    return [roc for roc in (opened.roc, opened.inner_roc) if roc is not None]


READERS: Mapping[str, Callable[[PacketView], Values]] = {
    "frame.number": lambda view: [view.number],
    "frame.time": lambda view: [view.time],
    "frame.len": lambda view: [] if view.frame is None else [view.frame.length],
    "frame.protocols": lambda view: [":".join(view.protocols)],
    "ip.src": _hosts(0),
    "ip.dst": _hosts(1),
    "ip.addr": _hosts(-1),
    "udp.srcport": _ends(Datagram, 0),
    "udp.dstport": _ends(Datagram, 1),
    "udp.port": _ends(Datagram, -1),
    "tcp.srcport": _ends(Segment, 0),
    "tcp.dstport": _ends(Segment, 1),
    "tcp.port": _ends(Segment, -1),
    "tcp.seq": _segment("seq"),
    "tcp.flags": _segment("flags"),
    "perc.association": lambda view: [a] if (a := view.place.association) else [],
    "perc.hop": lambda view: [view.place.hop] if view.place.hop else [],
    "perc.decrypted": lambda view: [True] if view.decrypted else [],
    "perc.roc": lambda view: [] if view.media is None else _rocs(view.media.opened),
    "perc.key_id": lambda view: [] if view.key_id is None else [view.key_id],
    "perc.summary": lambda view: [view.summary],
    "expert": lambda view: [True] if view.expert else [],
    "expert.severity": lambda view: [e.severity for e in view.expert],
    "expert.text": lambda view: [e.text for e in view.expert],
} | {f"expert.{severity}": _severe(severity) for severity in SEVERITIES}
"""Name -> function of a view; an empty list where the packet has no such value."""

# SPDX-License-Identifier: GPL-2.0-only
"""SRTCP: hop-by-hop only, indices that go on, nothing personal inside."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from perc_scapy.capture.media import MediaPacket
from perc_scapy.codes import RtcpType, SdesType
from perc_scapy.conform.model import Finding
from perc_scapy.conform.registry import rule
from perc_scapy.conform.subject import Part, Subject
from perc_scapy.conform.subject.packets import row_of

RTCP = "SRTCP packets on hops with known keys"
SHIFTED = 64
"""Indices by which a packet may lag behind the highest: reordering, within the replay list."""
_PERSONAL = {SdesType.NAME, SdesType.EMAIL, SdesType.PHONE, SdesType.LOC, SdesType.NOTE}


@rule(
    "DBL-15",
    "R8871-14",
    expected="SRTCP under the hop's outer key alone",
    about=RTCP,
    needs=Part.HOP,
    broken_by="SRTCP under the inner half",
    shown_in="violation-ekt-on-rtcp",
)
def rtcp_is_hop_by_hop(subject: Subject) -> Iterator[Finding]:
    """Each packet opens with the hop's keys. One that opens with the inner half, or three that do not open at all on a
    hop where none does, are faults."""
    opened: Counter[object] = Counter()
    for m in subject.packets.rtcp:
        if m.opened.outer is not None:
            opened[subject.packets.hop(m)] += 1
            yield Finding(m.number, True)
    sealed: Counter[object] = Counter()
    for doubt in subject.doubts.closed:
        if doubt.m.kind != "rtcp":
            continue
        if doubt.with_field:
            yield Finding(doubt.m.number, False, "opens without its last octets, an EKT field")
            continue
        hop = subject.packets.hop(doubt.m)
        sealed[hop] += 1
        if doubt.other_half:
            yield Finding(doubt.m.number, False, "opens with the inner half of the exported key")
        elif not opened[hop] and sealed[hop] >= 3:
            yield Finding(doubt.m.number, False, "does not open with the keys of the hop")


@rule(
    "SRT-05",
    expected="an SRTCP index that grows with each packet of an SSRC",
    about=RTCP,
    needs=Part.HOP,
    broken_by="an index that goes back, or two reports with one index",
)
def rtcp_indices_grow(subject: Subject) -> Iterator[Finding]:
    """Indices by hop and SSRC, in capture order; a copy of a packet, and one that was overtaken by fewer than 64, are
    no fault."""
    highest: dict[object, int] = {}
    packets: dict[object, dict[int, MediaPacket]] = defaultdict(dict)
    for m in subject.packets.rtcp:
        index = _index(m)
        if index is None or (m.opened.outer is None and not m.opened.repeat):
            continue
        key = subject.packets.hop(m), m.ssrc
        before = packets[key].setdefault(index, m)
        top = highest.get(key, index)
        highest[key] = max(top, index)
        if before is not m and before.datagram.data != m.datagram.data:
            yield Finding(m.number, False, f"index {index} again, with other content")
        else:
            back = before is m and top - index >= SHIFTED
            yield Finding(m.number, not back, f"index {index} after {top}")


def _index(m: MediaPacket) -> int | None:
    """The 31-bit index; behind it stands an HMAC tag, if the profile has one."""
    row = row_of(m)
    if row is None:
        return None
    data = m.datagram.data
    end = len(data) if row.layer.cipher == "aes-gcm" else len(data) - row.rtcp_tag
    return int.from_bytes(data[end - 4 : end], "big") & 0x7FFFFFFF


@rule(
    "R8871-15",
    expected="nothing personal in RTCP: no name, mail, phone, place or note",
    about="source descriptions that open",
    needs=Part.HOP,
    broken_by="an SDES item with the user's mail address",
)
def rtcp_is_not_personal(subject: Subject) -> Iterator[Finding]:
    """SDES items of each chunk; the MDD can read them."""
    for m in subject.packets.rtcp:
        items = list(_sdes_items_untrusted(m.opened.plain or b""))
        if items and m.from_endpoint:
            bad = sorted({SdesType(item).name for item in items if item in _PERSONAL})
            yield Finding(m.number, not bad, f"SDES {', '.join(bad)}")


def _sdes_items_untrusted(compound: bytes) -> Iterator[int]:
    at = 0
    while at + 4 <= len(compound):
        size = 4 + 4 * int.from_bytes(compound[at + 2 : at + 4], "big")
        if compound[at + 1] == RtcpType.SDES:
            yield from _items_untrusted(compound[at + 4 : at + size], compound[at] & 0x1F)
        at += size


def _items_untrusted(chunks: bytes, count: int) -> Iterator[int]:
    at = 0
    for _ in range(count):
        at += 4
        while at < len(chunks) and chunks[at] != SdesType.END:
            if at + 1 >= len(chunks):
                return
            yield chunks[at]
            at += 2 + chunks[at + 1]
        at = (at // 4 + 1) * 4

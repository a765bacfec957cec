# SPDX-License-Identifier: GPL-2.0-only
"""Rollover counters: what the sequence numbers of a capture say, and what else a packet may have been sealed with."""

from __future__ import annotations

from collections.abc import Iterable

from perc_scapy.capture.media import MediaPacket
from perc_scapy.explain.cause import FOUND, Cause, Explanation
from perc_scapy.explain.search import Option

ESTIMATE = "RFC 3711 section 3.3.1: the ROC counts the wraps of SEQ"
FROM_EKT = "RFC 8870 section 4.3.2: the ROC of the EKT field is the stream's"
SAME = "RFC 8723 section 5.3 step 4: the inner IV has the original SEQ"
INDEPENDENT = "RFC 8723 section 3: inner and outer layer count their ROC each for itself"
FAR = 24
"""Rollover counters tried for a capture that begins late: eight hours of audio in 20 ms packets."""


def estimates(media: Iterable[MediaPacket]) -> dict[int, int]:
    """Packet number -> ROC as a listener at this hop would count it from the start of the capture."""
    highest: dict[tuple[object, bool, int], int] = {}
    found = {}
    for m in media:
        if m.kind != "rtp" or len(m.datagram.data) < 12:
            continue
        key = m.datagram.flow, m.from_endpoint, m.ssrc
        seq = int.from_bytes(m.datagram.data[2:4], "big")
        index = _nearest(highest.get(key), seq)
        highest[key] = max(index, highest.get(key, 0))
        found[m.number] = index >> 16
    return found


def jumps(media: Iterable[MediaPacket]) -> list[Explanation]:
    """Packets that open, but only under another ROC than the one to expect: a receiver would have dropped them."""
    found: dict[str, Explanation] = {}
    for m in media:
        jump = m.opened.jump
        if jump is None:
            continue
        where = f"SRTP of SSRC {m.ssrc:08x}, {m.datagram.src} to {m.datagram.dst}"
        cause = Cause(f"{jump.layer} layer", FOUND, str(jump), ESTIMATE)
        found.setdefault(f"{where} {jump}", Explanation(cause, [], where)).packets.append(m.number)
    return list(found.values())


def _nearest(last: int | None, seq: int) -> int:
    if last is None:
        return seq
    base = last & ~0xFFFF
    candidates = [i for i in (base - 65536 + seq, base + seq, base + 65536 + seq) if i >= 0]
    return min(candidates, key=lambda index: abs(index - last))


def roc_options(estimate: int, seq: int, announced: int | None = None) -> list[Option]:
    """(ROC, SEQ) pairs, the right one first. `announced`: the ROC in the stream's EKT field."""
    found: dict[int, Option] = {estimate: Option((estimate, seq))}
    if announced is not None:
        found.setdefault(
            announced,
            Option(
                (announced, seq),
                f"the ROC is {announced}, as the EKT field says, and the capture begins later",
                FROM_EKT,
            ),
        )
    for roc, name in (
        (estimate + 1, "the ROC is one too high"),
        (estimate - 1, "the ROC is one too low"),
        (0, "the ROC was reset to 0"),
    ):
        if 0 <= roc <= 0xFFFFFFFF:
            found.setdefault(
                roc, Option((roc, seq), f"{name}: {roc} where {estimate} is expected", ESTIMATE)
            )
    for roc in range(FAR):
        found.setdefault(
            roc, Option((roc, seq), f"the ROC is {roc} where {estimate} is expected", ESTIMATE)
        )
    return list(found.values())

# SPDX-License-Identifier: GPL-2.0-only
"""Packets that come into an MDD and never leave it, and what they have in common that the relayed ones lack.

Some stacks relay no packet of a kind: mediastreamer2 drops those whose OHB is not empty, and changes no marker.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.media import MediaPacket
from perc_scapy.codes import EktMessageType
from perc_scapy.errors import DecodeError
from perc_scapy.explain.cause import FOUND, Cause, Explanation
from perc_scapy.wire import peel_ohb

RELAY = "relay"
FEW = 3
"""Packets of a kind that must be missing, and relayed ones that there must be, before an MDD is blamed."""
Trait = Callable[[MediaPacket], bool]


def _header(media: MediaPacket) -> bytes:
    return media.datagram.data[:2]


def _has_ohb(media: MediaPacket) -> bool:
    return len(_parts(media)[1]) > 1


def _has_full_field(media: MediaPacket) -> bool:
    return media.opened.ekt is not None and media.opened.ekt.type == EktMessageType.FULL


_PASSES = "RFC 8723 section 5.2"
TRAITS: tuple[tuple[str, str, Trait], ...] = (
    ("whose OHB is not empty", f"{_PASSES}: what an earlier MDD put into the OHB stays", _has_ohb),
    ("with the marker set", f"{_PASSES}: the marker may change", lambda m: bool(_header(m)[1] & 0x80)),
    ("with a header extension", f"{_PASSES}: extensions may change or go", lambda m: bool(_header(m)[0] & 0x10)),
    ("with padding", "RFC 3550 section 5.1", lambda m: bool(_header(m)[0] & 0x20)),
    ("with a CSRC list", "RFC 3550 section 5.1", lambda m: bool(_header(m)[0] & 0x0F)),
    ("with a full EKT field", "RFC 8870 section 4.6: receivers wait for full fields", _has_full_field),
)  # fmt: skip
"""What packets may have in common, the clause that lets them pass, and how it is seen."""


def unrelayed(analysis: Analysis) -> Iterator[Explanation]:
    """One explanation for each stream of which the MDD relays all but one kind of packets."""
    streams: dict[int, list[MediaPacket]] = defaultdict(list)
    left: set[bytes] = set()
    for m in analysis.media:
        if m.kind == "rtp" and m.opened.outer is not None:
            if m.from_endpoint:
                streams[m.ssrc].append(m)
            else:
                left.add(_parts(m)[0])
    for ssrc, packets in streams.items():
        found = _kind(packets, left)
        if found is not None:
            (name, clause), dropped = found
            text = f"the MDD relays no packet {name}, and all others: {len(dropped)} never leave it"
            cause = Cause(RELAY, FOUND, text, clause)
            yield Explanation(cause, [m.number for m in dropped], f"SRTP of SSRC {ssrc:08x}")


def _kind(
    packets: list[MediaPacket], left: set[bytes]
) -> tuple[tuple[str, str], list[MediaPacket]] | None:
    relayed = [m for m in packets if _parts(m)[0] in left]
    if len(relayed) < FEW:
        return None
    # What came before the first listener or after the last one is no loss.
    between = [m for m in packets if relayed[0].number <= m.number <= relayed[-1].number]
    dropped = [m for m in between if _parts(m)[0] not in left]
    for name, clause, trait in TRAITS if len(dropped) >= FEW else ():
        if all(map(trait, dropped)) and not any(map(trait, relayed)):
            return (name, clause), dropped
    return None


def _parts(media: MediaPacket) -> tuple[bytes, bytes]:
    """(inner ciphertext and tag, OHB); all and nothing when no OHB can be cut off."""
    payload = b"" if media.opened.outer is None else media.opened.outer.payload
    try:
        body, _ = peel_ohb(payload)
    except DecodeError:
        return payload, b""
    return body, payload[len(body) :]

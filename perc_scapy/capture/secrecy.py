# SPDX-License-Identifier: GPL-2.0-only
"""What a member could open of the past, if it had recorded everything and held every hop-by-hop key besides its own.

Two attempts: receive with its EKT keys alone, as an endpoint would; and try every end-to-end key that those EKT
keys unwrap anywhere in the capture on every earlier packet. The second one finds a sender that announces its old
end-to-end key under the new EKT key (RFC 8871 section 5.2 demands a fresh one).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from perc_scapy.capture.analysis import Analysis
from perc_scapy.capture.hops import OpenedMedia
from perc_scapy.capture.learned import learned_keys, synthetic
from perc_scapy.capture.media import MediaPacket, MediaReader
from perc_scapy.capture.participants import Participant
from perc_scapy.codes import ProtectionProfile
from perc_scapy.crypto.ekt import EktParameters
from perc_scapy.crypto.profiles import SRTP_PROFILES, SrtpProfile
from perc_scapy.crypto.srtp import SrtpContext
from perc_scapy.errors import CryptoError, DecodeError

Inner = tuple[bytes, bytes]
"""Header and body of an inner packet."""


class Attempt(NamedTuple):
    """What came out. `opened_after` shows that the same keys do open what they should."""

    earlier: int
    opened_earlier: int
    opened_after: int
    keys_tried: int
    """End-to-end keys that the member can learn from the capture."""


def look_back(analysis: Analysis, member: Participant) -> Attempt:
    """Try to open what was sent before the member's first EKT key."""
    given = member.ekt_keys()
    if not given:
        return Attempt(0, 0, 0, 0)
    start = given[0].packet
    own = {id(a) for a in member.associations}
    seen = [m for m in analysis.media if m.kind == "rtp" and m.opened.hop_opened]
    keys = learnable_keys(seen, [k.parameters for k in given], _layer(member))
    past: dict[Inner, list[MediaPacket]] = {}
    for m in seen:
        if m.number < start:
            past.setdefault(_inner(m.opened), []).append(m)
    # Every hop carries the same inner packet: one of them is enough, and of what came later the member's own hop.
    wanted = {hops[0].number for hops in past.values()}
    wanted |= {m.number for m in seen if m.number >= start and id(m.association) in own}
    reader = MediaReader(analysis.associations, lambda _: given)
    tried = [reader.read(d) for d in analysis.datagrams if d.number in wanted]
    read = [m for m in tried if m is not None]
    opened = {_inner(m.opened) for m in read if m.number < start and _opens(m, keys)}
    after = sum(m.rtp is not None for m in read if m.number >= start)
    earlier = sum(map(len, past.values()))
    return Attempt(earlier, sum(len(past[name]) for name in opened), after, len(keys))


def _inner(opened: OpenedMedia) -> Inner:
    """What tells one inner packet from another; what has none is told apart by its outer layer."""
    packet = synthetic(opened)
    if packet is not None:
        return packet.header, packet.body
    return (b"", b"") if opened.outer is None else (opened.outer.header, opened.outer.payload)


def _opens(m: MediaPacket, keys: list[SrtpContext]) -> bool:
    return m.rtp is not None or opens(m.opened, keys)


def learnable_keys(
    media: Iterable[MediaPacket], sets: Iterable[EktParameters], layer: SrtpProfile
) -> list[SrtpContext]:
    """An inner context for every end-to-end key that these parameter sets unwrap."""
    masters = [key.master for key in learned_keys(media, sets)]
    return [SrtpContext(layer.code, *m) for m in masters if len(m.key) == layer.key_length]


def opens(opened: OpenedMedia, keys: Iterable[SrtpContext]) -> bool:
    """Whether one of the keys fits the inner layer, whatever SSRC it was announced for."""
    packet = synthetic(opened)
    if packet is None:
        return False
    sequence = int.from_bytes(packet.header[2:4], "big")
    return any(_fits(key, packet.header, packet.body, sequence) for key in keys)


def _fits(key: SrtpContext, header: bytes, body: bytes, index: int) -> bool:
    try:
        key.open(header, body, index)  # rollover counter 0: an earlier time of a short capture
    except (CryptoError, DecodeError):
        return False
    return True


def _layer(member: Participant) -> SrtpProfile:
    """Of an unknown profile nothing can be opened, whatever is tried."""
    row = SRTP_PROFILES.get(member.association.srtp_profile or 0)
    return (row or SRTP_PROFILES[ProtectionProfile.DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM]).layer

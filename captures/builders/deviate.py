# SPDX-License-Identifier: GPL-2.0-only
"""How parties deviate: what is on the wire differs from what the two ends act on, so that only one thing is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from captures.builders.stage import Stage
from perc_scapy.crypto.srtp import SrtpContext, header_end
from perc_scapy.roles.events import AssociationOpened
from perc_scapy.sim.network import Crossing
from perc_scapy.sim.nodes import Record
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import HopKeys, TunneledDtls
from perc_scapy.wire import classify, peel_ekt

DRAFT = TUNNEL_VERSIONS["draft00"]
Change = Callable[[TunneledDtls, bytes], bytes | None]
"""(message, its record) -> the record to send in its place."""


def association_id(stage: Stage, name: str) -> bytes:
    """The MDD's id for a participant's newest association; empty before it has one."""
    address = stage.endpoints[name].addresses[0] if name in stage.endpoints else None
    found = [e for e in stage.mdd.of(AssociationOpened) if e.path.remote == address]
    return found[-1].association_id if found else b""


def hop_keys(stage: Stage, name: str) -> HopKeys:
    """What the KMF told the MDD of a participant."""
    wanted = association_id(stage, name)
    for record in stage.kmf.records:
        message = DRAFT.decode(record.data, "kmf")
        if message.association_id == wanted and message.keys is not None:
            return message.keys
    raise LookupError(f"{name} has no keys")


def kmf_says(stage: Stage, who: str, change: Change) -> None:
    """The KMF writes other records about `who`; the MDD, its accomplice, acts on the true ones."""
    _disguise(stage, stage.kmf, stage.mdd.mdd, who, change)


def mdd_says(stage: Stage, who: str, change: Change) -> None:
    """The MDD writes other records about `who`; the KMF, its accomplice, acts on the true ones."""
    _disguise(stage, stage.mdd, stage.kmf.kmf, who, change)


def _disguise(stage: Stage, speaker: Any, listener: Any, who: str, change: Change) -> None:
    true: dict[bytes, bytes] = {}

    def say(record: Record) -> bytes | None:
        message = DRAFT.decode(record.data, record.sender)  # type: ignore[arg-type]
        if message.association_id != association_id(stage, who):
            return record.data
        changed = change(message, record.data)
        if changed is not None:
            true[changed] = record.data
        return changed

    receive = listener.receive_tunnel
    speaker.filters.append(say)
    listener.receive_tunnel = lambda id_, data, now: receive(id_, true.get(data, data), now)


def srtp_to(stage: Stage, who: str) -> Callable[[Crossing], bool]:
    """Whether a datagram is SRTP from the MDD to a participant."""

    def is_one(crossing: Crossing) -> bool:
        to_them = str(crossing.destination).startswith(f"{who}/")
        return to_them and classify(crossing.data) == "rtp"

    return is_one


def mdd_sends(stage: Stage, who: str, change: Callable[[bytes, int], bytes | None]) -> None:
    """The MDD changes SRTP packets to `who` before it sends them; `change` gets each with its number from 1."""
    is_one, count = srtp_to(stage, who), iter(range(1, 1 << 30))
    stage.untrue.append(lambda c: change(c.data, next(count)) if is_one(c) else c.data)


def resealed(
    stage: Stage,
    who: str,
    wire: bytes,
    change: Callable[[bytes, bytes], tuple[bytes, bytes]],
    roc: int = 0,
) -> bytes:
    """A packet to `who` with another header or outer plaintext, sealed by the key of that hop."""
    keys = hop_keys(stage, who)
    layer = keys.profile - 2
    srtp, field = peel_ekt(wire)
    plain = SrtpContext(layer, *keys.server).unprotect(srtp)
    end = header_end(plain)
    header, payload = change(plain[:end], plain[end:])
    index = roc << 16 | int.from_bytes(header[2:4], "big")
    return header + SrtpContext(layer, *keys.server).seal(header, payload, index) + field.raw


def flipped(data: bytes, at: int) -> bytes:
    """With one bit changed."""
    place = at % len(data)
    return data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]


def stream_of(stage: Stage, name: str) -> Any:
    """The sending side of a participant."""
    media: Any = stage.endpoints[name].endpoint._media
    return media.stream

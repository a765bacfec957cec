# SPDX-License-Identifier: GPL-2.0-only
"""Planted violations of media: what an MDD must not change, nonces that repeat, SSRCs that are not one's own."""

from __future__ import annotations

from functools import partial
from typing import Any

from captures.builders.deviate import hop_keys, mdd_sends, resealed, srtp_to, stream_of
from captures.builders.flows import SLOW
from captures.builders.media import EXTENSION, ROOM
from captures.builders.recipe import Built, recipe
from captures.builders.stage import TEXT_TYPE, Stage
from captures.builders.violations_tunnel import finish, two
from perc_scapy.crypto.hop import HeaderChange, change_headers
from perc_scapy.crypto.srtp import SrtpContext, header_end
from perc_scapy.roles.mdd.forwarder_headers import HeaderWriter
from perc_scapy.roles.policy import RelayPolicy
from perc_scapy.sim.network import Crossing
from perc_scapy.wire import Ohb, peel_ekt, peel_ohb


class WrongOhb(HeaderWriter):
    """Writes the new sequence number into the OHB, where the original belongs."""

    __slots__ = ()

    def write(
        self, header: bytes, payload: bytes, seq: int | None, double: bool
    ) -> tuple[bytes, bytes]:
        head, body = super().write(header, payload, seq, double)
        if seq is None:
            return head, body
        inner, ohb = peel_ohb(body)
        return head, inner + Ohb(ohb.pt, seq, ohb.marker).encode()


class ReservedBits(HeaderWriter):
    """Sets the four reserved bits of the OHB's last octet."""

    __slots__ = ()

    def write(
        self, header: bytes, payload: bytes, seq: int | None, double: bool
    ) -> tuple[bytes, bytes]:
        head, body = super().write(header, payload, seq, double)
        return head, body[:-1] + bytes((body[-1] | 0xF0,))


def rewriting(seed: str, writer: type[HeaderWriter]) -> Built:
    """A and B; after three packets the MDD adds 1000 to sequence numbers, with its own idea of the OHB."""
    stage = Stage("ab", seed=seed)
    stage.open("ab")
    stage.everybody("ab", 3)
    policy = RelayPolicy(sequence_offset=1000)
    stage.mdd.mdd.set_change(ROOM, policy)
    forwarder: Any = stage.mdd.mdd._forwarders[ROOM]
    forwarder._headers = writer(policy)
    stage.everybody("ab", 4)
    return stage.built()


@recipe("violation", "OHB wrong after a changed sequence number", violates="DBL-06 DBL-10 R8871-02")
def violation_ohb_sequence() -> Built:
    """The MDD adds 1000 to sequence numbers and writes the new one into the OHB, where the original belongs: the inner
    layer opens for nobody."""
    return rewriting("wrong ohb", WrongOhb)


@recipe("violation", "Reserved bits of the OHB are set", violates="DBL-07")
def violation_ohb_reserved() -> Built:
    """Receivers must refuse the block, so that nothing of what follows is heard."""
    return rewriting("reserved", ReservedBits)


def altering(seed: str, change: Any) -> Built:
    """The MDD seals B's second packet with another header or payload than A sent."""
    stage = two(seed)
    mdd_sends(stage, "b", lambda data, n: resealed(stage, "b", data, change) if n == 2 else data)
    return finish(stage)


@recipe("violation", "The MDD alters a payload", violates="R8871-01 R8871-02 DBL-11")
def violation_payload_altered() -> Built:
    """One bit of the inner ciphertext of A's second packet to B; the outer tag is right, the inner one is not."""
    return altering("payload", lambda head, body: (head, bytes((body[0] ^ 1,)) + body[1:]))


@recipe("violation", "The MDD alters a timestamp", violates="R8871-02 DBL-11")
def violation_timestamp_altered() -> Built:
    """The RTP timestamp of A's second packet to B is 160 later. It is no field that the OHB could restore."""

    def later(head: bytes, body: bytes) -> tuple[bytes, bytes]:
        stamp = int.from_bytes(head[4:8], "big") + 160
        return head[:4] + stamp.to_bytes(4, "big") + head[8:], body

    return altering("timestamp", later)


@recipe(
    "violation",
    "The MDD splices a stream into another",
    violates="FW16-10 R8871-02 DBL-11 EKT-03 EKT-09",
)
def violation_ssrc_altered() -> Built:
    """A's second packet reaches B under another SSRC. The inner tag covers the SSRC, so that B cannot open it."""
    return altering("splice", lambda h, b: (h[:8] + b"\x0b\xad\x0b\xad" + h[12:], b))


@recipe("violation", "The MDD uses an index twice", violates="SRT-01 SRT-04")
def violation_nonce_reuse() -> Built:
    """The MDD sends A's third packet to B twice: plain, and with a header extension, sealed at the same packet index
    under the same key. Two plaintexts under one nonce give AES-GCM's authentication key away."""
    stage = two("nonce")
    is_one = srtp_to(stage, "b")
    seen: list[bytes] = []

    def again(crossing: Crossing) -> bytes:
        if not is_one(crossing):
            return crossing.data
        seen.append(crossing.data)
        if len(seen) == 3:
            copy = extended(stage, "b", crossing.data)
            send = partial(stage.network.send, copy, crossing.source, crossing.destination)
            stage.network.at(crossing.time + 0.001, send)
        return crossing.data

    stage.untrue.append(again)
    return finish(stage)


def extended(stage: Stage, who: str, wire: bytes) -> bytes:
    """The same packet with a header extension, at the same index."""
    keys = hop_keys(stage, who)
    srtp, field = peel_ekt(wire)
    plain = SrtpContext(7, *keys.server).unprotect(srtp)
    changed = change_headers(plain, HeaderChange(extension=EXTENSION))
    return SrtpContext(7, *keys.server).protect(changed) + field.raw


@recipe("violation", "An endpoint goes back in its sequence numbers", violates="SRT-01 SRT-04")
def violation_nonce_reuse_endpoint() -> Built:
    """After five packets A forgets where it was: the sixth and seventh, with other words, have the sequence numbers of
    the third and fourth, under the same keys in both layers. The MDD takes them for replays."""
    stage = Stage("ab", seed="back")
    stage.open("ab")
    stage.everybody("ab", 5)
    stream = stream_of(stage, "a")
    perc: Any = stream._perc
    keys = hop_keys(stage, "a")
    ekt = perc.ekt
    stream._sequence -= 3
    stream._perc = type(perc)(stream._profile, SrtpContext(7, *keys.client), ekt)
    stage.say("a", 2)
    stage.run(0.3)
    return stage.built()


@recipe("violation", "The MDD relays a replayed packet", violates="R8871-13 FW16-09")
def violation_replay_relayed() -> Built:
    """The MDD seals A's second packet to B again, at a fresh outer index. The outer layer is new, the inner packet old:
    B must see that."""
    stage = two("replay")
    is_one = srtp_to(stage, "b")
    seen: list[bytes] = []

    def again(crossing: Crossing) -> bytes:
        if is_one(crossing):
            seen.append(crossing.data)
        if is_one(crossing) and len(seen) == 2:
            copy = renumbered(stage, "b", crossing.data, 500)
            send = partial(stage.network.send, copy, crossing.source, crossing.destination)
            stage.network.at(crossing.time + 0.15, send)
        return crossing.data

    stage.untrue.append(again)
    return finish(stage)


def renumbered(stage: Stage, who: str, wire: bytes, step: int) -> bytes:
    """The same packet at a later index; the OHB tells the original."""

    def change(header: bytes, payload: bytes) -> tuple[bytes, bytes]:
        seq = int.from_bytes(header[2:4], "big") + step
        plain = change_headers(header + payload, HeaderChange(seq=seq))
        end = header_end(plain)
        return plain[:end], plain[end:]

    return resealed(stage, who, wire, change)


@recipe("violation", "Two senders with one SSRC", violates="R8871-34 R8871-36")
def violation_ssrc_two_senders() -> Built:
    """C sends under A's SSRC, and the MDD passes it on; neither of the two takes another when it meets its own."""
    stage = Stage("abc", seed="two senders")
    stage.open("ab")
    stage.everybody("ab", 3)
    stage.join("c", ssrc=stage.endpoints["a"].endpoint.ssrc)
    stage.run(1.5)
    forwarder: Any = stage.mdd.mdd._forwarders[ROOM]

    def claim(ssrc: int, leg: Any) -> bool:
        forwarder._owners[ssrc] = leg
        leg.sources.add(ssrc)
        return True

    forwarder._claim = claim
    for name in "ac":
        media: Any = stage.endpoints[name].endpoint._media
        media._collided_at = 1e9
    stage.everybody("a", 5, every=SLOW)
    stage.everybody("c", 3)
    return stage.built()


@recipe("violation", "A payload type that the OHB does not tell", violates="DBL-06 R8871-02")
def violation_payload_type_hidden() -> Built:
    """The MDD changes the payload type of A's second packet to B and leaves the OHB empty."""

    def hide(head: bytes, body: bytes) -> tuple[bytes, bytes]:
        assert head[1] & 0x7F == TEXT_TYPE
        return head[:1] + bytes((101,)) + head[2:], body

    return altering("hidden", hide)

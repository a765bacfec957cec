# SPDX-License-Identifier: GPL-2.0-only
"""Media of one conference at the MDD: open once, seal for every other participant. HOT PATH: no Scapy objects.

A packet goes in as bytes and comes out as (bytes, path) for each receiver. The inner layer and the EKT field pass as
they are; PT, SEQ, marker and header extension may change, the originals are kept in the OHB (RFC 8723 section 5.2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag

from perc_scapy.crypto.srtp import SEQ_SSRC, SrtpContext, header_end
from perc_scapy.errors import (
    AuthenticationError,
    CryptoError,
    DecodeError,
    KeyExhaustedError,
    LocalError,
    NonceReuseError,
    ReplayError,
    StreamLimitError,
)
from perc_scapy.roles.mdd.config import RelayPolicy
from perc_scapy.roles.mdd.events import MddDrop, Path, SourceEnded, SourceStarted
from perc_scapy.roles.mdd.forwarder_egress import EgressStream
from perc_scapy.roles.mdd.forwarder_headers import EMPTY_OHB, SHORT_FIELD, HeaderWriter, leaving
from perc_scapy.roles.mdd.forwarder_leg import Leg
from perc_scapy.wire import peel_ekt

join = b"".join
Outgoing = list[tuple[bytes, Path]]
SHORTEST = 12 + 16 + 1
"""Octets of a header, a tag and a short EKT field: nothing shorter is worth a fast path."""


class Forwarder:
    """All legs of one conference, and who owns which SSRC in it."""

    def __init__(
        self, conference_id: bytes, policy: RelayPolicy, counters: Counter[str], max_ssrcs: int
    ) -> None:
        self.conference_id = conference_id
        self.events: list[SourceStarted | SourceEnded] = []
        """For the owner to take away."""
        self._counters = counters
        self._max_ssrcs = max_ssrcs
        self._legs: list[Leg] = []
        self._owners: dict[int, Leg | None] = {}
        """None: the MDD itself."""
        self._version = 0
        self.set_policy(policy)

    # -- participants

    def add(self, leg: Leg) -> None:
        """A participant got its keys, or other ones."""
        if leg not in self._legs:
            self._legs.append(leg)
        self._version += 1
        if leg.hold_until is None:  # another profile: nothing of the old keys goes on
            self._forget_old_keys(leg)

    def expire_old_keys(self, leg: Leg, now: float) -> None:
        """When a re-key is over, no receiver's stream holds on to the old keys of its source."""
        if leg.expire_old_keys(now):
            self._forget_old_keys(leg)

    def _forget_old_keys(self, leg: Leg) -> None:
        for ssrc in leg.sources:
            for other in self._legs if self._owners.get(ssrc) is leg else ():
                if (out := other.out.get(ssrc)) is not None:
                    out.forget_all_but(leg.ingress)

    def remove(self, leg: Leg) -> None:
        """Its SSRCs are free again; the indices that they used toward others stay used."""
        self._legs.remove(leg)
        self._version += 1
        for other in (leg, *self._legs):
            other.receivers = ()  # one that says nothing would hold the keys of all who left
        self._release(leg, [ssrc for ssrc, owner in self._owners.items() if owner is leg])

    def set_policy(self, policy: RelayPolicy) -> None:
        """What to rewrite from now on."""
        self._offset = policy.sequence_offset
        self._headers = HeaderWriter(policy)
        for leg in self._legs:
            for stream in leg.out.values():
                stream.move()

    def owner(self, ssrc: int) -> bytes | None:
        """Association id of the SSRC's owner."""
        leg = self._owners.get(ssrc)
        return None if leg is None else leg.association_id

    # -- SRTP

    def forward(self, data: bytes, leg: Leg, now: float) -> Outgoing:
        """One SRTP packet from a participant, with its EKT field, to all others. Drops are counted."""
        try:
            # HOT PATH: the next packet of a known source, written out; everything else takes the long way.
            source = leg.ingress
            if len(data) > SHORTEST and data[0] & 0xDF == 0x80 and leg.version == self._version:
                seq, ssrc = SEQ_SSRC(data)
                stream = source.streams.get(ssrc)
                if (
                    stream is not None
                    and stream.expected == seq
                    and self._owners.get(ssrc) is leg
                    and source.decrypt is not None
                    and leg.hold_until is None
                    and not (leg.double and data[-1])
                ):
                    header, index = data[:12], stream.start + seq
                    body, field = (data[12:-1], SHORT_FIELD) if leg.double else (data[12:], b"")
                    nonce = (stream.front ^ seq).to_bytes(12, "big")
                    payload = source.decrypt(nonce, body, header)
                    stream.expected = seq + 1
                    leg.last_seen = now
                    return self._spread(header, payload, field, ssrc, index, source, leg.receivers)
            return self._forward_untrusted(data, leg, now)
        except InvalidTag:
            self._counters[MddDrop.AUTHENTICATION] += 1
        except (DecodeError, CryptoError) as error:  # of either way: a broken OHB shows only here
            self._counters[_drop(error)] += 1
        return []

    def _forward_untrusted(self, data: bytes, leg: Leg, now: float) -> Outgoing:
        field = b""
        if leg.double:
            data, parsed = peel_ekt(data)
            field = parsed.raw
        end = header_end(data)
        header = data[:end]
        seq, ssrc = SEQ_SSRC(header)
        payload, source = leg.receive(header, data[end:], seq, ssrc)
        leg.last_seen = now
        if self._owners.get(ssrc) is not leg and not self._claim(ssrc, leg):
            return []
        if leg.version != self._version:
            self._choose_receivers(leg)
        index = source.estimate(ssrc, seq)
        return self._spread(header, payload, field, ssrc, index, source, leg.receivers)

    def _spread(
        self,
        header: bytes,
        payload: bytes,
        field: bytes,
        ssrc: int,
        index: int,
        source: SrtpContext,
        receivers: Iterable[Leg],
    ) -> Outgoing:
        """Seal for each receiver; packets whose header becomes the same are rewritten once."""
        sent: Outgoing = []
        head, body, own = header, payload, index & 0xFFFF
        headers = self._headers
        written = -1 if headers.rewrites_all else own
        for receiver in receivers:
            out = receiver.out.get(ssrc)
            if out is not None and out.source is source:
                target = index + out.shift
            else:
                target = index + self._shift(receiver, ssrc, source, index)
            seq = target & 0xFFFF
            if seq != written:
                plan = headers.plans.get(header[:2])
                if plan is not None and seq == own and field and payload[-1:] == EMPTY_OHB:
                    head, body = plan[0] + header[2:], payload[:-1] + plan[1]
                else:
                    changed = None if seq == own else seq
                    head, body = headers.write(header, payload, changed, receiver.double)
                written = seq
            egress = receiver.egress
            stream = egress.streams.get(ssrc)
            # HOT PATH: what `SrtpContext.seal` does for the next index in order, without the call.
            if (
                stream is not None
                and stream.expected == seq
                and stream.start + seq == target
                and egress.encrypt is not None
            ):
                stream.expected = seq + 1
                sealed = egress.encrypt((stream.front ^ seq).to_bytes(12, "big"), body, head)
            else:
                try:
                    sealed = egress.seal(head, body, target)
                except (NonceReuseError, CryptoError) as error:
                    self._counters[_egress_drop(error, target)] += 1
                    continue
            sent.append((join((head, sealed, field)), receiver.path))
        return sent

    def _shift(self, receiver: Leg, ssrc: int, source: SrtpContext, index: int) -> int:
        out = receiver.out.get(ssrc)
        if out is None:
            out = receiver.out[ssrc] = EgressStream(receiver.egress, ssrc)
        return out.shift_of(source, index, self._offset)

    # -- SRTCP

    def forward_rtcp(self, data: bytes, leg: Leg, now: float) -> Outgoing:
        """One SRTCP packet: hop by hop, without EKT field (RFC 8871 section 4.6, RFC 8870 section 4)."""
        try:
            return self._forward_rtcp_untrusted(data, leg, now)
        except (DecodeError, CryptoError) as error:
            self._counters[_drop(error)] += 1
            return []

    def _forward_rtcp_untrusted(self, data: bytes, leg: Leg, now: float) -> Outgoing:
        if len(data) < 8:
            raise DecodeError("RTCP: cut short", len(data))
        ssrc = int.from_bytes(data[4:8], "big")
        rtcp = leg.receive_rtcp(data)
        leg.last_seen = now
        if self._owners.get(ssrc) is not leg and not self._claim(ssrc, leg):
            return []
        if leg.version != self._version:
            self._choose_receivers(leg)
        sent = self._spread_rtcp(rtcp, leg.receivers)
        gone = dict.fromkeys(leaving(rtcp))  # a BYE may name an SSRC twice
        self._release(leg, [ssrc for ssrc in gone if self._owners.get(ssrc) is leg])
        leg.said_bye = not any(self._owners.get(ssrc) is leg for ssrc in leg.sources)
        return sent

    def _spread_rtcp(self, rtcp: bytes, receivers: Iterable[Leg]) -> Outgoing:
        sent: Outgoing = []
        for receiver in receivers:
            try:  # indices count up in the receiver's context, one list per SSRC: none repeats
                sent.append((receiver.egress.protect_rtcp(rtcp), receiver.path))
            except CryptoError as error:
                self._counters[_egress_drop(error, 0)] += 1
        return sent

    # -- packets that the MDD makes itself

    def originate(self, rtp: bytes) -> Outgoing:
        """A packet of the MDD's own to all participants: outer layer only, with a short EKT field where one is due
        (RFC 8870 section 4.1: all SRTP packets have one). A receiver whose index is used up is left out and counted.

        Raises `LocalError` for an SSRC that a participant owns."""
        _, ssrc = SEQ_SSRC(rtp[: header_end(rtp)])
        if self._owners.setdefault(ssrc, None) is not None:
            raise LocalError(f"SSRC {ssrc:08x} belongs to a participant")
        sent: Outgoing = []
        for leg in self._legs:
            try:
                sealed = leg.egress.protect(rtp)
            except (NonceReuseError, CryptoError) as error:
                self._counters[_egress_drop(error, 0)] += 1
                continue
            sent.append((sealed + (SHORT_FIELD if leg.has_ekt else b""), leg.path))
        return sent

    # -- SSRCs

    def _claim(self, ssrc: int, leg: Leg) -> bool:
        """An authentic packet asks for its SSRC; no, and counted, when another has it or the leg had too many."""
        if ssrc in self._owners:
            self._counters[MddDrop.STOLEN_SSRC] += 1
            return False
        if ssrc not in leg.sources and len(leg.sources) >= self._max_ssrcs:
            self._counters[MddDrop.SSRC_CAP] += 1
            return False
        self._owners[ssrc] = leg
        leg.sources.add(ssrc)
        leg.said_bye = False
        self.events.append(SourceStarted(leg.association_id, self.conference_id, ssrc))
        return True

    def _release(self, leg: Leg, ssrcs: Iterable[int]) -> None:
        for ssrc in ssrcs:
            del self._owners[ssrc]
            for other in self._legs:
                # It holds the source's context; which indices are used, the egress knows.
                other.out.pop(ssrc, None)
                other.egress.retire(ssrc)
            self.events.append(SourceEnded(leg.association_id, self.conference_id, ssrc))

    def _choose_receivers(self, leg: Leg) -> None:
        """All others with the same profile: a packet cannot change its form on the way."""
        leg.receivers = tuple(
            other for other in self._legs if other is not leg and other.profile == leg.profile
        )
        leg.version = self._version


def _drop(error: Exception) -> MddDrop:
    if isinstance(error, ReplayError):
        return MddDrop.REPLAYED
    if isinstance(error, AuthenticationError):
        return MddDrop.AUTHENTICATION
    return MddDrop.KEY_EXHAUSTED if isinstance(error, CryptoError) else MddDrop.MALFORMED_MEDIA


def _egress_drop(error: Exception, target: int) -> MddDrop:
    if isinstance(error, StreamLimitError):
        return MddDrop.SSRCS_EXHAUSTED
    exhausted = isinstance(error, KeyExhaustedError) and target >= 0
    return MddDrop.KEY_EXHAUSTED if exhausted else MddDrop.INDEX_UNAVAILABLE

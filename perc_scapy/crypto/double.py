# SPDX-License-Identifier: BSD-3-Clause
"""Double SRTP at its ends: protect and unprotect both layers (RFC 8723 sections 5.1, 5.3, 6). The middle is `relay`."""

from __future__ import annotations

from typing import NamedTuple

from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.crypto.profiles import SRTP_PROFILES, SrtpProfile
from perc_scapy.crypto.replay import DEFAULT_WINDOW
from perc_scapy.crypto.secret import Key
from perc_scapy.crypto.srtp import SrtpContext, header_end
from perc_scapy.errors import AuthenticationError, LocalError
from perc_scapy.wire import Ohb, peel_ohb

EMPTY_OHB = b"\0"
"""What an endpoint appends: nothing was changed (RFC 8723 section 4)."""
_UNCHANGED = Ohb()


class OuterPacket(NamedTuple):
    """A packet whose hop-by-hop layer was opened."""

    header: bytes
    """Header as received, with CSRC list and extension: right for SDP matching (PT) and RTP ordering (SEQ)."""
    payload: bytes
    """Inner ciphertext, inner tag and OHB; the repair data itself in repair mode."""


class SyntheticPacket(NamedTuple):
    """The SRTP packet that the inner layer sees (RFC 8723 section 5.3 step 4)."""

    header: bytes
    """Original PT, SEQ and M put back, X cleared, cut after the CSRC list."""
    body: bytes
    """Inner ciphertext and tag."""
    ohb: Ohb


class DoublePacket(NamedTuple):
    """What a receiver may use (RFC 8723 section 5.3): the synthetic packet, and apart from it the outer header."""

    rtp: bytes
    """Plain RTP packet with the original PT, SEQ, M and without header extension; end-to-end authentic."""
    outer_header: bytes
    """Received header: its PT is for SDP matching, its SEQ for ordering, its extension only hop-by-hop authentic."""
    ohb: Ohb


def open_outer(context: SrtpContext, wire: bytes) -> OuterPacket:
    """Open the hop-by-hop layer; on any error no state has changed."""
    end = header_end(wire)
    header = wire[:end]
    return OuterPacket(header, context.open(header, wire[end:]))


def synthetic_packet(outer: OuterPacket) -> SyntheticPacket:
    """Cut off the OHB and put back what it holds. Raises `DecodeError` for a malformed OHB."""
    body, ohb = peel_ohb(outer.payload)
    return SyntheticPacket(synthetic_header(outer.header, ohb), body, ohb)


def synthetic_header(header: bytes, ohb: Ohb = _UNCHANGED) -> bytes:
    """Header with OHB values put back, X = 0, cut to 12 + 4 * CC octets (RFC 8723 sections 5.1, 5.3)."""
    if header[0] & 0x10:
        cut = header[: 12 + 4 * (header[0] & 0x0F)]
        header = bytes((cut[0] & 0xEF,)) + cut[1:]
    return header if ohb == _UNCHANGED else put_fields(header, *ohb)


def put_fields(header: bytes, pt: int | None, seq: int | None, marker: bool | None) -> bytes:
    """Header with these of PT, SEQ and M replaced; None keeps one."""
    second = header[1]
    if pt is not None:
        second = second & 0x80 | pt
    if marker is not None:
        second = second & 0x7F | marker << 7
    number = header[2:4] if seq is None else seq.to_bytes(2, "big")
    return header[:1] + bytes((second,)) + number + header[4:]


def open_inner(outer: OuterPacket, context: SrtpContext) -> DoublePacket:
    """Open the end-to-end layer of a packet; its SEQ and ROC are the original ones."""
    packet = synthetic_packet(outer)
    payload = context.open(packet.header, packet.body)
    return DoublePacket(packet.header + payload, outer.header, packet.ohb)


class DoubleContext:
    """Both layers of one direction: `inner` end-to-end, `outer` hop-by-hop, each with its own ROC and replay list."""

    __slots__ = ("inner", "outer", "profile")

    inner: SrtpContext | None
    outer: SrtpContext
    profile: SrtpProfile

    def __init__(
        self, profile: int, master_key: bytes, master_salt: bytes, *, window: int = DEFAULT_WINDOW
    ) -> None:
        """Full master key and salt: inner half, outer half. `LocalError` for a single profile or other lengths."""
        row = double_profile(profile)
        if (len(master_key), len(master_salt)) != (row.key_length, row.salt_length):
            raise LocalError(f"{row.name} takes {row.key_length} + {row.salt_length} octets")
        full = MasterKey(Key(master_key), Key(master_salt))
        self.profile = row
        self.inner = SrtpContext(row.layer.code, *full.inner(), window=window)
        self.outer = SrtpContext(row.layer.code, *full.outer(), window=window)

    @classmethod
    def from_layers(
        cls, inner: SrtpContext | None, outer: SrtpContext, profile: int
    ) -> DoubleContext:
        """Two contexts with keys of different origin; without `inner` only repair mode and RTCP work."""
        row = double_profile(profile)
        if any(layer is not None and layer.profile != row.layer for layer in (inner, outer)):
            raise LocalError(f"both layers of {row.name} run {row.layer.name}")
        context = cls.__new__(cls)
        context.profile, context.inner, context.outer = row, inner, outer
        return context

    def protect(self, rtp: bytes, *, repair: bool = False) -> bytes:
        """Double-protected packet, without EKT field. `repair`: outer layer only (RFC 8723 section 5.1 step 2)."""
        if repair:
            return self.outer.protect(rtp)
        return protect_double(self._inner(), self.outer, rtp)

    def unprotect(self, wire: bytes, *, repair: bool = False) -> DoublePacket:
        """Open both layers. Raises `DecodeError`, `AuthenticationError`, `ReplayError`, `CryptoError`."""
        outer = open_outer(self.outer, wire)
        if repair:
            return DoublePacket(outer.header + outer.payload, outer.header, _UNCHANGED)
        return open_inner(outer, self._inner())

    def protect_rtcp(self, rtcp: bytes, *, encrypt: bool = True, index: int | None = None) -> bytes:
        """RTCP has the outer layer only (RFC 8723 section 6)."""
        return self.outer.protect_rtcp(rtcp, encrypt=encrypt, index=index)

    def unprotect_rtcp(self, srtcp: bytes) -> bytes:
        """RTCP has the outer layer only (RFC 8723 section 6)."""
        return self.outer.unprotect_rtcp(srtcp)

    def open_outer(self, wire: bytes) -> OuterPacket:
        """Open the hop-by-hop layer only."""
        return open_outer(self.outer, wire)

    @staticmethod
    def open_inner(outer: OuterPacket, inner_context: SrtpContext) -> DoublePacket:
        """Open the end-to-end layer with any context: to try several keys on one outer packet."""
        return open_inner(outer, inner_context)

    def _inner(self) -> SrtpContext:
        if self.inner is None:
            raise LocalError("this context holds no inner key")
        return self.inner


def protect_double(
    inner: SrtpContext, outer: SrtpContext, rtp: bytes, index: int | None = None
) -> bytes:
    """Both layers over an RTP packet, OHB empty (RFC 8723 section 5.1); `index` is the inner one."""
    end = header_end(rtp)
    header = rtp[:end]
    sealed = inner.seal(synthetic_header(header), rtp[end:], index)
    return header + outer.seal(header, sealed + EMPTY_OHB)


def double_profile(profile: int) -> SrtpProfile:
    """Row of a double profile; `LocalError` for any other."""
    row = SRTP_PROFILES.get(profile)
    if row is None or not row.is_double:
        raise LocalError(f"not a double profile: {profile:#06x}")
    return row


def replace_master_key(profile: int, full: MasterKey, key: bytes, salt: bytes) -> MasterKey:
    """Master key after an EKT field brought `key` (RFC 8870 section 4.3.2 step 6).

    A key as long as the whole replaces it; one as long as the inner half of a double profile replaces the first
    octets, and the outer half stays. `AuthenticationError` for any other length: EKT processing is aborted.
    """
    row = SRTP_PROFILES[profile]
    allowed = {row.key_length, row.layer.key_length}
    salt_length = row.salt_length * len(key) // row.key_length
    if len(key) not in allowed or len(salt) < salt_length:
        raise AuthenticationError("EKT: master key length does not fit the profile")
    kept_key, kept_salt = full.key[len(key) :], full.salt[salt_length:]
    return MasterKey(Key(key) + kept_key, Key(salt[:salt_length]) + kept_salt)

# SPDX-License-Identifier: BSD-3-Clause
"""Double SRTP in the middle: open one hop, change the header, keep the OHB, seal for the next hop (RFC 8723 5.2).

No inner key is involved; the EKT field was cut off before and is appended unchanged afterwards by the caller.
"""

from __future__ import annotations

import enum
from struct import Struct
from typing import Final, Literal, NamedTuple

from cryptography.exceptions import InvalidTag

from perc_scapy.crypto.double import EMPTY_OHB
from perc_scapy.crypto.srtp import SrtpContext, header_end
from perc_scapy.crypto.transforms import BAD_TAG
from perc_scapy.errors import AuthenticationError, EncodeError, LocalError
from perc_scapy.wire import Ohb, peel_ohb


class _Keep(enum.Enum):
    KEEP = enum.auto()

    def __repr__(self) -> str:
        return "KEEP"


KEEP: Final = _Keep.KEEP
"""Leave the header extension as it is."""


class HeaderChange(NamedTuple):
    """What an intermediary changes in an RTP header; None (KEEP for the extension) leaves a field alone."""

    pt: int | None = None
    """0 .. 127."""
    seq: int | None = None
    """0 .. 65535."""
    marker: bool | None = None
    extension: bytes | Literal[_Keep.KEEP] | None = KEEP
    """Whole new extension with its 4-octet header (RFC 3550 5.3.1); None removes it. Not end-to-end protected."""


NO_CHANGE = HeaderChange()
_START = Struct("!HH4xI").unpack_from
"""First two octets, SEQ, SSRC."""
_LEAST = 12 + 1 + 16
"""Octets of a packet with an OHB at least."""
_FIELDS = Struct("!BH").unpack_from
"""Marker with payload type, and sequence number: octets 1 to 3 of the header."""
_OCTETS = [bytes((value,)) for value in range(256)]


def relay(
    wire: bytes,
    ingress: SrtpContext,
    egress: SrtpContext,
    change: HeaderChange = NO_CHANGE,
    *,
    index: int | None = None,
) -> bytes:
    """One hop: a double-SRTP packet (no EKT field) under the ingress key becomes one under the egress key.

    `index` is the egress packet index (65536 * ROC + SEQ) for a caller that keeps its own. Raises `LocalError` when
    both contexts have the same master key (RFC 8723 section 5.2 forbids it), else what `SrtpContext` raises.
    """
    if ingress.key_digest == egress.key_digest:
        raise LocalError("relay: ingress and egress must not share a master key")
    # HOT PATH: what SrtpContext.open, rewrite and SrtpContext.seal do for the next packet in order, in line.
    if len(wire) < _LEAST:
        return _relay_any(wire, ingress, egress, change, index)
    start, seq, ssrc = _START(wire)
    source, decrypt = ingress.streams.get(ssrc), ingress.decrypt
    if source is None or source.expected != seq or start & 0xDF00 != 0x8000 or decrypt is None:
        return _relay_any(wire, ingress, egress, change, index)
    header, following = wire[:12], source.highest + 1
    try:
        payload = decrypt((source.base ^ following).to_bytes(12, "big"), wire[12:], header)
    except InvalidTag:
        raise AuthenticationError(BAD_TAG) from None
    source.highest, source.expected = following, seq + 1
    if change is not NO_CHANGE:
        if change.seq is not None or change.extension is not KEEP or payload[-1]:
            header, payload = rewrite(header, payload, change)
            return header + egress.seal(header, payload, index)
        if egress.plan[0] is not change:
            egress.plan = (change, {})
        # A change of PT and M alone does the same to every packet with these two first octets and an empty OHB.
        octets, ohb = egress.plan[1].get(start) or _planned(egress.plan[1], start, header, change)
        header, payload = octets + wire[2:12], payload[:-1] + ohb
    target, encrypt = egress.streams.get(ssrc), egress.encrypt
    if target is None or target.expected != seq or index is not None or encrypt is None:
        return header + egress.seal(header, payload, index)
    target.highest = following = target.highest + 1
    target.expected = seq + 1
    return header + encrypt((target.base ^ following).to_bytes(12, "big"), payload, header)


def _planned(
    plan: dict[int, tuple[bytes, bytes]], start: int, header: bytes, change: HeaderChange
) -> tuple[bytes, bytes]:
    """(first two octets, OHB) after the change, kept for the next packet."""
    changed, ohb = rewrite(header, EMPTY_OHB, change)
    plan[start] = changed[:2], ohb
    return plan[start]


def _relay_any(
    wire: bytes, ingress: SrtpContext, egress: SrtpContext, change: HeaderChange, index: int | None
) -> bytes:
    end = header_end(wire)
    header = wire[:end]
    header, payload = rewrite(header, ingress.open(header, wire[end:]), change)
    return header + egress.seal(header, payload, index)


def change_headers(outer_plain: bytes, change: HeaderChange) -> bytes:
    """Change a packet between outer unprotect and outer protect; the OHB is kept up.

    `outer_plain`: header, inner ciphertext, inner tag, OHB. Raises `DecodeError`, and `EncodeError` for a change
    that is no valid header.
    """
    end = header_end(outer_plain)
    header, payload = rewrite(outer_plain[:end], outer_plain[end:], change)
    return header + payload


def rewrite(header: bytes, payload: bytes, change: HeaderChange) -> tuple[bytes, bytes]:
    """`change_headers` for a packet already cut at its header. HOT PATH: written out, no objects made."""
    pt, seq, marker, extension = change
    if pt is not None or seq is not None or marker is not None:
        second, old_seq = _FIELDS(header, 1)
        old_pt, old_marker = second & 0x7F, second >> 7
        pt = old_pt if pt is None else pt
        seq = old_seq if seq is None else seq
        marker = old_marker if marker is None else marker
        if pt >> 7 or seq >> 16:
            raise EncodeError("RTP: payload type or sequence number out of range")
        if payload[-1:] == EMPTY_OHB:
            # Most packets meet their first intermediary: every original value is still in the header.
            ohb = _OCTETS[old_pt] if pt != old_pt else b""
            ohb = ohb + header[2:4] if seq != old_seq else ohb
            config = (pt != old_pt) << 1 | (seq != old_seq)
            config |= (4 | old_marker << 3) if marker != old_marker else 0
            if config:
                payload = payload[:-1] + ohb + _OCTETS[config]
        else:
            payload = _general_change(payload, (old_pt, pt), (old_seq, seq), (old_marker, marker))
        header = header[:1] + _OCTETS[pt | marker << 7] + seq.to_bytes(2, "big") + header[4:]
    if extension is not KEEP:
        header = _with_extension(header, extension)
    return header, payload


def _general_change(
    payload: bytes, pt: tuple[int, int], seq: tuple[int, int], marker: tuple[int, int]
) -> bytes:
    body, ohb = peel_ohb(payload)
    return body + _updated_ohb(ohb, pt, seq, marker).encode()


def _updated_ohb(
    ohb: Ohb, pt: tuple[int, int], seq: tuple[int, int], marker: tuple[int, int]
) -> Ohb:
    """OHB after (old, new) values of each field; the first original stays (RFC 8723 section 5.2 step 3)."""
    original = _recorded(None if ohb.marker is None else int(ohb.marker), *marker)
    return Ohb(
        _recorded(ohb.pt, *pt),
        _recorded(ohb.seq, *seq),
        None if original is None else bool(original),
    )


def _recorded(original: int | None, current: int, new: int) -> int | None:
    if new == current:
        return original  # not changed here: the OHB must not change either
    if original is None:
        return current
    return None if new == original else original


def _with_extension(header: bytes, extension: bytes | None) -> bytes:
    fixed = header[: 12 + 4 * (header[0] & 0x0F)]
    if extension is None:
        return bytes((fixed[0] & 0xEF,)) + fixed[1:]
    words = int.from_bytes(extension[2:4], "big")
    if len(extension) < 4 or len(extension) != 4 + 4 * words:
        raise EncodeError("RTP: header extension and its length field differ")
    return bytes((fixed[0] | 0x10,)) + fixed[1:] + extension

# SPDX-License-Identifier: BSD-3-Clause
"""Double SRTP in the middle: open one hop, change the header, keep the OHB, seal for the next hop (RFC 8723 5.2).

No inner key is involved; the EKT field was cut off before and is appended unchanged afterwards by the caller.
"""

from __future__ import annotations

import enum
from struct import Struct
from struct import error as StructError
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
_PLAIN = 12
"""Octets of a header without CSRC list and extension."""
_HEADER, _AFTER_PT, _BODY = slice(_PLAIN), slice(2, _PLAIN), slice(_PLAIN, None)
_BUT_LAST = slice(-1)
# Named slices are made once, which counts in a hot path.
_FIELDS = Struct("!BH").unpack_from
"""Marker with payload type, and sequence number: octets 1 to 3 of the header."""
_OCTETS = [bytes((value,)) for value in range(256)]


def relay(
    wire: bytes,
    ingress: SrtpContext,
    egress: SrtpContext,
    change: HeaderChange = NO_CHANGE,
    index: int | None = None,
) -> bytes:
    """One hop: a double-SRTP packet (no EKT field) under the ingress key becomes one under the egress key.

    `index` is the egress packet index (65536 * ROC + SEQ) for a caller that keeps its own. Raises `LocalError` when
    both contexts have the same master key (RFC 8723 section 5.2 forbids it), else what `SrtpContext` raises.
    """
    # HOT PATH: what open, rewrite and seal do, in line, for the next packet in order of a stream that has a plan.
    try:
        start, seq, ssrc = _START(wire)
        target = egress.streams[ssrc]
        feeder, planned, source, decrypt, encrypt, table = target.plan
        octets, ohb = table[start]
    except (KeyError, StructError):
        return _relay_any(wire, ingress, egress, change, index)
    if (
        source.expected != seq
        or target.expected != seq
        or feeder is not ingress
        or (planned is not change and planned != change)
        or index is not None
    ):
        return _relay_any(wire, ingress, egress, change, index)
    try:
        payload = decrypt((source.front ^ seq).to_bytes(12, "big"), wire[_BODY], wire[_HEADER])
    except InvalidTag:
        raise AuthenticationError(BAD_TAG) from None
    source.expected = following = seq + 1
    if not payload or payload[-1]:  # another intermediary was here before: its OHB is to be kept up
        header, payload = rewrite(wire[_HEADER], payload, change)
        return header + egress.seal(header, payload)
    target.expected = following
    header, payload = octets + wire[_AFTER_PT], payload[_BUT_LAST] + ohb
    return header + encrypt((target.front ^ seq).to_bytes(12, "big"), payload, header)  # type: ignore[no-any-return]


def _relay_any(
    wire: bytes, ingress: SrtpContext, egress: SrtpContext, change: HeaderChange, index: int | None
) -> bytes:
    if ingress.key_digest == egress.key_digest:
        raise LocalError("relay: ingress and egress must not share a master key")
    end = header_end(wire)
    old = wire[:end]
    header, payload = rewrite(old, ingress.open(old, wire[end:]), change)
    packet = header + egress.seal(header, payload, index)
    if end == _PLAIN and change.seq is None and change.extension is KEEP:
        _plan(old, ingress, egress, change)
    return packet


def _plan(header: bytes, ingress: SrtpContext, egress: SrtpContext, change: HeaderChange) -> None:
    """Keep what a change of PT and M alone makes of two first octets and of an empty OHB: every packet of the SSRC
    that has them becomes the same. There are 2^16 such pairs at most."""
    start, _, ssrc = _START(header)
    target = egress.streams[ssrc]
    if ingress.decrypt is None or egress.encrypt is None:
        return
    if target.plan[0] is not ingress or target.plan[1] != change:
        source = ingress.streams[ssrc]
        target.plan = ingress, change, source, ingress.decrypt, egress.encrypt, {}
    if start not in target.plan[-1]:
        changed, ohb = rewrite(header, EMPTY_OHB, change)
        target.plan[-1][start] = changed[:2], ohb


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

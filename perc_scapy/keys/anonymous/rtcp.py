# SPDX-License-Identifier: GPL-2.0-only
"""RTCP that can be read - plain, or only authenticated - without names and texts (RFC 3550 sections 6.5 to 6.7)."""

from __future__ import annotations

from perc_scapy.codes import RtcpType
from perc_scapy.keys.anonymous.pseudonyms import Pseudonyms

_TAILS = ((0, 0), (14, 14), (20, 4))
"""(octets behind the compound packet, of these: from the index word on): plain, HMAC-SHA1, GCM."""
_ENCRYPTED = 0x80


def anonymous_rtcp(data: bytes, names: Pseudonyms) -> bytes:
    """The same packets with other texts; what is encrypted stays. Never raises."""
    for tail, word in _TAILS:
        end = len(data) - tail
        parts = _compound(data[: max(0, end)])
        if parts and (not tail or not data[len(data) - word] & _ENCRYPTED):
            return b"".join(_packet(part, names) for part in parts) + data[end:]
    return data


def _compound(data: bytes) -> list[bytes]:
    """The packets of a compound that ends where the octets end; none when it is not one."""
    parts, at = [], 0
    while at < len(data):
        if len(data) < at + 4 or data[at] >> 6 != 2 or not 192 <= data[at + 1] <= 223:
            return []
        end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data):
            return []
        parts.append(data[at:end])
        at = end
    return parts


def _packet(packet: bytes, names: Pseudonyms) -> bytes:
    kind, count = packet[1], packet[0] & 0x1F
    if kind == RtcpType.SDES:
        return packet[:4] + _chunks(packet[4:], names)
    if kind == RtcpType.BYE:
        at = 4 + 4 * count
        size = packet[at] if at < len(packet) else 0
        return (
            packet[: at + 1] + names.text(packet[at + 1 : at + 1 + size]) + packet[at + 1 + size :]
        )
    if kind == RtcpType.APP:
        return packet[:12] + bytes(len(packet[12:]))
    return packet


def _chunks(data: bytes, names: Pseudonyms) -> bytes:
    """SSRC, then items of type, length, text; a zero ends a chunk, which is padded to four octets."""
    out, at = bytearray(data), 4
    while at + 1 < len(data):
        if data[at] == 0:
            at = (at // 4 + 1) * 4 + 4
            continue
        start, end = at + 2, at + 2 + data[at + 1]
        out[start:end] = names.text(data[start:end])
        at = end
    return bytes(out[: len(data)])

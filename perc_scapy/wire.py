# SPDX-License-Identifier: BSD-3-Clause
"""Byte facts that a field list cannot express: demultiplexing by first octet, the RTP header's extent, and
what is read from the END of a packet (EKT field, OHB). Pure functions; the only errors are `DecodeError`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from perc_scapy.codes import EktMessageType
from perc_scapy.errors import DecodeError, EncodeError

PacketKind = Literal["stun", "zrtp", "dtls", "turn", "rtp", "rtcp", "unknown"]

RTP_FIXED = 12
"""Octets of the RTP header before the CSRC list (RFC 3550 5.1)."""
EKT_FULL_OVERHEAD = 7
"""SPI(2) epoch(2) length(2) type(1) behind the ciphertext of a full EKT field (RFC 8870 4.1)."""
EKT_MAX_CIPHERTEXT = 251
EKT_MAX_EXTENSION_DATA = 1024


def classify(datagram: bytes) -> PacketKind:
    """Name the protocol of a datagram by its first octet (RFC 7983 section 7; RTCP by RFC 5761 section 4)."""
    if not datagram:
        return "unknown"
    first = datagram[0]
    if first < 4:
        return "stun"
    if 16 <= first < 20:
        return "zrtp"
    if 20 <= first < 64:
        return "dtls"
    if 64 <= first < 80:
        return "turn"
    if 128 <= first < 192:
        return "rtcp" if len(datagram) > 1 and 192 <= datagram[1] <= 223 else "rtp"
    return "unknown"


class RtpParts(NamedTuple):
    """An RTP (or SRTP) packet cut at its header: `header` holds fixed part, CSRCs and extension."""

    header: bytes
    body: bytes
    csrc_end: int
    """12 + 4 * CC: where the extension, if any, begins."""


def rtp_header_length(packet: bytes) -> int:
    """Octets of the RTP header with CSRC list and header extension (RFC 3550 5.1, 5.3.1)."""
    if len(packet) < RTP_FIXED:
        raise DecodeError("RTP: shorter than 12 octets", len(packet))
    if packet[0] >> 6 != 2:
        raise DecodeError("RTP: version is not 2", 0)
    end = RTP_FIXED + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        if len(packet) < end + 4:
            raise DecodeError("RTP: header extension cut short", len(packet))
        end += 4 + 4 * int.from_bytes(packet[end + 2 : end + 4], "big")
    if len(packet) < end:
        raise DecodeError("RTP: CSRC list or header extension cut short", len(packet))
    return end


def split_rtp(packet: bytes) -> RtpParts:
    """Cut an RTP packet at the end of its header. Raises `DecodeError`."""
    end = rtp_header_length(packet)
    return RtpParts(packet[:end], packet[end:], RTP_FIXED + 4 * (packet[0] & 0x0F))


def peel_padding(body: bytes) -> tuple[bytes, bytes]:
    """Split what stands behind an RTP header into (payload, padding) by its last octet, which counts the padding
    with itself (RFC 3550 5.1; also RTCP, 6.4.1). Raises `DecodeError`.
    """
    count = body[-1] if body else 0
    if not 1 <= count <= len(body):
        raise DecodeError(f"RTP: padding of {count} octets does not fit", max(0, len(body) - 1))
    return body[:-count], body[-count:]


class EktField(NamedTuple):
    """An EKT field as read from the end of a packet (RFC 8870 4.1). `raw` is the field octet for octet."""

    raw: bytes
    type: int
    """0 short, 2 full, 3..255 extension."""
    ciphertext: bytes = b""
    """Wrapped key of a full field, data of an extension."""
    spi: int = 0
    epoch: int = 0


def peel_ekt(packet: bytes) -> tuple[bytes, EktField]:
    """Split a packet into (SRTP packet, EKT field), reading from the last octet backwards (RFC 8870 4.3.2).

    Types 3..255 are returned with their data and are to be discarded by a receiver. Raises `DecodeError`
    for type 1, which has no defined form, and for a length that does not fit.
    """
    if not packet:
        raise DecodeError("EKT: empty packet", 0)
    kind = packet[-1]
    if kind == EktMessageType.SHORT:
        return packet[:-1], EktField(packet[-1:], kind)
    if kind == 1:
        raise DecodeError("EKT: message type 1 has no defined form", len(packet) - 1)
    return _peel_long(packet, kind)


def _peel_long(packet: bytes, kind: int) -> tuple[bytes, EktField]:
    if len(packet) < 3:
        raise DecodeError("EKT: length field cut short", len(packet))
    length = int.from_bytes(packet[-3:-1], "big")
    overhead = EKT_FULL_OVERHEAD if kind == EktMessageType.FULL else 3
    limit = EKT_MAX_CIPHERTEXT if kind == EktMessageType.FULL else EKT_MAX_EXTENSION_DATA
    if not overhead < length <= min(len(packet), overhead + limit):
        raise DecodeError(f"EKT: length {length} does not fit", len(packet) - 3)
    raw = packet[-length:]
    if kind != EktMessageType.FULL:
        return packet[:-length], EktField(raw, kind, raw[:-3])
    spi, epoch = int.from_bytes(raw[-7:-5], "big"), int.from_bytes(raw[-5:-3], "big")
    return packet[:-length], EktField(raw, kind, raw[:-7], spi, epoch)


def full_ekt_field(ciphertext: bytes, spi: int, epoch: int) -> bytes:
    """Octets of a full EKT field: ciphertext, SPI, epoch, length of the whole field, 02 (RFC 8870 4.1)."""
    if not 1 <= len(ciphertext) <= EKT_MAX_CIPHERTEXT:
        raise EncodeError("EKT: ciphertext must have 1 to 251 octets")
    length = len(ciphertext) + EKT_FULL_OVERHEAD
    return (
        ciphertext
        + spi.to_bytes(2, "big")
        + epoch.to_bytes(2, "big")
        + length.to_bytes(2, "big")
        + bytes((EktMessageType.FULL,))
    )


class Ohb(NamedTuple):
    """Original Header Block: the values an intermediary replaced; None = unchanged (RFC 8723 section 4)."""

    pt: int | None = None
    seq: int | None = None
    marker: bool | None = None

    def encode(self) -> bytes:
        """`[PT] [SEQ] Config`, 1 to 4 octets."""
        config = (self.seq is not None) | (self.pt is not None) << 1
        if self.marker is not None:
            config |= 0x04 | self.marker << 3
        pt = b"" if self.pt is None else bytes((self.pt & 0x7F,))
        seq = b"" if self.seq is None else self.seq.to_bytes(2, "big")
        return pt + seq + bytes((config,))


def peel_ohb(plaintext: bytes) -> tuple[bytes, Ohb]:
    """Split an outer plaintext into (inner ciphertext with tag, OHB), backwards from Config (RFC 8723 section 4).

    Raises `DecodeError` for reserved bits, B without M, a PT above 127, or missing octets.
    """
    if not plaintext:
        raise DecodeError("OHB: missing", 0)
    config, end = plaintext[-1], len(plaintext) - 1
    if config & 0xF0:
        raise DecodeError("OHB: reserved bits set", end)
    if config & 0x0C == 0x08:
        raise DecodeError("OHB: B without M", end)
    seq = pt = None
    if config & 0x01:
        end -= 2
        seq = int.from_bytes(plaintext[end : end + 2], "big") if end >= 0 else None
    if config & 0x02:
        end -= 1
        pt = plaintext[end] if end >= 0 else None
    if end < 0:
        raise DecodeError("OHB: cut short", 0)
    if pt is not None and pt > 0x7F:
        raise DecodeError("OHB: PT above 127", end)
    marker = bool(config & 0x08) if config & 0x04 else None
    return plaintext[:end], Ohb(pt, seq, marker)

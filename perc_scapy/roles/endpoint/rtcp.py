# SPDX-License-Identifier: GPL-2.0-only
"""RTCP in clear: sender and receiver reports, SDES with a CNAME, BYE (RFC 3550 section 6).

Reports say who sent how much and what arrived; under PERC every MDD can read and forge them (RFC 8871 8.2.5),
so nothing confidential is put in.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import NamedTuple

from perc_scapy.codes import RtcpType
from perc_scapy.errors import DecodeError

MAX_BLOCKS = 31
"""The count field has five bits."""
_HEADER = Struct("!BBH")
_INFO = Struct("!QIII")
_BLOCK = Struct("!IIIIII")
_CNAME = 1


class SenderInfo(NamedTuple):
    """What an SR says of its sender (RFC 3550 6.4.1)."""

    ntp: int
    """64 bits: seconds and 2^-32 fractions on the sender's clock."""
    rtp_timestamp: int
    packets: int
    octets: int


class ReportBlock(NamedTuple):
    """What a receiver saw of one stream (RFC 3550 6.4.1)."""

    ssrc: int
    fraction_lost: int
    """Lost of 256 expected since the previous report."""
    lost: int
    """All lost packets, 24 bits signed: duplicates make it negative."""
    highest_sequence: int
    """Wraps in the upper, sequence number in the lower 16 bits."""
    jitter: int
    """Timestamp units."""
    last_sr: int
    """Middle 32 bits of the NTP time of the last SR; 0 when none arrived."""
    since_last_sr: int
    """1/65536 seconds."""


class Report(NamedTuple):
    """SR, or RR when `info` is None."""

    ssrc: int
    info: SenderInfo | None
    blocks: tuple[ReportBlock, ...]


class Description(NamedTuple):
    """One SDES chunk; only the CNAME is kept."""

    ssrc: int
    cname: str | None


class Goodbye(NamedTuple):
    """Sources that left."""

    ssrcs: tuple[int, ...]


class OtherRtcp(NamedTuple):
    """A packet type that this module does not read."""

    packet_type: int


RtcpPacket = Report | Description | Goodbye | OtherRtcp


def ntp_time(now: float) -> int:
    """64-bit NTP format of `now`; RFC 3550 4 allows any clock that the sender's reports share."""
    return int(now * 2**32) & 0xFFFFFFFFFFFFFFFF


def middle32(ntp: int) -> int:
    """Middle 32 bits of an NTP time, 1/65536 s: the unit of `last_sr`."""
    return ntp >> 16 & 0xFFFFFFFF


def build_report(report: Report) -> bytes:
    """One SR or RR with at most 31 blocks."""
    body = report.ssrc.to_bytes(4, "big")
    body += b"" if report.info is None else _INFO.pack(*report.info)
    body += b"".join(map(_block_octets, report.blocks))
    kind = RtcpType.RR if report.info is None else RtcpType.SR
    return _packet(kind, len(report.blocks), body)


def build_description(ssrc: int, cname: str) -> bytes:
    """SDES with one chunk and its CNAME item, ended and filled with zeros to 32 bits (RFC 3550 6.5)."""
    name = cname.encode()
    chunk = ssrc.to_bytes(4, "big") + bytes((_CNAME, len(name))) + name
    return _packet(RtcpType.SDES, 1, chunk + bytes(4 - len(chunk) % 4))


def build_goodbye(ssrc: int) -> bytes:
    """BYE of one source without a reason."""
    return _packet(RtcpType.BYE, 1, ssrc.to_bytes(4, "big"))


def _packet(kind: RtcpType, count: int, body: bytes) -> bytes:
    return _HEADER.pack(0x80 | count, kind, len(body) // 4) + body


def _block_octets(block: ReportBlock) -> bytes:
    lost = max(-0x800000, min(0x7FFFFF, block.lost)) & 0xFFFFFF
    return _BLOCK.pack(
        block.ssrc,
        block.fraction_lost << 24 | lost,
        block.highest_sequence,
        block.jitter,
        block.last_sr,
        block.since_last_sr,
    )


def parse_compound_untrusted(data: bytes) -> list[RtcpPacket]:
    """Every packet of a compound (RFC 3550 6.1). Raises `DecodeError`; trailing padding of the last one is cut."""
    packets: list[RtcpPacket] = []
    offset = 0
    while offset < len(data):
        if len(data) - offset < 4:
            raise DecodeError("RTCP: header cut short", offset)
        first, kind, words = _HEADER.unpack_from(data, offset)
        end = offset + 4 + 4 * words
        if first >> 6 != 2 or end > len(data):
            raise DecodeError("RTCP: version is not 2, or the length does not fit", offset)
        body = data[offset + 4 : end]
        if first & 0x20:
            body = _without_padding(body, last=end == len(data))
        packets += _PARSERS.get(kind, _parse_other)(kind, first & 0x1F, body)
        offset = end
    return packets


def _without_padding(body: bytes, *, last: bool) -> bytes:
    count = body[-1] if body else 0
    if not last or not 1 <= count <= len(body):
        raise DecodeError("RTCP: padding in the wrong place or too long", None)
    return body[:-count]


def _parse_report(kind: int, count: int, body: bytes) -> Sequence[RtcpPacket]:
    start = 4 + (_INFO.size if kind == RtcpType.SR else 0)
    if len(body) < start + _BLOCK.size * count:
        raise DecodeError("RTCP: report cut short", len(body))
    info = SenderInfo(*_INFO.unpack_from(body, 4)) if kind == RtcpType.SR else None
    blocks = tuple(_parse_block(body, start + _BLOCK.size * n) for n in range(count))
    return [Report(int.from_bytes(body[:4], "big"), info, blocks)]


def _parse_block(body: bytes, offset: int) -> ReportBlock:
    ssrc, losses, highest, jitter, last_sr, since = _BLOCK.unpack_from(body, offset)
    lost = losses & 0xFFFFFF
    lost -= (lost & 0x800000) << 1
    return ReportBlock(ssrc, losses >> 24, lost, highest, jitter, last_sr, since)


def _parse_description(_kind: int, count: int, body: bytes) -> Sequence[RtcpPacket]:
    chunks: list[RtcpPacket] = []
    offset = 0
    for _ in range(count):
        if len(body) < offset + 5:
            raise DecodeError("RTCP: SDES chunk cut short", offset)
        ssrc = int.from_bytes(body[offset : offset + 4], "big")
        cname, offset = _parse_items(body, offset + 4)
        chunks.append(Description(ssrc, cname))
    return chunks


def _parse_items(body: bytes, offset: int) -> tuple[str | None, int]:
    """CNAME and the offset of the next chunk."""
    cname = None
    while offset < len(body) and body[offset]:
        length = body[offset + 1] if offset + 1 < len(body) else len(body)
        end = offset + 2 + length
        if end > len(body):
            raise DecodeError("RTCP: SDES item cut short", offset)
        if body[offset] == _CNAME:
            cname = body[offset + 2 : end].decode("utf-8", "replace")
        offset = end
    if offset >= len(body):
        raise DecodeError("RTCP: SDES chunk has no end", offset)
    return cname, offset + 4 - offset % 4


def _parse_goodbye(_kind: int, count: int, body: bytes) -> Sequence[RtcpPacket]:
    if len(body) < 4 * count:
        raise DecodeError("RTCP: BYE cut short", len(body))
    return [Goodbye(tuple(int.from_bytes(body[4 * n : 4 * n + 4], "big") for n in range(count)))]


def _parse_other(kind: int, _count: int, _body: bytes) -> Sequence[RtcpPacket]:
    return [OtherRtcp(kind)]


_PARSERS = {
    RtcpType.SR: _parse_report,
    RtcpType.RR: _parse_report,
    RtcpType.SDES: _parse_description,
    RtcpType.BYE: _parse_goodbye,
}

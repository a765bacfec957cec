# SPDX-License-Identifier: GPL-2.0-only
"""The first octets of many datagrams as columns: which protocol, and the header fields of RTP, RTCP and DTLS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from perc_scapy.pcap.fast_headers import gather

if TYPE_CHECKING:
    import numpy.typing as npt

    from perc_scapy.pcap.fast_headers import Mask, Octets, Places

KINDS = ("unknown", "stun", "zrtp", "dtls", "turn", "rtp", "rtcp")
"""What `wire.classify` says, by number."""
UNKNOWN, STUN, DTLS, RTP, RTCP = (
    KINDS.index(name) for name in ("unknown", "stun", "dtls", "rtp", "rtcp")
)
_RANGES = ((0, 4, "stun"), (16, 20, "zrtp"), (20, 64, "dtls"), (64, 80, "turn"), (128, 192, "rtp"))

HEAD = 16
"""Octets looked at."""
_RTP = np.dtype(
    [("flags", "u1"), ("second", "u1"), ("sequence", ">u2"), ("timestamp", ">u4"), ("ssrc", ">u4"), ("", "V4")]
)  # fmt: skip
_RTCP = np.dtype([("flags", "u1"), ("type", "u1"), ("length", ">u2"), ("ssrc", ">u4"), ("", "V8")])
_DTLS = np.dtype(
    [("type", "u1"), ("version", ">u2"), ("epoch", ">u2"), ("high", ">u2"), ("low", ">u4"), ("length", ">u2"),
     ("message", "u1"), ("", "V2")]
)  # fmt: skip


class Values(NamedTuple):
    """One column: a value a row, and where there is one."""

    values: npt.NDArray[Any]
    valid: Mask


Fields: TypeAlias = dict[str, Values]


def _kind_table() -> npt.NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    for start, end, name in _RANGES:
        table[start:end] = KINDS.index(name)
    return table


_KIND_OF = _kind_table()


def read_payloads(octets: Octets, starts: Places, sizes: Places) -> Fields:
    """Columns `kind`, `ssrc` … of datagrams at `starts`; a size below zero means that the row has none.

    At least `HEAD` octets of any kind must follow each start.
    """
    head = gather(octets, starts, _RTP)
    there: Mask = sizes >= 0
    kind = np.where(sizes > 0, _KIND_OF[head["flags"]], np.uint8(UNKNOWN))
    second = head["second"]
    kind[(kind == RTP) & (sizes > 1) & (second >= 192) & (second <= 223)] = RTCP
    fields = {"kind": Values(kind, there)}
    rtp: Mask = (kind == RTP) & (sizes >= 12)
    _rtp(fields, head, rtp)
    _rtcp(fields, head.view(_RTCP), rtp, (kind == RTCP) & (sizes >= 8))
    _dtls(fields, head.view(_DTLS), (kind == DTLS) & (sizes >= 13), sizes)
    return fields


def _rtp(fields: Fields, head: npt.NDArray[Any], rtp: Mask) -> None:
    second = head["second"]
    fields["payload_type"] = Values(second & 0x7F, rtp)
    fields["marker"] = Values(second >= 0x80, rtp)
    fields["sequence"] = Values(head["sequence"], rtp)
    fields["timestamp"] = Values(head["timestamp"], rtp)
    fields["ssrc"] = Values(head["ssrc"], rtp)


def _rtcp(fields: Fields, head: npt.NDArray[Any], rtp: Mask, rtcp: Mask) -> None:
    fields["rtcp_type"] = Values(head["type"], rtcp)
    if rtcp.any():
        ssrc = np.where(rtcp, head["ssrc"], fields["ssrc"].values)
        fields["ssrc"] = Values(ssrc, rtp | rtcp)


def _dtls(fields: Fields, head: npt.NDArray[Any], dtls: Mask, sizes: Places) -> None:
    if dtls.any():
        dtls = dtls & (head["version"] >> 8 == 0xFE)
    clear: Mask = dtls
    if dtls.any():
        clear = dtls & (head["type"] == 22) & (head["epoch"] == 0) & (sizes >= 14)
    fields["dtls_type"] = Values(head["type"], dtls)
    fields["dtls_version"] = Values(head["version"], dtls)
    fields["dtls_epoch"] = Values(head["epoch"], dtls)
    sequence = head["high"].astype(np.uint64) << np.uint64(32) | head["low"]
    fields["dtls_sequence"] = Values(sequence, dtls)
    fields["handshake_type"] = Values(head["message"], clear)

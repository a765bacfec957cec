# SPDX-License-Identifier: GPL-2.0-only
"""SRTP and SRTCP: keys, indices and counters gone wrong."""

from __future__ import annotations

from dataclasses import replace

from perc_scapy.capture.analysis import Analysis
from perc_scapy.crypto import Key
from perc_scapy.crypto.kdf import MasterKey
from tests.capture.handmade import MDD_MEDIA
from tests.conform.planted.registry import planted
from tests.conform.planted.relaying import raw_seen
from tests.conform.stage import Sealed, Stage, conference

NOBODY = MasterKey(Key(b"n" * 16), Key(b"s" * 12))


@planted("SRT-02")
def keys_of_nobody() -> Analysis:
    stage = conference("AB", 0)
    stage.ingress_key = lambda who: NOBODY
    stage.talk("A", 4)
    return stage.analysis()


@planted("DTL-02")
def directions_swapped() -> Analysis:
    stage = conference("AB", 2)
    stage.ingress_key = lambda who: stage.people[who].keys.server.outer()
    stage.talk("A", 2)
    return stage.analysis()


@planted("SRT-03")
def counter_jumps() -> Analysis:
    stage = conference("AB", 4)
    stage.packet("A", outer_roc=1)
    return stage.analysis()


@planted("SRT-04", "SRT-01")
def outer_index_twice() -> Analysis:
    stage = conference("AB", 4)
    stage.packet("A", seq=300, payload=b"one thing")
    stage.packet("A", seq=300, payload=b"another thing")
    return stage.analysis()


@planted("SRT-06")
def packet_is_cut() -> Analysis:
    stage = conference("AB", 4)
    header = stage.sealed("A").header
    raw_seen(stage, stage.people["A"].address, MDD_MEDIA, header + bytes(20) + b"\x00")
    return stage.analysis()


@planted("SRT-05")
def rtcp_index_goes_back() -> Analysis:
    stage = conference("AB", 2)
    stage.rtcp("A", index=500)
    stage.rtcp("A", index=2)
    return stage.analysis()


@planted("SRT-05")
def rtcp_index_twice() -> Analysis:
    stage = conference("AB", 2)
    stage.rtcp("A", index=5)
    stage.rtcp("A", b"\x80\xc9\x00\x01" + stage.ssrc("A").to_bytes(4, "big") + bytes(8), index=5)
    return stage.analysis()


@planted("DBL-15", "R8871-14")
def rtcp_under_the_inner_half() -> Analysis:
    stage = conference("AB", 2)
    stage.rtcp("A", master=stage.people["A"].keys.client.inner())
    return stage.analysis()


@planted("R8871-15")
def mail_address_in_rtcp() -> Analysis:
    stage = conference("AB", 2)
    ssrc = stage.ssrc("A").to_bytes(4, "big")
    items = b"\x01\x02ab\x03\x08a@b.test\x00"
    chunk = ssrc + items + bytes(-len(items) % 4)
    sdes = b"\x81\xca" + (len(chunk) // 4).to_bytes(2, "big") + chunk
    stage.rtcp("A", b"\x80\xc9\x00\x01" + ssrc + sdes)
    return stage.analysis()


@planted("FW16-11")
def sender_counter_at_the_egress() -> Analysis:
    stage = Stage()
    stage.egress = lambda sender, to, one: [higher(one)]
    return conference("AB", 3, stage).analysis()


def higher(one: Sealed) -> Sealed:
    return replace(one, index=one.index | 3 << 16)

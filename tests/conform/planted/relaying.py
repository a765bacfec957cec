# SPDX-License-Identifier: GPL-2.0-only
"""What an MDD does wrong with datagrams and keys."""

from __future__ import annotations

from dataclasses import replace

from perc_scapy.capture.analysis import Analysis
from tests.capture.handmade import MDD_MEDIA, k
from tests.conform.planted.edits import is_keys
from tests.conform.planted.registry import planted
from tests.conform.stage import Sealed, Stage, conference


def raw_seen(stage: Stage, src, dst, data: bytes) -> None:
    """Record a datagram without any hook."""
    Stage.__mro__[1].seen(stage, src, dst, data)


@planted("T00-MDD-07", "SLD-FUN-03", "R8871-03")
def dtls_is_altered() -> Analysis:
    stage = Stage()
    stage.alter_message = lambda raw, sender: [
        raw[:-1] + bytes((raw[-1] ^ 1,)) if sender == "mdd" else raw
    ]
    return conference("A", 0, stage).analysis()


@planted("T00-MDD-09")
def flight_beside_the_keys_is_swallowed() -> Analysis:
    stage = Stage()
    kept: list[bytes] = []

    def again(raw: bytes, sender: str) -> list[bytes]:
        if not is_keys(raw):
            return [raw]
        kept.append(raw)
        return [raw, raw]

    stage.alter_message = again
    stage.alter_link = lambda data, up, name: [] if any(data in raw for raw in kept) else [data]
    return conference("A", 0, stage).analysis()


@planted("T00-MDD-14")
def media_before_keys() -> Analysis:
    stage = conference("A")

    def early(raw: bytes, sender: str) -> list[bytes]:
        if is_keys(raw):
            raw_seen(stage, MDD_MEDIA, stage.people["B"].address, b"\x80" + bytes(60))
        return [raw]

    stage.alter_message = early
    stage.join("B", k(1))
    return stage.analysis()


@planted("T00-MDD-08", "R8871-11", "SLD-FUN-02")
def keys_of_another_hop() -> Analysis:
    stage = conference("AB", 0)
    stage.egress_key = lambda to: stage.people["A"].keys.server.outer()
    stage.talk("AB", 10)
    return stage.analysis()


@planted("R8871-09")
def unauthenticated_packet_is_relayed() -> Analysis:
    stage = conference("AB", 3)
    one = stage.sealed("A")
    wire = stage.wire(one, stage.ingress_key("A"))
    at = len(wire) - len(one.field) - 1
    raw_seen(
        stage,
        stage.people["A"].address,
        MDD_MEDIA,
        wire[:at] + bytes((wire[at] ^ 1,)) + wire[at + 1 :],
    )
    stage.deliver("A", one)
    return stage.analysis()


@planted("R8871-12")
def replay_is_relayed() -> Analysis:
    stage = conference("AB", 3)
    one = stage.packet("A")
    stage.packet("A", one)
    return stage.analysis()


@planted("R8871-13", "FW16-09")
def old_packet_under_a_fresh_index() -> Analysis:
    stage = conference("AB", 3)
    one = stage.packet("A")

    def afresh(sender: str, to: str, sealed: Sealed) -> list[Sealed]:
        seq = sealed.header[2:4]
        return [replace(sealed.with_header(seq=9000), ohb=seq + b"\x01")]

    stage.egress = afresh
    stage.deliver("A", one)
    return stage.analysis()

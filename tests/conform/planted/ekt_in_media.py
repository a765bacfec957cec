# SPDX-License-Identifier: GPL-2.0-only
"""EKT fields behind packets: form, content, order, frequency, and what an MDD does to them."""

from __future__ import annotations

from dataclasses import replace

from perc_scapy.capture.analysis import Analysis
from perc_scapy.crypto import Key
from tests.capture.handmade import k
from tests.conform.planted.registry import planted
from tests.conform.stage import Stage, conference

KEY = bytes(range(0x60, 0x70))


def with_field(make, packets: int = 4) -> Analysis:
    """A's packets with a field that `make(stage)` makes."""
    stage = conference("AB", packets)
    stage.packet("A", field=make(stage))
    return stage.analysis()


@planted("EKT-06")
def no_field() -> Analysis:
    return with_field(lambda stage: b"")


@planted("EKT-06", "DBL-15", "R8871-14")
def field_on_rtcp() -> Analysis:
    stage = conference("AB", 4)
    for _ in range(3):
        stage.rtcp("A", behind=b"\x00")
    return stage.analysis()


@planted("EKT-01", "EKT-19")
def type_5() -> Analysis:
    return with_field(lambda stage: b"abc\x00\x06\x05")


@planted("EKT-02")
def length_of_the_ciphertext() -> Analysis:
    def short(stage: Stage) -> bytes:
        field = stage.full_field("A")
        return field[:-3] + (len(field) - 7).to_bytes(2, "big") + b"\x02"

    return with_field(short)


@planted("EKT-04")
def field_does_not_unwrap() -> Analysis:
    return with_field(lambda stage: b"\x00" + stage.full_field("A")[1:])


@planted("EKT-03")
def plaintext_without_length() -> Analysis:
    plain = KEY + (0x1041).to_bytes(4, "big") + bytes(4)
    return with_field(lambda stage: stage.full_field("A", plain=plain))


@planted("EKT-07", "T00-EP-07")
def spi_that_nobody_gave() -> Analysis:
    return with_field(lambda stage: stage.full_field("A", spi=0x7777))


@planted("EKT-09", "EKT-03")
def field_of_another_ssrc() -> Analysis:
    return with_field(lambda stage: stage.full_field("A", ssrc=0xBAD))


@planted("EKT-10")
def key_of_24_octets() -> Analysis:
    return with_field(lambda stage: stage.full_field("A", key=bytes(24)))


@planted("EKT-13")
def epoch_goes_back() -> Analysis:
    stage = conference("AB", 4)
    stage.packet("A", field=stage.full_field("A", key=KEY, epoch=1))
    stage.packet("A", field=stage.full_field("A", epoch=0))
    return stage.analysis()


@planted("EKT-13")
def another_key_in_one_epoch() -> Analysis:
    return with_field(lambda stage: stage.full_field("A", key=KEY))


@planted("EKT-14")
def roc_of_nobody() -> Analysis:
    return with_field(lambda stage: stage.full_field("A", roc=7))


@planted("EKT-15")
def no_full_fields() -> Analysis:
    stage = conference("AB", 0)
    for _ in range(30):
        stage.packet("A", field=b"\x00")
    return stage.analysis()


@planted("EKT-15")
def one_full_field_for_all() -> Analysis:
    stage = conference("AB", 3)
    for _ in range(30):
        stage.packet("A", field=b"\x00")
    return stage.analysis()


@planted("EKT-21")
def mdd_alters_a_field() -> Analysis:
    stage = Stage()
    stage.egress = lambda sender, to, one: [replace(one, field=b"\x00")]
    return conference("AB", 4, stage).analysis()


@planted("R8871-22", "EKT-17", "FW16-07")
def old_key_under_a_new_ekt_key() -> Analysis:
    stage = conference("AB", 4)
    old = bytes(stage.people["A"].sender.ekt.master(stage.now).key)
    for name in "AB":
        stage.give(name, k(2))
    stage.packet("A", field=stage.full_field("A", key=old))
    return stage.analysis()


@planted("EKT-16")
def new_key_at_once() -> Analysis:
    stage = conference("AB", 4)
    salt = bytes(stage.ring["A"].salt)
    for _ in range(3):
        stage.packet("A", key=KEY, salt=salt, field=stage.full_field("A", key=KEY, epoch=1))
    return stage.analysis()


@planted("R8871-20")
def exported_salt() -> Analysis:
    stage = conference("AB", 4)
    salt = bytes(stage.people["A"].keys.client.inner().salt)
    for _ in range(2):
        stage.packet("A", salt=salt)
    return stage.analysis()


@planted("R8871-36", "R8871-34")
def ssrc_of_somebody_else() -> Analysis:
    stage = conference("AB", 4)
    stage.packet("B", ssrc=stage.ssrc("A"), seq=4000)
    return stage.analysis()


@planted("FW16-05")
def key_of_somebody_else() -> Analysis:
    stage = conference("AB", 4)
    key = Key(stage.people["A"].sender.ekt.master(stage.now).key)
    stage.packet("B", field=stage.full_field("B", key=bytes(key), epoch=1))
    return stage.analysis()


@planted("R8871-24")
def joiner_can_look_back() -> Analysis:
    stage = conference("AB")
    stage.join("C", k(1))
    stage.talk("ABC")
    return stage.analysis()

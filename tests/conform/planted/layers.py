# SPDX-License-Identifier: GPL-2.0-only
"""Double SRTP: layers that are missing or mixed up, and what an MDD must not change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from perc_scapy.capture.analysis import Analysis
from perc_scapy.conform.subject import Subject
from tests.conform.planted.registry import planted
from tests.conform.stage import Sealed, Stage, conference

EXTENSION = b"\xbe\xde\x00\x01\x10\xaa\x00\x00"


def mdd_makes(change: Callable[[Sealed], Sealed]) -> Analysis:
    """What leaves the MDD, each packet as `change` makes it."""
    stage = Stage()
    stage.egress = lambda sender, to, one: [change(one)]
    return conference("AB", 4, stage).analysis()


def sender_makes(**plot: object) -> Analysis:
    """A packet of A with something wrong in it."""
    stage = conference("AB", 4)
    stage.packet("A", **plot)
    return stage.analysis()


@planted("DBL-02")
def inner_half_outside() -> Analysis:
    stage = conference("AB", 2)
    stage.ingress_key = lambda who: stage.people[who].keys.client.inner()
    stage.talk("A", 2)
    return stage.analysis()


@planted("DBL-03")
def one_layer_only() -> Analysis:
    return sender_makes(payload=b"", ohb=b"")


@planted("DBL-04")
def extension_in_the_inner_tag() -> Analysis:
    return sender_makes(extension=EXTENSION, aad="whole")


@planted("DBL-05")
def ohb_from_the_sender() -> Analysis:
    return sender_makes(ohb=b"\x00\x05\x01")


@planted("DBL-07")
def reserved_bits() -> Analysis:
    return mdd_makes(lambda one: replace(one, ohb=b"\x10"))


@planted("DBL-06", "R8871-02")
def sequence_number_is_not_noted() -> Analysis:
    return mdd_makes(lambda one: one.with_header(seq=7000 + one.header[3]))


@planted("DBL-06")
def payload_type_is_not_noted() -> Analysis:
    return mdd_makes(lambda one: one.with_header(pt=99))


@planted("DBL-06")
def marker_is_not_noted() -> Analysis:
    return mdd_makes(lambda one: one.with_header(marker=1))


@planted("DBL-06")
def wrong_original() -> Analysis:
    return mdd_makes(
        lambda one: replace(one.with_header(seq=7000 + one.header[3]), ohb=b"\x12\x34\x01")
    )


@planted("DBL-10")
def needless_ohb() -> Analysis:
    return mdd_makes(lambda one: replace(one, ohb=one.header[2:4] + b"\x01"))


@planted("DBL-11", "R8871-02")
def timestamp_changes() -> Analysis:
    return mdd_makes(lambda one: one.with_header(timestamp=77))


@planted("FW16-10", "DBL-11")
def ssrc_changes() -> Analysis:
    return mdd_makes(lambda one: one.with_header(ssrc=0xBAD))


@planted("R8871-01", "DBL-11")
def payload_changes() -> Analysis:
    return mdd_makes(lambda one: replace(one, body=b"\xff" + one.body[1:]))


@planted("DBL-12")
def extension_comes_with_a_broken_packet() -> Analysis:
    def change(one: Sealed) -> Sealed:
        header = bytes((one.header[0] | 0x10,)) + one.header[1:] + EXTENSION
        return replace(one, header=header).with_header(timestamp=78)

    return mdd_makes(change)


@planted("DBL-18")
def inner_index_again() -> Analysis:
    """The outer index goes on, the inner SEQ comes again with other words: only an OHB makes that possible."""
    stage = conference("AB", 4)
    first = stage.sealed("A", seq=200, payload=b"first words, long enough")
    second = stage.sealed("A", seq=200, payload=b"other words, long enough")
    stage.packet("A", first)
    stage.packet("A", replace(second.with_header(seq=201), ohb=b"\x00\xc8\x01"))
    return stage.analysis()


def payload_in_clear(analysis: Analysis) -> Subject:
    """No capture can show it: who has no inner cipher has no inner key that opens. Made up from a good one."""
    subject = Subject(analysis)
    heard = next(h for h in subject.packets.heard if h.m.opened.plain is not None)
    assert heard.m.opened.plain is not None
    heard.body = heard.m.opened.plain[12:] + bytes(16)
    return subject

# SPDX-License-Identifier: GPL-2.0-only
"""Fields that are refused, floods, and anything that may arrive."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perc_scapy.crypto import (
    DoubleContext,
    EktParameters,
    EktPlaintext,
    EktReceiver,
    EktSender,
    HeaderChange,
    Key,
    PercReceiver,
    PercSender,
    SrtpContext,
    change_headers,
    wrap,
)
from perc_scapy.crypto.ekt_sources import MAX_KEYS
from perc_scapy.errors import (
    AuthenticationError,
    CryptoError,
    DecodeError,
    KeyExhaustedError,
    LocalError,
    ReplayError,
    UnknownSpiError,
)
from perc_scapy.wire import full_ekt_field, peel_ekt
from tests.crypto.media import SETS, inner_states, make_receiver, make_sender, states
from tests.crypto.support import (
    HOP1,
    HOP2,
    HOP3,
    SSRC,
    context,
    h,
    layer_keys,
    octets,
    rtp,
)

# -- discarded and refused fields on the wire


@pytest.mark.req("EKT-09")
def test_ssrc_mismatch() -> None:
    sender, receiver = make_sender(full_interval=0.0), make_receiver()
    other = peel_ekt(sender.protect(rtp(ssrc=9), 0.0))[1].raw
    receiver.unprotect(sender.protect(rtp(seq=1), 0.0), 0.0)
    srtp, _field = peel_ekt(sender.protect(rtp(seq=2), 0.0))
    assert receiver.unprotect(srtp + other, 0.0).rtp == rtp(seq=2)
    assert receiver.ekt.ssrcs() == [SSRC]
    stranger = make_receiver()
    with pytest.raises(AuthenticationError):
        stranger.unprotect(srtp + other, 0.0)
    assert stranger.ekt.ssrcs() == []


@pytest.mark.req("EKT-19")
@pytest.mark.parametrize("kind", [3, 21, 254, 255])
def test_unknown_field_types_are_cut_off(kind: int) -> None:
    sender, receiver = make_sender(), make_receiver()
    receiver.unprotect(sender.protect(rtp(seq=1), 0.0), 0.0)
    srtp, _field = peel_ekt(sender.protect(rtp(seq=2), 0.0))
    assert receiver.unprotect(srtp + h("aabbccdd0007") + bytes((kind,)), 0.0).rtp == rtp(seq=2)


@pytest.mark.req("EKT-19")
@pytest.mark.parametrize(
    "tail",
    [
        "01",
        "000601",
        "000002",
        "000602",
        "000702",
        "ffff02",
        "00ff02",
        "000003",
        "000303",
        "ffff03",
        "04ff03",
        "02",
        "0302",
    ],
)
def test_type_1_and_lengths_that_do_not_fit_are_malformed(tail: str) -> None:
    sender, receiver = make_sender(), make_receiver()
    srtp, _field = peel_ekt(sender.protect(rtp(seq=1), 0.0))
    before = states(receiver)
    with pytest.raises((DecodeError, AuthenticationError)):
        receiver.unprotect(srtp + h(tail), 0.0)
    assert states(receiver) == before


@pytest.mark.req("EKT-10")
def test_key_of_another_length_drops_the_packet_and_keeps_the_key() -> None:
    sender, receiver = make_sender(), make_receiver()
    receiver.unprotect(sender.protect(rtp(seq=1), 0.0), 0.0)
    before = inner_states(receiver)
    srtp, _field = peel_ekt(sender.protect(rtp(seq=2), 0.0))
    plain = EktPlaintext(Key(octets(1, 32)), SSRC, 0).encode()
    with pytest.raises(AuthenticationError):
        receiver.unprotect(srtp + full_ekt_field(wrap(SETS[9][0].key, plain), 1, 1), 0.0)
    assert inner_states(receiver) == before


@pytest.mark.req("EKT-11")
def test_a_new_inner_key_leaves_the_outer_half() -> None:
    sender, receiver = make_sender(hold=0.0), make_receiver()
    receiver.unprotect(sender.protect(rtp(seq=1), 0.0), 0.0)
    sender.ekt.rekey(0.01)
    sender.protect(rtp(seq=2), 0.01)
    wire = sender.protect(rtp(seq=3), 0.02)
    outer_before = receiver.outer
    assert receiver.unprotect(wire, 0.02).epoch == 1
    assert receiver.outer is outer_before
    assert receiver.outer.last_index(SSRC) == 3


@pytest.mark.req("EKT-18")
def test_ttl_silences_the_sender_and_deafens_the_receiver_to_fields() -> None:
    short = EktParameters(1, 1, SETS[9][0].key, SETS[9][0].salt, 10)
    ekt = EktSender(short, key_length=16, random=bytes, now=0.0)
    sender, receiver = PercSender(9, context(7, *HOP1), ekt), make_receiver(sets=0)
    receiver.ekt.add_parameters(short, 5.0)
    sealed = sender.protect(rtp(seq=1), 9.0)
    receiver.unprotect(sealed, 9.0)
    last = sender.protect(rtp(seq=2), 9.99)
    with pytest.raises(UnknownSpiError):
        receiver.unprotect(last, 15.0)
    before = sender.outer.last_index(SSRC)
    with pytest.raises(KeyExhaustedError):
        sender.protect(rtp(seq=3), 10.0)
    assert sender.outer.last_index(SSRC) == before


# -- bounds


def test_ssrcs_are_bounded_and_a_sleeper_cannot_be_replayed() -> None:
    receiver = make_receiver(max_ssrcs=4)
    sender = make_sender(full_interval=0.0)
    sent = {}
    for ssrc in range(20):
        sent[ssrc] = sender.protect(rtp(seq=9, ssrc=ssrc), 0.0)
        receiver.unprotect(sent[ssrc], 0.0)
    sources = receiver.ekt.sources
    awake = [s for s in range(20) if any(k.context for k in sources.get(s).keys)]
    assert awake == [16, 17, 18, 19]
    ingress, egress = context(7, *HOP1), context(7, *HOP2)
    receiver.outer = context(7, *HOP2)
    for ssrc in range(20):
        srtp, field = peel_ekt(sent[ssrc])
        egress.refuse_up_to(ssrc, 50)
        again = egress.protect(change_headers(ingress.unprotect(srtp), HeaderChange(seq=60)))
        with pytest.raises(ReplayError):
            receiver.unprotect(again + field.raw, 0.0)
    sender.outer = context(7, *HOP3)
    receiver.outer = context(7, *HOP3)
    for ssrc in range(20):
        packet = rtp(seq=10, ssrc=ssrc)
        assert receiver.unprotect(sender.protect(packet, 0.0), 0.0).rtp == packet


def test_inner_work_per_packet_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    sender, receiver = make_sender(hold=0.0), make_receiver(sets=8)
    step = 0
    for parameters in SETS[9][1:]:
        sender.ekt.set_parameters(parameters, step * 0.02)
        for _ in range(6):
            receiver.unprotect(sender.protect(rtp(seq=step), step * 0.02), step * 0.02)
            step += 1
    work: list[int] = []
    real = SrtpContext.open
    monkeypatch.setattr(
        SrtpContext, "open", lambda self, *a, **k: work.append(1) or real(self, *a, **k)
    )
    outer = context(7, *HOP1)
    outer.seed(SSRC, step)
    plain = EktPlaintext(Key(bytes(16)), SSRC, 77).encode()
    field = full_ekt_field(wrap(SETS[9][7].key, plain), 8, 900)
    with pytest.raises(AuthenticationError):
        receiver.unprotect(outer.protect(rtp(seq=step, payload=bytes(40))) + field, step * 0.02)
    assert 2 < len(work) <= 1 + MAX_KEYS + 2


def test_a_flood_of_announcements_costs_little_memory() -> None:
    """A member may announce keys for any SSRC; none of it displaces a key that works."""
    receiver, sender = make_receiver(max_ssrcs=8), make_sender()
    receiver.unprotect(sender.protect(rtp(seq=1), 0.0), 0.0)
    outer = context(7, *HOP1)
    for ssrc in range(500):
        plain = EktPlaintext(Key(octets(ssrc, 16)), ssrc, 0).encode()
        field = full_ekt_field(wrap(SETS[9][0].key, plain), 1, 0)
        with pytest.raises(AuthenticationError):
            receiver.unprotect(outer.protect(rtp(ssrc=ssrc, payload=bytes(40))) + field, 0.0)
    assert receiver.ekt.ssrcs() == [SSRC]
    assert sum(receiver.ekt.sources.get(ssrc) is not None for ssrc in range(500)) == 8
    assert receiver.unprotect(sender.protect(rtp(seq=2), 0.02), 0.02).rtp == rtp(seq=2)


# -- misuse, and anything may arrive


def test_misuse() -> None:
    ekt = EktReceiver(key_length=16)
    for profile, outer in ((7, context(7, *HOP1)), (9, context(8, *HOP1)), (10, context(7, *HOP1))):
        with pytest.raises(LocalError):
            PercReceiver(profile, outer, ekt)
    with pytest.raises(LocalError):
        make_receiver().outer = context(8, *HOP1)


@given(st.binary(max_size=150), st.booleans())
def test_random_octets(data: bytes, short: bool) -> None:
    receiver = make_receiver()
    before = states(receiver)
    for call in (
        lambda: receiver.unprotect(data + b"\0" * short, 0.0),
        lambda: receiver.unprotect_repair(data + b"\0" * short),
        lambda: receiver.unprotect_rtcp(data),
    ):
        with pytest.raises((DecodeError, CryptoError)):
            call()
    assert states(receiver) == before


@settings(max_examples=200)
@given(st.binary(max_size=80), st.binary(max_size=80), st.integers(0, 15))
def test_a_mad_middle(payload: bytes, tail: bytes, csrcs: int) -> None:
    """Right outer layer around anything, with anything behind it: refused, and the next packet opens."""
    sender, receiver, middle = make_sender(), make_receiver(), context(7, *HOP1)
    receiver.unprotect(sender.protect(rtp(seq=1), 0.0), 0.0)
    middle.seed(SSRC, 5)
    with pytest.raises((DecodeError, CryptoError)):
        receiver.unprotect(middle.protect(rtp(seq=5, payload=payload, csrcs=csrcs)) + tail, 0.0)
    with suppress(DecodeError, CryptoError):
        sender.protect(payload, 0.0)
    assert receiver.unprotect(sender.protect(rtp(seq=6), 0.02), 0.02).rtp == rtp(seq=6)


def test_a_full_double_key_opens_it_too() -> None:
    """A tool that knows both halves needs no EKT: inner key and EKT salt, outer half of the hop."""
    sender = make_sender()
    master, outer = sender.ekt.master(0.0), layer_keys(7, *HOP1)
    srtp, _field = peel_ekt(sender.protect(rtp(), 0.0))
    full = DoubleContext(9, bytes(master.key) + outer.key, bytes(master.salt) + outer.salt)
    assert full.unprotect(srtp).rtp == rtp()

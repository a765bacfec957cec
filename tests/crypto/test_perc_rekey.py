# SPDX-License-Identifier: GPL-2.0-only
"""New master keys and new EKT keys, under loss and reordering."""

from __future__ import annotations

import random as random_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perc_scapy.errors import (
    AuthenticationError,
    UnknownSpiError,
)
from perc_scapy.wire import peel_ekt
from tests.crypto.media import SETS, make_receiver, make_sender, run, states
from tests.crypto.support import (
    HOP1,
    SSRC,
    context,
    rtp,
)

# -- re-key


@pytest.mark.req("EKT-13", "EKT-15", "EKT-16")
def test_rekey_without_a_gap() -> None:
    sender, receiver = make_sender(), make_receiver()
    run(sender, [receiver], 0, 10)
    sender.ekt.rekey(0.2)
    (log,) = run(sender, [receiver], 10, 30)
    assert log == [(1, 0)] * 13 + [(1, 1)] * 17


@pytest.mark.req("EKT-16", "EKT-17", "R8871-22", "R8871-23")
def test_a_new_ekt_key_without_a_gap_and_a_joiner_who_has_only_the_new_one() -> None:
    sender, member = make_sender(), make_receiver(sets=2)
    joiner = make_receiver(sets=0)
    joiner.ekt.add_parameters(SETS[9][1], 0.0)
    member_log, joiner_log = run(sender, [member, joiner], 0, 10)
    assert member_log == [(1, 0)] * 10
    assert {UnknownSpiError, AuthenticationError} == set(joiner_log)
    sender.ekt.set_parameters(SETS[9][1], 0.2)
    member_log, joiner_log = run(sender, [member, joiner], 10, 30)
    assert member_log == [(1, 0)] * 13 + [(2, 0)] * 17
    # The joiner cannot open what the old key protects, and opens the very first packet under the new one, which
    # carries a short field: the announcement was kept.
    assert joiner_log == [AuthenticationError] * 13 + [(2, 0)] * 17
    assert joiner.ekt.ssrcs() == [SSRC]


@pytest.mark.req("EKT-16", "R8871-23")
@pytest.mark.parametrize("joins", [2, 3, 5])
def test_joins_in_quick_succession(joins: int) -> None:
    sender, member = make_sender(), make_receiver(sets=8)
    run(sender, [member], 0, 10)
    log = []
    for number in range(joins):
        sender.ekt.set_parameters(SETS[9][1 + number], (10 + 4 * number) * 0.02)
        log += run(sender, [member], 10 + 4 * number, 4)[0]
    log += run(sender, [member], 10 + 4 * joins, 40)[0]
    assert all(isinstance(entry, tuple) for entry in log)
    assert [spi for spi, _epoch in log] == sorted(spi for spi, _epoch in log)
    assert log[-1] == (1 + joins, 0)


@pytest.mark.req("EKT-16", "EKT-15")
@settings(max_examples=60)
@given(
    st.integers(0, 2**32),
    st.sampled_from([0.05, 0.1, 0.3, 0.6]),
    st.lists(st.integers(1, 149), max_size=5),
)
def test_only_a_key_never_announced_fails(seed: int, loss: float, rekeys: list[int]) -> None:
    """Loss, reordering, re-keys and new EKT keys: every packet that arrives opens, unless no packet that arrived
    before it had announced its key."""
    dice = random_module.Random(seed)
    sender, receiver = make_sender(), make_receiver(sets=6)
    arrivals = []
    for step in range(150):
        now = step * 0.02
        if step in rekeys and step % 2:
            sender.ekt.rekey(now)
        elif step in rekeys:
            sender.ekt.set_parameters(SETS[9][1 + rekeys.index(step)], now)
        packet = rtp(seq=(65500 + step) & 0xFFFF)
        wire = sender.protect(packet, now)
        names = sender.ekt._newest.master.key, sender.ekt.master(now, SSRC).key
        if dice.random() >= loss:
            arrivals.append((now + dice.random() * 0.06, wire, packet, *names))
    announced, opened = set(), 0
    for arrival, wire, packet, announces, used in sorted(arrivals):
        if peel_ekt(wire)[1].type == 2:
            announced.add(announces)
        if used in announced:
            assert receiver.unprotect(wire, arrival).rtp == packet
            opened += 1
        else:
            with pytest.raises(AuthenticationError):
                receiver.unprotect(wire, arrival)
    assert opened or loss > 0.3


@pytest.mark.req("EKT-20")
def test_a_good_field_on_a_packet_with_a_bad_tag_leaves_the_old_key() -> None:
    """libsrtp's test of 2016: new key in a valid field, SRTP tag wrong; the next packet under the old key opens."""
    sender, receiver = make_sender(hold=10.0), make_receiver()
    receiver.unprotect(sender.protect(rtp(seq=0), 0.0), 0.0)
    sender.ekt.rekey(0.02)
    before = states(receiver)
    srtp, field = peel_ekt(sender.protect(rtp(seq=1), 0.02))
    assert field.epoch == 1
    with pytest.raises(AuthenticationError):
        receiver.unprotect(srtp[:-1] + bytes((srtp[-1] ^ 1,)) + field.raw, 0.02)
    assert states(receiver) == before
    assert receiver.unprotect(srtp + b"\0", 0.02).epoch == 0
    # The same with the outer layer right and the inner tag wrong: the key is at most kept beside.
    plain = context(7, *HOP1)
    plain.seed(SSRC, 2)
    hop, out = context(7, *HOP1), sender.protect(rtp(seq=2), 0.04)
    opened = bytearray(hop.unprotect(peel_ekt(out)[0]))
    opened[-2] ^= 1
    with pytest.raises(AuthenticationError):
        receiver.unprotect(plain.protect(bytes(opened)) + field.raw, 0.04)
    assert receiver.unprotect(sender.protect(rtp(seq=3), 0.06), 0.06).epoch == 0


@pytest.mark.req("EKT-13")
def test_fields_with_passed_epochs_do_not_bring_a_key_back() -> None:
    sender, receiver = make_sender(hold=0.0, full_interval=0.0), make_receiver()
    old = sender.protect(rtp(seq=0), 0.0)
    sender.ekt.rekey(0.0)
    for seq in (1, 2, 3):
        receiver.unprotect(sender.protect(rtp(seq=seq), 0.1), 0.1)
    assert receiver.ekt.ssrcs() == [SSRC]
    with pytest.raises(AuthenticationError):  # epoch 0 was never heard, and now it is too late
        receiver.unprotect(old, 0.2)

# SPDX-License-Identifier: GPL-2.0-only
"""Two endpoints, a middle, simulated time: PERC media as it should go, and what each layer keeps to itself."""

from __future__ import annotations

import random as random_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto import (
    SRTP_PROFILES,
    EktParameters,
    EktPlaintext,
    EktReceiver,
    EktSender,
    HeaderChange,
    Key,
    MasterKey,
    PercReceiver,
    PercSender,
    change_headers,
    relay,
)
from perc_scapy.errors import (
    AuthenticationError,
    CryptoError,
    DecodeError,
    ReplayError,
    UnknownSpiError,
)
from perc_scapy.wire import peel_ekt
from tests.crypto.media import SETS, inner_states, make_receiver, make_sender, run, states
from tests.crypto.support import (
    EXTENSION,
    HOP1,
    HOP2,
    HOP3,
    RTCP,
    SSRC,
    VECTORS,
    LibsrtpDouble,
    context,
    h,
    layer_keys,
    octets,
    rtp,
)

# -- the plain case


@pytest.mark.req("EKT-01", "EKT-02", "EKT-06", "DBL-03", "DBL-15")
@pytest.mark.parametrize("profile", [9, 10])
def test_every_srtp_packet_has_a_field_and_no_rtcp_has(profile: int) -> None:
    sender, receiver = make_sender(profile), make_receiver(profile)
    outer, types = context(SRTP_PROFILES[profile].layer.code, *HOP1), []
    for step in range(100):
        now, packet = step * 0.02, rtp(seq=step, payload=octets(step, 160))
        wire = sender.protect(packet, now)
        srtp, field = peel_ekt(wire)
        types.append(field.type)
        assert len(srtp) == len(packet) + 33
        assert outer.unprotect(srtp)[:12] == packet[:12]
        opened = receiver.unprotect(wire, now)
        assert (opened.rtp, opened.spi, opened.epoch) == (packet, 1, 0)
        sealed = sender.protect_rtcp(RTCP)
        assert len(sealed) == len(RTCP) + 20
        assert receiver.unprotect_rtcp(sealed) == RTCP
    assert set(types) == {0, 2}
    assert types.count(2) == 3 + 19
    assert opened.key_id == sender.ekt.master(0.0).key.id


@pytest.mark.req("DBL-02", "R8871-20", "EKT-03", "EKT-12")
@pytest.mark.parametrize("profile", [9, 10])
def test_two_libsrtp_sessions_open_it_with_the_salt_of_the_ekt_key(profile: int) -> None:
    sender, layer = make_sender(profile), SRTP_PROFILES[profile].layer.code
    srtp, field = peel_ekt(sender.protect(rtp(extension=EXTENSION), 0.0))
    plain = EktPlaintext.decode(_unwrapped(profile, field.ciphertext))
    outer = layer_keys(layer, *HOP1)
    assert plain.ssrc == SSRC
    peer = LibsrtpDouble(layer, MasterKey(plain.key, SETS[profile][0].salt), outer)
    assert peer.unprotect(srtp) == rtp()
    other_salt = LibsrtpDouble(layer, MasterKey(plain.key, octets(0xA0, 12)), outer)
    with pytest.raises(Exception, match="authentication failure"):
        other_salt.unprotect(srtp)


def _unwrapped(profile: int, ciphertext: bytes) -> bytes:
    from cryptography.hazmat.primitives.keywrap import aes_key_unwrap_with_padding

    return aes_key_unwrap_with_padding(bytes(SETS[profile][0].key), ciphertext)


@pytest.mark.req("EKT-02", "DBL-03")
def test_wire_of_the_vector() -> None:
    v = VECTORS["EKT-on-double-128"]
    parameters = EktParameters(0x1234, 1, Key(h(v["ekt_key"])), Key(octets(0xA0, 12)), 9)
    ekt = EktSender(parameters, key_length=16, random=bytes, now=0.0, master_key=octets(0x10, 16))
    sender = PercSender(9, context(7, *HOP1), ekt)
    assert sender.protect(rtp(), 0.0).hex() == v["wire_full"]
    for seq in (2, 3):
        sender.protect(rtp(seq=0x1234 + seq), 0.0)
    receiver = PercReceiver(9, context(7, *HOP1), EktReceiver(key_length=16))
    receiver.ekt.add_parameters(parameters, 0.0)
    assert receiver.unprotect(h(v["wire_full"]), 0.0).rtp == rtp()
    stranger = PercReceiver(9, context(7, *HOP1), EktReceiver(key_length=16))
    with pytest.raises(AuthenticationError):
        stranger.unprotect(h(v["wire_short"]), 0.0)


@pytest.mark.req("EKT-07", "EKT-19")
@pytest.mark.parametrize(
    ("name", "error"),
    [("NEG-EKT-len_short", DecodeError), ("NEG-EKT-spi_unknown", UnknownSpiError)],
)
def test_negative_vectors_install_nothing(name: str, error: type[Exception]) -> None:
    v = VECTORS[name]
    receiver = PercReceiver(9, context(7, *HOP1), EktReceiver(key_length=16))
    parameters = EktParameters(0x1234, 1, Key(h(v["ekt_key"])), Key(octets(0xA0, 12)), 9)
    receiver.ekt.add_parameters(parameters, 0.0)
    before = inner_states(receiver)
    with pytest.raises(error):
        receiver.unprotect(h(v["wire"]), 0.0)
    assert inner_states(receiver) == before


packets = st.builds(
    rtp,
    seq=st.integers(0, 0xFFFF),
    payload=st.binary(max_size=100),
    pt=st.integers(0, 127),
    marker=st.booleans(),
    csrcs=st.integers(0, 15),
    extension=st.sampled_from([None, EXTENSION]),
    padding=st.booleans(),
    ssrc=st.integers(0, 0xFFFFFFFF),
)


@given(packets, st.sampled_from([9, 10]))
def test_round_trip(packet: bytes, profile: int) -> None:
    opened = make_receiver(profile).unprotect(make_sender(profile).protect(packet, 0.0), 0.0)
    end = 12 + 4 * (packet[0] & 15)
    skip = len(EXTENSION) if packet[0] & 0x10 else 0
    assert opened.rtp == bytes((packet[0] & 0xEF,)) + packet[1:end] + packet[end + skip :]


# -- late joiners and the ROC


@pytest.mark.req("EKT-14")
def test_a_late_joiner_opens_its_first_packet_at_roc_42() -> None:
    sender = make_sender()
    first = sender.protect(rtp(seq=1), 0.0)
    inner = next(iter(sender._lines.values()))[1]
    inner.set_roc(SSRC, 42)
    wire = sender.protect(rtp(seq=2), 0.02)
    late = make_receiver()
    assert late.unprotect(wire, 0.02).rtp == rtp(seq=2)
    (key,) = late.ekt.candidates(SSRC, peel_ekt(wire)[1], 0.02)
    assert key.roc == 42
    assert late.unprotect(sender.protect(rtp(seq=3), 0.04), 0.04).rtp == rtp(seq=3)
    assert late.outer.roc(SSRC) == 0
    with pytest.raises(CryptoError):
        late.unprotect(first, 0.1)


@pytest.mark.req("EKT-14", "DBL-09")
def test_a_late_joiner_after_two_wraps_and_one_to_come() -> None:
    """ROC 2 comes from the field; the outer ROC of the new hop starts at 0 and goes its own way."""
    sender = make_sender(full_interval=0.0)
    for seq in (65535, 0, 30000, 60000, 1, 30000, 60000, 65530):
        wire = sender.protect(rtp(seq=seq), 0.0)
    ingress, egress, late = context(7, *HOP1), context(7, *HOP2), make_receiver(hop=HOP2)
    ingress.set_roc(SSRC, 2)
    for step in range(20):
        seq = (65531 + step) & 0xFFFF
        wire = sender.protect(rtp(seq=seq), 0.0)
        srtp, field = peel_ekt(wire)
        out = relay(srtp, ingress, egress, HeaderChange(seq=step)) + (
            field.raw if step < 1 else b"\0"
        )
        opened = late.unprotect(out, 0.0)
        assert opened.rtp == rtp(seq=seq)
    assert late.outer.roc(SSRC) == 0


@pytest.mark.req("EKT-14")
def test_a_field_catches_up_after_a_silence_that_loses_the_roc() -> None:
    sender, receiver = make_sender(full_interval=0.0), make_receiver()
    receiver.unprotect(sender.protect(rtp(seq=100), 0.0), 0.0)
    for seq in (
        30000,
        60000,
        25000,
        50000,
        10000,
    ):  # heard by nobody: the ROC is 2 now, an estimate says 0
        wire = sender.protect(rtp(seq=seq), 0.0)
    receiver.outer.seed(SSRC, 0)
    fresh = context(7, *HOP1)
    fresh.set_roc(SSRC, 2)
    receiver.outer = fresh
    assert receiver.unprotect(wire, 0.0).rtp == rtp(seq=10000)
    assert receiver.unprotect(sender.protect(rtp(seq=10001), 0.0), 0.0).rtp == rtp(seq=10001)


def test_an_old_field_replayed_on_a_new_packet_does_no_harm() -> None:
    """A field is not bound to its packet: the middle may swap fields of one SSRC."""
    sender, receiver = make_sender(full_interval=0.0), make_receiver()
    old = peel_ekt(sender.protect(rtp(seq=65000), 0.0))[1].raw
    receiver.unprotect(make_sender(full_interval=0.0).protect(rtp(seq=65000), 0.0), 0.0)
    for step in range(1, 1000, 100):
        packet = rtp(seq=(65000 + step) & 0xFFFF)
        srtp, _field = peel_ekt(sender.protect(packet, 0.0))
        assert receiver.unprotect(srtp + old, 0.0).rtp == packet


# -- layers keep to themselves


@pytest.mark.req("DBL-18", "EKT-20")
def test_an_outer_failure_changes_nothing_at_all() -> None:
    sender, receiver = make_sender(), make_receiver()
    receiver.unprotect(sender.protect(rtp(seq=1), 0.0), 0.0)
    sender.ekt.rekey(0.0)
    wire = sender.protect(rtp(seq=2), 0.0)
    srtp, field = peel_ekt(wire)
    before = states(receiver)
    for position in range(len(srtp)):
        changed = (
            srtp[:position] + bytes((srtp[position] ^ 0x40,)) + srtp[position + 1 :] + field.raw
        )
        with pytest.raises((CryptoError, DecodeError)):
            receiver.unprotect(changed, 0.0)
        assert states(receiver) == before
    with pytest.raises(ReplayError):
        receiver.unprotect(make_sender().protect(rtp(seq=1), 0.0), 0.0)
    assert states(receiver) == before
    assert receiver.unprotect(wire, 0.0).rtp == rtp(seq=2)


@pytest.mark.req("DBL-18")
def test_no_key_is_unwrapped_before_the_hop_authenticated(monkeypatch: pytest.MonkeyPatch) -> None:
    from perc_scapy.crypto import ekt_receiver

    calls: list[int] = []
    monkeypatch.setattr(ekt_receiver, "unwrap", lambda *_: calls.append(1))
    receiver = make_receiver()
    for sender in (make_sender(hop=HOP3), make_sender(hop=HOP2)):
        with pytest.raises(AuthenticationError):
            receiver.unprotect(sender.protect(rtp(), 0.0), 0.0)
    assert calls == []


@pytest.mark.req("R8871-12", "R8871-13", "DBL-18")
def test_replay_at_the_hop_and_end_to_end() -> None:
    """The middle may seal an inner packet twice, under new outer numbers; the endpoint takes it once."""
    sender, receiver = make_sender(), make_receiver(hop=HOP2)
    ingress, egress = context(7, *HOP1), context(7, *HOP2)
    srtp, field = peel_ekt(sender.protect(rtp(seq=5), 0.0))
    plain = ingress.unprotect(srtp)
    first = egress.protect(change_headers(plain, HeaderChange(seq=100))) + field.raw
    again = egress.protect(change_headers(plain, HeaderChange(seq=101))) + field.raw
    later = egress.protect(change_headers(plain, HeaderChange(seq=900))) + b"\0"
    assert receiver.unprotect(first, 0.0).rtp == rtp(seq=5)
    with pytest.raises(ReplayError):
        receiver.unprotect(first, 0.0)
    before = inner_states(receiver)
    for wire in (again, later):
        with pytest.raises(ReplayError):
            receiver.unprotect(wire, 0.0)
    assert inner_states(receiver) == before
    assert receiver.outer.last_index(SSRC) == 900


@pytest.mark.req("R8871-13", "EKT-11")
def test_inner_replay_list_survives_new_hop_keys_and_new_inner_keys() -> None:
    sender, receiver = make_sender(hold=0.0), make_receiver()
    wire = sender.protect(rtp(seq=5), 0.0)
    receiver.unprotect(wire, 0.0)
    sender.outer = context(7, *HOP2)
    receiver.outer = context(7, *HOP2)
    plain = context(7, *HOP1).unprotect(peel_ekt(wire)[0])
    replayed = context(7, *HOP2).protect(plain) + b"\0"
    with pytest.raises(ReplayError):
        receiver.unprotect(replayed, 0.0)
    assert receiver.unprotect(sender.protect(rtp(seq=6), 0.02), 0.02).rtp == rtp(seq=6)
    sender.ekt.rekey(0.03)
    for seq in (7, 8, 9):
        receiver.unprotect(sender.protect(rtp(seq=seq), 0.04), 0.04)
    again, last = context(7, *HOP2), peel_ekt(sender.protect(rtp(seq=10), 0.05))[0]
    receiver.unprotect(last + b"\0", 0.05)
    newest = context(7, *HOP2).unprotect(last)
    for seq, inner in ((41, plain), (42, newest)):  # under the old key, and under the new one
        again.seed(SSRC, seq)
        with pytest.raises(ReplayError):
            receiver.unprotect(
                again.protect(change_headers(inner, HeaderChange(seq=seq))) + b"\0", 0.05
            )


@pytest.mark.req("R8871-13")
def test_the_index_goes_on_over_a_rekey_and_a_wrap() -> None:
    sender, receiver = make_sender(), make_receiver()
    (log,) = run(sender, [receiver], 65520, 10)
    sender.ekt.rekey(65530 * 0.02)
    (log,) = run(sender, [receiver], 65530, 40)
    assert log == [(1, 0)] * 13 + [(1, 1)] * 27
    key = receiver.ekt.sources.get(SSRC).keys[0]
    assert key.context.last_index(SSRC) == 65569


@pytest.mark.req("R8871-17", "R8871-19")
def test_two_ssrcs_of_one_sender_and_one_of_another() -> None:
    one, two, receiver = (
        make_sender(),
        make_sender(random=random_module.Random(6).randbytes),
        make_receiver(),
    )
    for step in range(10):
        for sender, ssrc in ((one, 1), (one, 2), (two, 3)):
            packet = rtp(seq=step * ssrc, ssrc=ssrc, payload=bytes((ssrc,)))
            assert (
                receiver.unprotect(sender.protect(packet, step * 0.02), step * 0.02).rtp == packet
            )
    assert sorted(receiver.ekt.ssrcs()) == [1, 2, 3]


def test_a_sender_that_comes_back_under_a_new_set_is_heard() -> None:
    """Same SSRC, fresh state: epoch 0 and ROC 0 again, lower SEQ, but a new EKT key."""
    receiver = make_receiver(sets=2)
    run(make_sender(), [receiver], 30000, 5)
    receiver.outer = context(7, *HOP2)
    back = make_sender(hop=HOP2, random=random_module.Random(8).randbytes)
    back.ekt.set_parameters(SETS[9][1], 0.0)
    (log,) = run(back, [receiver], 10, 10)
    assert log == [(2, 0)] * 10


@pytest.mark.req("R8871-18", "R8871-24")
def test_after_leaving_nothing_opens() -> None:
    sender, receiver = make_sender(full_interval=0.0), make_receiver()
    receiver.unprotect(sender.protect(rtp(seq=1), 0.0), 0.0)
    receiver.ekt.clear()
    with pytest.raises(UnknownSpiError):
        receiver.unprotect(sender.protect(rtp(seq=2), 0.0), 0.0)
    assert receiver.ekt.ssrcs() == []


@pytest.mark.req("R8871-24", "EKT-17")
def test_who_left_cannot_open_what_follows_the_rekey() -> None:
    sender, leaver = make_sender(), make_receiver()
    run(sender, [leaver], 0, 5)
    sender.ekt.set_parameters(SETS[9][1], 0.1)
    (log,) = run(sender, [leaver], 5, 40)
    assert all(entry != (2, 0) for entry in log)
    assert set(log[20:]) == {UnknownSpiError, AuthenticationError}


# -- repair


@pytest.mark.req("DBL-16", "EKT-06")
def test_repair_packets_have_the_outer_layer_and_a_short_field() -> None:
    sender, receiver = make_sender(), make_receiver()
    original = sender.protect(rtp(seq=5), 0.0)
    body = peel_ekt(original)[0]
    rtx = rtp(seq=1, ssrc=0x99, pt=97, payload=body[2:4] + body[12:])
    wire = sender.protect(rtx, 0.0, repair=True)
    assert wire[-1:] == b"\0"
    opened = receiver.unprotect_repair(wire)
    assert opened.rtp == rtx
    again = body[:2] + opened.rtp[12:14] + body[4:12] + opened.rtp[14:]
    assert receiver.unprotect(again + peel_ekt(original)[1].raw, 0.0).rtp == rtp(seq=5)

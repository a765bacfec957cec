# SPDX-License-Identifier: GPL-2.0-only
"""What a context refuses: replays, repeated nonces, forgeries, ends of indices, and anything that may arrive."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto import SrtpContext
from perc_scapy.crypto import srtp as srtp_module
from perc_scapy.errors import (
    AuthenticationError,
    CryptoError,
    DecodeError,
    KeyExhaustedError,
    LocalError,
    NonceReuseError,
    ReplayError,
    StreamLimitError,
)
from tests.crypto.single import PAIR, SINGLE, packets, pair
from tests.crypto.states import state
from tests.crypto.support import (
    RTCP,
    SHAPES,
    SSRC,
    context,
    octets,
    rtp,
)

# -- state changes only after authentication


@pytest.mark.req("SRT-03", "DBL-18")
@pytest.mark.parametrize("profile", SINGLE)
def test_forged_packets_change_nothing(profile: int) -> None:
    sender, receiver = pair(profile)
    for seq in range(3):
        receiver.unprotect(sender.protect(rtp(seq=seq)))
    before = state(receiver)
    good = sender.protect(rtp(seq=3))
    forged = [
        good[:-1] + bytes((good[-1] ^ 1,)),
        rtp(seq=40000, payload=bytes(40)),
        rtp(seq=60000, payload=bytes(40)),
        rtp(seq=3, ssrc=99, payload=bytes(40)),
    ]
    for packet in forged:
        with pytest.raises(AuthenticationError):
            receiver.unprotect(packet)
        assert state(receiver) == before
    with pytest.raises(ReplayError):
        receiver.unprotect(rtp(seq=2, payload=bytes(40)))
    assert state(receiver) == before
    assert receiver.unprotect(good) == rtp(seq=3)


@pytest.mark.parametrize("profile", SINGLE)
def test_forged_rtcp_changes_nothing(profile: int) -> None:
    sender, receiver = pair(profile)
    first, second = sender.protect_rtcp(RTCP), sender.protect_rtcp(RTCP)
    receiver.unprotect_rtcp(first)
    before = state(receiver)
    for position in range(len(second)):
        changed = second[:position] + bytes((second[position] ^ 0x20,)) + second[position + 1 :]
        with pytest.raises((CryptoError, DecodeError)):
            receiver.unprotect_rtcp(changed)
        assert state(receiver) == before
    assert receiver.unprotect_rtcp(second) == RTCP


@pytest.mark.parametrize("profile", [7, 8])
def test_every_changed_bit_is_refused(profile: int) -> None:
    sender = context(profile, *PAIR)
    sealed = sender.protect(SHAPES["csrc_ext"])
    for position in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises((CryptoError, DecodeError)):
            context(profile, *PAIR).unprotect(bytes(changed))


# -- replay, nonces, limits


@pytest.mark.req("SRT-04", "R8871-12")
@pytest.mark.parametrize("profile", SINGLE)
def test_replay_is_refused_and_late_packets_are_taken(profile: int) -> None:
    sender, receiver = pair(profile)
    sealed = [sender.protect(rtp(seq=seq)) for seq in range(300)]
    for index in (0, 299, 172, 298):
        receiver.unprotect(sealed[index])
        with pytest.raises(ReplayError):
            receiver.unprotect(sealed[index])
    for too_old in (0, 1, 171):
        with pytest.raises(ReplayError):
            receiver.unprotect(sealed[too_old])
    assert receiver.unprotect(sealed[173])


@pytest.mark.parametrize("profile", SINGLE)
def test_a_repeated_index_is_never_protected(profile: int) -> None:
    sender = context(profile, *PAIR)
    sender.protect(rtp(seq=500))
    with pytest.raises(NonceReuseError):
        sender.protect(rtp(seq=500, payload=b"other"))
    with pytest.raises(NonceReuseError):
        sender.protect(rtp(seq=100))  # too old to know
    with pytest.raises(NonceReuseError):
        sender.protect(rtp(seq=500), index=500)
    sender.protect(rtp(seq=499))
    sender.protect(rtp(seq=501), index=501)
    sender.protect(rtp(seq=500), index=0x101F4)
    sender.protect_rtcp(RTCP, index=9)
    for index in (9, None, 10):
        if index is None:
            assert sender.protect_rtcp(RTCP)[-4 if profile > 6 else -14 :][:4] == b"\x80\0\0\x0a"
            continue
        with pytest.raises(NonceReuseError):
            sender.protect_rtcp(RTCP, index=index)


@pytest.mark.parametrize("profile", SINGLE)
def test_srtp_index_ends_at_48_bits(profile: int) -> None:
    sender, receiver = pair(profile)
    last = (1 << 48) - 1
    for side in (sender, receiver):
        side.set_roc(SSRC, 0xFFFFFFFF)
    assert receiver.unprotect(sender.protect(rtp(seq=0xFFFE))) == rtp(seq=0xFFFE)
    assert receiver.unprotect(sender.protect(rtp(seq=0xFFFF))) == rtp(seq=0xFFFF)
    assert sender.last_index(SSRC) == last
    with pytest.raises(KeyExhaustedError):
        sender.protect(rtp(seq=0))
    with pytest.raises(KeyExhaustedError):
        sender.protect(rtp(seq=0), index=1 << 48)
    with pytest.raises(CryptoError):
        receiver.unprotect(rtp(seq=0, payload=bytes(40)))


@pytest.mark.req("SRT-05")
@pytest.mark.parametrize("profile", SINGLE)
def test_srtcp_index_ends_at_31_bits(profile: int) -> None:
    sender, receiver = pair(profile)
    last = (1 << 31) - 1
    assert receiver.unprotect_rtcp(sender.protect_rtcp(RTCP, index=last)) == RTCP
    assert receiver.rtcp_index(SSRC) == last
    with pytest.raises(KeyExhaustedError):
        sender.protect_rtcp(RTCP)
    with pytest.raises(KeyExhaustedError):
        sender.protect_rtcp(RTCP, index=last + 1)


@pytest.mark.parametrize("profile", SINGLE)
def test_an_explicit_index_wins_over_the_order_of_seqs(profile: int) -> None:
    """SEQ 6 follows SEQ 5, but the caller says that a whole cycle lies between."""
    sender, receiver = pair(profile)
    sender.protect(rtp(seq=5))
    sealed = sender.protect(rtp(seq=6), index=0x30006)
    assert sender.last_index(SSRC) == 0x30006
    receiver.set_roc(SSRC, 3)
    assert receiver.unprotect(sealed) == rtp(seq=6)
    assert sender.protect(rtp(seq=7), index=0x30007) != sealed
    with pytest.raises(NonceReuseError):
        sender.protect(rtp(seq=8), index=8)


def test_an_index_must_name_the_packets_seq() -> None:
    with pytest.raises(LocalError):
        context(7, *PAIR).protect(rtp(seq=5), index=6)


def test_seed_guides_only_the_estimate() -> None:
    sender, receiver = pair(7)
    receiver.seed(SSRC, 0x3FFFF)
    packet = rtp(seq=2)
    assert receiver.estimate(SSRC, 2) == 0x40002
    assert receiver.last_index(SSRC) is None
    assert receiver.unprotect(sender.protect(packet, index=0x40002)) == packet


def test_refuse_up_to_refuses() -> None:
    sender, receiver = pair(7)
    receiver.refuse_up_to(SSRC, 100)
    with pytest.raises(ReplayError):
        receiver.unprotect(sender.protect(rtp(seq=100)))
    assert receiver.unprotect(sender.protect(rtp(seq=101))) == rtp(seq=101)


def small(monkeypatch: pytest.MonkeyPatch, streams: int, retired: int) -> None:
    monkeypatch.setattr(srtp_module, "MAX_STREAMS", streams)
    monkeypatch.setattr(srtp_module, "MAX_RETIRED", retired)


def test_streams_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch, 3, 2)
    sender, receiver = context(7, *PAIR), context(7, *PAIR)
    sealed = [sender.protect(rtp(ssrc=ssrc)) for ssrc in range(5)]
    with pytest.raises(StreamLimitError):
        sender.protect(rtp(ssrc=5))
    for packet in sealed:
        receiver.unprotect(packet)
    assert receiver.ssrcs() == sender.ssrcs() == [2, 3, 4]
    with pytest.raises(StreamLimitError):
        receiver.unprotect(context(7, *PAIR).protect(rtp(ssrc=5)))
    for packet in sealed:  # nobody was forgotten for it
        with pytest.raises(ReplayError):
            receiver.unprotect(packet)
    for ssrc in range(5):  # and everybody may come back
        receiver.unprotect(sender.protect(rtp(seq=0x1235, ssrc=ssrc)))


def test_rtcp_streams_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    small(monkeypatch, 1, 1)
    sender, receiver = context(7, *PAIR), context(7, *PAIR)
    reports = [struct.pack("!BBHI", 0x80, 201, 1, ssrc) for ssrc in range(3)]
    sealed = [sender.protect_rtcp(report) for report in reports[:2]]
    with pytest.raises(StreamLimitError):
        sender.protect_rtcp(reports[2])
    assert [receiver.unprotect_rtcp(packet) for packet in sealed] == reports[:2]
    with pytest.raises(ReplayError):
        receiver.unprotect_rtcp(sealed[0])
    assert receiver.unprotect_rtcp(sender.protect_rtcp(reports[0])) == reports[0]
    assert (sender.rtcp_index(0), sender.rtcp_index(1)) == (2, 1)


def test_a_retired_ssrc_goes_on_above_its_last_index() -> None:
    sender, receiver = pair(7)
    first = [sender.protect(rtp(seq=1), index=65536 * 3 + 1), sender.protect(rtp(seq=9))]
    receiver.set_roc(SSRC, 3)
    receiver.unprotect(first[1])
    for side in (sender, receiver):
        side.retire(SSRC)
        side.retire(12345)
        assert side.ssrcs() == []
        assert side.last_index(SSRC) == 65536 * 3 + 9
        assert side.roc(SSRC) == 3
        assert side.estimate(SSRC, 10) == 65536 * 3 + 10
    with pytest.raises(ReplayError):
        receiver.unprotect(first[0])
    with pytest.raises(NonceReuseError):
        sender.protect(rtp(seq=9))
    assert receiver.unprotect(sender.protect(rtp(seq=10))) == rtp(seq=10)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["send", "send", "retire", "rtcp"]),
            st.integers(0, 5),
            st.integers(0, 40),
        ),
        max_size=60,
    )
)
def test_no_nonce_repeats_whatever_is_retired(story: list[tuple[str, int, int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        small(patch, 2, 2)
        sender = context(7, *PAIR)
        used: set[tuple[str, int, int]] = set()
        for what, ssrc, seq in story:
            if what == "retire":
                sender.retire(ssrc)
                continue
            try:
                if what == "send":
                    sender.protect(rtp(seq=seq, ssrc=ssrc), index=seq)
                    nonce = what, ssrc, seq
                else:
                    sender.protect_rtcp(struct.pack("!BBHI", 0x80, 201, 1, ssrc))
                    nonce = what, ssrc, sender.rtcp_index(ssrc) or 0
            except (NonceReuseError, StreamLimitError):
                continue
            assert nonce not in used
            used.add(nonce)
            assert len(sender.streams) <= 2
            assert len(sender._retired) <= 2


@pytest.mark.parametrize(
    ("profile", "key", "salt"),
    [
        (5, 16, 14),
        (6, 16, 14),
        (9, 32, 24),
        (10, 64, 24),
        (7, 16, 14),
        (7, 32, 12),
        (8, 16, 12),
        (1, 16, 12),
        (99, 16, 12),
    ],
)
def test_what_is_no_single_encrypting_profile_is_refused(profile: int, key: int, salt: int) -> None:
    with pytest.raises(LocalError):
        SrtpContext(profile, octets(0, key), octets(0, salt))


def test_a_window_below_64_is_refused() -> None:
    with pytest.raises(LocalError):
        SrtpContext(7, octets(0, 16), octets(0, 12), window=63)
    with pytest.raises(LocalError):
        context(7, *PAIR).set_roc(1, 1 << 32)


# -- anything may arrive


@pytest.mark.parametrize("profile", SINGLE)
@given(data=st.binary(max_size=120))
def test_random_octets_raise_only_what_is_promised(profile: int, data: bytes) -> None:
    receiver = context(profile, *PAIR)
    for call in (receiver.unprotect, receiver.unprotect_rtcp):
        with pytest.raises((DecodeError, CryptoError)):
            call(data)
    assert receiver.ssrcs() == []


@pytest.mark.parametrize("profile", SINGLE)
@given(packet=packets, cut=st.integers(0, 80), flip=st.integers(0, 4000))
def test_damaged_packets_raise_only_what_is_promised(
    profile: int, packet: bytes, cut: int, flip: int
) -> None:
    sender, receiver = pair(profile)
    whole = sender.protect(packet)
    sealed = bytearray(whole[: max(len(whole) - cut, 0)])
    if sealed:
        sealed[flip // 8 % len(sealed)] ^= 1 << flip % 8
    with pytest.raises((DecodeError, CryptoError)):
        receiver.unprotect(bytes(sealed))
    assert receiver.unprotect(whole) == packet


@pytest.mark.parametrize("length", range(12))
def test_short_packets(length: int) -> None:
    sender = context(7, *PAIR)
    with pytest.raises(DecodeError):
        sender.protect(rtp()[:length])
    with pytest.raises(DecodeError):
        sender.unprotect(rtp()[:length])
    if length < 8:
        with pytest.raises(DecodeError):
            sender.protect_rtcp(RTCP[:length])


def test_wrong_versions() -> None:
    sender = context(7, *PAIR)
    with pytest.raises(DecodeError):
        sender.protect(b"\x40" + rtp()[1:])
    with pytest.raises(DecodeError):
        sender.protect_rtcp(b"\x41" + RTCP[1:])


def test_text_forms_show_no_key() -> None:
    made = context(7, *PAIR)
    assert octets(0x40, 16).hex() not in repr(made) + str(state(made))

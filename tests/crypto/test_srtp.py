# SPDX-License-Identifier: GPL-2.0-only
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto import SRTP_PROFILES, SrtpContext
from perc_scapy.crypto import srtp as srtp_module
from perc_scapy.errors import (
    AuthenticationError,
    CryptoError,
    DecodeError,
    KeyExhaustedError,
    LocalError,
    NonceReuseError,
    ReplayError,
)
from tests.crypto.states import state
from tests.crypto.support import (
    PUBLIC,
    RTCP,
    SHAPES,
    SSRC,
    Libsrtp,
    context,
    h,
    layer_keys,
    octets,
    of_kind,
    rtp,
)

SINGLE = [1, 2, 7, 8]
PAIR = (0x40, 0xB0)


def pair(profile: int) -> tuple[SrtpContext, SrtpContext]:
    return context(profile, *PAIR), context(profile, *PAIR)


def of_vector(vector: dict) -> SrtpContext:
    key, salt = h(vector["master_key"]), h(vector["master_salt"])
    return SrtpContext(7 if len(key) == 16 else 8, key, salt)


# -- vectors


@pytest.mark.req("SRT-02", "SRT-03")
@pytest.mark.parametrize("vector", of_kind("srtp-aead"))
def test_srtp_vector(vector: dict) -> None:
    sender, receiver = of_vector(vector), of_vector(vector)
    for side in (sender, receiver):
        side.set_roc(SSRC, vector["roc"])
    assert sender.protect(h(vector["rtp"])).hex() == vector["srtp"]
    assert receiver.unprotect(h(vector["srtp"])).hex() == vector["rtp"]
    assert receiver.roc(SSRC) == vector["roc"]


@pytest.mark.req("SRT-05", "DBL-15")
@pytest.mark.parametrize("vector", of_kind("srtcp-aead"))
def test_srtcp_vector(vector: dict) -> None:
    sender, receiver = of_vector(vector), of_vector(vector)
    sent = sender.protect_rtcp(h(vector["rtcp"]), encrypt=vector["encrypted"])
    assert sent.hex() == vector["srtcp"]
    assert receiver.unprotect_rtcp(sent).hex() == vector["rtcp"]
    assert receiver.rtcp_index(SSRC) == vector["index"]


@pytest.mark.parametrize("name", ["LSRTP-EKT-1", "LSRTP-EKT-2", "LSRTP-EKT-3-short"])
def test_counter_mode_under_libsrtps_old_ekt_tags(name: str) -> None:
    """SRTP part of libsrtp's 2016 vectors: what is left when its own trailer (34 octets, or 1) is cut off."""
    first, v = PUBLIC["LSRTP-EKT-1"], PUBLIC[name]
    receiver = SrtpContext(1, h(first["master_key"]), h(first["master_salt"]))
    wire = h(v["wire"])
    srtp = wire[:-1] if wire[-1] == 0 else wire[:-34]
    receiver.set_roc(SSRC, v["roc"])
    plain = receiver.unprotect(srtp)
    assert plain == srtp[:12] + h(first["rtp"])[12:]
    assert receiver.roc(SSRC) == v["roc"]


# -- libsrtp, both ways


@pytest.mark.req("SRT-07")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("profile", SINGLE)
def test_srtp_with_libsrtp(profile: int, shape: str) -> None:
    ours, peer = context(profile, *PAIR), Libsrtp(profile, layer_keys(profile, *PAIR))
    sealed = ours.protect(SHAPES[shape])
    assert sealed == peer.protect(SHAPES[shape])
    assert peer.unprotect(sealed) == SHAPES[shape]
    assert context(profile, *PAIR).unprotect(sealed) == SHAPES[shape]


@pytest.mark.req("SRT-07", "SRT-03")
@pytest.mark.parametrize("profile", SINGLE)
def test_roc_follows_libsrtp_over_a_wrap(profile: int) -> None:
    master = layer_keys(profile, *PAIR)
    ours_out, ours_in, peer = (
        context(profile, *PAIR),
        context(profile, *PAIR),
        Libsrtp(profile, master),
    )
    order = [65530, 65531, 65534, 65535, 0, 65533, 2, 1, 65532, 3]
    for seq in order:
        packet = rtp(seq=seq, payload=seq.to_bytes(2, "big"))
        sealed = peer.protect(packet)
        assert ours_out.protect(packet) == sealed
        assert ours_in.unprotect(sealed) == packet
        assert peer.unprotect(sealed) == packet
    assert ours_in.roc(SSRC) == 1
    assert ours_in.last_index(SSRC) == 0x10003


@pytest.mark.req("SRT-07", "SRT-05")
@pytest.mark.parametrize("profile", SINGLE)
def test_srtcp_with_libsrtp(profile: int) -> None:
    ours_out, ours_in = pair(profile)
    peer = Libsrtp(profile, layer_keys(profile, *PAIR))
    for count in range(1, 4):
        packet = RTCP + bytes(4 * count)
        sealed = ours_out.protect_rtcp(packet)
        assert sealed == peer.protect_rtcp(packet)
        assert peer.unprotect_rtcp(sealed) == packet
        assert ours_in.unprotect_rtcp(sealed) == packet
        assert ours_in.rtcp_index(SSRC) == ours_out.rtcp_index(SSRC) == count


@pytest.mark.req("SRT-07", "SRT-05")
@pytest.mark.parametrize("profile", [7, 8])  # libsrtp's counter mode insists on E = 1
def test_authenticated_srtcp_is_taken_by_libsrtp(profile: int) -> None:
    ours, peer = context(profile, *PAIR), Libsrtp(profile, layer_keys(profile, *PAIR))
    sealed = ours.protect_rtcp(RTCP, encrypt=False)
    assert RTCP in sealed
    assert peer.unprotect_rtcp(sealed) == RTCP
    assert context(profile, *PAIR).unprotect_rtcp(sealed) == RTCP


def test_each_ssrc_of_libsrtp_has_its_own_roc_and_indices() -> None:
    peer, ours = Libsrtp(7, layer_keys(7, *PAIR)), context(7, *PAIR)
    for seq, ssrc in ((65535, 1), (5, 2), (0, 1), (6, 2)):
        packet = rtp(seq=seq, ssrc=ssrc)
        assert ours.unprotect(peer.protect(packet)) == packet
    assert (ours.roc(1), ours.roc(2), ours.roc(3)) == (1, 0, None)
    assert ours.ssrcs() == [1, 2]


# -- round trips


packets = st.builds(
    rtp,
    seq=st.integers(0, 0xFFFF),
    payload=st.binary(max_size=200),
    pt=st.integers(0, 127),
    marker=st.booleans(),
    csrcs=st.integers(0, 15),
    extension=st.one_of(
        st.none(),
        st.integers(0, 6).flatmap(
            lambda n: st.binary(min_size=4 * n, max_size=4 * n).map(
                lambda data: b"\xbe\xde" + (len(data) // 4).to_bytes(2, "big") + data
            )
        ),
    ),
    padding=st.booleans(),
    ssrc=st.integers(0, 0xFFFFFFFF),
)


@given(packets, st.sampled_from(SINGLE))
def test_round_trip(packet: bytes, profile: int) -> None:
    sender, receiver = pair(profile)
    sealed = sender.protect(packet)
    assert len(sealed) == len(packet) + SRTP_PROFILES[profile].rtp_tag
    assert receiver.unprotect(sealed) == packet


@given(
    st.binary(min_size=0, max_size=120),
    st.sampled_from(SINGLE),
    st.booleans(),
    st.integers(1, 0x7FFFFFFF),
)
def test_rtcp_round_trip(body: bytes, profile: int, encrypt: bool, index: int) -> None:
    sender, receiver = pair(profile)
    packet = RTCP[:8] + body
    sealed = sender.protect_rtcp(packet, encrypt=encrypt, index=index)
    assert receiver.unprotect_rtcp(sealed) == packet
    assert receiver.rtcp_index(SSRC) == index
    with pytest.raises(ReplayError):
        receiver.unprotect_rtcp(sealed)


@pytest.mark.req("SRT-03", "SRT-04")
@given(
    st.lists(st.integers(-100, 400), max_size=40), st.integers(0, 0xFFFF), st.sampled_from([1, 7])
)
def test_fast_path_and_estimate_agree(moves: list[int], start: int, profile: int) -> None:
    """In order, with gaps, reordered, over wraps: the receiver finds the sender's index or says why not."""
    sender, receiver, index = *pair(profile), start
    for move in moves:
        index = max(index + move, 0)
        packet = rtp(seq=index & 0xFFFF)
        if receiver.last_index(SSRC) is None:
            receiver.set_roc(SSRC, index >> 16)
        try:
            sealed = sender.protect(packet, index=index)
        except NonceReuseError:
            continue
        assert receiver.unprotect(sealed) == packet
        assert receiver.last_index(SSRC) == sender.last_index(SSRC)
        with pytest.raises(ReplayError):
            receiver.unprotect(sealed)


@pytest.mark.req("SRT-06")
@pytest.mark.parametrize("profile", SINGLE)
def test_empty_payload_has_a_tag(profile: int) -> None:
    sender, receiver = pair(profile)
    sealed = sender.protect(SHAPES["empty"])
    assert len(sealed) == 12 + SRTP_PROFILES[profile].rtp_tag
    assert receiver.unprotect(sealed) == SHAPES["empty"]
    with pytest.raises(AuthenticationError):
        context(profile, *PAIR).unprotect(sealed[:-1] + bytes((sealed[-1] ^ 1,)))


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


def test_streams_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(srtp_module, "MAX_STREAMS", 3)
    sender, receiver = context(7, *PAIR), context(7, *PAIR)
    sealed = [sender.protect(rtp(ssrc=ssrc)) for ssrc in range(3)]
    with pytest.raises(CryptoError):
        sender.protect(rtp(ssrc=3))
    for packet in sealed:
        receiver.unprotect(packet)
    monkeypatch.setattr(srtp_module, "MAX_STREAMS", 4)
    fourth, fifth = sender.protect(rtp(ssrc=3)), rtp(ssrc=4)
    receiver.unprotect(fourth)
    other = context(7, *PAIR)
    with pytest.raises(CryptoError):
        receiver.unprotect(other.protect(fifth))
    with pytest.raises(ReplayError):  # nobody was forgotten for it
        receiver.unprotect(sealed[0])


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

# SPDX-License-Identifier: GPL-2.0-only
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto import (
    SRTP_PROFILES,
    Key,
    MasterKey,
    SessionKeys,
    SrtpContext,
    session_keys,
)
from perc_scapy.errors import (
    AuthenticationError,
    LocalError,
    NonceReuseError,
    ReplayError,
)
from tests.crypto.single import PAIR, SINGLE, of_vector, packets, pair
from tests.crypto.support import (
    PUBLIC,
    RTCP,
    SHAPES,
    SSRC,
    Libsrtp,
    context,
    h,
    layer_keys,
    of_kind,
    rtp,
)

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


def from_session_key(v: dict) -> SrtpContext:
    keys = SessionKeys(Key(h(v["session_key"])), Key(h(PUBLIC["R7714-16.1.1"]["session_salt"])))
    return SrtpContext.from_session_keys({16: 7, 32: 8}[len(keys.key)], keys, keys)


@pytest.mark.req("SRT-01")
@pytest.mark.parametrize("name", ["R7714-16.1.1", "R7714-16.2.1"])
def test_rfc_7714_srtp_vector_by_session_keys(name: str) -> None:
    plain, wire = h(PUBLIC["R7714-16.1.1"]["rtp"]), h(PUBLIC[name]["srtp"])
    assert from_session_key(PUBLIC[name]).protect(plain) == wire
    assert from_session_key(PUBLIC[name]).unprotect(wire) == plain


@pytest.mark.req("SRT-01", "SRT-05")
@pytest.mark.parametrize("name", ["R7714-17.1", "R7714-17.2", "R7714-17.3", "R7714-17.4"])
def test_rfc_7714_srtcp_vector_by_session_keys(name: str) -> None:
    v = PUBLIC[name]
    plain, encrypt = h(v["rtcp"]), "srtcp" in v
    wire = h(v["srtcp"] if encrypt else v["rtcp"] + v["tail"])
    sent = from_session_key(v).protect_rtcp(plain, encrypt=encrypt, index=0x5D4)
    assert sent == wire
    assert from_session_key(v).unprotect_rtcp(wire) == plain


@pytest.mark.parametrize("profile", SINGLE)
def test_session_keys_make_the_context_that_the_master_key_makes(profile: int) -> None:
    row, (key, salt) = SRTP_PROFILES[profile], layer_keys(profile, 3, 4)
    keys = session_keys(row, MasterKey(Key(key), Key(salt)))
    packet = rtp()
    derived, usual = SrtpContext.from_session_keys(profile, *keys), SrtpContext(profile, key, salt)
    assert derived.protect(packet) == usual.protect(packet)
    assert derived.protect_rtcp(RTCP) == usual.protect_rtcp(RTCP)
    with pytest.raises(LocalError):
        SrtpContext.from_session_keys(profile, keys[0], keys[1]._replace(salt=Key(b"short")))
    with pytest.raises(LocalError):
        SrtpContext.from_session_keys(0x0009, *keys)
    with pytest.raises(LocalError):
        SrtpContext.from_session_keys(profile, *keys, window=63)


def test_session_keys_without_authentication_key_are_refused() -> None:
    keys = SessionKeys(Key(bytes(16)), Key(bytes(14)))
    with pytest.raises(LocalError, match="20 octets"):
        SrtpContext.from_session_keys(1, keys, keys)


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


@pytest.mark.req("SRT-02")
def test_session_keys_are_derived_once_and_the_master_key_is_let_go() -> None:
    context = SrtpContext(7, bytes(16), bytes(12))
    assert context.encrypt is None
    packet = context.protect(b"\x80\x00\x00\x01" + bytes(8))
    assert context._master is None
    assert context.protect_rtcp(b"\x80\xc9\x00\x01" + bytes(4))
    assert SrtpContext(7, bytes(16), bytes(12)).unprotect(packet) == packet[:12]

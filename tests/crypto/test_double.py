# SPDX-License-Identifier: GPL-2.0-only
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto import SRTP_PROFILES, DoubleContext, Key, MasterKey, SrtpContext
from perc_scapy.crypto.double import (
    EMPTY_OHB,
    OuterPacket,
    double_profile,
    open_inner,
    replace_master_key,
    synthetic_header,
    synthetic_packet,
)
from perc_scapy.crypto.kdf import SessionKeys
from perc_scapy.crypto.transforms import GcmTransform
from perc_scapy.errors import (
    AuthenticationError,
    CryptoError,
    DecodeError,
    LocalError,
    NonceReuseError,
    ReplayError,
)
from perc_scapy.wire import Ohb, split_rtp
from tests.crypto.single import packets
from tests.crypto.states import state
from tests.crypto.support import (
    EXTENSION,
    HOP1,
    INNER,
    PUBLIC,
    RTCP,
    SHAPES,
    SSRC,
    VECTORS,
    Libsrtp,
    LibsrtpDouble,
    OpensslLayer,
    context,
    full_keys,
    h,
    layer_keys,
    needs_libcrypto,
    octets,
    of_kind,
    rtp,
)

DOUBLE = [9, 10]


def double(profile: int) -> DoubleContext:
    return DoubleContext(profile, *full_keys(profile))


def layers(profile: int) -> tuple[int, MasterKey, MasterKey]:
    layer = SRTP_PROFILES[profile].layer.code
    return layer, layer_keys(layer, *INNER), layer_keys(layer, *HOP1)


def without_extension(packet: bytes) -> bytes:
    parts = split_rtp(packet)
    head = bytes((packet[0] & 0xEF,)) + packet[1 : parts.csrc_end]
    return head + parts.body


def of_vector(vector: dict) -> DoubleContext:
    key, salt = h(vector["master_key"]), h(vector["master_salt"])
    return DoubleContext(9 if len(key) == 32 else 10, key, salt)


# -- vectors


@pytest.mark.req("DBL-02", "DBL-03", "DBL-04", "DBL-05")
@pytest.mark.parametrize("vector", of_kind("double-protect"))
def test_protect_vector(vector: dict) -> None:
    sender, receiver = of_vector(vector), of_vector(vector)
    for side in (sender, receiver):
        side.inner.set_roc(SSRC, vector["roc_inner"])
        side.outer.set_roc(SSRC, vector["roc_outer"])
    assert sender.protect(h(vector["rtp"])).hex() == vector["wire"]
    outer = receiver.open_outer(h(vector["wire"]))
    assert outer.header.hex() == vector["outer_aad"]
    assert outer.payload.hex() == vector["inner_ct_tag"] + vector["ohb"]
    assert synthetic_packet(outer).header.hex() == vector["inner_aad"]
    opened = receiver.open_inner(outer, receiver.inner)
    assert opened.rtp == without_extension(h(vector["rtp"]))
    assert opened.ohb == Ohb()


@pytest.mark.req("DBL-16")
@pytest.mark.parametrize("vector", of_kind("double-repair"))
def test_repair_vector(vector: dict) -> None:
    assert of_vector(vector).protect(h(vector["rtp"]), repair=True).hex() == vector["wire"]
    opened = of_vector(vector).unprotect(h(vector["wire"]), repair=True)
    assert opened.rtp.hex() == vector["rtp"]


@pytest.mark.req("DBL-07")
def test_negative_vector_reserved_bit() -> None:
    v = VECTORS["NEG-DBL-reserved_bit"]
    receiver = of_vector(v)
    outer = receiver.open_outer(h(v["wire"]))
    with pytest.raises(DecodeError, match="reserved"):
        open_inner(outer, receiver.inner)
    assert receiver.inner.ssrcs() == []


@pytest.mark.req("DBL-04")
@pytest.mark.parametrize("name", ["LSRTP-DBL-RAW-128", "LSRTP-DBL-RAW-256"])
def test_libsrtps_raw_cipher_vectors(name: str) -> None:
    """Raw keys and IVs, no key derivation: the two layers and the synthetic header (X cleared, cut after CSRCs)."""
    shared, v = PUBLIC["LSRTP-DBL-RAW-128"], PUBLIC[name]
    key, header, plain = h(v["key_inner_outer"]), h(shared["aad_header"]), h(shared["plaintext"])
    half = len(key) // 2
    inner = GcmTransform(SessionKeys(Key(key[:half]), Key(h(shared["iv_inner"])), Key(b"")))
    outer = GcmTransform(SessionKeys(Key(key[half:]), Key(h(shared["iv_outer"])), Key(b"")))
    assert synthetic_header(header).hex() == "e1edfacedeadbeeffeedfacedeadbeef"
    sealed = inner.seal(inner.base(0), 0, synthetic_header(header), plain) + EMPTY_OHB
    assert outer.seal(outer.base(0), 0, header, sealed).hex() == v["outer_ct_tag"]


# -- strangers: two libsrtp sessions, and OpenSSL with both ROCs given


@pytest.mark.req("DBL-03", "DBL-04", "DBL-05", "SRT-06", "SRT-07")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("profile", DOUBLE)
def test_two_libsrtp_sessions_agree_both_ways(profile: int, shape: str) -> None:
    packet, peer = SHAPES[shape], LibsrtpDouble(*layers(profile))
    wire = double(profile).protect(packet)
    assert wire == peer.protect(packet)
    assert len(wire) == len(packet) + 33
    assert peer.unprotect(wire) == without_extension(packet)
    assert double(profile).unprotect(wire).rtp == without_extension(packet)


@pytest.mark.req("DBL-09")
@pytest.mark.parametrize("profile", DOUBLE)
def test_libsrtp_agrees_over_a_wrap(profile: int) -> None:
    sender, receiver, peer = double(profile), double(profile), LibsrtpDouble(*layers(profile))
    for seq in (65533, 65535, 65534, 0, 2, 1):
        packet = rtp(seq=seq, extension=EXTENSION)
        wire = sender.protect(packet)
        assert wire == peer.protect(packet)
        assert peer.unprotect(wire) == receiver.unprotect(wire).rtp
    assert (receiver.inner.roc(SSRC), receiver.outer.roc(SSRC)) == (1, 1)


@needs_libcrypto
@pytest.mark.req("DBL-02", "DBL-03", "DBL-09")
@given(packets, st.sampled_from(DOUBLE), st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF))
def test_openssl_agrees_with_any_pair_of_rocs(
    packet: bytes, profile: int, roc_inner: int, roc_outer: int
) -> None:
    _layer, inner_master, outer_master = layers(profile)
    inner, outer = OpensslLayer(inner_master), OpensslLayer(outer_master)
    parts, plain = split_rtp(packet), without_extension(packet)
    synthetic = plain[: parts.csrc_end]
    middle = inner.seal(synthetic, parts.body, roc_inner) + b"\0"
    expected = parts.header + outer.seal(parts.header, middle, roc_outer)
    sender, receiver = double(profile), double(profile)
    ssrc = int.from_bytes(packet[8:12], "big")
    for side in (sender, receiver):
        side.inner.set_roc(ssrc, roc_inner)
        side.outer.set_roc(ssrc, roc_outer)
    wire = sender.protect(packet)
    assert wire == expected
    assert receiver.unprotect(expected).rtp == plain
    assert outer.open(parts.header, wire[len(parts.header) :], roc_outer) == middle
    assert inner.open(synthetic, middle[:-1], roc_inner) == parts.body


@pytest.mark.req("DBL-15", "SRT-07", "SRT-05")
@pytest.mark.parametrize("encrypt", [True, False])
@pytest.mark.parametrize("profile", DOUBLE)
def test_rtcp_is_plain_srtcp_of_the_outer_half(profile: int, encrypt: bool) -> None:
    layer, _inner, outer_master = layers(profile)
    peer = Libsrtp(layer, outer_master)
    sealed = double(profile).protect_rtcp(RTCP, encrypt=encrypt)
    theirs = peer.protect_rtcp(RTCP)
    assert peer.unprotect_rtcp(sealed) == RTCP
    assert double(profile).unprotect_rtcp(theirs) == RTCP
    assert double(profile).protect_rtcp(RTCP, index=77)[-4:] == b"\x80\0\0\x4d"
    assert (sealed == theirs) is encrypt


@pytest.mark.req("DBL-16")
@pytest.mark.parametrize("profile", DOUBLE)
def test_retransmission_carries_the_packet_as_sent(profile: int) -> None:
    """RTX (RFC 8723 section 7.1): OSN and double-protected payload, under the outer layer; received in reverse."""
    layer, _inner, outer_master = layers(profile)
    sender, receiver, peer = double(profile), double(profile), Libsrtp(layer, outer_master)
    original = rtp(seq=0x2345)
    wire = sender.protect(original)
    rtx = rtp(seq=9, pt=97, payload=wire[2:4] + wire[12:], ssrc=0x77)
    sent = sender.protect(rtx, repair=True)
    assert peer.unprotect(sent) == rtx
    assert context(layer, *HOP1).protect(rtx) == sent
    opened = receiver.unprotect(sent, repair=True)
    assert opened.rtp == rtx
    again = wire[:2] + opened.rtp[12:14] + wire[4:12] + opened.rtp[14:]
    assert again == wire
    assert receiver.unprotect(again).rtp == original


# -- round trips and the receiver's view


@given(packets, st.sampled_from(DOUBLE))
def test_round_trip(packet: bytes, profile: int) -> None:
    opened = double(profile).unprotect(double(profile).protect(packet))
    assert opened.rtp == without_extension(packet)
    assert opened.outer_header == split_rtp(packet).header


@pytest.mark.req("DBL-17")
def test_receiver_sees_synthetic_packet_and_outer_header_apart() -> None:
    sent = rtp(seq=10, pt=5, marker=True, extension=EXTENSION)
    outer = double(9).open_outer(double(9).protect(sent))
    head = outer.header[:1] + b"\x60\x77\x77" + outer.header[4:]
    changed = OuterPacket(head, outer.payload[:-1] + b"\x05\x00\x0a\x0f")
    opened = open_inner(changed, double(9).inner)
    assert opened.rtp == without_extension(sent)
    assert opened.outer_header == head
    assert opened.ohb == Ohb(pt=5, seq=10, marker=True)


# -- order of checks, replay on both layers


@pytest.mark.req("DBL-18")
def test_outer_failure_changes_nothing() -> None:
    sender, receiver = double(9), double(9)
    receiver.unprotect(sender.protect(rtp(seq=1)))
    before = state(receiver.inner), state(receiver.outer)
    good = sender.protect(rtp(seq=2))
    for position in range(len(good)):
        with pytest.raises((CryptoError, DecodeError)):
            receiver.unprotect(
                good[:position] + bytes((good[position] ^ 4,)) + good[position + 1 :]
            )
        assert (state(receiver.inner), state(receiver.outer)) == before
    assert receiver.unprotect(good).rtp == rtp(seq=2)


@pytest.mark.req("DBL-18", "R8871-12", "R8871-13")
def test_both_layers_refuse_a_replay() -> None:
    sender, receiver = double(9), double(9)
    wire = sender.protect(rtp(seq=5))
    outer = receiver.open_outer(wire)
    open_inner(outer, receiver.inner)
    with pytest.raises(ReplayError):
        receiver.open_outer(wire)
    with pytest.raises(ReplayError):
        open_inner(outer, receiver.inner)


@pytest.mark.req("DBL-18")
def test_inner_failure_leaves_the_inner_state() -> None:
    sender, receiver = double(9), double(9)
    receiver.unprotect(sender.protect(rtp(seq=1)))
    before = state(receiver.inner)
    forged = context(7, *HOP1)
    forged.seed(SSRC, 2)
    with pytest.raises(AuthenticationError):
        receiver.unprotect(forged.protect(rtp(seq=2, payload=bytes(40))))
    assert state(receiver.inner) == before


def test_a_repeated_packet_is_never_sent() -> None:
    sender = double(9)
    sender.protect(rtp(seq=5))
    with pytest.raises(NonceReuseError):
        sender.protect(rtp(seq=5, payload=b"something else"))


# -- OHB as received


@pytest.mark.req("DBL-06", "DBL-07")
@pytest.mark.parametrize("config", range(256))
def test_every_config_octet(config: int) -> None:
    """Reserved bits or B without M are refused, the rest is read as Q, P, M, B say."""
    receiver, sender = double(9), double(9)
    outer = receiver.open_outer(sender.protect(rtp(seq=0x0102, pt=3)))
    values = b"\x03" * (config >> 1 & 1) + b"\x01\x02" * (config & 1)
    packet = OuterPacket(outer.header, outer.payload[:-1] + values + bytes((config,)))
    if config & 0xF0 or config & 0x0C == 0x08:
        with pytest.raises(DecodeError):
            open_inner(packet, receiver.inner)
        return
    marker = bool(config & 8) if config & 4 else None
    opened = synthetic_packet(packet)
    assert opened.ohb == Ohb(3 if config & 2 else None, 0x0102 if config & 1 else None, marker)
    if marker:
        with pytest.raises(AuthenticationError):
            open_inner(packet, receiver.inner)
    else:
        assert open_inner(packet, receiver.inner).rtp == rtp(seq=0x0102, pt=3)


@pytest.mark.req("DBL-07")
@pytest.mark.parametrize(
    "payload", [b"", b"\x01", b"\x02", b"\x00\x01", b"\x05\x06\x07\x0f"[2:], b"\x80\x02"]
)
def test_cut_short_or_impossible_ohb(payload: bytes) -> None:
    with pytest.raises(DecodeError):
        synthetic_packet(OuterPacket(rtp()[:12], payload))


@pytest.mark.req("DBL-07")
@pytest.mark.parametrize("size", range(17))
def test_inner_tag_cut_short(size: int) -> None:
    receiver = double(9)
    outer = OuterPacket(rtp()[:12], bytes(size) + b"\0")
    with pytest.raises((DecodeError, AuthenticationError)):
        open_inner(outer, receiver.inner)


# -- construction


@pytest.mark.req("DBL-01", "DBL-02")
@pytest.mark.parametrize("profile", DOUBLE)
def test_from_layers_equals_full_keys(profile: int) -> None:
    layer, inner, outer = layers(profile)
    built = DoubleContext.from_layers(
        SrtpContext(layer, *inner), SrtpContext(layer, *outer), profile
    )
    assert built.protect(rtp()) == double(profile).protect(rtp())


def test_misuse() -> None:
    for wrong in (1, 7, 8, 0x7777):
        with pytest.raises(LocalError):
            double_profile(wrong)
    with pytest.raises(LocalError):
        DoubleContext(9, *full_keys(10))
    with pytest.raises(LocalError):
        DoubleContext.from_layers(context(8, *INNER), context(7, *HOP1), 9)
    blind = DoubleContext.from_layers(None, context(7, *HOP1), 9)
    with pytest.raises(LocalError):
        blind.protect(rtp())
    assert blind.protect(rtp(), repair=True)
    assert blind.protect_rtcp(RTCP)


@pytest.mark.req("EKT-10", "EKT-11")
@pytest.mark.parametrize("profile", DOUBLE)
def test_key_from_ekt_replaces_the_inner_half_or_the_whole(profile: int) -> None:
    full = MasterKey(*(Key(part) for part in full_keys(profile)))
    half, salt = len(full.key) // 2, octets(0xE0, 24)
    new = replace_master_key(profile, full, octets(1, half), salt)
    assert new.inner() == (octets(1, half), salt[:12])
    assert new.outer() == full.outer()
    whole = replace_master_key(profile, full, octets(1, 2 * half), salt)
    assert whole == (octets(1, 2 * half), salt)
    for wrong in (0, 1, half - 1, half + 1, 2 * half - 1, 2 * half + 1, 8, 24):
        with pytest.raises(AuthenticationError):
            replace_master_key(profile, full, octets(1, wrong), salt)
    with pytest.raises(AuthenticationError):
        replace_master_key(profile, full, octets(1, half), salt[:11])
    with pytest.raises(AuthenticationError):
        replace_master_key(7, full.outer(), octets(1, 8), salt)


@pytest.mark.req("EKT-11")
def test_after_a_shorter_key_the_outer_half_still_opens_the_hop() -> None:
    full = MasterKey(*(Key(part) for part in full_keys(9)))
    new = replace_master_key(9, full, octets(0x55, 16), octets(0x66, 12))
    wire = DoubleContext(9, *new).protect(rtp())
    assert double(9).open_outer(wire).header == rtp()[:12]
    with pytest.raises(AuthenticationError):
        double(9).unprotect(wire)
    assert DoubleContext(9, *new).unprotect(wire).rtp == rtp()


# -- anything may arrive


@pytest.mark.parametrize("profile", DOUBLE)
@given(data=st.binary(max_size=120), repair=st.booleans())
def test_random_octets(profile: int, data: bytes, repair: bool) -> None:
    with pytest.raises((DecodeError, CryptoError)):
        double(profile).unprotect(data, repair=repair)
    with pytest.raises((DecodeError, CryptoError)):
        double(profile).unprotect_rtcp(data)


@given(st.binary(max_size=60), st.integers(0, 15), st.booleans())
def test_random_outer_plaintext(payload: bytes, csrcs: int, with_extension: bool) -> None:
    """A hop that went mad: the outer layer is right, what it holds is not."""
    packet = rtp(payload=payload, csrcs=csrcs, extension=EXTENSION if with_extension else None)
    wire = context(7, *HOP1).protect(packet)
    with pytest.raises((DecodeError, CryptoError)):
        double(9).unprotect(wire)

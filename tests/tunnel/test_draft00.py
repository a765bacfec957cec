# SPDX-License-Identifier: GPL-2.0-only
"""draft-jones-perc-dtls-tunnel-00 on the wire, against vectors computed by an independent encoder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto import Key
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.errors import EncodeError
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import HopKeys, RefusedMessage, Sender, TunneledDtls

DRAFT = TUNNEL_VERSIONS["draft00"]
ASSOCIATION = bytes.fromhex("a0a1a2a3a4a546a788a9aaabacadaeaf")
CONFERENCE = bytes.fromhex("c0c1c2c3c4c5c6c7c8c9cacbcccdcecf")
HEAD = "0100" + ASSOCIATION.hex() + CONFERENCE.hex()
VERIFY_REQUEST = "16feff000000000000000000170300000b000000000000000bfeff080102030405060708"
HELLO = (
    "16feff00000000000000000043010000370000000000000037fefd000102030405060708090a0b0c0d0e0f"
    "101112131415161718191a1b1c1d1e1f00000002c02b0100000b000e000700040009000a00"
)
FINISHED = "14fefd000000000000000500010116fefd00010000000000000030" + "ee" * 48
V00_E = bytes.fromhex(HEAD + "000024" + VERIFY_REQUEST)
V00_P = bytes.fromhex(HEAD + "0100040009000a000050" + HELLO)
V00_K = bytes.fromhex(
    HEAD
    + "020009"
    + "0010"
    + "11" * 16
    + "0010"
    + "22" * 16
    + "000c"
    + "33" * 12
    + "000c"
    + "44" * 12
    + "004b"
    + FINISHED
)
V00_M = bytes.fromhex(HEAD + "0100020007" + "02abcd" + "0024" + VERIFY_REQUEST)
V00_Z = bytes.fromhex(HEAD + "000000")


def hop_keys(profile: int = 9, key: int = 16, salt: int = 12) -> HopKeys:
    return HopKeys(
        profile,
        MasterKey(Key(b"\x11" * key), Key(b"\x33" * salt)),
        MasterKey(Key(b"\x22" * key), Key(b"\x44" * salt)),
    )


MESSAGES: list[tuple[bytes, TunneledDtls, Sender]] = [
    (V00_E, TunneledDtls(ASSOCIATION, bytes.fromhex(VERIFY_REQUEST), CONFERENCE), "kmf"),
    (V00_E, TunneledDtls(ASSOCIATION, bytes.fromhex(VERIFY_REQUEST), CONFERENCE), "mdd"),
    (V00_P, TunneledDtls(ASSOCIATION, bytes.fromhex(HELLO), CONFERENCE, profiles=(9, 10)), "mdd"),
    (V00_K, TunneledDtls(ASSOCIATION, bytes.fromhex(FINISHED), CONFERENCE, keys=hop_keys()), "kmf"),
    (V00_Z, TunneledDtls(ASSOCIATION, b"", CONFERENCE), "kmf"),
]


@pytest.mark.req("T00-WIRE-01", "T00-WIRE-02", "T00-WIRE-04", "T00-WIRE-07")
@pytest.mark.parametrize(("wire", "message", "sender"), MESSAGES)
def test_vectors_both_ways(wire: bytes, message: TunneledDtls, sender: Sender) -> None:
    assert DRAFT.encode(message, sender) == wire
    assert DRAFT.decode(wire, sender) == message


@pytest.mark.req("T00-WIRE-06")
def test_an_mki_is_read_and_means_nothing() -> None:
    assert DRAFT.decode(V00_M, "mdd").profiles == (7,)


def reason(data: bytes, sender: Sender) -> str:
    with pytest.raises(RefusedMessage) as caught:
        DRAFT.decode(data, sender)
    return caught.value.reason


@pytest.mark.parametrize(
    ("wire", "sender"), [(V00_E, "kmf"), (V00_P, "mdd"), (V00_K, "kmf"), (V00_M, "mdd")]
)
def test_every_truncation_and_a_trailing_octet_are_malformed(wire: bytes, sender: Sender) -> None:
    assert {reason(wire[:length], sender) for length in range(len(wire))} == {"malformed"}
    assert reason(wire + b"\0", sender) == "malformed"


@pytest.mark.req("T00-WIRE-03")
@pytest.mark.parametrize("kind", [3, 4, 0x7F, 0xFF])
def test_undefined_types(kind: int) -> None:
    assert reason(V00_E[:34] + bytes((kind,)) + V00_E[35:], "kmf") == "bad_type"


@pytest.mark.parametrize("version", ["0000", "0101", "0200", "ff00"])
def test_other_versions(version: str) -> None:
    assert reason(bytes.fromhex(version) + V00_E[2:], "kmf") == "bad_version"


@pytest.mark.req("T00-WIRE-08")
def test_types_of_the_wrong_direction() -> None:
    assert reason(V00_P, "kmf") == "wrong_direction"
    assert reason(V00_K, "mdd") == "wrong_direction"
    with pytest.raises(EncodeError):
        DRAFT.encode(TunneledDtls(ASSOCIATION, b"x", CONFERENCE, profiles=(9,)), "kmf")
    with pytest.raises(EncodeError):
        DRAFT.encode(TunneledDtls(ASSOCIATION, b"x", CONFERENCE, keys=hop_keys()), "mdd")


@pytest.mark.req("T00-WIRE-05")
@pytest.mark.parametrize("profiles", ["0003000900", "0000", "0001 00", "0006 0009 000a"])
def test_profile_lists_that_are_none(profiles: str) -> None:
    assert reason(bytes.fromhex(HEAD + "01" + profiles + "00" + "0000"), "mdd") == "malformed"


def key_information(profile: int, key: int, salt: int) -> bytes:
    fields = [bytes(key)] * 2 + [bytes(salt)] * 2
    body = profile.to_bytes(2, "big") + b"".join(len(f).to_bytes(2, "big") + f for f in fields)
    return bytes.fromhex(HEAD) + b"\x02" + body + b"\0\0"


@pytest.mark.req("T00-KMF-14")
@pytest.mark.parametrize(
    ("profile", "key", "salt"),
    [(9, 32, 24), (9, 32, 12), (9, 16, 24), (10, 64, 24), (10, 16, 12), (7, 32, 12), (1, 16, 12)],
)
def test_full_length_doubles_and_other_wrong_lengths(profile: int, key: int, salt: int) -> None:
    assert reason(key_information(profile, key, salt), "kmf") == "key_length"
    with pytest.raises(EncodeError):
        DRAFT.encode(
            TunneledDtls(ASSOCIATION, b"", CONFERENCE, keys=hop_keys(profile, key, salt)), "kmf"
        )


@pytest.mark.parametrize(
    ("profile", "key", "salt"), [(9, 16, 12), (10, 32, 12), (7, 16, 12), (8, 32, 12), (1, 16, 14)]
)
def test_lengths_of_one_layer_pass(profile: int, key: int, salt: int) -> None:
    keys = DRAFT.decode(key_information(profile, key, salt), "kmf").keys
    assert keys is not None
    assert (keys.profile, len(keys.client.key), len(keys.server.salt)) == (profile, key, salt)


def test_an_unknown_profile_has_no_lengths_to_check() -> None:
    assert reason(key_information(0x1234, 16, 12), "kmf") == "unknown_profile"


def test_zero_length_keys_are_malformed() -> None:
    assert reason(key_information(9, 0, 12), "kmf") == "malformed"


@pytest.mark.parametrize(("size", "fits"), [(16347, True), (16348, False)])
def test_a_message_must_fit_one_record(size: int, fits: bool) -> None:
    message = TunneledDtls(ASSOCIATION, bytes(size), CONFERENCE)
    if fits:
        assert len(DRAFT.encode(message, "mdd")) == 16384
    else:
        with pytest.raises(EncodeError):
            DRAFT.encode(message, "mdd")


def test_the_largest_message_with_profiles() -> None:
    def message(size: int) -> TunneledDtls:
        return TunneledDtls(ASSOCIATION, bytes(size), CONFERENCE, profiles=(9, 10))

    assert len(DRAFT.encode(message(16344 - 4), "mdd")) == 16384
    with pytest.raises(EncodeError):
        DRAFT.encode(message(16344 - 3), "mdd")


@pytest.mark.parametrize(
    "message",
    [
        TunneledDtls(ASSOCIATION, b"x"),
        TunneledDtls(ASSOCIATION[:15], b"x", CONFERENCE),
        TunneledDtls(ASSOCIATION, b"x", CONFERENCE + b"x"),
        TunneledDtls(ASSOCIATION, b"x", CONFERENCE, profiles=()),
        TunneledDtls(ASSOCIATION, b"x", CONFERENCE, profiles=(70000,)),
        TunneledDtls(ASSOCIATION, b"x", CONFERENCE, profiles=(9,), keys=hop_keys()),
    ],
)
def test_what_cannot_be_said(message: TunneledDtls) -> None:
    with pytest.raises(EncodeError):
        DRAFT.encode(message, "mdd")


ids = st.binary(min_size=16, max_size=16)


@pytest.mark.req("T00-WIRE-09")
@given(ids, ids, st.binary(max_size=2000), st.lists(st.integers(0, 0xFFFF), min_size=1))
def test_round_trip(a: bytes, c: bytes, dtls: bytes, profiles: list[int]) -> None:
    for message in (TunneledDtls(a, dtls, c), TunneledDtls(a, dtls, c, profiles=tuple(profiles))):
        wire = DRAFT.encode(message, "mdd")
        assert DRAFT.decode(wire, "mdd") == message
        assert DRAFT.encode(DRAFT.decode(wire, "mdd"), "mdd") == wire


@given(st.binary(max_size=300), st.sampled_from(["mdd", "kmf"]), st.integers(0, 36))
def test_any_octets_decode_or_are_refused(noise: bytes, sender: Sender, kept: int) -> None:
    for data in (noise, V00_P[:kept] + noise, V00_K[: kept * 4] + noise):
        try:
            message = DRAFT.decode(data, sender)
        except RefusedMessage:
            continue
        assert DRAFT.decode(DRAFT.encode(message, sender), sender) == message

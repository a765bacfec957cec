# SPDX-License-Identifier: GPL-2.0-only
"""RFC 9185 messages in neutral words and back: the worked examples, directions, key lengths, hostile octets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perc_scapy.crypto import Key
from perc_scapy.crypto.kdf import MasterKey
from perc_scapy.errors import DecodeError, EncodeError
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import HopKeys, RefusedMessage, TunneledDtls
from perc_scapy.tunnel.rfc9185 import message_length
from tests.layers.vectors import (
    ASSOCIATION,
    HELLO_VERIFY_REQUEST,
    KEYS,
    V9185_D,
    V9185_K,
    V9185_S,
    V9185_T,
    V9185_U,
)

RFC = TUNNEL_VERSIONS["rfc9185"]


def hop_keys(profile: int = 9, times: int = 1) -> HopKeys:
    client, server, client_salt, server_salt = (Key(part * times) for part in KEYS)
    return HopKeys(profile, MasterKey(client, client_salt), MasterKey(server, server_salt))


EXAMPLES = [
    (V9185_S, TunneledDtls(b"", b"", profiles=(9, 10), version=0), "mdd"),
    (V9185_U, TunneledDtls(b"", b"", version=0), "kmf"),
    (V9185_K, TunneledDtls(ASSOCIATION, b"", keys=hop_keys()), "kmf"),
    (V9185_T, TunneledDtls(ASSOCIATION, HELLO_VERIFY_REQUEST), "kmf"),
    (V9185_T, TunneledDtls(ASSOCIATION, HELLO_VERIFY_REQUEST), "mdd"),
    (V9185_D, TunneledDtls(ASSOCIATION, b"", ended=True), "kmf"),
    (V9185_D, TunneledDtls(ASSOCIATION, b"", ended=True), "mdd"),
]


@pytest.mark.req("R9185-WIRE-01")
@pytest.mark.parametrize(("octets", "message", "sender"), EXAMPLES)
def test_worked_examples_both_ways(octets: bytes, message: TunneledDtls, sender: str) -> None:
    assert RFC.decode(octets, sender) == message
    assert RFC.encode(message, sender) == octets
    assert message_length(octets) == len(octets)


def refused(octets: bytes, sender: str) -> str:
    with pytest.raises(RefusedMessage) as caught:
        RFC.decode(octets, sender)
    return caught.value.reason


def test_directions() -> None:
    assert refused(V9185_S, "kmf") == "wrong_direction"
    assert refused(V9185_U, "mdd") == "wrong_direction"
    assert refused(V9185_K, "mdd") == "wrong_direction"
    for message, sender in ((EXAMPLES[0][1], "kmf"), (EXAMPLES[2][1], "mdd")):
        with pytest.raises(EncodeError, match="is not for the"):
            RFC.encode(message, sender)


def test_forms() -> None:
    assert refused(b"", "mdd") == "bad_type"
    assert refused(b"\x06\x00\x00", "mdd") == "bad_type"
    assert refused(V9185_T[:-1], "mdd") == "malformed"
    assert refused(V9185_T + b"x", "mdd") == "malformed"
    assert refused(bytes.fromhex("010003000000"), "mdd") == "malformed"


@pytest.mark.req("R9185-KD-08")
def test_full_length_keys_of_a_double_profile_are_refused() -> None:
    """They would hand the inner keys to the Media Distributor."""
    body = ASSOCIATION + b"\x00\x09" + b"\x00"
    body += b"".join(bytes((2 * len(part),)) + 2 * part for part in KEYS)
    octets = b"\x03" + len(body).to_bytes(2, "big") + body
    assert refused(octets, "kmf") == "key_length"
    with pytest.raises(EncodeError, match="one layer"):
        RFC.encode(TunneledDtls(ASSOCIATION, b"", keys=hop_keys(times=2)), "kmf")


def test_keys_of_a_profile_that_nobody_knows() -> None:
    octets = V9185_K[:19] + b"\x7f\x7f" + V9185_K[21:]
    assert refused(octets, "kmf") == "unknown_profile"


def test_an_mki_is_kept() -> None:
    message = TunneledDtls(ASSOCIATION, b"", keys=hop_keys(), mki=b"\x01\x02")
    assert RFC.decode(RFC.encode(message, "kmf"), "kmf") == message


def test_another_version_is_read() -> None:
    assert RFC.decode(bytes.fromhex("0100050100020009"), "mdd").version == 1


@pytest.mark.parametrize(
    "message",
    [
        TunneledDtls(ASSOCIATION, b""),
        TunneledDtls(ASSOCIATION, b"x", ended=True),
        TunneledDtls(ASSOCIATION, b"x", conference_id=bytes(16)),
        TunneledDtls(ASSOCIATION[:15], b"x"),
        TunneledDtls(b"", b"", profiles=(), version=0),
        TunneledDtls(b"", b"", profiles=(9,)),
    ],
)
def test_what_no_message_can_say(message: TunneledDtls) -> None:
    with pytest.raises(EncodeError):
        RFC.encode(message, "mdd")


def test_the_length_is_known_as_soon_as_the_header_is() -> None:
    assert message_length(b"") is None
    assert message_length(b"\x05\x00") is None
    assert message_length(b"\x05\x00\x10") == 19
    with pytest.raises(DecodeError):
        message_length(b"\x47")


@given(st.binary(max_size=80), st.sampled_from(["mdd", "kmf"]))
def test_any_octets(octets: bytes, sender: str) -> None:
    for data in (octets, bytes((1 + len(octets) % 5,)) + octets):
        try:
            message = RFC.decode(data, sender)
        except RefusedMessage:
            continue
        assert RFC.encode(message, sender) == data

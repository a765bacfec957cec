# SPDX-License-Identifier: GPL-2.0-only
"""Keys wiped out of tunnel messages and ekt_key messages, faulty ones included."""

from __future__ import annotations

import pytest

from perc_scapy.codes import HandshakeType
from perc_scapy.crypto import Key, MasterKey
from perc_scapy.dtls.codec import EktKeyBody, encode_ekt_key
from perc_scapy.keys.wiping import without_ekt_key, without_hop_keys
from perc_scapy.tunnel import TUNNEL_VERSIONS
from perc_scapy.tunnel.messages import HopKeys, TunneledDtls

SECRETS = [bytes(range(n, n + size)) for n, size in ((10, 16), (40, 12), (70, 16), (100, 12))]
KEYS = HopKeys(
    9, MasterKey(Key(SECRETS[0]), Key(SECRETS[1])), MasterKey(Key(SECRETS[2]), Key(SECRETS[3]))
)
ASSOCIATION = bytes.fromhex("00112233445546778899aabbccddeeff")


def keyed(version: str) -> bytes:
    mine = {"draft00": {"conference_id": bytes(16)}, "rfc9185": {}}[version]
    dtls = b"\x16" * 20 if version == "draft00" else b""
    message = TunneledDtls(ASSOCIATION, dtls, keys=KEYS, **mine)
    return TUNNEL_VERSIONS[version].encode(message, "kmf")


@pytest.mark.parametrize("version", ["draft00", "rfc9185"])
def test_keys_become_zeros_and_the_message_still_reads(version: str) -> None:
    message = keyed(version)
    wiped = without_hop_keys(message, version)
    assert len(wiped) == len(message)
    assert all(secret in message and secret not in wiped for secret in SECRETS)
    read = TUNNEL_VERSIONS[version].decode(wiped, "kmf")
    assert read.keys.client.key == bytes(16)
    assert read.association_id == ASSOCIATION


@pytest.mark.parametrize("version", ["draft00", "rfc9185"])
def test_no_octet_of_a_key_survives_a_cut_or_a_wrong_length(version: str) -> None:
    message = keyed(version)
    start = message.index(SECRETS[0]) - 2
    broken = [message[:end] for end in range(len(message))]
    broken += [message[:at] + b"\xff" + message[at + 1 :] for at in range(start, start + 2)]
    for data in broken:
        wiped = without_hop_keys(data, version)
        assert len(wiped) == len(data)
        for secret in SECRETS:
            for at in range(len(secret) - 3):
                assert secret[at : at + 4] not in wiped


def test_a_full_double_key_is_wiped_as_well() -> None:
    """The fault of a KMF that tells too much: the strict decoder refuses it, its keys are keys all the same."""
    inner = bytes(range(200, 216))
    message = keyed("draft00").replace(b"\0\x10" + SECRETS[0], b"\0\x20" + inner + SECRETS[0])
    wiped = without_hop_keys(message, "draft00")
    assert inner not in wiped
    assert all(secret not in wiped for secret in SECRETS)


def test_messages_without_keys_are_not_touched() -> None:
    message = TUNNEL_VERSIONS["draft00"].encode(
        TunneledDtls(ASSOCIATION, b"\x16" * 9, bytes(16)), "mdd"
    )
    assert without_hop_keys(message, "draft00") == message
    for version in ("draft00", "rfc9185"):
        assert without_hop_keys(b"", version) == b""


def test_media_keys_with_an_mki_lose_only_their_keys() -> None:
    """The MKI stands in front of the keys (RFC 9185 section 6.5), with a length of its own."""
    plain = keyed("rfc9185")
    at = 3 + len(ASSOCIATION) + 2
    body = plain[3:at] + b"\x03mki" + plain[at + 1 :]
    message = plain[:1] + len(body).to_bytes(2, "big") + body
    wiped = without_hop_keys(message, "rfc9185")
    assert all(secret in message for secret in SECRETS)
    zeros = b"".join(
        len(s).to_bytes(1, "big") + bytes(len(s)) for s in SECRETS[::2] + SECRETS[1::2]
    )
    assert wiped == message[: at + 4] + zeros


def test_ekt_keys() -> None:
    body = encode_ekt_key(EktKeyBody(SECRETS[0], SECRETS[1], 7, 1000))
    wiped = without_ekt_key(HandshakeType.EKT_KEY, body)
    assert wiped == encode_ekt_key(EktKeyBody(bytes(16), bytes(12), 7, 1000))
    assert without_ekt_key(HandshakeType.FINISHED, body) == body
    for cut in range(len(body)):
        short = without_ekt_key(HandshakeType.EKT_KEY, body[:cut])
        assert len(short) == cut
        assert SECRETS[0][:4] not in short

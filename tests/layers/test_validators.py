# SPDX-License-Identifier: GPL-2.0-only
"""Rules across fields."""

from __future__ import annotations

import pytest

from perc_scapy.codes import ProtectionProfile
from perc_scapy.errors import DecodeError
from perc_scapy.layers import SRTPKeyInformation, TunneledDtls
from perc_scapy.layers.compile import record
from perc_scapy.layers.validators import (
    HOP_KEY_LENGTHS,
    ProfileKeyLength,
    RecordLimit,
    Rule,
    SentBy,
    UuidVersion4,
    check_direction,
)


def keys(profile: int, client: int, server: int, client_salt: int, server_salt: int):
    return SRTPKeyInformation(
        protection_profile=profile,
        client_write_SRTP_master_key=bytes(client),
        server_write_SRTP_master_key=bytes(server),
        client_write_SRTP_master_salt=bytes(client_salt),
        server_write_SRTP_master_salt=bytes(server_salt),
    )


def test_every_profile_has_lengths_of_one_hop():
    assert set(HOP_KEY_LENGTHS) == set(ProtectionProfile)
    assert HOP_KEY_LENGTHS[0x0009] == HOP_KEY_LENGTHS[0x0007] == (16, 12)
    assert HOP_KEY_LENGTHS[0x000A] == HOP_KEY_LENGTHS[0x0008] == (32, 12)
    assert HOP_KEY_LENGTHS[0x0001] == (16, 14)


@pytest.mark.req("R9185-KD-08", "T00-KMF-14")
@pytest.mark.parametrize("profile", ProtectionProfile)
def test_key_lengths(profile):
    rule, (key, salt) = ProfileKeyLength(), HOP_KEY_LENGTHS[profile]
    assert rule.problem(keys(profile, key, key, salt, salt), 0) is None
    for place, name in enumerate(rule.keys + rule.salts):
        for change in (-1, 1, key):
            lengths = [key, key, salt, salt]
            lengths[place] += change
            assert name in rule.problem(keys(profile, *lengths), 0)


def test_the_lengths_of_an_unknown_profile_are_not_ours_to_judge():
    assert ProfileKeyLength().problem(keys(0xFFFF, 1, 2, 3, 4), 0) is None


def test_record_limit():
    rule = RecordLimit(16384)
    assert rule.problem(None, 16384) is None
    assert "16385 octets" in rule.problem(None, 16385)
    assert rule.on_encode
    assert not rule.on_decode


def test_uuid_version():
    good = record(TunneledDtls, association_id=bytes.fromhex("a0a1a2a3a4a546a788a9aaabacadaeaf"))
    assert UuidVersion4().problem(good, 0) is None
    for at, value in ((6, 0x56), (8, 0xC8), (8, 0x48)):
        octets = bytearray(good.association_id)
        octets[at] = value
        assert UuidVersion4().problem(good.replace(association_id=bytes(octets)), 0)


def test_directions():
    rules = (RecordLimit(), SentBy("association_id", {b"k": "kmf"}))
    check_direction(rules, record(TunneledDtls, association_id=b"x"), "mdd")
    check_direction(rules, record(TunneledDtls, association_id=b"k"), "kmf")
    with pytest.raises(DecodeError, match="only from the kmf"):
        check_direction(rules, record(TunneledDtls, association_id=b"k"), "mdd")


def test_a_rule_must_say_what_it_asks():
    with pytest.raises(NotImplementedError):
        Rule().problem(None, 0)

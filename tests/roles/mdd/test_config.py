# SPDX-License-Identifier: GPL-2.0-only
"""A wrong MDD configuration is refused when it is made, with a line that says what to change."""

from __future__ import annotations

from typing import Any

import pytest

from perc_scapy.errors import ConfigError
from perc_scapy.roles import MddConference, MddConfig, MddLimits, RelayPolicy

ROOM = MddConference(bytes(16), "room")


@pytest.mark.req("SLD-ASM-02")
def test_by_default_a_conference_has_a_tunnel_of_its_own() -> None:
    other = MddConference(bytes(15) + b"\1", "other")
    assert ROOM.tunnels == (ROOM.id,)
    assert set(ROOM.tunnels).isdisjoint(other.tunnels)


def test_fingerprints_become_canonical() -> None:
    spelled = "SHA-256 " + ":".join(["AB"] * 32)
    assert (
        MddConference(bytes(16), kmf_fingerprint=spelled).kmf_fingerprint == "sha-256:" + "ab" * 32
    )


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: MddConference(b"short", "x"), "has 5 octets, not 16"),
        (lambda: MddConference(bytes(16), kmf_fingerprint="zz"), "fingerprint"),
        (lambda: MddConfig(()), "no conference"),
        (lambda: MddConfig((ROOM, ROOM)), "same id"),
        (lambda: MddConfig((ROOM, MddConference(b"x" * 16, "room"))), "same name"),
        (lambda: MddConfig((ROOM,), profiles=()), "profiles is empty"),
        (lambda: MddConfig((ROOM,), profiles=(0x1234,)), "0x1234 cannot be run"),
        (lambda: MddConfig((ROOM,), profiles=(5,)), "0x0005 cannot be run"),
        (lambda: MddLimits(max_ssrcs=0), "max_ssrcs must be above 0"),
        (lambda: RelayPolicy({0: 128}), "payload type"),
        (lambda: RelayPolicy(extension=b"\xbe\xde\0"), "extension: 4 octets"),
        (lambda: RelayPolicy(extension=b"\xbe\xde\0\2abcd"), "extension: 4 octets"),
    ],
)
def test_refused(make: Any, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        make()


def test_a_policy_says_whether_it_changes_anything() -> None:
    assert not RelayPolicy().changes_headers
    assert not RelayPolicy(sequence_offset=5).changes_headers
    assert RelayPolicy({0: 96}).changes_headers
    assert RelayPolicy(marker=False).changes_headers
    assert RelayPolicy(extension=None).changes_headers
    assert RelayPolicy(sequence_offset=-1).sequence_offset == 0xFFFF


@pytest.mark.req("T00-MDD-10")
def test_only_profiles_that_can_be_run_are_listed() -> None:
    from perc_scapy.crypto import SrtpContext
    from perc_scapy.crypto.profiles import SRTP_PROFILES

    for profile in MddConfig((ROOM,)).profiles:
        layer = SRTP_PROFILES[profile].layer
        SrtpContext(layer.code, bytes(layer.key_length), bytes(layer.salt_length))

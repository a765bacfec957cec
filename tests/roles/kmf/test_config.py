# SPDX-License-Identifier: GPL-2.0-only
"""What a KMF configuration accepts, refuses and normalises."""

from __future__ import annotations

from typing import Any

import pytest

from perc_scapy.errors import ConfigError
from perc_scapy.roles.kmf.config import Conference, KmfConfig, KmfLimits, Member

ID = bytes(range(16))
A, B = "sha-256:" + "aa" * 32, "sha-256:" + "bb" * 32


def conference(**changes: Any) -> Conference:
    return Conference(**{"id": ID, "name": "board", **changes})


def test_fingerprints_are_stored_in_one_spelling() -> None:
    member = Member("anna", "SHA-256 " + ":".join(["AA"] * 32))
    assert member.fingerprint == A
    assert conference(mdds=frozenset({"BB" * 32})).mdds == {B}


def test_defaults_are_double_128_with_aeskw128_and_a_default_deny_list() -> None:
    made = conference()
    assert (made.profile, made.ekt_cipher, made.members, made.mdds) == (9, 1, (), frozenset())
    assert not made.hbh_only
    assert not made.shared_tunnel


@pytest.mark.req("T00-KMF-12", "R8871-24")
@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"profile": 0x000A}, "AESKW256"),
        ({"profile": 0x0007}, "hbh_only"),
        ({"profile": 0x0001}, "hbh_only"),
        ({"profile": 0x0005}, "never"),
        ({"profile": 0x0006, "hbh_only": True}, "never"),
        ({"profile": 0x0009, "hbh_only": True}, "single profile"),
        ({"profile": 0x00FF}, "unknown"),
        ({"ekt_cipher": None}, "ekt_cipher"),
        ({"ekt_cipher": 3}, "ekt_cipher"),
        ({"id": b"short"}, "16"),
        ({"members": (Member("a", A), Member("b", A))}, "two members"),
        ({"members": (Member("a", A),), "mdds": frozenset({A})}, "MDD"),
        ({"mdds": frozenset({"nonsense"})}, "fingerprint"),
        ({"ekt_ttl": 2**24}, "ekt_ttl"),
        ({"ekt_ttl": 0}, "ekt_ttl"),
        ({"rekey_on_join": -1}, "rekey_on_join"),
        ({"rekey_interval": -0.1}, "rekey_interval"),
        ({"same_member": "fight"}, "same_member"),
    ],
)
def test_what_a_conference_refuses(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        conference(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"profile": 0x000A, "ekt_cipher": 2},
        {"profile": 0x0009, "ekt_cipher": 2},
        {"rekey_on_join": None},
        {"rekey_on_join": 0},
    ],
)
def test_what_a_conference_accepts(changes: dict[str, Any]) -> None:
    made = conference(**changes)
    assert {name: getattr(made, name) for name in changes} == changes


@pytest.mark.parametrize("profile", [0x0001, 0x0002, 0x0007, 0x0008])
def test_hbh_only_takes_plain_profiles_and_drops_ekt(profile: int) -> None:
    assert conference(profile=profile, hbh_only=True).ekt_cipher is None


@pytest.mark.parametrize(
    "tls_id", ["short", "x" * 19, "x" * 256, "spaces are not in the set", "é" * 20]
)
def test_a_tls_id_has_the_form_of_rfc_8842(tls_id: str) -> None:
    with pytest.raises(ConfigError, match="tls-id"):
        Member("a", A, tls_id)


def test_a_proper_tls_id_passes() -> None:
    assert Member("a", A, "abc3de65cddef001be82").tls_id == "abc3de65cddef001be82"


@pytest.mark.parametrize("name", ["half_open_timeout", "max_half_open", "cookie_lifetime"])
def test_limits_are_positive(name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        KmfLimits(**{name: 0})


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"conferences": (conference(), conference(name="other"))}, "id"),
        ({"conferences": (conference(), conference(id=bytes(16)))}, "name"),
        ({"mtu": 100}, "mtu"),
        ({"mtu": 16345}, "mtu"),
        ({"tls_id": "x"}, "tls-id"),
    ],
)
def test_what_a_kmf_refuses(changes: dict[str, Any], word: str) -> None:
    identity: Any = object()
    with pytest.raises(ConfigError, match=word):
        KmfConfig(identity, **changes)

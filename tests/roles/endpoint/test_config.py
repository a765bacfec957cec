# SPDX-License-Identifier: GPL-2.0-only
"""What an endpoint configuration accepts, refuses and normalises."""

from __future__ import annotations

from typing import Any

import pytest

from perc_scapy.errors import ConfigError
from perc_scapy.roles.endpoint.config import EndpointConfig

KMF = "sha-256:" + "cc" * 32
IDENTITY: Any = object()


def config(**changes: Any) -> EndpointConfig:
    return EndpointConfig(**{"identity": IDENTITY, "kmf_fingerprint": KMF, **changes})


def test_the_fingerprint_is_stored_in_one_spelling() -> None:
    assert config(kmf_fingerprint="CC" * 32).kmf_fingerprint == KMF


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"profiles": ()}, "profiles"),
        ({"profiles": (9, 7)}, "hbh_only"),
        ({"profiles": (5,), "hbh_only": True}, "never"),
        ({"profiles": (9,), "hbh_only": True}, "single profile"),
        ({"profiles": (10, 9), "ekt_ciphers": (1,)}, "AESKW256"),
        ({"ekt_ciphers": ()}, "ekt_ciphers"),
        ({"ekt_ciphers": (1, 7)}, "ekt_ciphers"),
        ({"kmf_fingerprint": "?"}, "fingerprint"),
        ({"tls_id": "x"}, "tls-id"),
        ({"kmf_tls_id": "x"}, "tls-id"),
        ({"ssrc": 2**32}, "ssrc"),
        ({"cname": ""}, "cname"),
        ({"cname": "x" * 256}, "cname"),
        ({"key_change_delay": -1.0}, "delays"),
        ({"hold": -0.1}, "delays"),
        ({"report_interval": 0.0}, "intervals"),
        ({"max_sources": 0}, "limits"),
        ({"mtu": 10}, "mtu"),
    ],
)
def test_what_it_refuses(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        config(**changes)


def test_both_doubles_with_both_ciphers() -> None:
    made = config(profiles=(10, 9))
    assert (made.profiles, made.ekt_ciphers) == ((10, 9), (1, 2))


def test_hbh_only_offers_no_ekt() -> None:
    assert config(profiles=(7,), hbh_only=True).ekt_ciphers == ()

# SPDX-License-Identifier: GPL-2.0-only
"""What a configuration refuses, and what its text shows."""

from __future__ import annotations

import pytest

from perc_scapy.codes import CipherSuite, NamedGroup
from perc_scapy.crypto.tls12 import CIPHER_SUITES
from perc_scapy.dtls import DtlsConfig, DtlsServer
from perc_scapy.dtls.config import DEFAULT_SUITES
from perc_scapy.errors import LocalError
from tests.dtls.pairs import accept, client_config, identity, seeded


@pytest.mark.parametrize(
    "options",
    [
        {"mtu": 99},
        {"groups": ()},
        {"groups": (NamedGroup.X448,)},
        {"cipher_suites": ()},
        {"cipher_suites": (CipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256,)},
        {"cipher_suites": (CipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,)},
        {"external_session_id": bytes(19)},
        {"external_session_id": bytes(256)},
    ],
)
def test_refused(options):
    with pytest.raises(LocalError):
        client_config(1, **options)


def test_a_server_needs_an_identity():
    with pytest.raises(LocalError):
        DtlsServer(DtlsConfig(None, accept, random=seeded(1)))


def test_strongest_suites_first():
    """RFC 8870 section 6: the DTLS cipher is no weaker than the EKT key that it carries."""
    lengths = [CIPHER_SUITES[c].key_length for c in DEFAULT_SUITES]
    assert lengths[:2] == [32, 32]
    assert len(DEFAULT_SUITES) == 6


def test_text_shows_no_secret():
    config = client_config(1, keylog=print)
    number = identity("client").private_key.private_numbers().private_value
    assert f"{number}" not in repr(config)
    assert "keylog" not in repr(config)

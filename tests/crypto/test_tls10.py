# SPDX-License-Identifier: GPL-2.0-only
"""The PRF of DTLS 1.0 against what OpenSSL's TLS1-PRF (MD5-SHA1) gives for the same input."""

from __future__ import annotations

import pytest

from perc_scapy.crypto.tls10 import LegacyPrf

OPENSSL = {
    47: (
        "87746d43fb7cc415db3565723b73bf0e08945a970d3689c06bb42e319056d6ea26b3"
        "99d87ae941074b842fba8b0c357a4e3cd8b5ecdd8b1973a275321e046b7c11f9634b"
    ),
    48: (
        "d8659b0ed1c8ddb08123a4ec0299e0ba1b4ae1144bd299ef372ee37f2e5cf523a2de"
        "677756630f294c27b4fe9ac01c0d50de10a5b68d7f5a96203a543ef74e3e35778c4a"
    ),
}


@pytest.mark.parametrize("secret", OPENSSL)
def test_prf_of_openssl(secret: int) -> None:
    """An odd secret has an octet in both halves."""
    expected = bytes.fromhex(OPENSSL[secret])
    prf = LegacyPrf(bytes(range(secret)))
    assert prf(b"test label", bytes(range(32)), len(expected)) == expected
    assert prf(b"test label", bytes(range(32)), 12) == expected[:12]
    assert prf(b"test label", bytes(range(32)), 0) == b""


def test_it_hides_its_secret() -> None:
    assert repr(LegacyPrf(b"secret")) == "LegacyPrf()"

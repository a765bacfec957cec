# SPDX-License-Identifier: GPL-2.0-only
"""Key shares: RFC vectors, invalid points."""

from __future__ import annotations

import pytest

from perc_scapy.dtls.groups import GROUPS, P256Share, X25519Share
from perc_scapy.errors import RemoteError
from tests.dtls.pairs import seeded


@pytest.mark.parametrize("share", GROUPS.values())
def test_both_sides_agree(share):
    one, two = share(seeded(1)), share(seeded(2))
    assert one.shared(two.public) == two.shared(one.public)
    assert one.public != two.public
    assert share(seeded(1)).public == one.public


def test_x25519_vector():
    """RFC 7748 section 6.1."""
    alice = bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
    share = X25519Share(lambda n: alice[:n])
    public = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
    assert share.public == bytes.fromhex(public)
    bob = bytes.fromhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
    secret = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
    assert share.shared(bob) == bytes.fromhex(secret)


def test_p256_vector():
    """NIST CAVS ECC CDH primitive, P-256, count 0."""
    scalar = "7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534"
    x = "700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287"
    y = "db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac"
    z = "46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b"
    # the share reduces 48 octets and adds 1
    octets = (int(scalar, 16) - 1).to_bytes(48, "big")
    share = P256Share(lambda n: octets[:n])
    assert share.shared(bytes.fromhex("04" + x + y)) == bytes.fromhex(z)


@pytest.mark.parametrize(
    ("share", "public"),
    [
        (X25519Share, bytes(32)),  # the all-zero result is forbidden
        (X25519Share, bytes(31)),
        (X25519Share, b""),
        (P256Share, b"\4" + bytes(64)),
        (P256Share, b"\4" + b"\xff" * 64),
        (P256Share, b"\2" + bytes(32)),
        (P256Share, b"\0"),
        (P256Share, b"\4" + bytes(63)),
    ],
)
def test_unusable_public_keys(share, public):
    with pytest.raises(RemoteError) as error:
        share(seeded(1)).shared(public)
    assert error.value.alert == 47

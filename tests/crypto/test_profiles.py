# SPDX-License-Identifier: GPL-2.0-only
import dataclasses

import pytest
from OpenSSL import SSL

from perc_scapy.codes import ProtectionProfile
from perc_scapy.crypto import SRTP_PROFILES
from tests.crypto.support import Libsrtp, layer_keys


def test_every_code_point_has_a_row_under_its_own_number() -> None:
    assert set(SRTP_PROFILES) == set(ProtectionProfile)
    assert all(
        row.code == code and row.name == row.code.name for code, row in SRTP_PROFILES.items()
    )


@pytest.mark.req("DBL-01")
@pytest.mark.parametrize(
    ("code", "key", "salt", "export", "double"),
    [
        # RFC 5764 4.1.2, RFC 7714 12 and 14.2, RFC 8723 10.1
        (0x0001, 16, 14, 60, False),
        (0x0002, 16, 14, 60, False),
        (0x0007, 16, 12, 56, False),
        (0x0008, 32, 12, 88, False),
        (0x0009, 32, 24, 112, True),
        (0x000A, 64, 24, 176, True),
    ],
)
def test_lengths(code: int, key: int, salt: int, export: int, double: bool) -> None:
    row = SRTP_PROFILES[code]
    assert (row.key_length, row.salt_length, row.export_length) == (key, salt, export)
    assert row.is_double is double


@pytest.mark.req("DBL-01", "DBL-02")
@pytest.mark.parametrize(("double", "single"), [(0x0009, 0x0007), (0x000A, 0x0008)])
def test_a_double_is_two_layers_of_one_single_profile(double: int, single: int) -> None:
    row, layer = SRTP_PROFILES[double], SRTP_PROFILES[double].layer
    assert layer is SRTP_PROFILES[single]
    assert (row.key_length, row.salt_length) == (2 * layer.key_length, 2 * layer.salt_length)
    assert layer.layer is layer


def test_tags() -> None:
    tags = {code: (row.rtp_tag, row.rtcp_tag) for code, row in SRTP_PROFILES.items()}
    assert tags == {
        1: (10, 10),
        2: (4, 10),
        5: (10, 10),
        6: (4, 10),
        7: (16, 16),
        8: (16, 16),
        9: (16, 16),
        10: (16, 16),
    }


def test_tag_lengths_are_those_of_libsrtp() -> None:
    for code in (1, 2, 7, 8):
        row, peer = SRTP_PROFILES[code], Libsrtp(code, layer_keys(code, 1, 2))
        rtp, rtcp = bytes.fromhex("800000010000000200000003"), bytes.fromhex("80c9000100000003")
        assert len(peer.protect(rtp)) - len(rtp) == row.rtp_tag
        assert len(peer.protect_rtcp(rtcp)) - len(rtcp) - 4 == row.rtcp_tag


def test_openssl_knows_every_name() -> None:
    names = [row.openssl_name for row in SRTP_PROFILES.values() if row.openssl_name]
    assert len(names) == 6
    SSL.Context(SSL.DTLS_METHOD).set_tlsext_use_srtp(":".join(names).encode())
    with pytest.raises(SSL.Error):
        SSL.Context(SSL.DTLS_METHOD).set_tlsext_use_srtp(b"SRTP_NOT_A_PROFILE")


def test_rows_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        SRTP_PROFILES[9].key_length = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        SRTP_PROFILES[9] = SRTP_PROFILES[7]  # type: ignore[index]

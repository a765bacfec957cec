# SPDX-License-Identifier: GPL-2.0-only
import inspect
from enum import IntEnum

import pytest

from perc_scapy import codes
from perc_scapy.codes import (
    AlertDescription,
    ContentType,
    DtlsVersion,
    EktCipher,
    EktMessageType,
    ExtensionType,
    HandshakeType,
    ProtectionProfile,
    RtcpType,
    SrtpLabel,
    TunnelMessageType,
)

ENUMS = [
    e for _n, e in inspect.getmembers(codes, inspect.isclass) if e.__module__ == codes.__name__
]


@pytest.mark.parametrize("enum", ENUMS, ids=lambda e: e.__name__)
def test_each_number_has_one_name(enum: type[IntEnum]) -> None:
    """`IntEnum` turns a second name for a number into a silent alias: a typing mistake would hide there."""
    assert len(enum.__members__) == len(set(enum.__members__.values()))
    assert (enum.__doc__ or IntEnum.__doc__) != IntEnum.__doc__


# Numbers as their documents print them, not as the module repeats them.
@pytest.mark.parametrize(
    ("code", "number"),
    [
        (ProtectionProfile.SRTP_AES128_CM_HMAC_SHA1_80, 0x0001),  # RFC 5764 4.1.2
        (ProtectionProfile.SRTP_AES128_CM_HMAC_SHA1_32, 0x0002),
        (ProtectionProfile.SRTP_NULL_HMAC_SHA1_80, 0x0005),
        (ProtectionProfile.SRTP_NULL_HMAC_SHA1_32, 0x0006),
        (ProtectionProfile.SRTP_AEAD_AES_128_GCM, 0x0007),  # RFC 7714 14.2
        (ProtectionProfile.SRTP_AEAD_AES_256_GCM, 0x0008),
        (ProtectionProfile.DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM, 0x0009),  # RFC 8723 10.1
        (ProtectionProfile.DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM, 0x000A),
        (ExtensionType.USE_SRTP, 14),  # RFC 5764 9
        (ExtensionType.EXTENDED_MASTER_SECRET, 23),  # RFC 7627 7
        (ExtensionType.SUPPORTED_EKT_CIPHERS, 39),  # RFC 8870 7.3
        (ExtensionType.EXTERNAL_ID_HASH, 55),  # RFC 8844 6
        (ExtensionType.EXTERNAL_SESSION_ID, 56),
        (ExtensionType.RENEGOTIATION_INFO, 0xFF01),  # RFC 5746 6
        (HandshakeType.EKT_KEY, 26),  # RFC 8870 7.4
        (HandshakeType.HELLO_VERIFY_REQUEST, 3),  # RFC 6347 4.3.2
        (ContentType.ACK, 26),  # RFC 9147 7
        (EktMessageType.SHORT, 0),  # RFC 8870 7.1
        (EktMessageType.FULL, 2),
        (EktCipher.AESKW_128, 1),  # RFC 8870 5.2.1
        (EktCipher.AESKW_256, 2),
        (DtlsVersion.DTLS_1_2, 0xFEFD),
        (AlertDescription.DECRYPT_ERROR, 51),  # RFC 5246 7.2
        (AlertDescription.NO_RENEGOTIATION, 100),
        (TunnelMessageType.MEDIA_KEYS, 3),  # RFC 9185 6.1
        (TunnelMessageType.ENDPOINT_DISCONNECT, 5),
        (RtcpType.SR, 200),  # RFC 3550 12.1
        (SrtpLabel.RTCP_SALT, 5),  # RFC 3711 4.3.2
    ],
)
def test_assigned_numbers(code: IntEnum, number: int) -> None:
    assert int(code) == number


def test_cipher_suites_are_those_of_openssl() -> None:
    from OpenSSL import SSL

    connection = SSL.Connection(SSL.Context(SSL.TLS_CLIENT_METHOD), None)
    known = set(connection.get_cipher_list())
    ours = {_openssl_name(suite.name) for suite in codes.CipherSuite}
    assert len(ours & known) >= 8


def _openssl_name(name: str) -> str:
    """TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 -> ECDHE-RSA-AES128-GCM-SHA256."""
    text = name.removeprefix("TLS_").replace("_WITH_", "_").removeprefix("RSA_")
    return (
        text.replace("AES_", "AES")
        .replace("_CBC", "")
        .replace("_SHA256", "-SHA256")
        .replace("_", "-")
    )


def test_an_unknown_number_stays_a_number() -> None:
    with pytest.raises(ValueError, match="99"):
        ProtectionProfile(99)

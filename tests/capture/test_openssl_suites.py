# SPDX-License-Identifier: GPL-2.0-only
"""Every suite that OpenSSL has and we say we read: records that OpenSSL sealed, opened with OpenSSL's own key log."""

from __future__ import annotations

import re

import pytest

from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.codes import CipherSuite, ContentType, HandshakeType
from perc_scapy.crypto.tls12_reading import suite_row
from tests.capture.conversations import observed
from tests.capture.openssl_talk import DTLS_1_0, NO_ENCRYPT_THEN_MAC, talk

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def openssl_name(suite: CipherSuite) -> str:
    """TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 -> ECDHE-RSA-AES128-SHA256."""
    text = suite.name.removeprefix("TLS_").removeprefix("RSA_").replace("WITH_", "")
    text = text.replace("_CBC", "").replace("POLY1305_SHA256", "POLY1305").replace("CCM_8", "CCM8")
    return re.sub("(AES|CAMELLIA)_", r"\1", text).replace("_", "-")


HERE = [
    suite
    for suite in CipherSuite
    if suite_row(suite, 0xFEFD) and not re.search("PSK|3DES|MD5", suite.name)
]
"""OpenSSL takes keys for PSK suites only from a program's callbacks, and is built without 3DES."""
CBC = [suite for suite in HERE if "CBC" in suite.name]


def kind_of(suite: CipherSuite) -> str:
    return "ecdsa" if "ECDSA" in suite.name else "rsa"


def read(suite: CipherSuite, **options: object) -> DtlsSession:
    said = talk(openssl_name(suite).encode(), kind=kind_of(suite), **options)
    (session,) = observed(said.log, said.keylog).sessions
    assert session.suite == suite.name
    return session


def assert_all_open(session: DtlsSession) -> None:
    opened = session.contents(ContentType.APPLICATION_DATA)
    assert [(o.from_client, o.content) for o in opened] == [
        (True, b"from the client"),
        (False, b"from the server"),
    ]
    assert list(session.protected(opened=False)) == []
    for from_client in (True, False):
        finished = session.first(HandshakeType.FINISHED, from_client)
        assert finished is not None
        assert len(finished.body) == 12


def test_there_are_many() -> None:
    assert (len(HERE), len(CBC)) == (55, 28)


@pytest.mark.req("DTL-04")
@pytest.mark.parametrize("suite", HERE, ids=lambda suite: suite.name)
def test_every_suite_of_dtls_1_2(suite: CipherSuite) -> None:
    session = read(suite)
    assert session.version == "DTLS 1.2"
    assert_all_open(session)


@pytest.mark.parametrize("suite", CBC, ids=lambda suite: suite.name)
def test_mac_then_encrypt(suite: CipherSuite) -> None:
    """Encrypt-then-MAC is what OpenSSL does unless told otherwise; the test above has it."""
    session = read(suite, options=NO_ENCRYPT_THEN_MAC)
    assert 22 not in session.server_hello.extensions
    assert_all_open(session)


@pytest.mark.parametrize("options", [0, NO_ENCRYPT_THEN_MAC])
@pytest.mark.parametrize("suite", [s for s in CBC if s.name.endswith("_SHA")], ids=lambda s: s.name)
def test_dtls_1_0(suite: CipherSuite, options: int) -> None:
    session = read(suite, version=DTLS_1_0, options=options)
    assert session.version == "DTLS 1.0"
    assert_all_open(session)


@pytest.mark.req("DTL-02")
def test_keys_exported_under_a_cbc_suite() -> None:
    """SRTP_AES128_CM_SHA1_80 as ordinary WebRTC has it, under an old suite and an old version."""
    for version in (DTLS_1_0, 0xFEFD):
        said = talk(b"ECDHE-ECDSA-AES128-SHA", version=version, srtp=b"SRTP_AES128_CM_SHA1_80")
        (session,) = observed(said.log, said.keylog).sessions
        keys = session.exported_keys()
        material = said.client.export(b"EXTRACTOR-dtls_srtp", 60)
        assert material == keys.client.key + keys.server.key + keys.client.salt + keys.server.salt


def test_a_suite_that_we_have_no_cipher_for_is_named() -> None:
    said = talk(b"ECDHE-ECDSA-ARIA128-GCM-SHA256")
    (session,) = observed(said.log, said.keylog).sessions
    assert session.suite == "TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256"
    assert list(session.protected(opened=True)) == []

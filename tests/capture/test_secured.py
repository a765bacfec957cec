# SPDX-License-Identifier: GPL-2.0-only
"""The reading face that sessions of DTLS and TLS share."""

from __future__ import annotations

import pytest

from perc_scapy.capture.secured import SecuredSession, hello_version, parse_server_hello, profile_of
from perc_scapy.dtls.codec import ServerHello
from tests.capture.conversations import observed, recorded
from tests.dtls.pairs import GCM_128


@pytest.mark.parametrize(
    ("field", "chosen", "number"),
    [
        (0xFEFD, None, 0xFEFD),
        (0xFEFD, b"\xfe\xfc", 0xFEFC),
        (0x0303, b"\x03\x04", 0x0304),
        (0x0303, b"\x03", 0x0303),
    ],
)
def test_the_version_is_what_the_extension_says(
    field: int, chosen: bytes | None, number: int
) -> None:
    extensions = {} if chosen is None else {43: chosen}
    assert hello_version(ServerHello(field, bytes(32), b"", 0xC02B, 0, extensions)) == number


def test_names_of_version_and_suite() -> None:
    said = recorded(srtp_profiles=(GCM_128,))
    (session,) = observed(said.log, said.keylog).sessions
    assert session.version == "DTLS 1.2"
    assert session.suite == "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
    assert session.srtp_profile == GCM_128


def test_before_any_server_hello_there_is_nothing_to_name() -> None:
    session = SecuredSession("c", bytes(32))
    assert (session.version, session.suite, session.srtp_profile) == (None, None, None)
    assert session.negotiated is None
    assert repr(session) == "SecuredSession(00000000, 0 records)"


def test_hostile_hellos() -> None:
    assert parse_server_hello(b"") is None
    assert profile_of(ServerHello(0xFEFD, bytes(32), b"", 0xC02B, 0, {14: b"\x00"})) is None


def test_opened_and_sealed_records_are_told_apart() -> None:
    said = recorded()
    (closed,) = observed(said.log).sessions
    (opened,) = observed(said.log, said.keylog).sessions
    assert (
        len(list(closed.protected(opened=False))) == len(list(opened.protected(opened=True))) == 4
    )

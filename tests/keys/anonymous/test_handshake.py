# SPDX-License-Identifier: GPL-2.0-only
"""Handshake messages of real stacks, without names."""

from __future__ import annotations

import pytest

from perc_scapy.codes import ExtensionType, HandshakeType
from perc_scapy.dtls import codec, extensions
from perc_scapy.keys.anonymous.handshake import anonymous_body, may_name
from perc_scapy.keys.anonymous.pseudonyms import Pseudonyms
from tests.capture.handmade import HandmadeConference, k
from tests.capture.webrtc import Call
from tests.dtls.pairs import identity

NAMES = Pseudonyms(bytes(32))


def messages(kind: int) -> list[bytes]:
    """Of our engine and of OpenSSL."""
    from perc_scapy.capture.analysis import Analysis

    talk = HandmadeConference()
    talk.join("A", k(1))
    call = Call().handshake()
    found = []
    for trace in (talk.trace, call.trace):
        for session, _, _ in Analysis(trace).dtls_sessions():
            found += [m.body for m in session.messages if m.type == kind]
    assert len(found) >= 3
    return found


def again(kind: int, body: bytes) -> bytes:
    new = anonymous_body(kind, body, NAMES, dtls=True)
    assert len(new) == len(body)
    return new


def hello(**more: bytes) -> bytes:
    """A ClientHello with everything that names somebody."""
    lists = {
        ExtensionType.SERVER_NAME: b"\0\x12\0\0\x0fmeet.example.or",
        ExtensionType.USE_SRTP: extensions.encode_use_srtp(extensions.UseSrtp((7, 1))),
        ExtensionType.EXTERNAL_SESSION_ID: b"\x08call1234",
        ExtensionType.PRE_SHARED_KEY: b"\0\x0b\0\x05alice\0\0\0\1\0\x05\4bind",
        ExtensionType.CERTIFICATE_AUTHORITIES: b"\0\x06\0\x04\x0c\2ab",
        3: b"\0\4name",
    }
    packed = b"".join(
        int(kind).to_bytes(2, "big") + len(v).to_bytes(2, "big") + v for kind, v in lists.items()
    )
    head = b"\xfe\xfd" + bytes(range(32)) + b"\2id" + b"\3abc" + b"\0\2\xc0\x2b" + b"\1\0"
    return head + len(packed).to_bytes(2, "big") + packed


def test_a_client_hello_keeps_what_decryption_needs() -> None:
    old = hello()
    new = again(HandshakeType.CLIENT_HELLO, old)
    for word in (b"meet", b"example", b"call1234", b"alice", b"bind", b"ab\0", b"name"):
        assert word not in new
    before, after = codec.decode_client_hello(old), codec.decode_client_hello(new)
    assert after.random == before.random
    assert after.cookie == before.cookie
    assert list(after.extensions) == list(before.extensions)
    assert after.extensions[ExtensionType.USE_SRTP] == before.extensions[ExtensionType.USE_SRTP]
    name = after.extensions[ExtensionType.SERVER_NAME]
    assert name[:5] == b"\0\x12\0\0\x0f"
    assert name[9:10] == b"."


def test_real_hellos_without_names_stay_as_they_are() -> None:
    for body in messages(HandshakeType.CLIENT_HELLO):
        assert again(HandshakeType.CLIENT_HELLO, body) == body


def test_certificates() -> None:
    for body in messages(HandshakeType.CERTIFICATE):
        new = again(HandshakeType.CERTIFICATE, body)
        (old,), (made,) = codec.decode_certificate(body), codec.decode_certificate(new)
        assert len(made) == len(old)
        assert made != old
    for name in ("A", "kmf", "mdd", "client", "server"):
        subject = identity(name).certificate
        assert subject[20:40] not in new


@pytest.mark.parametrize(
    "kind", [HandshakeType.SERVER_KEY_EXCHANGE, HandshakeType.CERTIFICATE_VERIFY]
)
def test_signatures_go_and_key_shares_stay(kind: int) -> None:
    for body in messages(kind):
        new = again(kind, body)
        kept = 4 + body[3] + 4 if kind == HandshakeType.SERVER_KEY_EXCHANGE else 4
        assert new[:kept] == body[:kept]
        assert new[kept + 8 : kept + 24] != body[kept + 8 : kept + 24]


def test_key_exchanges_of_other_kinds() -> None:
    group = b"\0\2pp\0\1g\0\3YYY"
    signed = group + b"\4\1\0\4sign"
    old_form = group + b"\0\4sign"
    for body in (signed, old_form):
        new = again(HandshakeType.SERVER_KEY_EXCHANGE, body)
        assert new[:-4] == body[:-4]
        assert new[-4:] != b"sign"
    hint = b"\0\x05alice"
    assert b"alice" not in again(HandshakeType.SERVER_KEY_EXCHANGE, hint)


def test_authorities_in_a_request() -> None:
    name = b"\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02CA"
    body = b"\1\1\0\2\4\3" + b"\0\x11" + b"\0\x0f" + name
    new = again(HandshakeType.CERTIFICATE_REQUEST, body)
    assert new[:-2] == body[:-2]
    assert new[-2:] != b"CA"


@pytest.mark.parametrize("kind", range(30))
def test_any_octets_keep_their_length(kind: int) -> None:
    whole = hello()
    for cut in (*range(0, len(whole), 3), len(whole)):
        for body in (whole[:cut], whole[-cut:], bytes(cut), b"\xff" * cut):
            new = anonymous_body(kind, body, NAMES, dtls=cut % 2 == 0)
            assert len(new) == len(body)
            if not may_name(kind):
                assert new == body


def test_a_server_hello_keeps_its_choice_and_no_names() -> None:
    extensions_ = {
        ExtensionType.USE_SRTP: b"\0\2\0\7\0",
        ExtensionType.EXTERNAL_ID_HASH: b"\x0aalice-hash",
        ExtensionType.EXTERNAL_SESSION_ID: b"\x08call1234",
        ExtensionType.SIGNED_CERTIFICATE_TIMESTAMP: b"\0\x0b\0\x09log-entry",
    }
    packed = b"".join(
        int(kind).to_bytes(2, "big") + len(v).to_bytes(2, "big") + v
        for kind, v in extensions_.items()
    )
    head = b"\xfe\xfd" + bytes(range(32)) + b"\2id" + b"\xc0\x2b" + b"\0"
    old = head + len(packed).to_bytes(2, "big") + packed
    new = again(HandshakeType.SERVER_HELLO, old)
    for word in (b"alice", b"call1234", b"log-entry"):
        assert word not in new
    before, after = codec.decode_server_hello(old), codec.decode_server_hello(new)
    assert (after.random, after.cipher_suite) == (before.random, before.cipher_suite)
    assert list(after.extensions) == list(before.extensions)
    assert after.extensions[ExtensionType.USE_SRTP] == before.extensions[ExtensionType.USE_SRTP]


def test_real_server_hellos_stay_as_they_are() -> None:
    for body in messages(HandshakeType.SERVER_HELLO):
        assert again(HandshakeType.SERVER_HELLO, body) == body


@pytest.mark.parametrize("point", [b"", b"\3\x04xy"])
def test_identities_of_shared_keys_go_from_the_key_exchange(point: bytes) -> None:
    new = again(HandshakeType.CLIENT_KEY_EXCHANGE, b"\0\5alice" + point)
    assert b"alice" not in new
    assert new[:2] == b"\0\5"
    assert new.endswith(point)


def test_points_of_a_key_exchange_stay() -> None:
    for body in messages(HandshakeType.CLIENT_KEY_EXCHANGE):
        assert again(HandshakeType.CLIENT_KEY_EXCHANGE, body) == body


@pytest.mark.parametrize("kind", [5, 6, 12, 18, 25, 52])
def test_extensions_that_name_somebody_in_any_form(kind: int) -> None:
    extension = kind.to_bytes(2, "big") + b"\0\5alice"
    head = b"\xfe\xfd" + bytes(32) + b"\0" + b"\0" + b"\0\2\xc0\x2b" + b"\1\0"
    new = again(HandshakeType.CLIENT_HELLO, head + b"\0\x09" + extension)
    assert b"alice" not in new

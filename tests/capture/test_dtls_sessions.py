# SPDX-License-Identifier: GPL-2.0-only
"""A bystander with the key log reads what the two ends wrote: our engine, OpenSSL, with loss and in any order."""

import random

import pytest
from OpenSSL import SSL

from perc_scapy.capture.dtls_sessions import DtlsSession
from perc_scapy.capture.keylog import KeyLog
from perc_scapy.codes import ContentType, HandshakeType
from perc_scapy.crypto import tls12
from tests.capture.conversations import keylog_of, observed, recorded, with_ekt
from tests.dtls.openssl_peer import OpenSslPeer, context
from tests.dtls.pairs import AESKW_256, DOUBLE_256, ekt_parameters, identity, shuttle

ECDHE = [code for code, row in tls12.CIPHER_SUITES.items() if row.key_exchange == "ecdhe"]
EXPORTER = b"EXTRACTOR-dtls_srtp"


def application(session: DtlsSession) -> list[tuple[bool, bytes]]:
    data = session.contents(ContentType.APPLICATION_DATA)
    return [(opened.from_client, opened.content) for opened in data]


BOTH_WAYS = [(True, b"from the client"), (False, b"from the server")]


@pytest.mark.req("DTL-04", "DTL-05")
@pytest.mark.parametrize("suite", ECDHE)
def test_all_suites_of_the_engine(suite: int) -> None:
    owner = identity("server", tls12.CIPHER_SUITES[suite].authentication)
    talk = recorded(suite, cipher_suites=(suite,), server={"identity": owner})
    (session,) = observed(talk.log, talk.keylog).sessions
    assert sorted(application(session), reverse=True) == BOTH_WAYS
    assert session.server_hello.cipher_suite == suite


@pytest.mark.req("DTL-02", "DBL-01")
def test_exported_keys_and_ekt_key_are_those_of_the_ends() -> None:
    talk = with_ekt()
    (session,) = observed(talk.log, talk.keylog).sessions
    keys = session.exported_keys()
    material = talk.client.export(EXPORTER, 176)
    assert (session.srtp_profile, session.ekt_cipher) == (DOUBLE_256, AESKW_256)
    assert material == keys.client.key + keys.server.key + keys.client.salt + keys.server.salt
    (received,) = session.ekt_keys()
    assert received.parameters == ekt_parameters()
    (ack,) = session.contents(ContentType.ACK)
    assert ack.from_client
    assert ack.packet > received.packet


@pytest.mark.req("T00-MDD-11")
def test_without_the_key_log_handshakes_show_and_contents_stay_sealed() -> None:
    talk = with_ekt()
    (session,) = observed(talk.log).sessions
    assert not session.has_secret
    assert session.first(HandshakeType.CERTIFICATE, True) is not None
    assert session.first(HandshakeType.CERTIFICATE, False) is not None
    assert session.srtp_profile == DOUBLE_256
    assert application(session) == []
    assert session.ekt_keys() == []
    assert session.exported_keys() is None


def test_a_wrong_secret_opens_nothing() -> None:
    talk = recorded()
    random_ = observed(talk.log).sessions[0].client_random
    wrong = keylog_of([f"CLIENT_RANDOM {random_.hex()} {bytes(48).hex()}"])
    (session,) = observed(talk.log, wrong).sessions
    assert session.has_secret
    assert application(session) == []


@pytest.mark.parametrize("mtu", [1200, 150])
@pytest.mark.parametrize("seed", range(8))
def test_order_and_repetition_do_not_matter(seed: int, mtu: int) -> None:
    """Any order after the first datagram, every datagram up to three times."""
    talk = with_ekt(mtu=mtu)
    dice = random.Random(seed)
    rest = [item for item in talk.log[1:] for _ in range(dice.randrange(1, 4))]
    dice.shuffle(rest)
    (session,) = observed([talk.log[0], *rest], talk.keylog).sessions
    assert set(application(session)) == set(BOTH_WAYS)
    assert {received.parameters for received in session.ekt_keys()} == {ekt_parameters()}
    in_order = observed(talk.log, talk.keylog).sessions[0]
    assert {(m.type, m.body) for m in session.messages} == {
        (m.type, m.body) for m in in_order.messages
    }
    assert len(session.messages) == len(in_order.messages)
    assert session.repeats > 0


def test_reordering_before_the_client_hello() -> None:
    talk = recorded(mtu=200)
    log = [talk.log[1], talk.log[0], *talk.log[2:]]
    (session,) = observed(log, talk.keylog).sessions
    assert session.client_hello is not None
    assert sorted(application(session), reverse=True) == BOTH_WAYS


def test_a_capture_that_lost_all_it_can_lose() -> None:
    """Both hellos and one record are enough."""
    talk = recorded()
    whole = observed(talk.log, talk.keylog).sessions[0]
    kinds = (HandshakeType.CLIENT_HELLO, HandshakeType.SERVER_HELLO)
    needed = {m.packet for m in whole.messages if m.type in kinds}
    log = [item for n, item in enumerate(talk.log, 1) if n in needed or n == len(talk.log)]
    (session,) = observed(log, talk.keylog).sessions
    assert len(application(session)) == 1


def test_somebody_elses_server_hello_does_not_hide_the_right_one() -> None:
    talk = recorded()
    forged = recorded("other").log
    server_flight = [item for item in forged if item[0] == "server"]
    log = [talk.log[0], *server_flight[:1], *talk.log[1:]]
    (session,) = observed(log, talk.keylog).sessions
    assert sorted(application(session), reverse=True) == BOTH_WAYS


def forged_hello(talk, number: int) -> tuple[str, bytes]:
    """The right ServerHello with another random."""
    flight = bytearray(next(data for who, data in talk.log if who == "server"))
    flight[27:31] = number.to_bytes(4, "big")
    return "server", bytes(flight)


def test_many_forged_server_hellos_do_not_hide_the_right_one() -> None:
    talk = recorded()
    forged = [forged_hello(talk, number) for number in range(40)]
    (session,) = observed([talk.log[0], *forged, *talk.log[1:]], talk.keylog).sessions
    assert sorted(application(session), reverse=True) == BOTH_WAYS


def test_trying_in_vain_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perc_scapy.capture.dtls_sessions.MAX_TRIES", 3)
    talk = recorded()
    forged = [forged_hello(talk, number) for number in range(4)]
    (session,) = observed([talk.log[0], *forged, *talk.log[1:]], talk.keylog).sessions
    assert application(session) == []


@pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning")
@pytest.mark.parametrize("suite", [b"ECDHE-ECDSA-AES128-GCM-SHA256", b"ECDHE-ECDSA-AES256-CCM8",
                                   b"ECDHE-ECDSA-CHACHA20-POLY1305"])  # fmt: skip
def test_openssl_at_both_ends(suite: bytes) -> None:
    lines: list[str] = []
    contexts = []
    for name in ("client", "server"):
        ctx = context.__wrapped__(identity(name), tickets=name == "client",
                                  srtp=b"SRTP_DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM")  # fmt: skip
        ctx.set_cipher_list(suite + b":@SECLEVEL=0")
        ctx.set_keylog_callback(lambda _, line: lines.append(line.decode()))
        contexts.append(ctx)
    client = OpenSslPeer(contexts[0], server=False)
    server = OpenSslPeer(contexts[1], server=True)
    client.start(0)
    log = shuttle(client, server)
    client.send_application(b"from the client")
    server.send_application(b"from the server")
    log += shuttle(client, server)
    (session,) = observed(log, keylog_of(lines)).sessions
    assert sorted(application(session), reverse=True) == BOTH_WAYS
    keys = session.exported_keys()
    material = client.export(EXPORTER, 176)
    assert material[:64] == keys.client.key
    assert isinstance(server.connection, SSL.Connection)


def test_nothing_of_it_is_printed() -> None:
    talk = with_ekt()
    (session,) = observed(talk.log, talk.keylog).sessions
    keys = session.exported_keys()
    text = repr(session) + repr(session.messages) + repr(session.records) + repr(keys)
    text += repr(session.ekt_keys())
    for secret in (keys.client.key, ekt_parameters().key, ekt_parameters().salt):
        assert bytes(secret).hex() not in text
        assert repr(bytes(secret)) not in text
    assert KeyLog().master_secret(b"") is None

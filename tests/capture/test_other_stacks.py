# SPDX-License-Identifier: GPL-2.0-only
"""What a library in memory cannot be asked for: the openssl and GnuTLS programs on real sockets, listened to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from perc_scapy.capture.tls_keys import APPLICATION, EARLY
from perc_scapy.codes import CipherSuite, ContentType
from tests.capture.conversations import observed
from tests.capture.programs import gnutls, lines, openssl, pem_files
from tests.capture.relay import wait_for
from tests.capture.tables import application
from tests.capture.tls_talk import chunks, session_of
from tests.dtls.pairs import identity

PSK = [
    "PSK-AES128-CBC-SHA256",
    "PSK-AES256-GCM-SHA384",
    "PSK-AES128-CCM8",
    "PSK-CHACHA20-POLY1305",
    "PSK-CAMELLIA128-SHA256",
    "DHE-PSK-AES256-CBC-SHA384",
    "ECDHE-PSK-AES128-CBC-SHA",
    "ECDHE-PSK-CHACHA20-POLY1305",
]


@pytest.mark.tool("openssl")
@pytest.mark.parametrize("suite", PSK)
def test_pre_shared_keys(tmp_path: Path, suite: str) -> None:
    """What the key log names is the master secret: nobody needs the pre-shared key."""
    options = ("-dtls1_2", "-psk", "1a2b3c", "-cipher", f"{suite}:@SECLEVEL=0")
    with openssl(tmp_path, *options, server=("-nocert",)) as talk:
        talk.exchange()
    (session,) = observed(talk.relay.logs[0], talk.keylog()).sessions
    assert "_PSK_WITH_" in session.suite.replace("TLS_PSK", "TLS__PSK")
    assert application(session) == lines()
    assert list(session.protected(opened=False)) == []


@pytest.mark.tool("openssl")
def test_renegotiation_of_dtls(tmp_path: Path) -> None:
    certificate, key = pem_files(tmp_path, identity("openssl ecdsa"))
    server = ("-cert", certificate, "-key", key, "-client_renegotiation")
    with openssl(tmp_path, "-dtls1_2", server=server) as talk:
        talk.exchange()
        talk.client.say(b"R\n")
        talk.client.expect(b"RENEGOTIATING")
        wait_for(lambda: talk.secrets.read_text().count("CLIENT_RANDOM") == 2)
        talk.exchange(2)
    (session,) = observed(talk.relay.logs[0], talk.keylog()).sessions
    assert application(session) == lines() + lines(2)
    assert {m.epoch for m in session.messages} == {0, 1, 2}
    assert list(session.protected(opened=False)) == []
    assert len(session.all_exported_keys()) == 0


@pytest.mark.tool("openssl")
def test_a_key_update_of_tls_1_3(tmp_path: Path) -> None:
    """`K`: the client changes its keys and asks the server to do so."""
    certificate, key = pem_files(tmp_path, identity("openssl ecdsa"))
    with openssl(tmp_path, "-tls1_3", server=("-cert", certificate, "-key", key), tcp=True) as talk:
        talk.exchange()
        for number in (2, 3):
            talk.client.say(b"K\n")
            talk.client.expect(b"KEYUPDATE", number - 1)
            talk.exchange(number)
    session = session_of(chunks(talk.relay.logs[0]), talk.keylog())
    assert application(session) == lines() + lines(2) + lines(3)
    assert list(session.protected(opened=False)) == []
    places = {o.number >> 48 for o in session.contents(ContentType.APPLICATION_DATA)}
    assert places == {APPLICATION, APPLICATION + 1, APPLICATION + 2}


@pytest.mark.tool("openssl")
@pytest.mark.parametrize("secret", [True, False])
def test_early_data(tmp_path: Path, secret: bool) -> None:
    certificate, key = pem_files(tmp_path, identity("openssl ecdsa"))
    early, ticket = tmp_path / "early", tmp_path / "ticket"
    early.write_bytes(b"before the handshake\n")
    server = ("-cert", certificate, "-key", key, "-early_data", "-no_anti_replay")
    with openssl(tmp_path, "-tls1_3", server=server, client=("-sess_out", str(ticket)), tcp=True) as talk:  # fmt: skip
        talk.exchange()
        wait_for(ticket.exists)
        talk.client.end()
        again = type(talk.client)(
            "openssl", "s_client", "-connect", f"127.0.0.1:{talk.relay.port}", "-tls1_3",
            "-keylogfile", str(talk.secrets), "-sess_in", str(ticket), "-early_data", str(early),
        )  # fmt: skip
        talk.server.expect(b"before the handshake")
        again.expect(b"Early data was accepted")
        talk._replace(client=again).exchange(2)
        again.end()
    keylog = talk.keylog()
    if not secret:
        text = re.sub(rb"CLIENT_EARLY.*\n", b"", keylog.to_text())
        keylog = type(keylog)()
        keylog.add_text(text)
    session = session_of(chunks(talk.relay.logs[1]), keylog)
    assert session.early_data
    before = [(True, b"before the handshake\n")] if secret else []
    assert application(session) == before + lines(2)
    places = [o.number >> 48 for o in session.contents(ContentType.APPLICATION_DATA)]
    assert places[0] == (EARLY if secret else APPLICATION)


GNUTLS = {
    "NORMAL:-CIPHER-ALL:+3DES-CBC:-KX-ALL:+ECDHE-ECDSA": CipherSuite.TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA,
    "NORMAL:-CIPHER-ALL:+CAMELLIA-128-CBC:-MAC-ALL:+SHA256": CipherSuite.TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_CBC_SHA256,
    "NORMAL:-CIPHER-ALL:+AES-128-CBC:-MAC-ALL:+SHA1:%NO_ETM": CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
    "NORMAL:-CIPHER-ALL:+AES-128-CBC:-MAC-ALL:+SHA1:%FORCE_ETM": CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
    "NORMAL:-CIPHER-ALL:+AES-256-CCM-8": CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8,
}


@pytest.mark.tool("gnutls-serv")
@pytest.mark.tool("gnutls-cli")
@pytest.mark.parametrize(
    ("priority", "version"),
    [
        (priority, version)
        for priority, suite in GNUTLS.items()
        for version in ("DTLS1.2", "DTLS1.0")
        if version == "DTLS1.2" or suite.name.endswith("_SHA")
    ],
)
def test_gnutls(tmp_path: Path, priority: str, version: str) -> None:
    suite = GNUTLS[priority]
    certificate, key = pem_files(tmp_path, identity("openssl ecdsa"))
    chosen = f"{priority}:-VERS-ALL:+VERS-{version}"
    with gnutls(tmp_path, chosen, "--x509certfile", certificate, "--x509keyfile", key) as talk:
        talk.client.expect(b"Handshake was completed")
        talk.client.say(b"echoed\n")
        talk.client.expect(b"echoed")
    (session,) = observed(talk.relay.logs[0], talk.keylog()).sessions
    assert (session.version, session.suite) == (version.replace("S1", "S 1"), suite.name)
    assert application(session) == [(True, b"echoed\n"), (False, b"echoed\n")]
    assert list(session.protected(opened=False)) == []

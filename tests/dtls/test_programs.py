# SPDX-License-Identifier: GPL-2.0-only
"""The engine against `openssl s_client`, `openssl s_server` and `gnutls-cli` over loopback UDP."""

from __future__ import annotations

import pytest

from perc_scapy.codes import ProtectionProfile
from perc_scapy.dtls import (
    ApplicationDataReceived,
    CookieExchange,
    CookieReply,
    DtlsClient,
    DtlsServer,
    HandshakeCompleted,
)
from tests.dtls.pairs import GCM_128, client_config, events, identity, seeded, server_config
from tests.dtls.udp import UdpEngine, free_port, need, running, wait_for, write_identity

LABEL = "EXTRACTOR-dtls_srtp"
CM_80 = int(ProtectionProfile.SRTP_AES128_CM_HMAC_SHA1_80)
KEYING = r"Keying material: ([0-9A-Fa-f]{112})"


def cookie_filter():
    """A cookie exchange in front of the server, as the KMF has it."""
    exchange = CookieExchange(seeded("programs"))
    accepted = []

    def judge(datagram: bytes) -> bytes | None:
        if accepted:
            return None
        verdict = exchange.check(datagram, b"loopback", 0.0)
        if isinstance(verdict, CookieReply):
            return verdict.datagram
        accepted.append(verdict)
        return None

    return judge, accepted


@pytest.mark.tool("openssl")
@pytest.mark.req("DTL-01", "DTL-02")
@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_openssl_s_server(tmp_path, kind):
    openssl, port = need("openssl"), free_port()
    certificate, key = write_identity(identity("s_server", kind), tmp_path)
    command = [openssl, "s_server", "-dtls1_2", "-accept", f"127.0.0.1:{port}", "-listen"]
    command += ["-cert", certificate, "-key", key, "-Verify", "1"]
    command += ["-use_srtp", "SRTP_AEAD_AES_128_GCM"]
    command += ["-keymatexport", LABEL, "-keymatexportlen", "56"]
    output = tmp_path / "out"
    client = DtlsClient(client_config(kind, srtp_profiles=(GCM_128,), require_srtp=True))
    with running(command, output) as process:
        wait_for(output, "ACCEPT")
        with UdpEngine(client, ("127.0.0.1", port)) as link:
            client.start(0.0)
            link.run(lambda: client.established)
            exported = client.export(LABEL.encode(), 56)
            assert wait_for(output, KEYING).lower() == exported.hex()
            client.send_application(b"spoken by the engine\n")
            link.run(lambda: True)
            wait_for(output, "spoken by the engine")
            process.stdin.write(b"typed at s_server\n")
            process.stdin.flush()
            seen = []
            link.run(
                lambda: (
                    seen.extend(events(client))
                    or ApplicationDataReceived(b"typed at s_server\n") in seen
                )
            )


@pytest.mark.tool("openssl")
@pytest.mark.req("DTL-01", "DTL-02")
@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_openssl_s_client(tmp_path, kind):
    openssl = need("openssl")
    certificate, key = write_identity(identity("s_client", kind), tmp_path)
    judge, accepted = cookie_filter()
    server = DtlsServer(server_config(kind, srtp_profiles=(GCM_128,), require_srtp=True))
    with UdpEngine(server, filter_=judge) as link:
        command = [openssl, "s_client", "-dtls1_2", "-connect", f"127.0.0.1:{link.port}"]
        command += ["-cert", certificate, "-key", key, "-use_srtp", "SRTP_AEAD_AES_128_GCM"]
        command += ["-keymatexport", LABEL, "-keymatexportlen", "56"]
        output = tmp_path / "out"
        with running(command, output):
            link.run(lambda: server.established)
            assert wait_for(output, KEYING).lower() == server.export(LABEL.encode(), 56).hex()
            server.send_application(b"spoken by the engine\n")
            link.run(lambda: True)
            wait_for(output, "spoken by the engine")
    done = next(e for e in events(server) if isinstance(e, HandshakeCompleted))
    assert done.peer_fingerprint == identity("s_client", kind).fingerprint
    assert len(accepted) == 1


@pytest.mark.tool("gnutls-cli")
@pytest.mark.req("DTL-01", "DTL-02")
def test_gnutls_cli(tmp_path):
    gnutls = need("gnutls-cli")
    certificate, key = write_identity(identity("gnutls"), tmp_path)
    judge, accepted = cookie_filter()
    server = DtlsServer(server_config("g", srtp_profiles=(CM_80,), require_srtp=True))
    with UdpEngine(server, filter_=judge) as link:
        command = [gnutls, "--udp", "--insecure", "--port", str(link.port)]
        command += ["--x509certfile", certificate, "--x509keyfile", key]
        command += ["--srtp-profiles=SRTP_AES128_CM_HMAC_SHA1_80"]
        command += [f"--keymatexport={LABEL}", "--keymatexportsize=60", "127.0.0.1"]
        output = tmp_path / "out"
        with running(command, output):
            link.run(lambda: server.established)
            exported = server.export(LABEL.encode(), 60).hex()
            assert wait_for(output, r"Key material: ([0-9a-fA-F]{120})").lower() == exported
    assert len(accepted) == 1

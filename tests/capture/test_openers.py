# SPDX-License-Identifier: GPL-2.0-only
"""From what key logs have to keys: master secrets worked out from premaster secrets, plain and extended."""

from __future__ import annotations

import pytest

from perc_scapy.capture.keylog import KeyLog
from perc_scapy.capture.openers import Opener, find_master
from perc_scapy.codes import HandshakeType
from perc_scapy.crypto.secret import Key
from perc_scapy.dtls.codec import ServerHello
from perc_scapy.errors import LocalError
from tests.capture.conversations import observed, recorded
from tests.capture.openssl_talk import DTLS_1_0, talk
from tests.dtls.pairs import identity

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
NO_EMS = 1


def premaster_of(said) -> bytes:
    """The premaster secret of an RSA key exchange, as the owner of the server's key can decrypt it."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    session = observed(said.log).sessions[0]
    body = session.first(HandshakeType.CLIENT_KEY_EXCHANGE, True).body
    return identity("openssl rsa", "rsa").private_key.decrypt(body[2:], PKCS1v15())


@pytest.mark.parametrize("options", [0, NO_EMS], ids=["extended", "plain"])
@pytest.mark.parametrize("label", ["PMS_CLIENT_RANDOM", "RSA"])
@pytest.mark.parametrize(
    ("suite", "version"),
    [(b"AES128-GCM-SHA256", 0xFEFD), (b"AES256-GCM-SHA384", 0xFEFD), (b"AES128-SHA", DTLS_1_0)],
)
def test_a_premaster_secret_does_as_well(
    suite: bytes, version: int, label: str, options: int
) -> None:
    said = talk(suite, kind="rsa", version=version, options=options)
    session = observed(said.log).sessions[0]
    encrypted = session.first(HandshakeType.CLIENT_KEY_EXCHANGE, True).body[2:]
    name = session.client_random if label.startswith("PMS") else encrypted[:8]
    keylog = KeyLog()
    keylog.add_text(f"{label} {name.hex()} {premaster_of(said).hex()}".encode())
    (session,) = observed(said.log, keylog).sessions
    assert (23 in session.server_hello.extensions) == (options == 0)
    assert list(session.protected(opened=False)) == []
    assert session.opener.master == said.keylog.master_secret(session.client_random)


def test_order_of_preference() -> None:
    said = recorded()
    session = observed(said.log).sessions[0]
    hello, random = session.server_hello, session.client_random
    keylog = KeyLog()
    assert find_master(keylog, random, hello, []) is None
    keylog.learn(b"ticket", Key(b"t" * 48))
    assert find_master(keylog, random, hello, [], (b"ticket",)) == b"t" * 48
    keylog.add_text(said.keylog.to_text())
    assert find_master(keylog, random, hello, [], (b"ticket",)) == said.keylog.master_secret(random)


def test_an_opener_for_what_cannot_be_opened_is_our_mistake() -> None:
    hello = ServerHello(0xFEFD, bytes(32), b"", 0x1301, 0, {})
    with pytest.raises(LocalError):
        Opener(hello, Key(bytes(48)), bytes(32))


def test_it_hides_its_secret() -> None:
    hello = ServerHello(0xFEFD, bytes(32), b"", 0xC02B, 0, {})
    assert repr(Opener(hello, Key(b"m" * 48), bytes(32))) == (
        "Opener(TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)"
    )

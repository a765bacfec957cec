# SPDX-License-Identifier: GPL-2.0-only
"""Helpers of the DTLS tests: seeded randomness, configurations, and two engines wired together in memory."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable

from perc_scapy.codes import EktCipher, ProtectionProfile
from perc_scapy.crypto import EktParameters, Key
from perc_scapy.dtls import DtlsClient, DtlsConfig, DtlsServer, Event, Identity

DOUBLE_128 = int(ProtectionProfile.DOUBLE_AEAD_AES_128_GCM_AEAD_AES_128_GCM)
DOUBLE_256 = int(ProtectionProfile.DOUBLE_AEAD_AES_256_GCM_AEAD_AES_256_GCM)
GCM_128 = int(ProtectionProfile.SRTP_AEAD_AES_128_GCM)
AESKW_128, AESKW_256 = int(EktCipher.AESKW_128), int(EktCipher.AESKW_256)


def seeded(seed: int | str) -> Callable[[int], bytes]:
    """A reproducible `random(n)`."""
    return random.Random(seed).randbytes


@functools.cache
def identity(name: str = "someone", kind: str = "ecdsa") -> Identity:
    """One certificate for each name and kind, made once for all tests."""
    return Identity.generate(name, kind=kind, random=seeded(f"{name}/{kind}"))


def accept(peer: object) -> None:
    """A verify that takes everybody."""


def client_config(seed: int | str = "client", **options: object) -> DtlsConfig:
    who = options.pop("identity", identity("client"))
    options = {"random": seeded(f"c{seed}"), "verify": accept, **options}
    return DtlsConfig(who, **options)


def server_config(seed: int | str = "server", **options: object) -> DtlsConfig:
    who = options.pop("identity", identity("server"))
    options = {"random": seeded(f"s{seed}"), "verify": accept, **options}
    return DtlsConfig(who, **options)


def pair(seed: int | str = 0, client: dict | None = None, server: dict | None = None, **both):
    """A client that has started and a server; `both` goes into both configurations."""
    client_side = DtlsClient(client_config(seed, **both, **(client or {})))
    server_side = DtlsServer(server_config(seed, **both, **(server or {})))
    client_side.start(0.0)
    return client_side, server_side


def ekt_pair(seed: int | str = 0, **options):
    """As PERC uses it: double profile and EKT, both required."""
    perc = {
        "srtp_profiles": (DOUBLE_256,),
        "ekt_ciphers": (AESKW_256,),
        "require_srtp": True,
        "require_ekt": True,
    }
    return pair(seed, **{**perc, **options})


def shuttle(client, server, now: float = 0.0) -> list[tuple[str, bytes]]:
    """Carry datagrams until both are silent; returns them with the name of their sender."""
    log: list[tuple[str, bytes]] = []
    while True:
        up, down = client.datagrams_to_send(now), server.datagrams_to_send(now)
        if not up and not down:
            return log
        for datagram in up:
            log.append(("client", datagram))
            server.receive_datagram(datagram, now)
        for datagram in down:
            log.append(("server", datagram))
            client.receive_datagram(datagram, now)


def events(engine) -> list[Event]:
    """All events that wait."""
    found = []
    while (event := engine.next_event()) is not None:
        found.append(event)
    return found


def event(engine, kind: type):
    """The one event of this kind among those that wait."""
    (found,) = [e for e in events(engine) if isinstance(e, kind)]
    return found


def ekt_parameters(spi: int = 0x1234, cipher: int = AESKW_256, salt: int = 12) -> EktParameters:
    key = bytes(range(0xC0, 0xC0 + {AESKW_128: 16, AESKW_256: 32}[cipher]))
    salt_octets = bytes((0xA0 + i) % 256 for i in range(salt))
    return EktParameters(spi, cipher, Key(key), Key(salt_octets), 86400)

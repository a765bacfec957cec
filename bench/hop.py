# SPDX-License-Identifier: GPL-2.0-only
"""One MDD hop (open, change headers with OHB, seal; replay checked both ways) against two pylibsrtp sessions, and the
same packets through the MDD's forwarder to several receivers against one session in and as many out.
"""

from __future__ import annotations

import struct
from collections import Counter
from typing import Any

from bench.measure import Prepare, Row, Work, compare

PACKETS = 500
"""In a round: they fit the cache, as a packet that was just received does."""
RECEIVERS = 9
SINGLE, DOUBLE = 0x0007, 0x0009
IN_KEY, IN_SALT = bytes(range(16)), bytes(range(12))
OUT_KEY, OUT_SALT = bytes(range(64, 80)), bytes(range(64, 76))
NEW_PT = 96


def rows() -> list[Row]:
    """Payloads of 160 octets (G.711, 20 ms) and 1200 octets (video)."""
    return [hop(160, 0.8), hop(1200, 1.2), fan_out(160), fan_out(1200)]


def wires(size: int) -> list[bytes]:
    """`PACKETS` outer packets of one sender behind a first one, which makes the streams before the clock runs: inner
    ciphertext and tag, empty OHB, outer tag."""
    from perc_scapy.crypto import SrtpContext

    sender = SrtpContext(SINGLE, IN_KEY, IN_SALT)
    return [sender.protect(header(seq) + bytes(size + 16) + b"\0") for seq in range(PACKETS + 1)]


def header(seq: int) -> bytes:
    """A 12-octet RTP header."""
    return struct.pack("!BBHII", 0x80, 0, seq, seq * 160, 0xCAFEBABE)


def hop(size: int, goal: float) -> Row:
    """Fresh contexts each round; a new payload type gives every packet an OHB entry. libsrtp changes nothing."""
    from perc_scapy.crypto import HeaderChange, SrtpContext, relay

    (first, *packets), change = wires(size), HeaderChange(pt=NEW_PT)

    def ours() -> Work:
        ingress = SrtpContext(SINGLE, IN_KEY, IN_SALT)
        egress = SrtpContext(SINGLE, OUT_KEY, OUT_SALT)
        relay(first, ingress, egress, change)

        def run() -> None:
            for wire in packets:
                relay(wire, ingress, egress, change)

        return run

    return compare(
        f"MDD hop, {size} octets", ours, libsrtp(first, packets, 1), operations=PACKETS, goal=goal
    )


def fan_out(size: int) -> Row:
    """The forwarder itself: SSRC ownership, EKT field, index mapping per receiver. Packets in, not packets out."""
    packets = wires(size)
    first, *fields = (wire + b"\0" for wire in packets)  # a short EKT field ends each

    def ours() -> Work:
        forwarder, leg = conference()
        forwarder.forward(first, leg, 0.0)

        def run() -> None:
            for data in fields:
                forwarder.forward(data, leg, 0.0)

        return run

    return compare(
        f"forwarder, 1 to {RECEIVERS}, {size} octets",
        ours,
        libsrtp(packets[0], packets[1:], RECEIVERS),
        operations=PACKETS,
        rounds=15,
    )


def conference() -> tuple[Any, Any]:
    """A forwarder, and the leg of the participant who speaks."""
    from perc_scapy.crypto import Key, MasterKey
    from perc_scapy.roles.mdd.config import RelayPolicy
    from perc_scapy.roles.mdd.events import Path
    from perc_scapy.roles.mdd.forwarder import Forwarder
    from perc_scapy.roles.mdd.forwarder_leg import Leg
    from perc_scapy.tunnel.messages import HopKeys

    forwarder = Forwarder(bytes(16), RelayPolicy({0: NEW_PT}), Counter(), max_ssrcs=32)
    legs = []
    for number in range(RECEIVERS + 1):
        client = MasterKey(Key(IN_KEY if not number else bytes([number] * 16)), Key(IN_SALT))
        server = MasterKey(Key(bytes([128 + number] * 16)), Key(OUT_SALT))
        keys = HopKeys(DOUBLE, client, server)
        legs.append(Leg(bytes([number] * 16), Path(bytes(16), number), keys, 0.0))
        forwarder.add(legs[-1])
    return forwarder, legs[0]


def libsrtp(first: bytes, packets: list[bytes], receivers: int) -> Prepare:
    """One inbound session and `receivers` outbound ones with AEAD_AES_128_GCM and a window of 128."""

    def prepare() -> Work:
        from pylibsrtp import Policy

        ingress = session(IN_KEY, IN_SALT, Policy.SSRC_ANY_INBOUND)
        egresses = [
            session(bytes([128 + number] * 16), OUT_SALT, Policy.SSRC_ANY_OUTBOUND)
            for number in range(receivers)
        ]

        def run(wires: list[bytes] = packets) -> None:
            for wire in wires:
                plain = ingress.unprotect(wire)
                for egress in egresses:
                    egress.protect(plain)

        run([first])
        return run

    return prepare


def session(key: bytes, salt: bytes, kind: int) -> Any:
    """One libsrtp session."""
    from pylibsrtp import Policy, Session

    policy = Policy(
        key=key + salt, ssrc_type=kind, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM
    )
    policy.window_size = 128
    return Session(policy)

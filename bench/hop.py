# SPDX-License-Identifier: GPL-2.0-only
"""One MDD hop (open, change headers with OHB, seal; replay checked both ways) against two pylibsrtp sessions."""

from __future__ import annotations

import struct

from bench.measure import Row, compare

PACKETS = 4_000
PROFILE = 0x0007
IN_KEY, IN_SALT = bytes(range(16)), bytes(range(12))
OUT_KEY, OUT_SALT = bytes(range(64, 80)), bytes(range(64, 76))


def rows() -> list[Row]:
    """Payloads of 160 octets (G.711, 20 ms) and 1200 octets (video)."""
    return [one(160, 0.8), one(1200, 1.2)]


def one(size: int, goal: float) -> Row:
    """Protected once outside the clock; each round relays the whole list through fresh contexts."""
    from perc_scapy.crypto import HeaderChange, SrtpContext, relay

    sender = SrtpContext(PROFILE, IN_KEY, IN_SALT)
    body = bytes(size + 16) + b"\x00"  # inner ciphertext, inner tag, empty OHB
    wires = [sender.protect(header(seq) + body) for seq in range(1, PACKETS + 1)]
    change = HeaderChange(pt=96)

    def ours() -> None:
        ingress, egress = (
            SrtpContext(PROFILE, IN_KEY, IN_SALT),
            SrtpContext(PROFILE, OUT_KEY, OUT_SALT),
        )
        for wire in wires:
            relay(wire, ingress, egress, change)

    def libsrtp() -> None:
        ingress, egress = sessions()
        for wire in wires:
            egress.protect(ingress.unprotect(wire))

    return compare(f"MDD hop, {size} octets", ours, libsrtp, operations=PACKETS, goal=goal)


def header(seq: int) -> bytes:
    """A 12-octet RTP header."""
    return struct.pack("!BBHII", 0x80, 0, seq, seq * 160, 0xCAFEBABE)


def sessions():  # type: ignore[no-untyped-def]
    """An inbound and an outbound libsrtp session with AEAD_AES_128_GCM."""
    from pylibsrtp import Policy, Session

    def policy(key: bytes, salt: bytes, kind: int) -> Policy:
        made = Policy(
            key=key + salt, ssrc_type=kind, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM
        )
        made.window_size = 128
        return made

    return (
        Session(policy(IN_KEY, IN_SALT, Policy.SSRC_ANY_INBOUND)),
        Session(policy(OUT_KEY, OUT_SALT, Policy.SSRC_ANY_OUTBOUND)),
    )

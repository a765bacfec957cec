# SPDX-License-Identifier: GPL-2.0-only
"""What of a capture must be readable for a rule to see anything."""

from __future__ import annotations

from enum import Flag, auto


class Part(Flag):
    """Parts that secrets open."""

    NOTHING = 0
    TUNNEL = auto()
    """Messages in the tunnel."""
    INNER = auto()
    """The endpoint's protected DTLS records: Finished, ekt_key, ACK."""
    HOP = auto()
    """The hop-by-hop layer of SRTP and SRTCP."""
    END = auto()
    """The end-to-end layer of SRTP."""


SECRETS = {
    Part.TUNNEL: "the tunnel's secrets",
    Part.INNER: "the endpoints' DTLS secrets",
    Part.HOP: "hop-by-hop keys (secrets of the tunnel or of the endpoints' DTLS)",
    Part.END: "EKT keys (the endpoints' DTLS secrets)",
}
"""What opens a part, in words."""
NO_HANDSHAKE = (
    "no DTLS handshake for these addresses: plain RTP, or SRTP whose keys came another way"
)
"""Of media that no key of DTLS can be expected to open."""

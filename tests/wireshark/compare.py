# SPDX-License-Identifier: GPL-2.0-only
"""The same packet read by us and by tshark, field by field."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from tests.wireshark.ours import ALL_THEIRS, comparable, pairs_of

SAID_OF_FIELDS = {
    "perc.comment",
    "perc.key_in_clear",
    "perc.malformed",
    "perc.warning",
    "perc.note",
}
CARRIED = "perc.tunnel.dtls_message"
"""The octets that the inner DTLS is read from: compared as that."""
WRONG_FOR_AEAD = {"srtp.enc_payload", "srtp.auth_tag"}
"""Wireshark 4.0 cuts ten octets of tag off every SRTP packet, of whatever profile."""
NO_RTP = ("rtp.version", "0")
"""Where it passes DTLS and STUN through its RTP dissector."""
Fields = dict[str, list[str]]


def ours_of(view: dict[str, Any]) -> Fields:
    found: Fields = defaultdict(list)
    for layer in comparable(view["layers"]):
        # A message put together from fragments: its header is nowhere on the wire, Wireshark shows the body only.
        whole = layer["layer"] in ("DTLSHandshake", "DTLS10Handshake")
        for name, value in pairs_of(layer["body"] if whole else layer):
            found[name].append(value)
    return found


def theirs_of(pairs: list[tuple[str, Any]]) -> Fields:
    found: Fields = defaultdict(list)
    for name, value in pairs:
        ours = name.startswith("perc.") and name not in SAID_OF_FIELDS
        known = (ours or name in ALL_THEIRS) and not name.startswith(CARRIED)
        if known and value and (name, value) != NO_RTP:
            found[name].append(plain(value))
    return found


def plain(text: str) -> str:
    """Octets without colons, numbers in decimal."""
    if text.startswith("0x"):
        return str(int(text, 16))
    return text.replace(":", "")


def differences(view: dict[str, Any], pairs: list[tuple[str, Any]]) -> list[str]:
    """What the two say differently of one packet; the order among values of one name counts."""
    ours, theirs = ours_of(view), theirs_of(pairs)
    for name in WRONG_FOR_AEAD - ours.keys():
        theirs.pop(name, None)
    if any(layer["layer"].endswith("Handshake") for layer in view["layers"]):
        # What was put together stands behind the records here, in their midst there.
        ours, theirs = ({k: sorted(v) for k, v in side.items()} for side in (ours, theirs))
    return [
        f"{view['number']} {name}: {ours.get(name)} here, {theirs.get(name)} in tshark"
        for name in sorted({*ours, *theirs})
        if ours.get(name) != theirs.get(name)
    ]

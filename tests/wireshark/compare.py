# SPDX-License-Identifier: GPL-2.0-only
"""The same packet read by us and by tshark, field by field."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from perc_scapy.codes import RtcpType
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
WHOLE = ("DTLSHandshake", "DTLS10Handshake")
"""Layers that stand alone in a view: a message put together from fragments."""
Fields = dict[str, list[str]]
View = dict[str, Any]


class Unread(NamedTuple):
    """What tshark cannot read in one capture."""

    records: bool = False
    """Decrypted DTLS records."""
    reports: bool = False
    """SRTCP, whose form follows from a profile that tshark did not see."""

    def has(self, layer: View) -> bool:
        kind = layer["layer"]
        inside = layer.get("decrypted") and kind.startswith("DTLS") and kind != "DTLSTunnelMessage"
        return bool(self.records and inside) or (self.reports and kind == "SRTCP")


NOTHING = Unread()


def ours_of(layers: Iterable[View]) -> Fields:
    found: Fields = defaultdict(list)
    for layer in layers:
        # The header of a message put together is nowhere on the wire, Wireshark shows the body only.
        for name, value in pairs_of(layer["body"] if layer["layer"] in WHOLE else layer):
            found[name].append(value)
    return found


def theirs_of(pairs: list[tuple[str, Any]]) -> Fields:
    found: Fields = defaultdict(list)
    for name, value in pairs:
        from_us = name.startswith("perc.") and name not in SAID_OF_FIELDS
        known = (from_us or name in ALL_THEIRS) and not name.startswith(CARRIED)
        if known and value and (name, value) != NO_RTP:
            found[name].append(plain(value))
    return found


def plain(text: str) -> str:
    """Octets without colons, numbers in decimal."""
    if text.startswith("0x"):
        return str(int(text, 16))
    return text.replace(":", "")


def layers_of(view: View, unread: Unread) -> list[View]:
    """What both can show."""
    return [layer for layer in comparable(view["layers"]) if not unread.has(layer)]


def differences(view: View, pairs: list[tuple[str, Any]], unread: Unread = NOTHING) -> list[str]:
    """What the two say differently of one packet; the order among values of one name counts.

    tshark stops inside a message that the capture cuts short, so what it shows of such a packet must be here,
    but not the other way round. Of a tunnel message that is refused here, the DTLS inside is not followed.
    """
    layers = layers_of(view, unread)
    ours, theirs = ours_of(layers), theirs_of(pairs)
    for name in WRONG_FOR_AEAD - ours.keys():
        theirs.pop(name, None)
    if ours.get("rtcp.pt") == [str(int(RtcpType.BYE))]:
        # Of a BYE it names the count "rtcp.sc" and leaves the SSRC, which is in clear, to the encrypted part.
        ours.pop("rtcp.rc"), ours.pop("rtcp.senderssrc")
    if unread.reports:
        theirs = {k: v for k, v in theirs.items() if not k.startswith(("rtcp.", "srtcp."))}
    if any(layer["layer"] in WHOLE for layer in layers):
        # What was put together stands behind the records here, in their midst there.
        ours, theirs = ({k: sorted(v) for k, v in side.items()} for side in (ours, theirs))
    names = set(theirs) if is_cut(view) else {*ours, *theirs}
    if is_refused(view):
        names = set(ours)
    return [
        f"{view['number']} {name}: {ours.get(name)} here, {theirs.get(name)} in tshark"
        for name in sorted(names)
        if ours.get(name) != theirs.get(name)
    ]


def is_cut(view: View) -> bool:
    """The capture has not all octets of the packet."""
    return any("missing" in remark["text"] for remark in view["expert"])


def is_refused(view: View) -> bool:
    """It holds a tunnel message that breaks the rules."""
    return any(
        remark["severity"] == "error" and remark["text"].startswith("DTLSTunnelMessage")
        for remark in view["expert"]
    )

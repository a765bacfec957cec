# SPDX-License-Identifier: GPL-2.0-only
"""Lines about the packets that captures are full of, from their trees: what `brief()` says, without Scapy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from perc_scapy.codes import RtcpType, RtpPayloadType
from perc_scapy.layers.double import DoublePlaintext
from perc_scapy.layers.rtp import RTP, RTPHeader
from perc_scapy.layers.srtp import SRTCP

_PAYLOADS = {int(kind): kind.name for kind in RtpPayloadType}
_REPORTS = {int(kind): kind.name for kind in RtcpType}
_EKT: dict[str, Callable[[dict[str, Any]], str]] = {
    "EKTShort": lambda field: "EKT short",
    "EKTFull": lambda field: f"EKT full spi {field['spi']:#06x} epoch {field['epoch']}",
}


def brief(layer: Any, tree: dict[str, Any]) -> str | None:
    """The line of a well-formed packet, or None where only the layer itself can say."""
    if layer is RTP:
        return (
            f"RTP seq {tree['sequence_number']}, {len(tree['rtp_payload']) // 2} octets of payload"
        )
    if layer is DoublePlaintext:
        changed = tree["ohb"]["M"] | tree["ohb"]["P"] | tree["ohb"]["Q"]
        return None if changed else ""
    if issubclass(layer, RTPHeader):
        return _protected(layer, tree)
    if issubclass(layer, SRTCP):
        kind = _REPORTS.get(tree["packet_type"], tree["packet_type"])
        return f"SRTCP {kind} ssrc {tree['ssrc']:08x} index {tree['index']}"
    return None


def _protected(layer: Any, tree: dict[str, Any]) -> str | None:
    kind = _PAYLOADS.get(tree["payload_type"], tree["payload_type"])
    text = (
        f"{layer._name} ssrc {tree['ssrc']:08x} seq {tree['sequence_number']} "
        f"ts {tree['timestamp']} pt {kind}{' M' if tree['marker'] else ''}"
    )
    if "ekt" not in tree:
        return text
    form = _EKT.get(tree["ekt"]["layer"])
    return None if form is None else f"{text} / {form(tree['ekt'])}"

# SPDX-License-Identifier: GPL-2.0-only
"""A part of a packet view: one Scapy packet, how it came to be readable, and how it is shown."""

from __future__ import annotations

from typing import Any, NamedTuple

from scapy.packet import Packet, Raw

from perc_scapy.layers.double import DoublePlaintext
from perc_scapy.layers.rtp import RTP
from perc_scapy.view.fields import FieldReader


class Part(NamedTuple):
    """One layer, or what was found inside one."""

    protocol: str
    """Short name for the list of protocols."""
    packet: Packet
    decrypted: bool = False
    """Came out of a protected record or packet."""
    note: str = ""
    """How it came about, when the packet does not say it."""

    @property
    def summary(self) -> str:
        """In brackets what was decrypted; empty when there is nothing to say."""
        if isinstance(self.packet, Raw):
            return self.note
        if isinstance(self.packet, DoublePlaintext):
            return _changes(self.packet)
        note = f"{self.note}: " if self.note else ""
        text = note + (
            _rtp(self.packet) if isinstance(self.packet, RTP) else self.packet.mysummary()
        )
        return f"[{text}]" if self.decrypted else text

    def to_json(self, *, secrets: bool = False) -> dict[str, Any]:
        """Fields with the names of the layer; `decrypted` is there when it is true."""
        found = FieldReader(secrets=secrets, decrypted=self.decrypted).packet(self.packet)
        return {**found, "decrypted": True} if self.decrypted else found

    def faults(self) -> list[str]:
        """What the layer finds wrong."""
        expert = getattr(self.packet, "expert", None)
        return [] if expert is None else [str(fault) for fault in expert()]


def _changes(packet: Packet) -> str:
    """What an MDD rewrote; most packets pass as they are."""
    ohb = packet.getfieldval("ohb")
    text = "" if ohb is None or isinstance(ohb, bytes) else ohb.summary()
    return "" if text.endswith("unchanged") else f"[{text}]"


def _rtp(packet: Packet) -> str:
    """The header is in the summary of the protected packet already."""
    payload = packet.fields.get("rtp_payload", b"")
    size = len(payload) if isinstance(payload, bytes) else 0
    return f"RTP seq {packet.sequence_number}, {size} octets of payload"


def opaque(name: str, data: bytes, note: str) -> Part:
    """Octets without a layer of ours."""
    return Part(name.lower(), Raw(data), note=note)

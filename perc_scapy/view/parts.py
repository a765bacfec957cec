# SPDX-License-Identifier: GPL-2.0-only
"""A part of a packet view: octets with the layer that explains them, and how they came to be readable."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from scapy.packet import Packet, Raw

from perc_scapy.errors import DecodeError
from perc_scapy.layers.double import DoublePlaintext
from perc_scapy.layers.dtls.key_exchange import ExactForm
from perc_scapy.layers.fields import Items, Octets, Select
from perc_scapy.layers.rtp import RTP
from perc_scapy.layers.union import is_union
from perc_scapy.view.expert import Expert
from perc_scapy.view.fast_fields import Tree, json_of, tree_of
from perc_scapy.view.scapy_fields import FieldReader
from perc_scapy.view.summaries import brief


class Part:
    """One layer, or what was found inside one.

    Well-formed octets are read by the strict decoder; Scapy dissects the others, and all when `packet` is asked for.
    """

    __slots__ = (
        "_packet",
        "_text",
        "_tree",
        "data",
        "decrypted",
        "layer",
        "note",
        "offset",
        "protocol",
    )

    def __init__(
        self,
        protocol: str,
        layer: Any,
        data: bytes,
        *,
        decrypted: bool = False,
        note: str = "",
        offset: int | None = None,
    ) -> None:
        self.protocol = protocol
        """Short name for the list of protocols."""
        self.layer, self.data = layer, data
        self.decrypted = decrypted
        """Came out of a protected record or packet."""
        self.note = note
        """How it came about, when the packet does not say it."""
        self.offset = offset
        """Where the octets begin in the frame; None when they are not there as they are."""
        self._packet: Packet | None = None
        self._tree: Tree | DecodeError | None = None
        self._text: str | None = None

    def __repr__(self) -> str:
        return f"Part({self.protocol!r}, {self.layer.__name__}, {len(self.data)} octets)"

    @property
    def packet(self) -> Packet:
        """The octets as a Scapy packet."""
        if self._packet is None:
            self._packet = self.layer(self.data)
        return self._packet

    @property
    def well_formed(self) -> bool:
        """The strict decoder takes the octets and everything that they carry."""
        return self._text is not None or isinstance(self._read(), dict)

    def _read(self) -> Tree | DecodeError:
        if self._tree is None:
            try:
                self._tree = self._fast(secrets=False)
            except DecodeError as error:
                self._tree = error
        return self._tree

    def _fast(self, *, secrets: bool) -> Tree:
        if self.layer is Raw:
            return {"layer": "Raw", "load": self.data.hex()}
        if not hasattr(self.layer, "rules"):
            raise DecodeError("a layer of somebody else")
        return tree_of(self.layer, self.data, secrets=secrets)

    def tree(self, *, secrets: bool = False) -> Tree:
        """Fields with the names of the layer, octets in hex; not to be changed."""
        found = self._read()
        if isinstance(found, DecodeError):
            return FieldReader(secrets=secrets, decrypted=self.decrypted).packet(self.packet)
        return self._fast(secrets=True) if secrets else found

    def to_json(self, *, secrets: bool = False) -> Tree:
        """The documented object; `decrypted` is there when it is true."""
        found = self.tree(secrets=secrets)
        return {**found, "decrypted": True} if self.decrypted else found

    @property
    def summary(self) -> str:
        """In brackets what was decrypted; empty when there is nothing to say."""
        if self.layer is Raw:
            return f"[{self.note}]" if self.decrypted and self.note else self.note
        text = self._brief()
        if not text:
            return ""
        text = f"{self.note}: {text}" if self.note else text
        return f"[{text}]" if self.decrypted else text

    def _brief(self) -> str:
        found = self._read()
        text = brief(self.layer, found) if isinstance(found, dict) else None
        if text is not None:
            return text
        if self.layer is DoublePlaintext:
            return _changes(self.packet)
        if self.layer is RTP:
            return _rtp(self.packet)
        # mysummary() looks for faults, which costs more than all else; there are none in well-formed octets.
        well = self.well_formed and hasattr(self.packet, "brief")
        return str(self.packet.brief() if well else self.packet.mysummary())

    def json_text(self, *, secrets: bool = False) -> str:
        """`json.dumps(self.to_json())`, in a fraction of the time for well-formed octets."""
        text = None if secrets else self._text
        if text is None:
            text = self._json(secrets=secrets)
        return f'{text[:-1]}, "decrypted": true}}' if self.decrypted else text

    def _json(self, *, secrets: bool) -> str:
        if not isinstance(self._tree, DecodeError) and hasattr(self.layer, "rules"):
            try:
                text = json_of(self.layer, self.data, secrets=secrets)
            except DecodeError as error:
                self._tree = error
            else:
                self._text = self._text if secrets else text
                return text
        return json.dumps(self.tree(secrets=secrets))

    def faults(self) -> list[Expert]:
        """What the layer finds wrong or odd."""
        if self.layer is Raw or (self.well_formed and not has_notes(self.layer)):
            return []
        expert = getattr(self.packet, "expert", None)
        return [] if expert is None else [Expert(f.severity, str(f)) for f in expert()]


@cache
def has_notes(layer: Any) -> bool:
    """Whether well-formed octets of a layer, or of one that it carries, may deserve a remark."""
    return any(rule.note for cls in _within(layer, set()) for rule in getattr(cls, "rules", ()))


def _within(layer: Any, seen: set[Any]) -> set[Any]:
    """The layer and all that may be found in it."""
    if isinstance(layer, ExactForm):
        inside: list[Any] = list(layer.forms)
    elif layer in seen or not hasattr(layer, "fields_desc"):
        return seen
    else:
        seen.add(layer)
        inside = layer.kinds() if is_union(layer) else _carried(layer)
    for cls in inside:
        _within(cls, seen)
    return seen


def _carried(layer: Any) -> list[Any]:
    found: list[Any] = []
    for declared in layer.fields_desc:
        field = getattr(declared, "fld", declared)
        if isinstance(field, Select):
            found += field.cases.values()
        elif isinstance(field, Items) and isinstance(field.item, type):
            found.append(field.item)
        elif isinstance(field, Octets) and field.layer() is not None:
            found.append(field.layer())
    return found


def _changes(packet: Packet) -> str:
    """What an MDD rewrote; most packets pass as they are."""
    ohb = packet.getfieldval("ohb")
    text = "" if ohb is None or isinstance(ohb, bytes) else ohb.summary()
    return "" if text.endswith("unchanged") else text


def _rtp(packet: Packet) -> str:
    """The header is in the summary of the protected packet already."""
    payload = packet.fields.get("rtp_payload", b"")
    size = len(payload) if isinstance(payload, bytes) else 0
    return f"RTP seq {packet.sequence_number}, {size} octets of payload"


def opaque(protocol: str, data: bytes, note: str, offset: int | None = None) -> Part:
    """Octets without a layer of ours."""
    return Part(protocol, Raw, data, note=note, offset=offset)

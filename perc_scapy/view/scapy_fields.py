# SPDX-License-Identifier: GPL-2.0-only
"""A Scapy packet of our layers as plain values: field names as in the layers, octets in hex, secrets hidden."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from scapy.packet import NoPayload, Packet

from perc_scapy.codes import HandshakeType
from perc_scapy.layers.fields import Malformed
from perc_scapy.layers.fields.core import hidden


class FieldReader:
    """Turns packets into dictionaries. Without `secrets` no key octet passes.

    Octets that could not be dissected are hidden too where they were `decrypted`: they may hold keys.
    """

    def __init__(self, *, secrets: bool = False, decrypted: bool = False) -> None:
        self._secrets, self._decrypted = secrets, decrypted

    def packet(self, packet: Packet) -> dict[str, Any]:
        """`{"layer": class name, field: value …}`; absent fields are left out, octets behind the last are `payload`."""
        found: dict[str, Any] = {"layer": type(packet).__name__}
        for field in packet.fields_desc:
            value = packet.fields.get(field.name)  # a default was not on the wire
            if value is not None and not getattr(value, "absent", False):
                found[field.name] = self._field(packet, field, value)
        if packet.payload and not isinstance(packet.payload, NoPayload):
            found["payload"] = self._octets(bytes(packet.payload))
        return found

    def _field(self, packet: Packet, field: Any, value: Any) -> Any:
        secret = getattr(field, "secret", False) or _key_fragment(packet, field.name, value)
        if secret and not self._secrets and isinstance(value, bytes):
            return hidden(value)
        return self._value(value)

    def _value(self, value: Any) -> Any:
        if isinstance(value, Malformed):
            return {"malformed": value.reason, "octets": self._octets(bytes(value))}
        if isinstance(value, Packet):
            return self.packet(value)
        if isinstance(value, bytes):
            return value.hex()
        if isinstance(value, list | tuple):
            return [self._value(item) for item in value]
        return int(value) if isinstance(value, IntEnum) else value

    def _octets(self, data: bytes) -> str:
        return hidden(data) if self._decrypted and not self._secrets else data.hex()


def _key_fragment(packet: Packet, name: str, value: Any) -> bool:
    """A piece of an ekt_key message is octets to its layer, but key octets all the same."""
    kind = packet.fields.get("msg_type")
    return name == "body" and kind == HandshakeType.EKT_KEY and isinstance(value, bytes)

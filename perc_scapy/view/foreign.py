# SPDX-License-Identifier: GPL-2.0-only
"""Fields of Scapy layers that are none of ours (STUN), with their octets as far as Scapy lets them be found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scapy.fields import _BitField
from scapy.packet import Packet


def foreign_fields(packet: Packet) -> Iterator[tuple[str, Any, int, int]]:
    """(name, value, offset, length) of each field; items of a list one by one, bits with the octets they lie in."""
    bits = 0
    for field in packet.fields_desc:
        value = packet.getfieldval(field.name)
        start = bits // 8
        if isinstance(value, list):
            for index, item in enumerate(value):
                size = len(bytes(item)) if isinstance(item, (bytes, Packet)) else 0
                yield f"{field.name}[{index}]", item, bits // 8, size
                bits += 8 * size
            continue
        bits += field.size if isinstance(field, _BitField) else 8 * _size(packet, field, value)
        yield field.name, value, start, -(-bits // 8) - start


def _size(packet: Packet, field: Any, value: Any) -> int:
    try:
        return len(field.addfield(packet, b"", value))
    except Exception:  # whatever a foreign field does with a value of its own
        return 0

# SPDX-License-Identifier: GPL-2.0-only
"""Every field of a part as a row: name, value with its meaning, and which octets it is read from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from scapy.packet import NoPayload, Packet, Raw

from perc_scapy.codes import HandshakeType
from perc_scapy.layers.fields import Items, Malformed, Number
from perc_scapy.layers.fields.core import hidden
from perc_scapy.layers.layout import layout_of
from perc_scapy.layers.names import filter_name
from perc_scapy.view.foreign import foreign_fields
from perc_scapy.view.parts import Part


class Row(NamedTuple):
    """One field, or the head of a layer inside. Offsets count octets from the start of the part."""

    path: str
    """`records[0].content.messages[0].msg_type`"""
    depth: int
    label: str
    """The field's name, with its place in a list."""
    name: str
    """As filters call it."""
    text: str
    """The value for people; a layer's class."""
    offset: int
    length: int
    kind: str = "field"
    """field, layer, or malformed"""
    secret: bool = False


def rows_of(part: Part, *, secrets: bool = False) -> list[Row]:
    """Rows of all fields, those of nested layers below their heads. Total."""
    if part.layer is Raw:
        return [Row("load", 0, "load", "data.load", part.data.hex(), 0, len(part.data))]
    return list(_Walk(part, secrets).layer(part.packet, "", 0, 0))


class _Walk:
    def __init__(self, part: Part, secrets: bool) -> None:
        self._decrypted, self._secrets = part.decrypted, secrets

    def layer(self, packet: Packet, path: str, depth: int, at: int) -> Iterator[Row]:
        if not hasattr(packet, "rules"):
            yield from self._foreign(packet, path, depth, at)
            return
        layout = layout_of(cast(Any, type(packet)))
        parts = layout.parts(packet)
        for step in layout.steps:
            length = len(parts[step.name])
            for name in step.names if step.present(packet) else ():
                yield from self._field(packet, layout.fields[name], path, depth, at, length)
            at += length
        if packet.payload and not isinstance(packet.payload, NoPayload):
            data = bytes(packet.payload)
            yield self._octets(
                Row(f"{path}payload", depth, "payload", "", "", at, len(data), "malformed"), data
            )

    def _field(
        self, packet: Packet, field: Any, path: str, depth: int, at: int, length: int
    ) -> Iterator[Row]:
        value = packet.getfieldval(field.name)
        if value is None or getattr(value, "absent", False):
            return
        name = filter_name(type(packet), field.name)
        row = Row(f"{path}{field.name}", depth, field.name, name, "", at, length)
        if isinstance(value, Malformed):
            said = self._octets(row._replace(kind="malformed"), bytes(value)).text
            yield row._replace(
                kind="malformed", text=f"{said} ({value.reason})", secret=self._hides
            )
        elif isinstance(value, Packet):
            yield from self._nested(value, row, at + getattr(field, "prefix", 0))
        elif isinstance(value, (list, tuple)) and isinstance(field, Items) and field.holds_packets:
            yield from self._list(value, row, at + getattr(field, "prefix", 0))
        else:
            yield self._plain(packet, field, value, row)

    @property
    def _hides(self) -> bool:
        """Octets that could not be read may hold keys where they were decrypted."""
        return self._decrypted and not self._secrets

    def _octets(self, row: Row, data: bytes) -> Row:
        return row._replace(text=hidden(data) if self._hides else data.hex(), secret=self._hides)

    def _nested(self, packet: Packet, row: Row, start: int) -> Iterator[Row]:
        yield row._replace(text=type(packet).__name__, kind="layer")
        yield from self.layer(packet, f"{row.path}.", row.depth + 1, start)

    def _list(self, items: Any, row: Row, start: int) -> Iterator[Row]:
        if start != row.offset or not items:  # the octets of its length prefix are nobody else's
            yield row._replace(text=f"{len(items)} items")
            row = row._replace(depth=row.depth + 1)
        for index, item in enumerate(items):
            size = len(bytes(item))
            place = f"[{index}]"
            one = row._replace(
                path=row.path + place, label=row.label + place, offset=start, length=size
            )
            yield from self._nested(item, one, start)
            start += size

    def _plain(self, packet: Packet, field: Any, value: Any, row: Row) -> Row:
        piece = row.label == "body" and packet.fields.get("msg_type") == HandshakeType.EKT_KEY
        if isinstance(value, bytes) and (getattr(field, "secret", False) or piece):
            return row._replace(text=value.hex() if self._secrets else hidden(value), secret=True)
        return row._replace(text=meaning(field, value))

    def _foreign(self, packet: Packet, path: str, depth: int, at: int) -> Iterator[Row]:
        for label, value, offset, length in foreign_fields(packet):
            name = filter_name(type(packet), label.partition("[")[0])
            row = Row(f"{path}{label}", depth, label, name, str(value), at + offset, length)
            if isinstance(value, Packet):
                yield from self._nested(value, row, at + offset)
            else:
                yield row._replace(text=value.hex()) if isinstance(value, bytes) else row


def meaning(field: Any, value: Any) -> str:
    """A value for people: octets in hex, numbers with their names, SSRCs and SPIs in hex."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (list, tuple)):
        item = getattr(field, "item", field)
        return ", ".join(meaning(item, v) for v in value)
    if isinstance(field, Number):
        if field.name in ("ssrc", "csrc", "sender_ssrc", "media_ssrc") and isinstance(value, int):
            return f"{value:#010x}"
        if field.name in ("spi", "ekt_spi") and isinstance(value, int):
            return f"{value:#06x}"
        said = field.text(value)
        return str(value) if said == repr(value) else f"{int(value)} ({said})"
    return str(value)

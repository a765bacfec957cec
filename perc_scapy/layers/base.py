# SPDX-License-Identifier: GPL-2.0-only
"""The base of every layer: an ordinary Scapy packet whose dissection is total.

No input of any length raises. Octets that fit no field stand as a `Malformed` value in the field where
dissection ended; the fields behind it are marked absent; octets behind the last field are the payload.
Because every octet has its place in some field, `bytes(Layer(data)) == data` needs no cached copy.
"""

from __future__ import annotations

from typing import Any, ClassVar

from scapy.packet import Packet, Raw

from perc_scapy.errors import DecodeError
from perc_scapy.layers.expert import Fault, expert, faults
from perc_scapy.layers.fields.core import LAYERS, Malformed
from perc_scapy.layers.fields.octets import need_none
from perc_scapy.layers.fields.relations import Size
from perc_scapy.layers.layout import layout_of


class PercPacket(Packet):
    """Base class of the project's layers; `fields_desc` is a tuple of classes of `layers.fields`.

    `rules` are the validators across fields (`layers.validators`).
    """

    __slots__ = ()
    rules: ClassVar[tuple[Any, ...]] = ()
    whole: ClassVar[Size | None] = None
    """How a field counts all octets of this layer, which end where it says (RTCP's length)."""
    last_first: ClassVar[bool] = False
    """The last octets say what is in front of them, and are read before it (OHB)."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # A layer declares a tuple, which nobody can change; Scapy copies it with list methods.
        cls.fields_desc = list(cls.fields_desc)
        hidden_names = [field.name for field in cls.fields_desc if hasattr(Packet, field.name)]
        if hidden_names:
            raise TypeError(f"{cls.__name__}: Scapy packets have a {hidden_names[0]} already")
        LAYERS[cls.__name__] = cls

    def __init__(self, _pkt: Any = None, *args: Any, **fields: Any) -> None:
        super().__init__(b"" if _pkt is None else bytes(_pkt), *args, **fields)
        # Scapy takes empty input for "no input"; here a message of no octets is one with nothing in it.
        if _pkt is not None and not len(_pkt) and not fields:
            self.dissect(b"")

    # dissection -------------------------------------------------------------------------------

    @classmethod
    def dissect_prefix(cls, data: bytes, pos: int, end: int, parent: Any) -> tuple[Any, int]:
        """A packet from the start of `data[pos:end]`, and the position behind it."""
        packet = cls(_internal=1)
        packet.parent = parent
        return packet, packet.read_fields(data, pos, end)

    @classmethod
    def dissect_whole(cls, data: bytes, parent: Any) -> Any:
        """A packet from all of `data`; what its fields do not take becomes its payload."""
        packet, pos = cls.dissect_prefix(data, 0, len(data), parent)
        if pos < len(data):
            packet.do_dissect_payload(data[pos:])
        return packet

    def read_fields(self, data: bytes, pos: int, end: int) -> int:
        """Fill `fields` from `data[pos:end]` and return the position behind them. Never raises."""
        self.explicit = 1
        layout, start = layout_of(type(self)), pos
        if self.last_first:
            return self._read_last_first(layout.steps, data, pos, end)
        for index, step in enumerate(layout.steps):
            try:
                pos = step.read(self, data, pos, end)
            except DecodeError as error:
                for later in layout.steps[index + 1 :]:
                    later.stop(self, b"", "absent")
                step.stop(self, data[pos:end], error.what)
                return end
            if self.whole is not None and self.whole.field in step.names:
                end = layout.end_of(self, start, pos, end)
        return pos

    def _read_last_first(self, steps: list[Any], data: bytes, pos: int, end: int) -> int:
        """As `read_fields`; what does not fit together stands whole in the last field."""
        start, last = pos, steps[-1]
        size = last.fixed_size()
        try:
            last.read(self, data, max(start, end - size), end)
            for step in steps[:-1]:
                pos = step.read(self, data, pos, end - size)
            need_none(pos, end - size)
        except DecodeError as error:
            for step in steps[:-1]:
                step.stop(self, b"", "absent")
            last.stop(self, data[start:end], error.what)
        return end

    def do_dissect(self, s: bytes) -> bytes:
        return s[self.read_fields(s, 0, len(s)) :]

    def do_dissect_payload(self, s: bytes) -> None:
        # A layer of somebody else bound behind ours may raise, and Scapy passes that on when debugging.
        try:
            super().do_dissect_payload(s)
        except Exception:
            self.add_payload(Raw(s, _internal=1, _underlayer=self))

    def known(self, name: str) -> Any:
        """A field's value; of a flag left None, whether the part that it announces is set."""
        value, layout = self.getfieldval(name), layout_of(type(self))
        if value is None and name in layout.announced:
            return int(self.fields.get(layout.announced[name]) is not None)
        return value

    # building ---------------------------------------------------------------------------------

    def self_build(self) -> bytes:
        return b"".join(layout_of(type(self)).parts(self).values())

    def do_build_ps(self) -> tuple[bytes, list[Any]]:
        layout = layout_of(type(self))
        parts = layout.parts(self)
        rows = [
            (layout.fields[name], self._shown(name), parts.get(name, b""))
            for step in layout.steps
            for name in step.names
            if step.present(self)
        ]
        payload, layers = self.payload.build_ps(internal=1)
        return b"".join(parts.values()) + payload, [*layers, (self, rows)]

    def _shown(self, name: str) -> str:
        return self.fieldtype[name].i2repr(self, self.getfieldval(name))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (bytes, bytearray)):
            return bytes(self) == other
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]

    # showing ----------------------------------------------------------------------------------

    def faults(self) -> tuple[Fault, ...]:
        """Every reason why the strict decoder refuses these octets; empty for a good packet."""
        return faults(self)

    def expert(self) -> tuple[Fault, ...]:
        """`faults()`, those of everything carried inside, and notes on what is legal but odd."""
        return expert(self)

    def brief(self) -> str:
        """One line about this layer, without its faults; subclasses say more."""
        return type(self).__name__

    def mysummary(self) -> str:
        found = self.faults()
        return f"{self.brief()} [malformed: {found[0]}]" if found else self.brief()

    def _show_or_dump(
        self,
        dump: bool = False,
        indent: int = 3,
        lvl: str = "",
        label_lvl: str = "",
        first_call: bool = True,
    ) -> str | None:
        text = super()._show_or_dump(dump, indent, lvl, label_lvl, first_call=False)
        if first_call:
            text += "".join(f"  malformed: {fault}\n" for fault in self.expert())
        if not first_call or dump:
            return text
        print(text)  # noqa: T201  what show() is for
        return None

    def _command(self, json: bool = False) -> list[tuple[str, Any]]:
        # command() promises the same packet again; JSON is for reports, and those carry no secrets.
        rows = super()._command(json=json)
        return [(name, self._json(name, value)) for name, value in rows] if json else rows

    def _json(self, name: str, value: Any) -> Any:
        raw = self.getfieldval(name)
        if isinstance(raw, Malformed) or self._secret(name):
            return self.fieldtype[name].i2repr(self, raw)
        if isinstance(raw, list) and all(isinstance(item, Packet) for item in raw):
            # Scapy asks for the rows of items past this method.
            return [dict(item._command(json=True)) for item in raw]
        return value

    def _secret(self, name: str) -> bool:
        field = self.fieldtype[name]
        return field.secret and isinstance(self.getfieldval(name), bytes)

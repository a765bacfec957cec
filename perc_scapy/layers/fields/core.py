# SPDX-License-Identifier: GPL-2.0-only
"""What every field class shares: markers for octets that do not fit, and the base class itself."""

from __future__ import annotations

from typing import Any, ClassVar

from scapy.fields import Field, RawVal

from perc_scapy.errors import DecodeError

LAYERS: dict[str, type] = {}
"""Every layer class of the project by name; a field may name its content before that layer is imported."""


class Malformed(RawVal):
    """Value of a field whose octets could not be read: they are kept as they are, with the reason.

    It is a Scapy `RawVal`, so building puts the octets back unchanged.
    """

    def __init__(self, val: bytes = b"", reason: str = "malformed") -> None:
        super().__init__(val)
        self.reason = reason

    def __repr__(self) -> str:
        return f"Malformed({self.val!r}, {self.reason!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Malformed) and (self.val, self.reason) == (other.val, other.reason)

    __hash__ = None  # type: ignore[assignment]

    @property
    def absent(self) -> bool:
        """True when the input ended before this field began."""
        return self.reason == "absent"


def absent() -> Malformed:
    """Marker of a field behind the point where dissection stopped."""
    return Malformed(b"", "absent")


class _Auto:
    """Default of a body that follows from its selector; becomes a packet when it is looked at."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "auto"

    def __copy__(self) -> _Auto:
        return self

    def __deepcopy__(self, memo: Any) -> _Auto:
        return self

    def copy(self) -> _Auto:
        return self


AUTO = _Auto()


class _Opaque:
    """`other=OPAQUE` of a Select: a selector without a case has octets as its body."""

    def __repr__(self) -> str:
        return "OPAQUE"


OPAQUE = _Opaque()


def hidden(value: Any) -> str:
    """How a secret is shown: its length and nothing else."""
    return f"<{len(bytes(value))} octets, hidden>"


def shown(value: bytes, limit: int = 48) -> str:
    """Hex of an octet string, shortened with its length when it is long."""
    text = value[:limit].hex()
    return text if len(value) <= limit else f"{text}… ({len(value)} octets)"


class WireField(Field):
    """A field made of plain data, from which a strict decoder, an encoder, a fuzz model, a foreign
    dissector or a table can be generated. Subclasses say how to `read`, `write` and `check`.
    """

    __slots__ = ("secret",)
    DATA: ClassVar[tuple[str, ...]] = ()
    """Names of the attributes that define this field, beside name, default and secret."""

    def __init__(self, name: str, default: Any, secret: bool = False) -> None:
        self.secret = secret
        super().__init__(name, default, "B")

    def describe(self) -> dict[str, Any]:
        """The declaration as plain data: kind, name, default and the attributes in `DATA`."""
        data = {"kind": type(self).__name__, "name": self.name, "default": self.default}
        return data | {"secret": self.secret} | {k: getattr(self, k) for k in self.DATA}

    def fixed_size(self) -> int | None:
        """Octets on the wire when every value has the same size, else None."""
        return None

    def read(self, pkt: Any, data: bytes, pos: int, end: int) -> tuple[Any, int]:
        """Value at `data[pos:end]` and the position behind it; raises `DecodeError`. Lenient: a value
        that strict rules forbid is returned all the same, `check` names what is wrong with it."""
        raise NotImplementedError

    def write(self, pkt: Any, value: Any) -> bytes:
        """Octets of a value."""
        raise NotImplementedError

    def check(self, value: Any) -> str | None:
        """Why strict rules forbid this value, or None."""
        return None

    # What Scapy calls -------------------------------------------------------------------------

    def getfield(self, pkt: Any, s: bytes) -> tuple[bytes, Any]:
        try:
            value, pos = self.read(pkt, s, 0, len(s))
        except DecodeError as error:
            return b"", Malformed(s, error.what)
        return s[pos:], value

    def addfield(self, pkt: Any, s: bytes, val: Any) -> bytes:
        return s + (bytes(val) if isinstance(val, RawVal) else self.write(pkt, val))

    def i2len(self, pkt: Any, x: Any) -> int:
        return len(self.addfield(pkt, b"", x))

    def i2repr(self, pkt: Any, x: Any) -> str:
        if isinstance(x, Malformed):
            if x.absent:
                return "absent"
            return f"malformed: {x.reason}: {hidden(x) if self.secret else shown(x.val)}"
        if self.secret and isinstance(x, bytes):
            return hidden(x)
        return self.text(x)

    def text(self, value: Any) -> str:
        """A value for people."""
        return repr(value)


def need(octets: int, pos: int, end: int) -> None:
    """Raise `DecodeError` unless `octets` lie between pos and end."""
    if end - pos < octets:
        raise DecodeError(f"needs {octets} octets, {end - pos} left", pos)

# SPDX-License-Identifier: GPL-2.0-only
"""Fields as Wireshark registers them: one `ProtoField` for each name, type and mask, with names of values."""

from __future__ import annotations

from enum import IntEnum

from perc_scapy.wireshark.lua import literal, quoted

PREFIX = "perc."
HEXADECIMAL = {"ProtectionProfile", "DtlsVersion", "HeaderExtensionProfile"}
"""Enumerations whose values people know in hexadecimal."""
HEX_NAMES = {"ssrc", "csrc"}
ACRONYMS = ("CID", "CSRC", "DTLS", "EKT", "HMAC", "MKI", "OHB", "ROC", "SPI", "SRTP", "SSRC", "TTL")
WORDS = {w.lower(): w for w in ACRONYMS} | {"msg": "message", "seq": "sequence"}
"""Words that field names write in another way than labels do."""


class FieldTable:
    """Collects fields; `lines()` is their Lua. Places in the table count from 1."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._enums: dict[str, type[IntEnum]] = {}

    def number(
        self,
        name: str,
        label: str,
        bits: int,
        enum: type[IntEnum] | None = None,
        mask: int | None = None,
    ) -> int:
        """A number of `bits` bits, or the part of it under `mask`."""
        base = "HEX_DEC" if _last(name) in HEX_NAMES else "DEC"
        names = "nil"
        if enum is not None:
            self._enums[enum.__name__] = enum
            names = f"N.{enum.__name__}"
            base = "HEX" if enum.__name__ in HEXADECIMAL else base
        tail = [f"base.{base}", names, f"0x{mask:x}" if mask is not None else "nil"]
        while tail[-1] == "nil":
            tail.pop()
        return self._place(f"uint{_width(bits)}", name, label, tail)

    def octets(self, name: str, label: str) -> int:
        """A string of octets."""
        return self._place("bytes", name, label, [])

    def _place(self, kind: str, name: str, label: str, tail: list[str]) -> int:
        arguments = ", ".join([quoted(PREFIX + name), quoted(label), *tail])
        return self._places.setdefault(f"ProtoField.{kind}({arguments})", len(self._places) + 1)

    def lines(self) -> list[str]:
        """Names of values, then the fields."""
        names = [
            f"N.{name} = {literal({int(m): m.name for m in enum})}"
            for name, enum in sorted(self._enums.items())
        ]
        fields = [f"F[{place}] = {text}" for text, place in self._places.items()]
        return ["local N, F = {}, {}", *names, *fields]


def label_of(name: str, *, single: bool = False) -> str:
    """`client_write_SRTP_master_key` -> `Client write SRTP master key`; of a list's items without the plural s."""
    if single and name.endswith("s"):
        name = name[:-1]
    text = " ".join(WORDS.get(word, word) for word in name.split("_"))
    return text[:1].upper() + text[1:]


def _last(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def _width(bits: int) -> int:
    """Wireshark has unsigned integers of 8, 16, 24, 32 and 64 bits."""
    return next(width for width in (8, 16, 24, 32, 64) if bits <= width)

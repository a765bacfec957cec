# SPDX-License-Identifier: GPL-2.0-only
"""Layers that have several forms, told apart by one octet at a fixed place, first or last.

A `Union` stands for whichever form the octets have: `RTCPPacket(octets)` is an `RTCPSenderReport`, and a list of
`RTCPPacket` holds what fits. The forms are subclasses of it, so `RTCPPacket in packet` finds them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from perc_scapy.layers.base import PercPacket


class Union(PercPacket):
    """Base of the unions. `tag_at` is the place of the octet, negative from the end; `forms` its values;
    `other` the form for every other value and for input that has no such octet."""

    match_subclass = True
    fields_desc = ()
    tag_at: ClassVar[int] = 0
    forms: ClassVar[Mapping[int, type]] = {}
    other: ClassVar[Any] = None

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if Union in cls.__bases__:
            cls.dispatch_hook = classmethod(_dispatch)

    @classmethod
    def tag_of(cls, data: bytes, pos: int, end: int) -> int | None:
        """The octet that says which form `data[pos:end]` has."""
        at = pos + cls.tag_at if cls.tag_at >= 0 else end + cls.tag_at
        return data[at] if pos <= at < end else None

    @classmethod
    def kinds(cls) -> list[Any]:
        """Every form once."""
        return list(dict.fromkeys((*cls.forms.values(), cls.other)))

    @classmethod
    def form_of(cls, data: bytes, pos: int, end: int) -> Any:
        """The form of `data[pos:end]`."""
        return cls.forms.get(cls.tag_of(data, pos, end), cls.other)

    @classmethod
    def dissect_prefix(cls, data: bytes, pos: int, end: int, parent: Any) -> tuple[Any, int]:
        if is_union(cls):
            return cls.form_of(data, pos, end).dissect_prefix(data, pos, end, parent)
        return super().dissect_prefix(data, pos, end, parent)


def is_union(cls: Any) -> bool:
    """True for the union itself, not for one of its forms."""
    return Union in cls.__bases__


def _dispatch(cls: Any, _pkt: Any = None, *args: Any, **fields: Any) -> Any:
    """What Scapy calls to choose the class of a new packet: without octets, the first form."""
    if _pkt is None:
        return next(iter(cls.forms.values()))
    data = bytes(_pkt)
    return cls.form_of(data, 0, len(data))

# SPDX-License-Identifier: GPL-2.0-only
"""Hypothesis strategies made from layer definitions: valid records, and octets near them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from perc_scapy.layers.compile import record
from perc_scapy.layers.fields import (
    REST,
    Counted,
    Fixed,
    Items,
    Number,
    Opaque,
    Present,
    RepeatToEnd,
    Select,
    Sized,
    Trailer,
    Vector,
)
from perc_scapy.layers.layout import layout_of
from perc_scapy.layers.union import is_union
from perc_scapy.wire import full_ekt_field, peel_ekt, peel_ohb, peel_padding

TRAILERS = {
    peel_ekt: [b"\0", full_ekt_field(b"c" * 24, 7, 1), b"xyz\0\x06\xff"],
    peel_ohb: [
        bytes((0,)),
        bytes.fromhex("0f02"),
        bytes.fromhex("123405"),
        bytes.fromhex("0f12340f"),
    ],
    peel_padding: [bytes((1,)), bytes.fromhex("00000004")],
}
"""Octets that each function reading from the end takes whole."""


def number(field: Number) -> Any:
    if field.only is not None:
        return st.sampled_from(field.only)
    named = st.sampled_from([int(v) for v in field.enum]) if field.enum else st.nothing()
    return named | st.integers(0, (1 << field.bits) - 1)


def item(kind: Any) -> Any:
    return records(kind) if isinstance(kind, type) else value(kind)


def capacity(size: Any, layout: Any, top: int = 40) -> list[int]:
    """Region sizes that the counting field can express."""
    most = min(top, (1 << layout.fields[size.field].bits) - 1)
    return [size.octets(n) for n in range(most + 1) if 0 <= size.octets(n) <= top]


def value(field: Any, layout: Any = None) -> Any:
    """Values of a field that does not choose between forms."""
    if isinstance(field, Number):
        return number(field)
    if isinstance(field, Fixed):
        return st.binary(min_size=field.length, max_size=field.length)
    if isinstance(field, Opaque):
        return st.binary(min_size=field.min, max_size=min(field.max, field.min + 20))
    if isinstance(field, Sized):
        sizes = [n for n in capacity(field.size, layout) if field.min <= n <= (field.max or n)]
        return st.sampled_from(sizes).flatmap(lambda n: st.binary(min_size=n, max_size=n))
    if isinstance(field, Trailer):
        return st.sampled_from(TRAILERS[field.peel])
    if isinstance(field, Items):
        least = 1 if isinstance(field, (Vector, RepeatToEnd)) and field.min else 0
        most = max(capacity(field.count, layout)) if isinstance(field, Counted) else 3
        return st.lists(item(field.item), min_size=least, max_size=most).map(tuple)
    if layout is not None and layout.cls.whole is not None:
        words = st.integers(0, 5).map((layout.cls.whole.unit).__mul__)
        return words.flatmap(lambda n: st.binary(min_size=n, max_size=n))
    return st.binary(max_size=20)


@st.composite
def records(draw: Any, cls: Any) -> Any:
    """Records of a layer that obey its definition (its rules, which are not data, may refuse them)."""
    if is_union(cls):
        return draw(records(draw(st.sampled_from(cls.kinds()))))
    layout = layout_of(cls)
    made: dict[str, Any] = {}
    for declared in cls.fields_desc:
        field = layout.fields[declared.name]
        if isinstance(declared, Present) and not declared.when.holds(made.get):
            made[field.name] = None
        elif field.name in layout.announced:
            made[field.name] = draw(st.integers(0, 1))
        elif isinstance(field, Select):
            selectors, made[field.name] = draw(body(field, layout, made))
            made |= selectors
        elif field.name in layout.counted or field.name in layout.copies:
            made[field.name] = None
        elif field.name in layout.selected:
            keys = [k[0] for k in layout.selected[field.name].cases if len(k) == 1]
            made[field.name] = draw(st.sampled_from(keys) if keys else number(field))
        else:
            made[field.name] = draw(value(field, layout))
            if declared.isconditional and not isinstance(declared, Present) and draw(st.booleans()):
                made[field.name] = None
    return record(cls, **made)


@st.composite
def body(draw: Any, field: Select, layout: Any, made: dict[str, Any]) -> Any:
    """A body and the selectors that go with it."""
    key = draw(st.sampled_from(list(field.cases)))
    selectors = dict(zip(field.on, key, strict=True))
    if field.other is None or draw(st.integers(0, 3)):
        return selectors, draw(records(field.cases[key]))
    selectors = {name: draw(number(layout.fields[name])) for name in field.on}
    if tuple(selectors.values()) in field.cases:
        return selectors, draw(records(field.cases[tuple(selectors.values())]))
    sizes = capacity(field.size, layout) if field.size not in (None, REST) else range(20)
    size = draw(st.sampled_from(list(sizes)))
    return selectors, draw(st.binary(min_size=size, max_size=size))


@st.composite
def damaged(draw: Any, octets: bytes) -> bytes:
    """Cut, extended, or with an octet changed, taken out or put in."""
    kind = draw(st.sampled_from(["cut", "extend", "change", "remove", "insert"]))
    at = draw(st.integers(0, max(0, len(octets) - 1)))
    if kind == "cut":
        return octets[:at]
    if kind == "extend":
        return octets + draw(st.binary(min_size=1, max_size=5))
    new = bytes((draw(st.integers(0, 255)),)) if kind != "remove" else b""
    return octets[:at] + new + octets[at + (kind != "insert") :]

# SPDX-License-Identifier: GPL-2.0-only
"""A layer's definition as the table that the Lua part walks: its steps in wire order, its rules, its forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from perc_scapy.layers import fields as kinds
from perc_scapy.layers.definition import plain
from perc_scapy.layers.fields.choice import REST
from perc_scapy.layers.fields.core import OPAQUE
from perc_scapy.layers.fields.numbers import Number
from perc_scapy.layers.layout import BitRun, layout_of
from perc_scapy.layers.names import filter_name
from perc_scapy.layers.union import is_union
from perc_scapy.layers.validators import HOP_KEY_LENGTHS, ProfileKeyLength
from perc_scapy.wireshark.lua_fields import FieldTable, label_of
from perc_scapy.wireshark.scope import in_scope

Table = dict[str, Any]


class LayerWriter:
    """Makes the table of one layer class. Raises TypeError for a kind of field, condition or rule it does not know."""

    def __init__(self, cls: Any, fields: FieldTable) -> None:
        self.cls, self.fields = cls, fields

    def table(self) -> Table:
        steps = [
            self._run(s) if isinstance(s, BitRun) else self._step(s)
            for s in layout_of(self.cls).steps
        ]
        table = {
            "name": self.cls.__name__,
            "title": self.cls._name or self.cls.__name__,
            "steps": steps,
            "rules": [r for r in map(rule_table, self.cls.rules) if r],
            "last_first": self.cls.last_first or None,
        }
        if self.cls.whole is not None:
            raise TypeError(f"{self.cls.__name__}: a layer that counts itself")
        if is_union(self.cls):
            table["union"] = {
                "tag_at": self.cls.tag_at,
                "forms": {int(tag): form.__name__ for tag, form in self.cls.forms.items()},
                "other": self.cls.other.__name__,
            }
        return table

    def _name(self, field: str) -> str:
        return filter_name(self.cls, field)

    def _run(self, run: BitRun) -> Table:
        bits = 8 * run.fixed_size()
        parts = []
        for field, shift in run.shifts():
            mask = (1 << field.width) - 1 << shift
            place = self.fields.number(
                self._name(field.name), label_of(field.name), bits, field.enum, mask
            )
            only = list(field.only) if field.only else None
            parts.append(
                {
                    "name": field.name,
                    "field": place,
                    "shift": shift,
                    "width": field.width,
                    "only": only,
                }
            )
        return {"kind": "bits", "name": run.name, "octets": run.fixed_size(), "parts": parts}

    def _step(self, step: Any) -> Table:
        field = step.field
        table = {"name": field.name, "label": label_of(field.name)}
        if step.optional:
            table["optional"] = True
        elif step.wrapper is not None:
            table["present"] = condition_table(step.wrapper.when)
        if field.secret:
            table["secret"] = True
        for kind in type(field).__mro__:
            if kind in KINDS:
                return table | KINDS[kind](self, field)
        raise TypeError(f"{self.cls.__name__}.{field.name}: no Lua for {type(field).__name__}")

    # one method for each kind of field

    def number(self, field: Number, *, single: bool = False) -> Table:
        label = label_of(field.name, single=single)
        place = self.fields.number(self._name(field.name), label, field.bits, field.enum)
        only = list(field.only) if field.only else None
        return {"kind": "number", "octets": field.fixed_size(), "field": place, "only": only}

    def octets(self, field: Any) -> int:
        return self.fields.octets(self._name(field.name), label_of(field.name))

    def fixed(self, field: Any) -> Table:
        return {"kind": "fixed", "octets": field.length, "field": self.octets(field)}

    def opaque(self, field: Any) -> Table:
        return {
            "kind": "opaque",
            "field": self.octets(field),
            "content": content_name(field.content),
            **self._prefixed(field),
        }

    def vector(self, field: Any) -> Table:
        return {"kind": "vector", "item": self._item(field), **self._prefixed(field)}

    def _prefixed(self, field: Any) -> Table:
        name = self._name(f"{field.name}_length")
        place = self.fields.number(name, f"{label_of(field.name)} length", 8 * field.prefix)
        return {"prefix": field.prefix, "min": field.min, "max": field.max, "length_field": place}

    def _item(self, field: Any) -> Table:
        item = field.item
        if isinstance(item, type):
            return {"layer": item.__name__}
        if isinstance(item, Number):
            named = item.copy()
            named.name = field.name
            return self.number(named, single=True)
        raise TypeError(
            f"{self.cls.__name__}.{field.name}: no Lua for a list of {type(item).__name__}"
        )

    def counted(self, field: Any) -> Table:
        return {"kind": "counted", "item": self._item(field), "size": size_table(field.count)}

    def repeat(self, field: Any) -> Table:
        return {"kind": "repeated", "item": self._item(field), "min": field.min}

    def rest(self, field: Any) -> Table:
        return {
            "kind": "rest",
            "field": self.octets(field),
            "size": size_table(field.counted_by),
            "content": content_name(field.content),
        }

    def sized(self, field: Any) -> Table:
        return {
            "kind": "sized",
            "field": self.octets(field),
            "size": size_table(field.size),
            "min": field.min,
            "max": field.max,
        }

    def trailer(self, field: Any) -> Table:
        return {
            "kind": "trailer",
            "field": self.octets(field),
            "content": content_name(field.content),
        }

    def select(self, field: Any) -> Table:
        """Cases outside of the scope are octets; so are all others where the definition says so."""
        cases = {key: cls for key, cls in field.cases.items() if in_scope(cls)}
        dropped = [
            ",".join(map(str, key)) for key, cls in field.cases.items() if cls not in cases.values()
        ]
        return {
            "kind": "select",
            "field": self.octets(field),
            "on": list(field.on),
            "cases": {",".join(map(str, key)): cls.__name__ for key, cls in cases.items()},
            "foreign": dict.fromkeys(dropped, True) or None,
            "size": size_table(field.size),
            "opaque": True if field.other is OPAQUE else None,
            "when": None if field.when is None else condition_table(field.when),
        }


KINDS: dict[type, Callable[[LayerWriter, Any], Table]] = {
    Number: LayerWriter.number,
    kinds.Fixed: LayerWriter.fixed,
    kinds.Opaque: LayerWriter.opaque,
    kinds.Vector: LayerWriter.vector,
    kinds.Counted: LayerWriter.counted,
    kinds.RepeatToEnd: LayerWriter.repeat,
    kinds.Rest: LayerWriter.rest,
    kinds.Sized: LayerWriter.sized,
    kinds.Trailer: LayerWriter.trailer,
    kinds.Select: LayerWriter.select,
}


def content_name(content: Any) -> str | None:
    """The layer that explains octets, by name."""
    return content.__name__ if isinstance(content, type) else content


def size_table(size: Any) -> Table | str | None:
    """How another field counts this one; "rest" for the end of the region."""
    if size is None:
        return None
    return "rest" if size is REST else {"field": size.field, "unit": size.unit, "plus": size.plus}


def condition_table(condition: Any) -> Table:
    """A condition on earlier fields."""
    kind = type(condition).__name__
    if kind not in ("Equals", "NotEquals", "BitSet", "Same"):
        raise TypeError(f"no Lua for the condition {kind}")
    return {"kind": kind} | {k: plain(v) for k, v in vars(condition).items()}


RULES = (
    "AtMost",
    "DistinctTypes",
    "FlagNeeds",
    "FragmentFits",
    "LengthAmong",
    "LengthBetween",
    "NotAmong",
    "NotDecoded",
    "OneItem",
    "ProfileKeyLength",
    "RecordFits",
    "SentBy",
    "UuidVersion4",
)
"""Rules that the Lua part has a function for."""


def rule_table(rule: Any) -> Table | None:
    """A rule that a reader of octets can judge; None for those that only senders are asked."""
    name = type(rule).__name__
    if not (rule.on_decode or rule.note or name == "SentBy"):
        return None
    if name not in RULES:
        raise TypeError(f"no Lua for the rule {name}")
    table: Table = plain(rule)
    if isinstance(rule, ProfileKeyLength):
        table["lengths"] = {int(profile): list(pair) for profile, pair in HOP_KEY_LENGTHS.items()}
    if name == "SentBy":
        table["senders"] = {int(kind): sender for kind, sender in rule.senders.items()}
    severity = "note" if rule.note else getattr(rule, "severity", "error")
    return table | {"severity": severity, "decode": rule.on_decode or None}

# SPDX-License-Identifier: GPL-2.0-only
"""A layer's definition as plain data (what `json.dumps` takes): the source for tables and other dissectors."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import EnumType
from typing import Any

from perc_scapy.layers.fields import AUTO, OPAQUE, REST, Condition, OptionalTail, Present, WireField
from perc_scapy.layers.union import is_union
from perc_scapy.layers.validators import Rule


def definition(cls: Any) -> dict[str, Any]:
    """Name, title, fields in wire order and rules of a layer class; the forms of a union with their tags.

    A field has its `kind` (class of `layers.fields`), `name`, `default`, `secret` and what that kind
    declares; `present` is the condition of a conditional field, `"optional"` of one that may be missing at
    the end. Layers are given by name.
    """
    data = {
        "layer": cls.__name__,
        "title": cls._name or cls.__name__,
        "fields": [_field(declared) for declared in cls.fields_desc],
        "rules": [plain(rule) for rule in cls.rules],
        "whole": plain(cls.whole),
        "last_first": cls.last_first,
    }
    if is_union(cls):
        data |= {name: plain(getattr(cls, name)) for name in ("tag_at", "forms", "other")}
    return data


def _field(declared: Any) -> dict[str, Any]:
    if isinstance(declared, Present):
        return _field(declared.fld) | {"present": plain(declared.when)}
    if isinstance(declared, OptionalTail):
        return _field(declared.fld) | {"present": "optional"}
    return {name: plain(value) for name, value in declared.describe().items()}


def plain(value: Any) -> Any:
    """Any value of a definition as numbers, text, lists and dictionaries."""
    if value is None or isinstance(value, (bool, int, str)):
        return value if isinstance(value, bool) or not isinstance(value, int) else int(value)
    if value is AUTO or value is OPAQUE:
        return repr(value).lower()
    if value is REST:
        return "rest"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Condition):
        return value.source(str)
    if isinstance(value, WireField):
        return _field(value)
    if isinstance(value, EnumType):
        return {member.name: int(member) for member in value}
    if isinstance(value, type):
        return value.__name__
    return _structure(value)


def _structure(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, range)):
        return [plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        kind = {"kind": type(value).__name__}
        return kind | {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Rule):
        return {"kind": type(value).__name__} | {
            name: plain(item) for name, item in vars(value).items() if not name.startswith("_")
        }
    return f"{value.__module__}.{value.__qualname__}"


def _key(key: Any) -> str:
    return ", ".join(str(int(part)) for part in key) if isinstance(key, tuple) else str(int(key))

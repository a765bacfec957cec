# SPDX-License-Identifier: GPL-2.0-only
"""Layer definitions are data: no code hides in them that a compiler, a fuzz model or a table cannot see."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import pkgutil
from enum import EnumType
from pathlib import Path
from typing import Any

import pytest

import perc_scapy.layers
import perc_scapy.wire
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.fields import (
    Condition,
    OptionalTail,
    Present,
    Rest,
    Size,
    Trailer,
    WireField,
)
from perc_scapy.layers.layout import layout_of
from perc_scapy.layers.union import is_union
from perc_scapy.layers.validators import Rule

ROOT = Path(perc_scapy.layers.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
PLAIN = (int, str, bytes, bool, tuple, dict, Size, Condition, WireField, type, EnumType)


def lambdas(source: str) -> list[int]:
    return [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Lambda)]


def layer_classes() -> list[Any]:
    for module in pkgutil.walk_packages([str(ROOT)], "perc_scapy.layers."):
        importlib.import_module(module.name)
    found, todo = [], [PercPacket]
    while todo:
        cls = todo.pop()
        found.append(cls)
        todo += cls.__subclasses__()
    return [cls for cls in found if cls.__module__.startswith("perc_scapy.layers")]


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_no_lambda_in_layers(path):
    assert lambdas(path.read_text()) == []


def test_the_search_for_lambdas_finds_them():
    assert lambdas("x = 1\nfields_desc = (Field('n', when=lambda pkt: pkt.x),)") == [2]


@pytest.mark.parametrize("cls", layer_classes())
def test_fields_desc_holds_data_only(cls):
    for declared in cls.fields_desc:
        field = declared.fld if isinstance(declared, (Present, OptionalTail)) else declared
        assert isinstance(field, WireField), f"{cls.__name__}.{field.name}: {type(field)}"
        if isinstance(field, Trailer):
            # The one function that a definition names: what is read from the end lives in wire.py.
            assert getattr(perc_scapy.wire, field.peel.__name__) is field.peel
        for name, value in field.describe().items():
            plain = value is None or isinstance(value, PLAIN) or dataclasses.is_dataclass(value)
            described = plain or name in ("default", "peel", "other")
            assert described, f"{cls.__name__}.{field.name}.{name}: {value!r}"


@pytest.mark.parametrize("cls", layer_classes())
def test_every_reference_names_a_field(cls):
    layout = layout_of(cls)
    for step in layout.steps:
        when = getattr(step.wrapper, "when", None) or getattr(
            getattr(step, "field", None), "when", None
        )
        for name in when.fields if when is not None else ():
            assert name in layout.fields
    if not is_union(cls):
        assert set(layout.counted) | set(layout.selected) <= set(layout.fields)
    assert set(layout.copies.values()) | set(layout.announced.values()) <= set(layout.fields)
    assert all(isinstance(rule, Rule) for rule in cls.rules)


def test_a_field_may_not_hide_behind_a_method_of_scapy():
    with pytest.raises(TypeError, match="fragment"):

        class Hidden(PercPacket):
            fields_desc = (Rest("fragment"),)

# SPDX-License-Identifier: GPL-2.0-only
"""A packet view as names and values: `rtp.ssrc` -> [4161]. What filters compare and columns print."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from perc_scapy.layers.names import filter_name, prefix_of
from perc_scapy.view.catalogue import layer_class
from perc_scapy.view.meta import READERS
from perc_scapy.view.packets import PacketView

Flat = dict[str, list[Any]]
SKIPPED = ("ip.addr", "udp.port", "tcp.port", "perc.summary", "expert")
"""Names that repeat other values."""


def flatten(view: PacketView, *, secrets: bool = False) -> Flat:
    """Every name that the packet has, with all its values in the order of the layers.

    Numbers are numbers, octets hex text; the value of a field that holds a layer is that layer's name.
    """
    found: Flat = {}
    for name, read in READERS.items():
        if name not in SKIPPED and (values := read(view)):
            found[name] = values
    flatten_parts(view, found, secrets=secrets)
    return found


def flatten_parts(view: PacketView, found: Flat, *, secrets: bool = False) -> None:
    """The names that layers declare, added to `found`."""
    for part in view.parts:
        _layer(part.tree(secrets=secrets), found)


def _layer(tree: dict[str, Any], found: Flat) -> None:
    names = _names(tree["layer"])
    for key, value in tree.items():
        if key != "layer":
            _add(names[key], value, found)


def _add(name: str, value: Any, found: Flat) -> None:
    kind = type(value)
    if kind is dict:
        inside = value.get("layer")
        found.setdefault(name, []).append(inside if inside is not None else value["octets"])
        if inside is not None:
            _layer(value, found)
    elif kind is list:
        found.setdefault(name, [])
        for item in value:
            _add(name, item, found)
    else:
        found.setdefault(name, []).append(value)


class _Names(dict[str, str]):
    """Field -> name, of one layer."""

    def __init__(self, layer: str) -> None:
        super().__init__()
        self._layer = layer

    def __missing__(self, field: str) -> str:
        cls = layer_class(self._layer)
        name = f"{self._layer.lower()}.{field}" if cls is None else filter_name(cls, field)
        self[field] = name
        return name


@cache
def _names(layer: str) -> _Names:
    return _Names(layer)


def layers_in(view: PacketView) -> set[str]:
    """Prefixes of all layers in a packet, nested ones included."""
    found: set[str] = set()
    for part in view.parts:
        _prefixes(part.tree(), found)
    return found


def _prefixes(value: Any, found: set[str]) -> None:
    if isinstance(value, dict):
        cls = layer_class(value.get("layer", ""))
        if cls is not None:
            found.add(prefix_of(cls))
    for item in _inside(value):
        _prefixes(item, found)


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()

# SPDX-License-Identifier: GPL-2.0-only
"""Display filters: `tunnel.type == 2 and not expert.warning`. docs/dissect.md tells the whole language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from perc_scapy.view.fields import Flat, flatten_parts, layers_in
from perc_scapy.view.filters.errors import FilterError
from perc_scapy.view.filters.parser import LAYERS, Parser
from perc_scapy.view.meta import READERS
from perc_scapy.view.packets import PacketView

__all__ = ["FilterError", "compile_filter"]


def compile_filter(text: str, *, secrets: bool = False) -> Callable[[PacketView], bool]:
    """A function that says whether a packet passes. Raises `FilterError`, which points at what is wrong.

    Without `secrets` a filter cannot look into key octets, only ask whether they are there and how long they are.
    """
    node = Parser(text).parse()
    return lambda view: node(_Lookup(view, secrets).get)


class _Lookup:
    """Values of one packet, worked out when a filter asks for them."""

    __slots__ = ("_flat", "_secrets", "_view")

    def __init__(self, view: PacketView, secrets: bool) -> None:
        self._view, self._secrets = view, secrets
        self._flat: Flat | None = None

    def get(self, name: str) -> list[Any]:
        read = READERS.get(name)
        if read is not None:
            return read(self._view)
        if name == LAYERS:
            return [*layers_in(self._view), *self._view.protocols, "frame"]
        if self._flat is None:
            self._flat = {}
            flatten_parts(self._view, self._flat, secrets=self._secrets)
        return self._flat.get(name, [])

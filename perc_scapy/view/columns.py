# SPDX-License-Identifier: GPL-2.0-only
"""Chosen fields of each packet on one line, and packets as Elasticsearch documents: the forms that tshark has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from perc_scapy.errors import ConfigError
from perc_scapy.view.catalogue import catalogue
from perc_scapy.view.fields import flatten, flatten_parts
from perc_scapy.view.filters.literals import near_field
from perc_scapy.view.meta import READERS
from perc_scapy.view.packets import PacketView

_ESCAPES = {"/t": "\t", "/s": " ", "/n": "\n"}
FORMS = "header=y|n separator=C occurrence=f|l|a aggregator=C quote=d|s|n"
_QUOTES = {"d": '"', "s": "'", "n": ""}


@dataclass
class Form:
    """How columns are written; the names are those of `-E`."""

    header: bool = False
    separator: str = "\t"
    occurrence: str = "a"
    """f first, l last, a all values of a field."""
    aggregator: str = ","
    quote: str = ""

    def set(self, option: str) -> None:
        """One of `FORMS`. Raises `ConfigError`."""
        name, equals, value = option.partition("=")
        if not equals or not value or name not in vars(self):
            raise ConfigError(f"{option!r} is not one of {FORMS}")
        if name == "header":
            self.header = _chosen(option, value, {"y": True, "n": False})
        elif name == "quote":
            self.quote = _chosen(option, value, _QUOTES)
        elif name == "occurrence":
            self.occurrence = _chosen(option, value, {"f": "f", "l": "l", "a": "a"})
        else:
            setattr(self, name, _ESCAPES.get(value, value))


def _chosen(option: str, value: str, choices: dict[str, Any]) -> Any:
    if value not in choices:
        raise ConfigError(f"{option!r}: {value!r} is not one of {', '.join(choices)}")
    return choices[value]


class Columns:
    """Lines of chosen fields. Raises `ConfigError` for names that are none."""

    def __init__(self, names: Sequence[str], form: Form, *, secrets: bool = False) -> None:
        for name in names:
            if name not in catalogue():
                raise ConfigError(f"no field {name!r}{near_field(name, catalogue())}")
        self._names, self._form, self._secrets = names, form, secrets
        self._deep = any(name not in READERS for name in names)

    def lines(self, views: Iterable[PacketView]) -> Iterator[str]:
        """One a packet, behind the names when a header is wanted."""
        if self._form.header:
            yield self._form.separator.join(self._names)
        for view in views:
            yield self.line(view)

    def line(self, view: PacketView) -> str:
        """The packet's values."""
        flat: dict[str, list[Any]] = {}
        if self._deep:
            flatten_parts(view, flat, secrets=self._secrets)
        cells = (
            READERS[name](view) if name in READERS else flat.get(name, []) for name in self._names
        )
        return self._form.separator.join(map(self._cell, cells))

    def _cell(self, values: list[Any]) -> str:
        chosen = {"f": values[:1], "l": values[-1:]}.get(self._form.occurrence, values)
        if not chosen:
            return ""
        quote = self._form.quote
        text = self._form.aggregator.join(map(_text, chosen))
        return f"{quote}{text.replace(quote, quote * 2) if quote else text}{quote}"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:.9f}"
    return "".join(c if c.isprintable() else " " for c in str(value))


def bulk_lines(view: PacketView, *, secrets: bool = False) -> Iterator[str]:
    """Two lines for Elasticsearch's bulk interface: where to put the document, and the document."""
    day = datetime.fromtimestamp(view.time, UTC).strftime("%Y-%m-%d")
    yield json.dumps({"index": {"_index": f"packets-{day}"}})
    layers: dict[str, dict[str, Any]] = {}
    for name, values in flatten(view, secrets=secrets).items():
        root = name.partition(".")[0]
        value = values[0] if len(values) == 1 else values
        layers.setdefault(root, {})[f"{root}_{name.replace('.', '_')}"] = value
    yield json.dumps({"timestamp": str(int(view.time * 1000)), "layers": layers})

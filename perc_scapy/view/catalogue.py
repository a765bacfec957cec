# SPDX-License-Identifier: GPL-2.0-only
"""Every field name that filters, columns and tables know, with its type, its named values and what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

import perc_scapy.layers  # noqa: F401  every layer class registers itself
from perc_scapy.layers.bind import load_stun
from perc_scapy.layers.fields import Items, Number, Octets
from perc_scapy.layers.fields.core import LAYERS
from perc_scapy.layers.names import filter_name, prefix_of

Kind = Literal["number", "octets", "text", "address", "truth", "layer", "any"]
"""What values of a field are. A `layer` field's value is the name of the layer inside, or octets."""


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """One name."""

    name: str
    kind: Kind
    description: str
    names: Mapping[str, int] = field(default_factory=dict)
    """Named values, in lower case."""


META = (
    FieldInfo("frame.number", "number", "Packet number in the capture, from 1"),
    FieldInfo("frame.time", "number", "Seconds since 1970"),
    FieldInfo("frame.len", "number", "Octets of the frame on the wire"),
    FieldInfo("frame.protocols", "text", "Protocols from the outside in, with colons between"),
    FieldInfo("ip.src", "address", "Source address, IPv4 or IPv6"),
    FieldInfo("ip.dst", "address", "Destination address"),
    FieldInfo("ip.addr", "address", "Source and destination address"),
    FieldInfo("udp.srcport", "number", "UDP source port"),
    FieldInfo("udp.dstport", "number", "UDP destination port"),
    FieldInfo("udp.port", "number", "UDP source and destination port"),
    FieldInfo("tcp.srcport", "number", "TCP source port"),
    FieldInfo("tcp.dstport", "number", "TCP destination port"),
    FieldInfo("tcp.port", "number", "TCP source and destination port"),
    FieldInfo("tcp.seq", "number", "TCP sequence number"),
    FieldInfo("tcp.flags", "number", "TCP flags", MappingProxyType({"fin": 1, "syn": 2, "rst": 4, "ack": 16})),
    FieldInfo("perc.association", "text", "Letter of the endpoint's association: A, B, …"),
    FieldInfo("perc.hop", "text", "Between whom: A>MDD, MDD>KMF, client>server, …"),
    FieldInfo("perc.decrypted", "truth", "Something in the packet was protected and could be opened"),
    FieldInfo("perc.roc", "number", "Rollover counters with which the packet opened, the outer layer's first"),
    FieldInfo("perc.key_id", "text", "Safe name of the end-to-end key that opened the packet"),
    FieldInfo("perc.summary", "text", "The packet's line"),
    FieldInfo("expert", "truth", "There is a remark"),
    FieldInfo("expert.severity", "text", "note, warning or error, of each remark"),
    FieldInfo("expert.text", "text", "The remarks"),
    FieldInfo("expert.note", "truth", "There is a remark of this severity"),
    FieldInfo("expert.warning", "truth", "There is a remark of this severity"),
    FieldInfo("expert.error", "truth", "There is a remark of this severity"),
)  # fmt: skip
"""Names that no layer declares."""


@cache
def catalogue() -> Mapping[str, FieldInfo]:
    """Every name, sorted."""
    found = {info.name: info for info in META}
    for cls in _classes():
        for declared in cls.fields_desc:
            info = _info(cls, getattr(declared, "fld", declared))
            found[info.name] = _merged(found[info.name], info) if info.name in found else info
    return MappingProxyType(dict(sorted(found.items())))


PROTOCOLS = frozenset(("frame", "ip", "ipv6", "udp", "tcp", "tls", "srtp", "perc_tunnel", "data"))
"""Names in `frame.protocols` that are no layers of ours; filters may ask for them too."""


@cache
def prefixes() -> frozenset[str]:
    """Names of layers, for filters that ask whether one is there: `ekt`, `dtls.client_hello`."""
    return frozenset(prefix_of(cls) for cls in _classes()) - catalogue().keys()


def _classes() -> list[Any]:
    """Our layers, and Scapy's STUN."""
    own = [cls for cls in LAYERS.values() if cls.__module__.startswith("perc_scapy.")]
    stun = load_stun()
    module = __import__(stun.__module__, fromlist=["STUN"])
    theirs = [
        c for n, c in vars(module).items() if n.startswith("STUN") and hasattr(c, "fields_desc")
    ]
    return own + theirs


def layer_class(name: str) -> Any:
    """The class that a tree's `layer` names, or None."""
    return _by_name().get(name)


@cache
def _by_name() -> dict[str, Any]:
    return {cls.__name__: cls for cls in _classes()}


def _info(cls: Any, field: Any) -> FieldInfo:
    said = f"{cls._name or cls.__name__}: {field.name.replace('_', ' ')}"
    return FieldInfo(filter_name(cls, field.name), _kind(field), said, _names(field))


def _kind(field: Any) -> Kind:
    if isinstance(field, Items):
        return "layer" if isinstance(field.item, type) else _kind(field.item)
    if isinstance(field, Number):
        return "number"
    if isinstance(field, Octets):
        return "octets" if field.layer() is None else "layer"
    return "layer" if hasattr(field, "cases") else "any"


def _names(field: Any) -> Mapping[str, int]:
    enum: type[IntEnum] | None = getattr(getattr(field, "item", field), "enum", None)
    return {} if enum is None else {member.name.lower(): int(member) for member in enum}


def _merged(one: FieldInfo, other: FieldInfo) -> FieldInfo:
    """Two layers that give one name: forms of the same thing, or an older and a newer one."""
    both = {one.kind, other.kind}
    kind: Kind = one.kind if len(both) == 1 else "layer" if "layer" in both else "any"
    title = min(one.description, other.description, key=len)
    return FieldInfo(one.name, kind, title, {**other.names, **one.names})

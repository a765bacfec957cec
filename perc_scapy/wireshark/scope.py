# SPDX-License-Identifier: GPL-2.0-only
"""What the dissector for Wireshark knows: the layers of PERC, and the pieces of DTLS and SRTP that Wireshark lacks.

Wireshark has dissectors of its own for the rest. Where a layer here leads to one of those (`HANDED_OVER`), or to a
layer outside of this scope, its octets are handed over or shown as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from perc_scapy.layers import media, tunnel_draft00, tunnel_rfc9185
from perc_scapy.layers.dtls import (
    DTLSACK,
    DTLSEKTKey,
    DTLSHandshake,
    DTLSRecord,
    DTLSRecordNumber,
    ExtExternalIdHash,
    ExtExternalSessionId,
    ExtSelectedEKTCipher,
    ExtSupportedEKTCiphers,
    ExtUseSRTP,
    ExtUseSRTPSelected,
)
from perc_scapy.layers.layout import layout_of
from perc_scapy.layers.union import is_union

HANDED_OVER = "DTLS"
"""Content that Wireshark's own dissector takes."""

ENTRIES = (
    tunnel_draft00.DTLSTunnelMessage,
    tunnel_rfc9185.TunnelMessage,
    media.RTPHeader,
    media.SRTPAEAD,
    media.DoubleSRTP,
    media.DoublePlaintext,
    media.SRTCP,
    media.EKTField,
    DTLSRecord,
    DTLSHandshake,
)
"""Layers that dissection begins with."""

DTLS_PIECES = (
    DTLSACK,
    DTLSRecordNumber,
    DTLSEKTKey,
    ExtUseSRTP,
    ExtUseSRTPSelected,
    ExtSupportedEKTCiphers,
    ExtSelectedEKTCipher,
    ExtExternalIdHash,
    ExtExternalSessionId,
)
"""Of all bodies of records, handshake messages and extensions, those that Wireshark does not know."""


def layers() -> list[Any]:
    """Every layer class in scope once: the entries, the pieces, and what these are made of."""
    found: dict[Any, None] = {}
    todo = [*ENTRIES, *DTLS_PIECES]
    while todo:
        cls = todo.pop(0)
        if cls not in found:
            found[cls] = None
            todo += [part for part in parts_of(cls) if in_scope(part)]
    return list(found)


def in_scope(cls: Any) -> bool:
    """Is this layer shown by the generated dissector?"""
    return not cls.__module__.startswith("perc_scapy.layers.dtls") or cls in (
        *ENTRIES,
        *DTLS_PIECES,
    )


def parts_of(cls: Any) -> Iterator[Any]:
    """The layer classes that a layer's fields hold, and the forms of a union."""
    if is_union(cls):
        yield from cls.kinds()
    for field in layout_of(cls).fields.values():
        for part in (*getattr(field, "cases", {}).values(), getattr(field, "item", None)):
            if isinstance(part, type):
                yield part
        content = getattr(field, "content", None)
        if isinstance(content, type):
            yield content

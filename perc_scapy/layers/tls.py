# SPDX-License-Identifier: GPL-2.0-only
"""TLS records, as far as a tunnel over TCP needs them: the head; what is inside stays octets (RFC 8446 section 5.1)."""

from __future__ import annotations

from perc_scapy.codes import ContentType, TlsVersion
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.fields import U8, U16, Sized


class TLSRecord(PercPacket):
    """One record. Protected records of TLS 1.3 say type 23 and version TLS 1.2 whatever they hold."""

    name = "TLS record"
    fields_desc = (
        U8("type", ContentType.APPLICATION_DATA, enum=ContentType),
        U16("version", TlsVersion.TLS_1_2, enum=TlsVersion),
        U16("length", None),
        Sized("content", size="length"),
    )

    def brief(self) -> str:
        return f"TLS {self._shown('type')} {len(bytes(self.content))} octets"

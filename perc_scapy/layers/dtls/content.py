# SPDX-License-Identifier: GPL-2.0-only
"""What a record holds in clear, one class per content type (RFC 5246 7.1, 7.2; RFC 6520; RFC 9147 section 7)."""

from __future__ import annotations

from typing import Any

from scapy.packet import Packet, Raw

from perc_scapy.codes import AlertDescription, AlertLevel, ContentType, DtlsVersion
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.dtls.handshake import DTLS10Handshakes, DTLSHandshakes
from perc_scapy.layers.fields import U8, U64, Rest, Vector


class DTLSChangeCipherSpec(PercPacket):
    """The sender's next records are protected."""

    name = "DTLS ChangeCipherSpec"
    fields_desc = (U8("type", 1, only=(1,)),)

    def brief(self) -> str:
        return "CHANGE_CIPHER_SPEC"


class DTLSAlert(PercPacket):
    """A warning or the end of the association."""

    name = "DTLS alert"
    fields_desc = (
        U8("level", AlertLevel.FATAL, enum=AlertLevel),
        U8("description", AlertDescription.CLOSE_NOTIFY, enum=AlertDescription),
    )

    def brief(self) -> str:
        return f"ALERT {self._shown('level')} {self._shown('description')}"


class DTLSApplicationData(PercPacket):
    """Octets of the application, in protected records only."""

    name = "DTLS application data"
    fields_desc = (Rest("data"),)


class DTLSHeartbeat(PercPacket):
    """RFC 6520; not decoded."""

    name = "DTLS heartbeat"
    fields_desc = (Rest("message"),)


class DTLSRecordNumber(PercPacket):
    """Names a record that arrived. DTLS 1.2 numbers are widened to the 64 bits of DTLS 1.3."""

    name = "DTLS record number"
    fields_desc = (U64("epoch"), U64("sequence_number"))


class DTLSACK(PercPacket):
    """Records that arrived (RFC 9147 section 7), under DTLS 1.2 for ekt_key (RFC 8870 5.2.2)."""

    name = "DTLS ACK"
    fields_desc = (Vector("record_numbers", DTLSRecordNumber, max=0xFFFF),)

    def brief(self) -> str:
        return f"ACK of {len(self.record_numbers)} records"


V12, V10 = DtlsVersion.DTLS_1_2, DtlsVersion.DTLS_1_0
CONTENT: dict[tuple[int, int], type[PercPacket]] = {
    (ContentType.HANDSHAKE, V12): DTLSHandshakes,
    (ContentType.HANDSHAKE, V10): DTLS10Handshakes,
} | {
    (kind, version): layer
    for version in (V12, V10)
    for kind, layer in (
        (ContentType.CHANGE_CIPHER_SPEC, DTLSChangeCipherSpec),
        (ContentType.ALERT, DTLSAlert),
        (ContentType.APPLICATION_DATA, DTLSApplicationData),
        (ContentType.HEARTBEAT, DTLSHeartbeat),
        (ContentType.ACK, DTLSACK),
    )
}
"""Layer by (content type, record version)."""


def dissect_plaintext(content_type: int, data: bytes, version: int = V12) -> Packet:
    """What a record holds, as a packet, once decrypted. Total: an unknown type gives `Raw`."""
    layer: Any = CONTENT.get((content_type, version), Raw)
    return layer(data)  # type: ignore[no-any-return]

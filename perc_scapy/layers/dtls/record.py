# SPDX-License-Identifier: GPL-2.0-only
"""DTLS records and datagrams (RFC 6347 section 4.1). Scapy has no DTLS; this layer is general DTLS 1.0 and 1.2.

Records of epoch 0 are in clear and explained. Later epochs are protected: their fragment, with the explicit
nonce of an AEAD suite in front, is octets; `dissect_plaintext` explains what decryption gives.
"""

from __future__ import annotations

from typing import Any

from perc_scapy.codes import ContentType, DtlsVersion
from perc_scapy.layers.base import PercPacket
from perc_scapy.layers.dtls.content import CONTENT, DTLSACK, DTLSAlert, DTLSHandshakes
from perc_scapy.layers.dtls.handshake import answers
from perc_scapy.layers.dtls.rules import RecordFits
from perc_scapy.layers.fields import OPAQUE, U8, U16, U48, Bits, Equals, RepeatToEnd, Rest, Select
from perc_scapy.layers.rules import NotAmong, NotDecoded

UNIFIED = range(0x20, 0x40)
"""First octet of a DTLS 1.3 record with the unified header, 001xxxxx (RFC 9147 section 4)."""
CLEAR_EPOCH = 0


class DTLS13Record(PercPacket):
    """A protected DTLS 1.3 record, named but not decoded: its extent depends on what was negotiated, so it
    takes the rest of the datagram."""

    name = "DTLS 1.3 record"
    rules = (NotDecoded("DTLS 1.3 record, not decoded", severity="note"),)
    fields_desc = (
        Bits("fixed", 3, 1, only=(1,)),
        Bits("C", 1),
        Bits("S", 1),
        Bits("L", 1),
        Bits("E", 2),
        Rest("protected"),
    )


class DTLSRecord(PercPacket):
    """One record. `content` is a packet of epoch 0, octets of later epochs."""

    name = "DTLS record"
    rules = (RecordFits(), NotAmong("type", UNIFIED, "is a DTLS 1.3 unified header"))
    fields_desc = (
        U8("type", None, enum=ContentType),
        U16(
            "version",
            DtlsVersion.DTLS_1_2,
            enum=DtlsVersion,
            only=(DtlsVersion.DTLS_1_2, DtlsVersion.DTLS_1_0),
        ),
        U16("epoch"),
        U48("sequence_number"),
        U16("length", None),
        Select(
            "content",
            on=("type", "version"),
            cases=CONTENT,
            size="length",
            other=OPAQUE,
            when=Equals("epoch", CLEAR_EPOCH),
        ),
    )

    @classmethod
    def dissect_prefix(cls, data: bytes, pos: int, end: int, parent: Any) -> tuple[Any, int]:
        """A DTLS 1.3 record in the list gets its own class."""
        if pos < end and data[pos] in UNIFIED:
            return DTLS13Record.dissect_prefix(data, pos, end, parent)
        return super().dissect_prefix(data, pos, end, parent)

    def brief(self) -> str:
        if self.epoch != CLEAR_EPOCH:
            return f"{self._shown('type')} epoch {self.epoch}, protected"
        fragment = self.getfieldval("content")
        return fragment.brief() if hasattr(fragment, "rules") else self._shown("type")


class DTLS(PercPacket):
    """A datagram: one or more records."""

    name = "DTLS"
    fields_desc = (RepeatToEnd("records", DTLSRecord, min=1),)

    def brief(self) -> str:
        records = [r.brief() for r in self.records if hasattr(r, "rules")]
        return f"DTLS {' | '.join(records)}"

    def hashret(self) -> bytes:
        """DTLS has no transaction number: addresses and ports tell associations apart."""
        return b"DTLS"

    def answers(self, other: Any) -> int:
        """A hello that answers a hello, an ACK of one of the records, an alert; after epoch 0 anything may."""
        if not isinstance(other, DTLS):
            return 0
        return int(any(_answers(reply, other) for reply in self.records))


def _answers(reply: Any, request: DTLS) -> bool:
    fragment = getattr(reply, "content", None)
    if isinstance(fragment, DTLSACK):
        sent = {(r.epoch, r.sequence_number) for r in request.records if isinstance(r, DTLSRecord)}
        return any((n.epoch, n.sequence_number) in sent for n in fragment.record_numbers)
    if isinstance(fragment, DTLSHandshakes):
        bodies = [m.body for m in _messages(request)]
        return any(answers(m.body, body) for m in fragment.messages for body in bodies)
    return isinstance(fragment, DTLSAlert) or getattr(reply, "epoch", CLEAR_EPOCH) != CLEAR_EPOCH


def _messages(datagram: DTLS) -> list[Any]:
    """Handshake messages in clear of all records."""
    fragments = (getattr(record, "content", None) for record in datagram.records)
    return [m for f in fragments if isinstance(f, DTLSHandshakes) for m in f.messages]
